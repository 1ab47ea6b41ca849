package constrain

import (
	"fmt"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// Regexp returns the texts that match the pattern from beginning to end, in the syntax of package regexp (RE2). Anchors may
// stand at the ends; look-around, word boundaries and back references are not regular or not supported, and an error.
func Regexp(pattern string) (*Grammar, error) {
	n, err := patternNode(pattern, false, runes)
	if err != nil {
		return nil, fmt.Errorf("constrain.Regexp: %w", err)
	}
	return compile(fmt.Sprintf("the pattern %q", pattern), n)
}

// patternNode makes a pattern a node. With search it may stand anywhere in the text, as a JSON Schema's pattern. chars gives
// the texts of the characters in ranges.
func patternNode(pattern string, search bool, chars func([]rune) node) (node, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
	}
	p := patternNodes{chars: chars}
	var n node
	if search {
		n = p.anywhere(re)
	} else {
		n = p.node(re, true, true)
	}
	if p.err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", pattern, p.err)
	}
	return n, nil
}

type patternNodes struct {
	chars func([]rune) node
	err   error
}

func (p *patternNodes) fail(format string, args ...any) node {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	return choice{}
}

// anywhere puts any text before and after what has no anchor there.
func (p *patternNodes) anywhere(re *syntax.Regexp) node {
	switch re.Op {
	case syntax.OpCapture:
		return p.anywhere(re.Sub[0])
	case syntax.OpAlternate:
		var out choice
		for _, s := range re.Sub {
			out = append(out, p.anywhere(s))
		}
		return out
	}
	any := repeat{p.chars([]rune{0, utf8.MaxRune}), 0, -1}
	out := sequence{p.node(re, true, true)}
	if !edgeIs(re, syntax.OpBeginText, 0) {
		out = append(sequence{any}, out...)
	}
	if !edgeIs(re, syntax.OpEndText, -1) {
		out = append(out, any)
	}
	return out
}

// edgeIs reports whether the first (at 0) or last (at -1) part of re is the anchor.
func edgeIs(re *syntax.Regexp, anchor syntax.Op, at int) bool {
	if re.Op == anchor {
		return true
	}
	if re.Op != syntax.OpConcat && re.Op != syntax.OpCapture {
		return false
	}
	return edgeIs(re.Sub[(at+len(re.Sub))%len(re.Sub)], anchor, at)
}

// node translates re; first and last say that nothing stands before and after it.
func (p *patternNodes) node(re *syntax.Regexp, first, last bool) node {
	switch re.Op {
	case syntax.OpNoMatch:
		return choice{}
	case syntax.OpEmptyMatch:
		return empty
	case syntax.OpLiteral:
		return p.literal(re)
	case syntax.OpCharClass:
		return p.chars(re.Rune)
	case syntax.OpAnyChar:
		return p.chars([]rune{0, utf8.MaxRune})
	case syntax.OpAnyCharNotNL:
		return p.chars([]rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune})
	case syntax.OpCapture:
		return p.node(re.Sub[0], first, last)
	case syntax.OpStar:
		return repeat{p.node(re.Sub[0], false, false), 0, -1}
	case syntax.OpPlus:
		return repeat{p.node(re.Sub[0], false, false), 1, -1}
	case syntax.OpQuest:
		return optional(p.node(re.Sub[0], first, last))
	case syntax.OpRepeat:
		return repeat{p.node(re.Sub[0], false, false), re.Min, re.Max}
	case syntax.OpConcat:
		var out sequence
		for i, s := range re.Sub {
			out = append(out, p.node(s, first && i == 0, last && i == len(re.Sub)-1))
		}
		return out
	case syntax.OpAlternate:
		var out choice
		for _, s := range re.Sub {
			out = append(out, p.node(s, first, last))
		}
		return merged(out)
	case syntax.OpBeginText:
		if first {
			return empty
		}
		return p.fail("^ is only possible at the beginning")
	case syntax.OpEndText:
		if last {
			return empty
		}
		return p.fail("$ is only possible at the end")
	}
	return p.fail("%s is not possible here", re)
}

func (p *patternNodes) literal(re *syntax.Regexp) node {
	var out sequence
	for _, r := range re.Rune {
		set := []rune{r, r}
		if re.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				set = append(set, f, f)
			}
		}
		out = append(out, p.chars(set))
	}
	return out
}
