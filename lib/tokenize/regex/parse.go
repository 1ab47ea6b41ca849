// Package regex matches the regular expressions of tokenizers: Oniguruma's in its Ruby syntax, without captures and
// references. Those of Go have no look-ahead, and a matcher that backtracks freely can be made to run for years by a
// model's file; this one remembers the states that failed, and bounds its steps.
package regex

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"lyceum/lib/tokenize/characters"
)

type kind int

const (
	kindSet kind = iota // one character
	kindCat
	kindAlt
	kindRepeat
	kindLook // look-ahead or look-behind
	kindAtomic
	kindAssert
)

// A node is a piece of a pattern.
type node struct {
	kind       kind
	set        [][2]rune
	subs       []*node
	min, max   int // of a repeat; max -1 is no bound
	lazy       bool
	possessive bool
	negative   bool // of a look
	behind     bool
	assert     byte // ^ $ A z Z b B
}

type parser struct {
	s     string
	i     int
	fold  bool // (?i)
	dot   bool // (?m): . is also a line end
	depth int
}

// The bounds of a pattern.
const (
	mostPattern = 1 << 16
	mostDepth   = 200
	mostRepeat  = 1000
)

// problem is what the parser panics with; Compile returns it.
type problem struct{ error }

func (p *parser) fail(format string, args ...any) {
	panic(problem{fmt.Errorf("the pattern %q: at byte %d: %s", p.s, p.i, fmt.Sprintf(format, args...))})
}

func (p *parser) peek() (rune, int) {
	if p.i >= len(p.s) {
		return -1, 0
	}
	return utf8.DecodeRuneInString(p.s[p.i:])
}

func (p *parser) take(text string) bool {
	if strings.HasPrefix(p.s[p.i:], text) {
		p.i += len(text)
		return true
	}
	return false
}

// alternatives parses up to the end or a closing parenthesis.
func (p *parser) alternatives() *node {
	if p.depth++; p.depth > mostDepth {
		p.fail("nested too deep")
	}
	defer func() { p.depth-- }()
	fold, dot := p.fold, p.dot
	list := []*node{p.sequence()}
	for p.take("|") {
		list = append(list, p.sequence())
	}
	p.fold, p.dot = fold, dot
	if len(list) == 1 {
		return list[0]
	}
	return &node{kind: kindAlt, subs: list}
}

func (p *parser) sequence() *node {
	n := &node{kind: kindCat}
	for p.i < len(p.s) && p.s[p.i] != '|' && p.s[p.i] != ')' {
		x := p.atom()
		if x == nil {
			continue
		}
		n.subs = append(n.subs, p.repeats(x))
	}
	return n
}

// repeats parses the quantifiers after an atom.
func (p *parser) repeats(x *node) *node {
	for p.i < len(p.s) {
		lo, hi := 0, -1
		interval := false
		switch {
		case p.take("*"):
		case p.take("+"):
			lo = 1
		case p.take("?"):
			hi = 1
		default:
			if lo, hi, interval = p.interval(); !interval {
				return x
			}
		}
		x = &node{kind: kindRepeat, subs: []*node{x}, min: lo, max: hi}
		if p.take("?") {
			x.lazy = true
		} else if !interval && p.take("+") {
			x.possessive = true
		}
		if p.depth++; p.depth > mostDepth {
			p.fail("too many quantifiers")
		}
	}
	return x
}

