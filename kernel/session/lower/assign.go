package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (l *lowerer) assignStmt(s *ast.AssignStmt) []ast.Stmt {
	switch s.Tok {
	case token.DEFINE:
		return l.defineStmt(s)
	case token.ASSIGN:
		return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.ASSIGN)
	}
	rhs := l.expr(s.Rhs[0])
	if s.Tok == token.SHL_ASSIGN || s.Tok == token.SHR_ASSIGN {
		rhs = l.shiftCount(s.Rhs[0])
	}
	return []ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{l.lvalue(s.Lhs[0])}, TokPos: s.TokPos, Tok: s.Tok, Rhs: []ast.Expr{rhs}}}
}

// defineStmt lowers a := b. At the top of a cell the variables are
// package-level ones, declared apart.
func (l *lowerer) defineStmt(s *ast.AssignStmt) []ast.Stmt {
	local := true
	for _, e := range s.Lhs {
		id := e.(*ast.Ident)
		v, isNew := l.info.Defs[id].(*types.Var)
		if !isNew {
			if u := l.info.Uses[id]; u != nil && l.isGlobal(u) {
				local = false
			}
			continue
		}
		if id.Name != "_" && l.isGlobal(v) {
			l.global(v, id.Pos())
			local = false
		}
	}
	if !local {
		return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.ASSIGN)
	}
	return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.DEFINE)
}

// assignment lowers an assignment or definition of any number of values.
func (l *lowerer) assignment(pos token.Pos, lhs, rhs []ast.Expr, tok token.Token) []ast.Stmt {
	out := &ast.AssignStmt{TokPos: pos, Tok: tok}
	for i, r := range rhs {
		if len(lhs) == len(rhs) && !isBlank(lhs[i]) {
			out.Rhs = append(out.Rhs, l.value(r, l.lhsType(lhs[i])))
		} else {
			out.Rhs = append(out.Rhs, l.expr(r))
		}
	}
	for _, e := range lhs {
		out.Lhs = append(out.Lhs, l.lvalue(e))
	}
	return []ast.Stmt{out}
}

func (l *lowerer) lhsType(e ast.Expr) types.Type {
	if id, ok := e.(*ast.Ident); ok {
		if obj := l.info.ObjectOf(id); obj != nil {
			return obj.Type()
		}
	}
	return l.typeOf(e)
}

// lvalue lowers an expression that is assigned to.
func (l *lowerer) lvalue(e ast.Expr) ast.Expr {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if id.Name == "_" {
			return ident("_", id.Pos())
		}
		return l.identExpr(id)
	}
	return l.expr(ast.Unparen(e))
}
