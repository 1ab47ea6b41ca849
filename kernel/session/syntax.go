package session

import (
	"go/scanner"
	"regexp"
	"strings"
	"unicode/utf8"
)

// syntaxErrors gives the parser's messages the compiler's first words. One message a line is enough: the others follow from
// it. What the parser finds behind the cell, in the code that a cell is put into, means that the cell ended too early.
func (c *cell) syntaxErrors(list scanner.ErrorList) problems {
	lines := strings.Split(c.src, "\n")
	var out problems
	var early *scanner.Error
	for _, e := range list {
		p := problem{inCell(e.Pos), "syntax error: " + strings.TrimPrefix(e.Msg, "syntax error: ")}
		if p.pos.Filename == c.name && p.pos.Line > len(lines) {
			if early == nil {
				early = e
			}
			continue
		}
		if n := len(out) - 1; n >= 0 && out[n].pos.Filename == p.pos.Filename && out[n].pos.Line == p.pos.Line {
			if strings.HasPrefix(e.Msg, "illegal character") && strings.HasSuffix(out[n].msg, "found 'ILLEGAL'") {
				out[n] = p
			}
			continue
		}
		out = append(out, p)
	}
	if len(out) == 0 && early != nil {
		out = append(out, c.endsEarly(early, lines))
	}
	return out
}

var wanted = regexp.MustCompile(`^expected (.*), found `)

// endsEarly is the message for a cell whose end the parser did not expect, at the end of the last line that says something.
func (c *cell) endsEarly(e *scanner.Error, lines []string) problem {
	msg := "syntax error: the cell ends too early"
	switch m := wanted.FindStringSubmatch(e.Msg); {
	case strings.Contains(e.Msg, cellFunc): // what follows a declaration is not the person's
	case m == nil:
		msg += ": " + e.Msg
	case m[1] != "';'": // a bracket is open
		msg += ": expected " + m[1]
	default:
		msg += ": expected '}'"
	}
	at := inCell(e.Pos)
	at.Line = len(lines)
	for at.Line > 1 && strings.TrimSpace(lines[at.Line-1]) == "" {
		at.Line--
	}
	last := strings.TrimRight(lines[at.Line-1], " \t\r")
	at.Column = len(last) + 1
	if !utf8.ValidString(last) {
		at.Column = 1
	}
	return problem{at, msg}
}