// interval parses {n}, {n,}, {,m} and {n,m}; anything else in braces is text.
func (p *parser) interval() (lo, hi int, ok bool) {
	if p.s[p.i] != '{' {
		return 0, 0, false
	}
	end := strings.IndexByte(p.s[p.i:], '}')
	if end < 0 {
		return 0, 0, false
	}
	a, b, two := strings.Cut(p.s[p.i+1:p.i+end], ",")
	number := func(s string, absent int) int {
		if s == "" {
			return absent
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || s[0] == '+' {
			return -2
		}
		return n
	}
	lo, hi = number(a, 0), number(b, -1)
	if !two {
		hi = lo
	}
	if lo == -2 || hi == -2 || a == "" && b == "" {
		return 0, 0, false
	}
	if lo > mostRepeat || hi > mostRepeat {
		p.fail("more than %d repetitions", mostRepeat)
	}
	if hi >= 0 && hi < lo {
		p.fail("the interval ends before it begins")
	}
	p.i += end + 1
	return lo, hi, true
}

func (p *parser) char(r rune) *node { return &node{kind: kindSet, set: p.folded([][2]rune{{r, r}})} }

// foldable are the characters with more than one case.
var foldable = sync.OnceValue(func() []rune {
	var out []rune
	for r := rune(0); r < 0x20000; r++ {
		if unicode.SimpleFold(r) != r {
			out = append(out, r)
		}
	}
	return out
})

// folded adds the other cases of characters under (?i).
func (p *parser) folded(set [][2]rune) [][2]rune {
	if !p.fold {
		return set
	}
	set = characters.Union(set)
	out := set
	k := 0
	for _, r := range foldable() {
		for k < len(set) && set[k][1] < r {
			k++
		}
		if k == len(set) || set[k][0] > r {
			continue
		}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			out = append(out, [2]rune{f, f})
		}
	}
	return characters.Union(out)
}

func (p *parser) atom() *node {
	r, n := p.peek()
	if r == utf8.RuneError && n == 1 {
		p.fail("not UTF-8")
	}
	p.i += n
	switch r {
	case '(':
		return p.group()
	case '[':
		return &node{kind: kindSet, set: p.class(true)}
	case '.':
		if p.dot {
			return &node{kind: kindSet, set: [][2]rune{{0, unicode.MaxRune}}}
		}
		return &node{kind: kindSet, set: characters.Complement([][2]rune{{'\n', '\n'}})}
	case '^', '$':
		return &node{kind: kindAssert, assert: byte(r)}
	case '*', '+', '?':
		p.fail("nothing stands before %c", r)
	case '\\':
		return p.escape()
	}
	return p.char(r)
}

// group parses what follows an opening parenthesis. Flags without a group change the rest of the group around them.
func (p *parser) group() *node {
	n := &node{kind: kindCat}
	fold, dot := p.fold, p.dot
	switch {
	case !p.take("?"):
	case p.take("#"):
		end := strings.IndexByte(p.s[p.i:], ')')
		if end < 0 {
			p.fail("a comment does not end")
		}
		p.i += end + 1
		return nil
	case p.take(":"):
	case p.take(">"):
		n.kind = kindAtomic
	case p.take("="):
		n.kind = kindLook
	case p.take("!"):
		n.kind, n.negative = kindLook, true
	case p.take("<="):
		n.kind, n.behind = kindLook, true
	case p.take("<!"):
		n.kind, n.behind, n.negative = kindLook, true, true
	case p.take("<"), p.take("P<"):
		end := strings.IndexByte(p.s[p.i:], '>')
		if end < 1 {
			p.fail("a group has no name")
		}
		p.i += end + 1
	default:
		if !p.flags() {
			return &node{kind: kindCat, subs: []*node{p.alternatives()}} // (?i) up to the end of the group around it
		}
	}
	n.subs = []*node{p.alternatives()}
	p.fold, p.dot = fold, dot
	if !p.take(")") {
		p.fail("a group does not end")
	}
	return n
}

// flags parses i, m and - up to a colon, and returns true, or a closing parenthesis.
func (p *parser) flags() bool {
	on := true
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch c {
		case '-':
			on = false
		case 'i':
			p.fold = on
		case 'm':
			p.dot = on
		case ':':
			return true
		case ')':
			return false
		default:
			p.fail("the flag %q is not known", c)
		}
	}
	p.fail("a group does not end")
	return false
}

// Compile reads a pattern.
func Compile(pattern string) (re *Regex, err error) {
	defer func() {
		if e, ok := recover().(problem); ok {
			re, err = nil, e.error
		}
	}()
	if len(pattern) > mostPattern {
		return nil, fmt.Errorf("a pattern of %d bytes is longer than the %d allowed", len(pattern), mostPattern)
	}
	p := &parser{s: pattern}
	tree := p.alternatives()
	if p.i < len(p.s) {
		p.fail("a parenthesis closes that was not opened")
	}
	return assemble(p, tree), nil
}
