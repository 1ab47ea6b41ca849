package lower

import (
	"go/ast"
	"go/types"
)

// convertImplicit gives a lowered expression the type it is assigned to, where
// the interpreter would get it wrong.
func (l *lowerer) convertImplicit(x ast.Expr, src ast.Expr, to types.Type) ast.Expr {
	return x
}

// conversion lowers T(x).
func (l *lowerer) conversion(e *ast.CallExpr, to types.Type) ast.Expr {
	return &ast.CallExpr{Fun: parenType(l.typeExpr(to, e.Fun.Pos())), Lparen: e.Lparen, Args: []ast.Expr{l.value(e.Args[0], to)}, Rparen: e.Rparen}
}

// parenType puts parentheses round types that need them as a callee.
func parenType(t ast.Expr) ast.Expr {
	switch t.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.ArrayType, *ast.MapType, *ast.InterfaceType:
		return t
	}
	return &ast.ParenExpr{Lparen: t.Pos(), X: t, Rparen: t.Pos()}
}
