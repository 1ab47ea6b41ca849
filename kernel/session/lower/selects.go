package lower

import "go/ast"

func (l *lowerer) selectStmt(s *ast.SelectStmt, label string) []ast.Stmt {
	sel := l.inLoop(&loop{label: label}, func() ast.Stmt {
		out := &ast.SelectStmt{Select: s.Select, Body: &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}}
		for _, c := range s.Body.List {
			c := c.(*ast.CommClause)
			n := &ast.CommClause{Case: c.Case, Colon: c.Colon}
			var pre []ast.Stmt
			pre, n.Comm = l.simple(c.Comm)
			n.Body = append(pre, l.stmts(c.Body)...)
			out.Body.List = append(out.Body.List, n)
		}
		return out
	})
	return []ast.Stmt{sel}
}
