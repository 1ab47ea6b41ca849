package lower

import "go/ast"

func (l *lowerer) deferStmt(s *ast.DeferStmt) []ast.Stmt {
	return []ast.Stmt{&ast.DeferStmt{Defer: s.Defer, Call: l.expr(s.Call).(*ast.CallExpr)}}
}

func (l *lowerer) goStmt(s *ast.GoStmt) []ast.Stmt {
	return []ast.Stmt{&ast.GoStmt{Go: s.Go, Call: l.expr(s.Call).(*ast.CallExpr)}}
}

// prologue is what a function needs at its start.
func (f *function) prologue() []ast.Stmt { return f.start }
