package lower

import (
	"go/ast"
	"go/token"
)

// A switch in which a clause falls through is taken apart, since the interpreter evaluates the conditions of the clause that
// is fallen into at the wrong time, and puts a default clause last. A first switch says which clause it is, and the second
// has one clause with all the bodies in a row:
//
//	n := -1
//	switch tag { case 1: n = 0; case 2: n = 2; default: n = 1 }
//	switch { default: if n == 0 { ...; n = 1 }; if n == 1 { ... }; if n == 2 { ... } }

// fallsThrough says whether some clause of a switch ends in fallthrough.
func fallsThrough(s *ast.SwitchStmt) bool {
	for _, c := range s.Body.List {
		if _, falls := fallthroughAt(c.(*ast.CaseClause).Body); falls {
			return true
		}
	}
	return false
}

// fallthroughAt is a body without the fallthrough at its end, if there is one.
func fallthroughAt(body []ast.Stmt) ([]ast.Stmt, bool) {
	if len(body) == 0 {
		return body, false
	}
	last := body[len(body)-1]
	for {
		labeled, ok := last.(*ast.LabeledStmt)
		if !ok {
			break
		}
		last = labeled.Stmt
	}
	b, ok := last.(*ast.BranchStmt)
	if !ok || b.Tok != token.FALLTHROUGH {
		return body, false
	}
	return body[:len(body)-1], true
}

// selection is the first of the two switches; it takes the tag of out, whose new tag says which clause it is.
func (l *lowerer) selection(s *ast.SwitchStmt, out *ast.SwitchStmt, cases func(*ast.CaseClause) []ast.Expr) []ast.Stmt {
	pos := s.Pos()
	n := l.temp("clause")
	first := &ast.SwitchStmt{Switch: pos, Tag: out.Tag, Body: &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}}
	var last ast.Stmt
	for i, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		one := &ast.CaseClause{Case: c.Case, List: cases(c), Colon: c.Colon, Body: []ast.Stmt{assign(c.Pos(), ident(n, c.Pos()), intLit(int64(i), c.Pos()))}}
		if c.List == nil {
			last = one
			continue
		}
		first.Body.List = append(first.Body.List, one)
	}
	if last != nil {
		first.Body.List = append(first.Body.List, last)
	}
	out.Tag = ident(n, pos)
	return []ast.Stmt{define(pos, n, intLit(-1, pos)), first}
}

// selected is the second switch.
func (l *lowerer) selected(s *ast.SwitchStmt, out *ast.SwitchStmt) {
	n := out.Tag.(*ast.Ident).Name
	out.Tag = nil
	all := &ast.CaseClause{Case: s.Body.Lbrace, Colon: s.Body.Lbrace}
	for i, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		list, falls := fallthroughAt(c.Body)
		body := l.stmts(list)
		if falls {
			body = append(body, assign(c.Pos(), ident(n, c.Pos()), intLit(int64(i+1), c.Pos())))
		}
		all.Body = append(all.Body, ifStmt(c.Pos(), binary(ident(n, c.Pos()), token.EQL, intLit(int64(i), c.Pos())), body...))
	}
	out.Body = &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace, List: []ast.Stmt{all}}
}
