package session

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// IsComplete tells whether code can be run as it is ("complete"), needs more lines ("incomplete", with the
// indentation of the next), or is wrong ("invalid").
func (s *Session) IsComplete(code string) (status, indent string) {
	if depth, open := brackets(code); open || depth > 0 {
		if depth > 64 {
			depth = 64
		}
		return "incomplete", strings.Repeat("\t", max(depth, 0))
	}
	if _, ok := asked(code); ok {
		return "complete", ""
	}
	chunks, err := split(code)
	if err != nil {
		return "invalid", ""
	}
	for i := range chunks {
		chunks[i].file = "cell"
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "cell", source(chunks), parser.SkipObjectResolution); err != nil {
		if unfinished(code) {
			return "incomplete", ""
		}
		return "invalid", ""
	}
	return "complete", ""
}

// brackets counts the open brackets at the end of code, and reports whether a raw string or comment is open.
func brackets(code string) (depth int, open bool) {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(f, []byte(code), func(_ token.Position, msg string) {
		open = open || strings.HasPrefix(msg, "raw string") || strings.HasPrefix(msg, "comment not")
	}, 0)
	for {
		_, tok, _ := sc.Scan()
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
			if depth < 0 {
				return depth, false
			}
		case token.EOF:
			return depth, open
		}
	}
}

// unfinished reports whether code ends with an operator, after which Go expects more.
func unfinished(code string) bool {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(f, []byte(code), func(token.Position, string) {}, 0)
	last := token.ILLEGAL
	for {
		_, tok, lit := sc.Scan()
		if tok == token.EOF {
			return last.IsOperator() && last != token.RPAREN && last != token.RBRACK && last != token.RBRACE && last != token.SEMICOLON ||
				last == token.VAR || last == token.FUNC || last == token.TYPE || last == token.CONST
		}
		if !(tok == token.SEMICOLON && lit == "\n") {
			last = tok
		}
	}
}
