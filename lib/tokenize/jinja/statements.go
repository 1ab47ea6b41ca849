package jinja

// body reads statements until one of the words in end begins a block; the word is consumed and returned.
func (p *parser) body(end ...string) (list []stmt, which string) {
	defer p.deeper()()
	for {
		t := p.next()
		switch {
		case t.kind == kindEOF:
			if len(end) > 0 {
				fail("TemplateSyntaxError", t.line, "unexpected end of template, expected '%s'", end[len(end)-1])
			}
			return list, ""
		case t.kind == kindData:
			list = append(list, &textStmt{t.text})
		case t.text == "{{":
			e := p.tuple(true, false)
			p.need(kindEnd, "}}")
			list = append(list, &outputStmt{e, t.line})
		default:
			word := p.name()
			for _, e := range end {
				if e == word {
					return list, word
				}
			}
			list = append(list, p.statement(word, t.line))
		}
	}
}

func (p *parser) end() { p.need(kindEnd, "%}") }

// block reads the rest of a tag, the body and the closing tag.
func (p *parser) block(end string) []stmt {
	p.end()
	list, _ := p.body(end)
	p.end()
	return list
}

func (p *parser) statement(word string, line int) stmt {
	switch word {
	case "if":
		return p.ifStmt(line)
	case "for":
		return p.forStmt(line)
	case "set":
		return p.setStmt(line)
	case "macro":
		name := p.name()
		m := p.signature(name)
		m.line = line
		loops := p.loops
		p.loops = 0
		m.body = p.block("endmacro")
		p.loops = loops
		return &macroStmt{m}
	case "call":
		m := &macroDef{name: "caller", line: line}
		if p.is(kindOp, "(") {
			m = p.signature("caller")
		}
		c, ok := p.unary(true).(*call)
		if !ok {
			p.fail("expected call")
		}
		m.body = p.block("endcall")
		return &callStmt{m, c}
	case "filter":
		name := &filterExpr{on: &constant{""}, line: line}
		p.at-- // the words look as after a bar
		p.toks[p.at] = piece{kindOp, "|", line}
		f := p.filter(name.on)
		return &filterStmt{f, p.block("endfilter"), line}
	case "with":
		w := &withStmt{line: line}
		for !p.is(kindEnd, "%}") {
			if len(w.names) > 0 {
				p.need(kindOp, ",")
			}
			w.names = append(w.names, p.name())
			p.need(kindOp, "=")
			w.values = append(w.values, p.expression())
		}
		w.body = p.block("endwith")
		return w
	case "generation":
		return &generationStmt{p.block("endgeneration")}
	case "break", "continue":
		if p.loops == 0 {
			fail("TemplateSyntaxError", line, "'%s' outside loop", word)
		}
		p.end()
		return &jumpStmt{word}
	case "include", "import", "from", "extends", "block":
		fail("TemplateSyntaxError", line, "a chat template stands alone: '%s' is not possible", word)
	}
	fail("TemplateSyntaxError", line, "Encountered unknown tag '%s'.", word)
	return nil
}

func (p *parser) ifStmt(line int) stmt {
	s := &ifStmt{line: line}
	s.test = p.tuple(true, false)
	p.end()
	p.conditions++
	defer func() { p.conditions-- }()
	var which string
	s.yes, which = p.body("elif", "else", "endif")
	switch which {
	case "elif":
		defer p.deeper()()
		s.no = []stmt{p.ifStmt(line)}
	case "else":
		p.end()
		s.no, _ = p.body("endif")
		p.end()
	default:
		p.end()
	}
	return s
}

func (p *parser) forStmt(line int) stmt {
	s := &forStmt{line: line}
	s.target = p.tuple(false, false)
	checkTarget(s.target, line)
	p.need(kindName, "in")
	s.over = p.or() // a condition would take the loop's own "if"
	if p.op(",") {
		list := []expr{s.over}
		for !p.is(kindEnd, "%}") && !p.is(kindName, "if") {
			list = append(list, p.or())
			if !p.op(",") {
				break
			}
		}
		s.over = &listExpr{items: list, tuple: true}
	}
	if p.word("if") {
		s.filter = p.expression()
	}
	s.recursive = p.word("recursive")
	p.end()
	p.loops++
	var which string
	s.body, which = p.body("else", "endfor")
	p.loops--
	p.end()
	if which == "else" {
		s.none, _ = p.body("endfor")
		p.end()
	}
	return s
}

func checkTarget(e expr, line int) {
	switch t := e.(type) {
	case *variable:
		return
	case *member:
		if _, ok := t.on.(*variable); ok && t.dot {
			return
		}
	case *listExpr:
		for _, i := range t.items {
			checkTarget(i, line)
		}
		return
	}
	fail("TemplateSyntaxError", line, "this cannot be assigned to")
}

func (p *parser) setStmt(line int) stmt {
	s := &setStmt{line: line}
	s.target = p.targetList()
	checkTarget(s.target, line)
	if p.op("=") {
		s.value = p.tuple(true, false)
		p.end()
		return s
	}
	s.captured = &constant{""}
	if p.is(kindOp, "|") {
		s.filter = p.filter(s.captured).(*filterExpr)
	}
	s.body = p.block("endset")
	return s
}

// targetList reads "a", "a, b" or "ns.a", without filters, which would belong to a block set.
func (p *parser) targetList() expr {
	one := func() expr {
		if p.op("(") {
			e := p.tuple(false, true)
			p.need(kindOp, ")")
			return e
		}
		line := p.cur().line
		var e expr = &variable{p.name()}
		if p.op(".") {
			e = &member{e, &constant{p.name()}, true, line}
		}
		return e
	}
	e := one()
	if !p.is(kindOp, ",") {
		return e
	}
	list := []expr{e}
	for p.op(",") {
		if p.is(kindOp, "=") {
			break
		}
		list = append(list, one())
	}
	return &listExpr{items: list, tuple: true}
}

func (p *parser) signature(name string) *macroDef {
	m := &macroDef{name: name}
	p.need(kindOp, "(")
	for !p.op(")") {
		if len(m.params) > 0 {
			p.need(kindOp, ",")
			if p.op(")") {
				break
			}
		}
		m.params = append(m.params, p.name())
		if p.op("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.fail("non-default argument follows default argument")
		}
	}
	return m
}
