package regex

import (
	"strconv"
	"strings"

	"lyceum/lib/tokenize/characters"
)

func (p *parser) property(name string) [][2]rune {
	list, ok := characters.Property(name)
	if !ok {
		p.fail("the property %q is not known", name)
	}
	return list
}

// wordsOfLatin1 are the characters that \w has beside the words of Unicode.
var wordsOfLatin1 = [][2]rune{{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}}

// shorthand is the class of \s, \d, \w, \h, their complements, \p{...} and \P{...}. The letter has been read.
func (p *parser) shorthand(c byte) ([][2]rune, bool) {
	switch c {
	case 's':
		return p.property("space"), true
	case 'd':
		return p.property("Nd"), true
	case 'w':
		return characters.Union(append(p.property("word"), wordsOfLatin1...)), true
	case 'h':
		return p.property("xdigit"), true
	case 'S', 'D', 'W', 'H':
		list, _ := p.shorthand(c + 32)
		return characters.Complement(list), true
	case 'p', 'P':
		name := ""
		if p.take("{") {
			end := strings.IndexByte(p.s[p.i:], '}')
			if end < 0 {
				p.fail("a property does not end")
			}
			name = p.s[p.i : p.i+end]
			p.i += end + 1
		} else if p.i < len(p.s) {
			name = p.s[p.i : p.i+1]
			p.i++
		}
		bare := strings.TrimPrefix(name, "^")
		list := p.property(bare)
		if (c == 'P') != (bare != name) {
			list = characters.Complement(list)
		}
		return list, true
	}
	return nil, false
}

// plainEscape is the character of \n, \x41, \u0041 and so on. The letter has been read.
func (p *parser) plainEscape(c byte) (rune, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'f':
		return '\f', true
	case 'v':
		return '\v', true
	case 'a':
		return 7, true
	case 'e':
		return 27, true
	case 'x':
		if p.take("{") {
			end := strings.IndexByte(p.s[p.i:], '}')
			if end < 0 {
				p.fail("a \\x{ does not end")
			}
			return p.hex(end, 1), true
		}
		return p.hex(2, 0), true
	case 'u':
		return p.hex(4, 0), true
	case '0':
		return 0, true
	}
	return 0, false
}

func (p *parser) hex(n, more int) rune {
	if p.i+n > len(p.s) {
		p.fail("a number in base 16 is cut off")
	}
	v, err := strconv.ParseUint(p.s[p.i:p.i+n], 16, 32)
	if err != nil || v > 0x10FFFF {
		p.fail("%q is no character in base 16", p.s[p.i:p.i+n])
	}
	p.i += n + more
	return rune(v)
}

// escape parses what follows a backslash outside a class.
func (p *parser) escape() *node {
	if p.i >= len(p.s) {
		p.fail("the pattern ends with a backslash")
	}
	c := p.s[p.i]
	if c >= 0x80 {
		r, n := p.peek()
		p.i += n
		return p.char(r)
	}
	p.i++
	if set, ok := p.shorthand(c); ok {
		return &node{kind: kindSet, set: p.folded(set)}
	}
	if r, ok := p.plainEscape(c); ok {
		return p.char(r)
	}
	switch c {
	case 'A', 'z', 'Z', 'b', 'B':
		return &node{kind: kindAssert, assert: c}
	case 'R': // a line end of any kind, two characters or one
		crlf := &node{kind: kindCat, subs: []*node{{kind: kindSet, set: [][2]rune{{'\r', '\r'}}}, {kind: kindSet, set: [][2]rune{{'\n', '\n'}}}}}
		one := &node{kind: kindSet, set: [][2]rune{{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}}
		return &node{kind: kindAtomic, subs: []*node{{kind: kindAlt, subs: []*node{crlf, one}}}}
	}
	if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		p.fail("\\%c is not known", c)
	}
	return p.char(rune(c))
}

// class parses a character class; its opening bracket has been read. Only the outermost one has the cases of (?i): before
// it is negated.
func (p *parser) class(outermost bool) [][2]rune {
	if p.depth++; p.depth > mostDepth {
		p.fail("nested too deep")
	}
	defer func() { p.depth-- }()
	negative := p.take("^")
	var all [][2]rune  // of the parts before &&
	var list [][2]rune // of this part
	joined := false
	for first := true; ; first = false {
		if p.i >= len(p.s) {
			p.fail("a class does not end")
		}
		if p.s[p.i] == ']' && !first {
			p.i++
			break
		}
		if p.take("&&") {
			all, list, joined = both(all, list, joined), nil, true
			continue
		}
		list = append(list, p.classItem()...)
	}
	list = both(all, list, joined)
	if outermost {
		list = p.folded(list)
	}
	if negative {
		return characters.Complement(list)
	}
	return list
}

// both is what is in a and in b, when a counts.
func both(a, b [][2]rune, counts bool) [][2]rune {
	if b = characters.Union(b); !counts {
		return b
	}
	return characters.Complement(characters.Union(append(characters.Complement(a), characters.Complement(b)...)))
}

// classItem parses a character, a range, a shorthand, or a class in a class.
func (p *parser) classItem() [][2]rune {
	if p.take("[:") {
		end := strings.Index(p.s[p.i:], ":]")
		if end >= 0 {
			name := p.s[p.i : p.i+end]
			p.i += end + 2
			list := p.property(strings.TrimPrefix(name, "^"))
			if strings.HasPrefix(name, "^") {
				list = characters.Complement(list)
			}
			return list
		}
		p.i -= 2
	}
	if p.take("[") {
		return p.class(false)
	}
	lo, set := p.classChar()
	if set != nil {
		return set
	}
	// A minus before the closing bracket stands for itself.
	if !strings.HasPrefix(p.s[p.i:], "-") || strings.HasPrefix(p.s[p.i:], "-]") {
		return [][2]rune{{lo, lo}}
	}
	p.i++
	hi, set := p.classChar()
	if set != nil { // [a-\d] is a, - and the digits
		return append([][2]rune{{lo, lo}, {'-', '-'}}, set...)
	}
	if hi < lo {
		p.fail("the range %c-%c is empty", lo, hi)
	}
	return [][2]rune{{lo, hi}}
}

func (p *parser) classChar() (rune, [][2]rune) {
	r, n := p.peek()
	if n == 0 {
		p.fail("a class does not end")
	}
	p.i += n
	if r != '\\' {
		return r, nil
	}
	if p.i >= len(p.s) {
		p.fail("the pattern ends with a backslash")
	}
	c := p.s[p.i]
	if c >= 0x80 {
		r, n := p.peek()
		p.i += n
		return r, nil
	}
	p.i++
	if c == 'w' || c == 'W' { // in a class, ² and ½ are no words; alone they are
		list := p.property("word")
		if c == 'W' {
			list = characters.Complement(list)
		}
		return 0, list
	}
	if set, ok := p.shorthand(c); ok {
		return 0, set
	}
	if c == 'b' {
		return 8, nil
	}
	if r, ok := p.plainEscape(c); ok {
		return r, nil
	}
	return rune(c), nil
}
