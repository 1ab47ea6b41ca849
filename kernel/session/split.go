package session

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
)

// A chunk is one import, declaration or statement at the top of a cell.
type chunk struct {
	kind      token.Token // IMPORT, FUNC, TYPE, VAR, CONST, or ILLEGAL for a statement
	text      string
	doc       string // the comment that stands right above it
	file      string // the cell: In[3]
	line, col int    // where it begins in the cell, from 1
	hidden    bool   // it ends with an explicit semicolon
}

// split cuts a cell where a semicolon, written or implied by a line break, stands outside all brackets
// (Go specification, "Semicolons"). A package clause is dropped: a cell may be pasted from a file.
func split(src string) ([]chunk, error) {
	fset := token.NewFileSet()
	file := fset.AddFile("cell", -1, len(src))
	var s scanner.Scanner
	var open error
	s.Init(file, []byte(src), func(p token.Position, msg string) {
		if msg == "comment not terminated" { // the parser would not see it: comments are left out
			open = misplaced(p, msg)
		}
	}, 0)
	var out []chunk
	var toks []token.Token
	depth, begin, last := 0, -1, -1 // last is where the chunk before ends
	header := false                 // between for, if or switch and its block, where a semicolon ends a clause only
	for {
		pos, tok, lit := s.Scan()
		at := file.Offset(pos)
		switch tok {
		case token.FOR, token.IF, token.SWITCH:
			header = header || depth == 0
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if tok == token.LBRACE && depth == 0 {
				header = false
			}
			depth++
			if depth > maxDepth {
				return nil, misplaced(file.Position(pos), fmt.Sprintf("brackets nested more than %d deep", maxDepth))
			}
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth < 0 && tok == token.RBRACE { // it would end the function that the cell is put into
				return nil, misplaced(file.Position(pos), "unexpected '}'")
			}
		}
		if begin < 0 && tok != token.SEMICOLON && tok != token.EOF {
			begin = at
		}
		if tok == token.EOF || tok == token.SEMICOLON && depth <= 0 && !(header && lit == ";") {
			header = false
			if begin >= 0 {
				end := at
				if tok == token.EOF {
					end = len(src)
				}
				p := file.Position(file.Pos(begin))
				c := chunk{kind: kindOf(toks), text: src[begin:end], doc: commentAbove(src[max(last, 0):begin], last < 0), line: p.Line, col: p.Column, hidden: lit == ";"}
				if toks[0] != token.PACKAGE {
					out = append(out, c)
				}
			} else if lit == ";" && len(out) > 0 {
				out[len(out)-1].hidden = true
			}
			begin, last, toks = -1, at, nil
			if tok == token.EOF {
				return out, open
			}
			continue
		}
		if begin >= 0 {
			toks = append(toks, tok)
		}
	}
}

// commentAbove is the text of the // comments on the last lines before a chunk, which no empty line parts from it. The first
// line is the rest of a line of the chunk before, unless the cell begins there.
func commentAbove(before string, begins bool) string {
	lines := strings.Split(before, "\n")
	n := len(lines) - 1 // the last is the indentation of the chunk
	first, least := n, 1
	if begins {
		least = 0
	}
	for first > least && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "//") {
		first--
	}
	for i := first; i < n; i++ {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(lines[i]), "//"), " ")
	}
	return strings.Join(lines[first:n], "\n")
}

// misplaced is an error at a place of the cell.
func misplaced(p token.Position, msg string) error {
	return problems{{token.Position{Line: p.Line, Column: p.Column}, "syntax error: " + msg}}
}

// maxDepth bounds the nesting of brackets: the parser and the checker recurse.
const maxDepth = 10000

// kindOf tells declarations from statements by their first tokens. A function literal that is called at
// once begins with "func (" like a method, but no name follows its parameters.
func kindOf(toks []token.Token) token.Token {
	switch toks[0] {
	case token.IMPORT, token.TYPE, token.VAR, token.CONST:
		return toks[0]
	case token.FUNC:
		if len(toks) > 1 && toks[1] == token.IDENT {
			return token.FUNC
		}
		depth := 0
		for i := 1; i < len(toks); i++ {
			switch toks[i] {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
				if depth == 0 {
					if i+2 < len(toks) && toks[i+1] == token.IDENT && toks[i+2] == token.LPAREN {
						return token.FUNC
					}
					return token.ILLEGAL
				}
			}
		}
	}
	return token.ILLEGAL
}

// source writes chunks as one file that parses: declarations first, then a function with the statements.
// Line directives keep every position as it is in the cell.
func source(chunks []chunk) string {
	var b strings.Builder
	b.WriteString("package main\n")
	put := func(c chunk) {
		fmt.Fprintf(&b, "/*line %s/%s:%d:%d*/%s\n", c.file, fileBase, c.line, c.col, c.text)
	}
	for _, c := range chunks {
		if c.kind == token.IMPORT {
			put(c)
		}
	}
	for _, c := range chunks {
		if c.kind == token.FUNC || c.kind == token.TYPE || c.kind == token.VAR || c.kind == token.CONST {
			put(c)
		}
	}
	b.WriteString("func " + cellFunc + "() {\n")
	for _, c := range chunks {
		if c.kind == token.ILLEGAL {
			put(c)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// cellFunc is the function that holds the statements of a cell.
const cellFunc = "_cell"
