package jinja

import (
	"strconv"
	"strings"
)

// mostNested bounds how deeply expressions and blocks of a template may be nested.
const mostNested = 200

type parser struct {
	toks  []piece
	at    int
	depth int
	loops int
	// conditions counts the if blocks around: there an unknown filter is an error only when it is used.
	conditions int
}

func (p *parser) cur() piece { return p.toks[p.at] }

func (p *parser) next() piece {
	t := p.toks[p.at]
	if t.kind != kindEOF {
		p.at++
	}
	return t
}

func (p *parser) fail(format string, args ...any) {
	fail("TemplateSyntaxError", p.cur().line, format, args...)
}

func (p *parser) deeper() func() {
	if p.depth++; p.depth > mostNested {
		p.fail("the template is nested more than %d deep", mostNested)
	}
	return func() { p.depth-- }
}

func (p *parser) is(kind int, text string) bool { return p.cur().kind == kind && p.cur().text == text }
func (p *parser) op(text string) bool           { return p.skip(kindOp, text) }
func (p *parser) word(text string) bool         { return p.skip(kindName, text) }

func (p *parser) skip(kind int, text string) bool {
	if p.is(kind, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) need(kind int, text string) {
	if !p.skip(kind, text) {
		p.fail("expected '%s', got '%s'", text, p.cur().text)
	}
}

func (p *parser) name() string {
	if p.cur().kind != kindName {
		p.fail("expected a name, got '%s'", p.cur().text)
	}
	return p.next().text
}

// expression reads "a if b else c".
func (p *parser) expression() expr {
	defer p.deeper()()
	line := p.cur().line
	e := p.or()
	for p.word("if") {
		c := p.or()
		var other expr
		if p.word("else") {
			other = p.expression()
		}
		e = &condition{c, e, other, line}
	}
	return e
}

func (p *parser) or() expr {
	l := p.and()
	for p.word("or") {
		l = &logic{l, p.and(), true}
	}
	return l
}

func (p *parser) and() expr {
	l := p.not()
	for p.word("and") {
		l = &logic{l, p.not(), false}
	}
	return l
}

func (p *parser) not() expr {
	if p.word("not") {
		defer p.deeper()()
		return &negation{p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expr {
	line := p.cur().line
	l := p.sum()
	var c *comparison
	for {
		op := ""
		switch t := p.cur(); {
		case t.kind == kindOp && (t.text == "==" || t.text == "!=" || t.text == "<" || t.text == "<=" || t.text == ">" || t.text == ">="):
			op = t.text
			p.next()
		case p.word("in"):
			op = "in"
		case p.is(kindName, "not") && p.toks[p.at+1].kind == kindName && p.toks[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		default:
			if c == nil {
				return l
			}
			return c
		}
		if c == nil {
			c = &comparison{first: l, line: line}
		}
		c.ops = append(c.ops, op)
		c.rest = append(c.rest, p.sum())
	}
}

func (p *parser) binary(lower func() expr, ops ...string) expr {
	l := lower()
again:
	for _, op := range ops {
		if line := p.cur().line; p.op(op) {
			l = &arithmetic{op, l, lower(), line}
			goto again
		}
	}
	return l
}

func (p *parser) sum() expr     { return p.binary(p.concat, "+", "-") }
func (p *parser) concat() expr  { return p.binary(p.product, "~") }
func (p *parser) product() expr { return p.binary(p.power, "*", "/", "//", "%") }
func (p *parser) power() expr {
	return p.binary(func() expr { return p.unary(true) }, "**")
}

func (p *parser) unary(filters bool) expr {
	defer p.deeper()()
	var e expr
	line := p.cur().line
	switch {
	case p.op("-"):
		e = &sign{p.unary(false), true, line}
	case p.op("+"):
		e = &sign{p.unary(false), false, line}
	default:
		e = p.primary()
	}
	e = p.postfix(e)
	if filters {
		e = p.filters(e)
	}
	return e
}

func (p *parser) primary() expr {
	t := p.next()
	switch t.kind {
	case kindName:
		switch t.text {
		case "true", "True":
			return &constant{true}
		case "false", "False":
			return &constant{false}
		case "none", "None":
			return &constant{nil}
		}
		return &variable{t.text}
	case kindString:
		s := t.text
		for p.cur().kind == kindString {
			s += p.next().text
		}
		return &constant{s}
	case kindInt:
		v, err := strconv.ParseInt(strings.ReplaceAll(t.text, "_", ""), 0, 64)
		if err != nil {
			if v, err = strconv.ParseInt(strings.ReplaceAll(t.text, "_", ""), 10, 64); err != nil {
				fail("TemplateSyntaxError", t.line, "the number %s is too large", t.text)
			}
		}
		return &constant{v}
	case kindFloat:
		v, _ := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		return &constant{v}
	case kindOp:
		switch t.text {
		case "(":
			e := p.tuple(true, true)
			p.need(kindOp, ")")
			return e
		case "[":
			return &listExpr{items: p.items("]")}
		case "{":
			d := &dictExpr{line: t.line}
			for !p.op("}") {
				if len(d.keys) > 0 {
					p.need(kindOp, ",")
					if p.op("}") {
						break
					}
				}
				d.keys = append(d.keys, p.expression())
				p.need(kindOp, ":")
				d.values = append(d.values, p.expression())
			}
			return d
		}
	}
	fail("TemplateSyntaxError", t.line, "unexpected '%s'", t.text)
	return nil
}

func (p *parser) items(end string) []expr {
	var out []expr
	for !p.op(end) {
		if len(out) > 0 {
			p.need(kindOp, ",")
			if p.op(end) {
				break
			}
		}
		out = append(out, p.expression())
	}
	return out
}

// tuple reads expressions with commas between; one without a comma is itself.
func (p *parser) tuple(conditions, parens bool) expr {
	var out []expr
	comma := false
	for {
		t := p.cur()
		if t.kind == kindEnd || t.kind == kindEOF || t.kind == kindOp && (t.text == ")" || t.text == "]") || t.kind == kindName && !conditions && t.text == "in" {
			break
		}
		if conditions {
			out = append(out, p.expression())
		} else {
			out = append(out, p.unary(true))
		}
		if !p.op(",") {
			break
		}
		comma = true
	}
	if !comma {
		if len(out) == 1 {
			return out[0]
		}
		if !parens {
			p.fail("expected an expression, got '%s'", p.cur().text)
		}
	}
	return &listExpr{items: out, tuple: true}
}

func (p *parser) postfix(e expr) expr {
	for {
		line := p.cur().line
		switch {
		case p.op("."):
			t := p.next()
			switch t.kind {
			case kindName:
				e = &member{e, &constant{t.text}, true, line}
			case kindInt:
				n, _ := strconv.ParseInt(t.text, 10, 64)
				e = &member{e, &constant{n}, false, line}
			default:
				p.fail("expected a name after '.', got '%s'", t.text)
			}
		case p.op("["):
			e = p.subscript(e, line)
		case p.is(kindOp, "("):
			e = &call{e, p.arguments(), line}
		default:
			return e
		}
	}
}

func (p *parser) subscript(e expr, line int) expr {
	var part [3]expr
	n := 0
	for n < 3 {
		if !p.is(kindOp, ":") && !p.is(kindOp, "]") {
			part[n] = p.expression()
		}
		if !p.op(":") {
			break
		}
		n++
	}
	if n == 0 && part[0] == nil {
		p.fail("expected a subscript")
	}
	p.need(kindOp, "]")
	if n > 0 {
		return &slice{e, part, line}
	}
	return &member{e, part[0], false, line}
}

func (p *parser) arguments() arguments {
	p.need(kindOp, "(")
	var a arguments
	for first := true; !p.op(")"); first = false {
		if !first {
			p.need(kindOp, ",")
			if p.op(")") {
				break
			}
		}
		switch {
		case p.op("**"):
			a.starstar = p.expression()
		case p.op("*"):
			a.star = p.expression()
		case p.cur().kind == kindName && p.toks[p.at+1].kind == kindOp && p.toks[p.at+1].text == "=":
			a.names = append(a.names, p.name())
			p.next()
			a.named = append(a.named, p.expression())
		default:
			a.list = append(a.list, p.expression())
		}
	}
	return a
}

// filters reads what follows a primary: |filter, "is test" and calls of what they give.
func (p *parser) filters(e expr) expr {
	for {
		line := p.cur().line
		switch {
		case p.is(kindOp, "|"):
			e = p.filter(e)
		case p.word("is"):
			e = p.test(e, line)
		case p.is(kindOp, "("):
			e = &call{e, p.arguments(), line}
		default:
			return e
		}
	}
}

func (p *parser) filter(e expr) expr {
	for p.op("|") {
		f := &filterExpr{on: e, line: p.cur().line}
		f.name = p.name()
		for p.op(".") {
			f.name += "." + p.name()
		}
		if filterTable[f.name] == nil && p.conditions == 0 {
			fail("TemplateAssertionError", f.line, "No filter named '%s'.", f.name)
		}
		if p.is(kindOp, "(") {
			f.args = p.arguments()
		}
		e = f
	}
	return e
}

func (p *parser) test(e expr, line int) expr {
	t := &testExpr{on: e, line: line, not: p.word("not")}
	t.name = p.name()
	if testTable[t.name] == nil {
		fail("TemplateAssertionError", line, "No test named '%s'.", t.name)
	}
	c := p.cur()
	switch {
	case p.is(kindOp, "("):
		t.args = p.arguments()
	case c.kind == kindName && (c.text == "else" || c.text == "or" || c.text == "and"):
	case c.kind == kindName && c.text == "is":
		p.fail("You cannot chain multiple tests with is")
	case c.kind == kindName || c.kind == kindString || c.kind == kindInt || c.kind == kindFloat || c.kind == kindOp && (c.text == "[" || c.text == "{"):
		t.args.list = []expr{p.postfix(p.primary())}
	}
	return t
}
