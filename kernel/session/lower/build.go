package lower

import (
	"go/ast"
	"go/token"
)

// Constructors of syntax. Every node gets a position, since the interpreter
// reports errors by it.

func ident(name string, pos token.Pos) *ast.Ident { return &ast.Ident{NamePos: pos, Name: name} }

func call(fun ast.Expr, args ...ast.Expr) *ast.CallExpr {
	return &ast.CallExpr{Fun: fun, Lparen: fun.Pos(), Args: args, Rparen: fun.Pos()}
}

func define(pos token.Pos, name string, value ast.Expr) *ast.AssignStmt {
	return &ast.AssignStmt{Lhs: []ast.Expr{ident(name, pos)}, TokPos: pos, Tok: token.DEFINE, Rhs: []ast.Expr{value}}
}

func defines(pos token.Pos, names []string, values ...ast.Expr) *ast.AssignStmt {
	s := &ast.AssignStmt{TokPos: pos, Tok: token.DEFINE, Rhs: values}
	for _, n := range names {
		s.Lhs = append(s.Lhs, ident(n, pos))
	}
	return s
}

func assign(pos token.Pos, to, value ast.Expr) *ast.AssignStmt {
	return &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: pos, Tok: token.ASSIGN, Rhs: []ast.Expr{value}}
}

func block(pos token.Pos, stmts ...ast.Stmt) *ast.BlockStmt {
	return &ast.BlockStmt{Lbrace: pos, List: stmts, Rbrace: pos}
}

func binary(x ast.Expr, op token.Token, y ast.Expr) *ast.BinaryExpr {
	return &ast.BinaryExpr{X: x, OpPos: x.Pos(), Op: op, Y: y}
}

func unary(op token.Token, x ast.Expr) *ast.UnaryExpr {
	return &ast.UnaryExpr{OpPos: x.Pos(), Op: op, X: x}
}

func star(x ast.Expr) *ast.StarExpr { return &ast.StarExpr{Star: x.Pos(), X: x} }

func paren(x ast.Expr) ast.Expr {
	switch x.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.ParenExpr, *ast.BasicLit, *ast.CallExpr, *ast.IndexExpr:
		return x
	}
	return &ast.ParenExpr{Lparen: x.Pos(), X: x, Rparen: x.Pos()}
}

func ifStmt(pos token.Pos, cond ast.Expr, then ...ast.Stmt) *ast.IfStmt {
	return &ast.IfStmt{If: pos, Cond: cond, Body: block(pos, then...)}
}

func varDecl(pos token.Pos, name string, typ ast.Expr) *ast.GenDecl {
	return &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{
		&ast.ValueSpec{Names: []*ast.Ident{ident(name, pos)}, Type: typ},
	}}
}

func varStmt(pos token.Pos, name string, typ ast.Expr) ast.Stmt {
	return &ast.DeclStmt{Decl: varDecl(pos, name, typ)}
}

func index(x, i ast.Expr) *ast.IndexExpr {
	return &ast.IndexExpr{X: x, Lbrack: x.Pos(), Index: i, Rbrack: x.Pos()}
}
