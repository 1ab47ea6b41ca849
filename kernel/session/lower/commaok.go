package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// lookupOk lowers v, ok = m[k] to two look-ups: with both results at once the
// interpreter leaves v as it was when the key is missing.
func (l *lowerer) lookupOk(pos token.Pos, lhs []ast.Expr, e *ast.IndexExpr, m *types.Map, tok token.Token) []ast.Stmt {
	var out []ast.Stmt
	targets := l.freezeTargets(lhs, tok, &out)
	table, key, v, ok := l.temp("m"), l.temp("k"), l.temp("v"), l.temp("ok")
	out = append(out, l.withPre(func() []ast.Stmt {
		d := varDecl(pos, key, l.typeExpr(m.Key(), pos))
		d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{l.value(e.Index, m.Key())}
		return []ast.Stmt{define(pos, table, l.expr(e.X)), &ast.DeclStmt{Decl: d}}
	})...)
	at := func() ast.Expr { return index(ident(table, pos), ident(key, pos)) }
	out = append(out, define(pos, v, at()), defines(pos, []string{"_", ok}, at()))
	for i, name := range []string{v, ok} {
		switch {
		case isBlank(lhs[i]):
			out = append(out, assign(pos, ident("_", pos), ident(name, pos)))
		case targets[i] == nil:
			out = append(out, define(pos, l.name(l.info.Defs[lhs[i].(*ast.Ident)]), ident(name, pos)))
		default:
			out = append(out, assign(pos, targets[i], ident(name, pos)))
		}
	}
	return out
}

// isReceive says whether an expression receives from a channel.
func isReceive(e ast.Expr) bool {
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	return ok && u.Op == token.ARROW
}

// assertOk lowers v, ok = x.(T).
func (l *lowerer) assertOk(pos token.Pos, lhs []ast.Expr, e *ast.TypeAssertExpr, tok token.Token) []ast.Stmt {
	t := l.info.Types[e.Type].Type
	var out []ast.Stmt
	targets := l.freezeTargets(lhs, tok, &out)
	v, ok := l.temp("v"), l.temp("ok")
	out = append(out, l.withPre(func() []ast.Stmt {
		return []ast.Stmt{defines(pos, []string{v, ok}, l.rtCall("As", pos, l.expr(e.X), l.typeSym(t, pos)))}
	})...)
	second := func() []ast.Stmt { // the ok, which is assigned last
		switch {
		case targets[1] == nil:
			return []ast.Stmt{define(pos, l.name(l.info.Defs[lhs[1].(*ast.Ident)]), ident(ok, pos))}
		case isBlank(lhs[1]):
			return nil
		}
		return []ast.Stmt{assign(pos, targets[1], ident(ok, pos))}
	}
	if isBlank(lhs[0]) {
		return append(append(out, assign(pos, ident("_", pos), ident(v, pos))), second()...)
	}
	to := targets[0]
	name := l.temp("t")
	if to == nil {
		name = l.name(l.info.Defs[lhs[0].(*ast.Ident)])
	}
	var got ast.Expr = ident(v, pos)
	if i, isAny := t.Underlying().(*types.Interface); !isAny || !i.Empty() {
		got = &ast.TypeAssertExpr{X: got, Lparen: pos, Type: l.typeExpr(t, pos), Rparen: pos}
	}
	out = append(out, varStmt(pos, name, l.typeExpr(t, pos)))
	if s, isStruct := t.Underlying().(*types.Struct); !isStruct || s.NumFields() > 0 {
		out = append(out, ifStmt(pos, ident(ok, pos), assign(pos, ident(name, pos), got)))
	}
	if to != nil {
		out = append(out, assign(pos, to, ident(name, pos)))
	}
	return append(out, second()...)
}

// receiveOk lowers v, ok = <-c. The interpreter assigns the two reliably only to new variables.
func (l *lowerer) receiveOk(pos token.Pos, lhs []ast.Expr, e ast.Expr, tok token.Token) []ast.Stmt {
	if tok == token.DEFINE && l.isNew(lhs[0]) && l.isNew(lhs[1]) && !l.captured(lhs[0]) && !l.captured(lhs[1]) {
		return []ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{l.lvalue(lhs[0]), l.lvalue(lhs[1])}, TokPos: pos, Tok: tok, Rhs: []ast.Expr{l.expr(e)}}}
	}
	var out []ast.Stmt
	targets := l.freezeTargets(lhs, tok, &out)
	names := []string{l.temp("v"), l.temp("ok")}
	how := token.ASSIGN
	for i, e := range lhs {
		if isBlank(e) {
			names[i] = "_"
		} else {
			how = token.DEFINE
		}
	}
	out = append(out, l.withPre(func() []ast.Stmt {
		return []ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{ident(names[0], pos), ident(names[1], pos)}, TokPos: pos, Tok: how, Rhs: []ast.Expr{l.expr(e)}}}
	})...)
	for i, e := range lhs {
		switch {
		case isBlank(e):
		case targets[i] == nil:
			out = append(out, define(pos, l.name(l.info.Defs[e.(*ast.Ident)]), ident(names[i], pos)))
		default:
			out = append(out, assign(pos, targets[i], ident(names[i], pos)))
		}
	}
	return out
}

// isNew says whether a left-hand side defines a variable here, or is blank.
func (l *lowerer) isNew(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	return id.Name == "_" || l.info.Defs[id] != nil && !l.isGlobal(l.info.Defs[id])
}
