package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// selectStmt lowers a select to a switch over the case that rt.Select took:
//
//	i, v, ok := rt.Select(false, rt.Recv(c), rt.Send(d, 1))
//	switch i { case 0: x, more := v.(T), ok; ... case 1: ... }
//
// The interpreter drops received values with other targets than one new
// variable, and fails on nil channels.
func (l *lowerer) selectStmt(s *ast.SelectStmt, label string) []ast.Stmt {
	pos := s.Pos()
	if len(s.Body.List) == 0 {
		return []ast.Stmt{&ast.SelectStmt{Select: s.Select, Body: &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}}}
	}
	i, v, ok := l.temp("i"), l.temp("v"), l.temp("ok")
	hasDefault := ident("false", pos)
	args := []ast.Expr{hasDefault}
	out := []ast.Stmt{}
	for _, c := range s.Body.List {
		comm := c.(*ast.CommClause).Comm
		if comm == nil {
			hasDefault.Name = "true"
			continue
		}
		out = append(out, l.withPre(func() []ast.Stmt { args = append(args, l.commCase(comm)); return nil })...)
	}
	out = append(out, defines(pos, []string{i, v, ok}, l.rtCall("Select", pos, args...)))
	for _, unused := range []string{v, ok} {
		out = append(out, assign(pos, ident("_", pos), ident(unused, pos)))
	}
	sw := l.inLoop(&loop{label: label}, func() ast.Stmt {
		n := &ast.SwitchStmt{Switch: s.Select, Tag: ident(i, pos), Body: &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}}
		count := int64(0)
		for _, c := range s.Body.List {
			c := c.(*ast.CommClause)
			clause := &ast.CaseClause{Case: c.Case, Colon: c.Colon}
			if c.Comm == nil {
				clause.List = []ast.Expr{intLit(-1, c.Case)}
			} else {
				clause.List = []ast.Expr{intLit(count, c.Case)}
				count++
				clause.Body = l.received(c.Comm, v, ok)
			}
			clause.Body = append(clause.Body, l.stmts(c.Body)...)
			n.Body.List = append(n.Body.List, clause)
		}
		return n
	})
	return []ast.Stmt{block(pos, append(out, sw)...)}
}

// commCase describes a communication to rt.
func (l *lowerer) commCase(s ast.Stmt) ast.Expr {
	if send, ok := s.(*ast.SendStmt); ok {
		c := l.typeOf(send.Chan).Underlying().(*types.Chan)
		return l.rtCall("Send", s.Pos(), l.expr(send.Chan), l.value(send.Value, c.Elem()))
	}
	return l.rtCall("Recv", s.Pos(), l.expr(receiveOf(s).X))
}

// receiveOf is the receive expression of a communication.
func receiveOf(s ast.Stmt) *ast.UnaryExpr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	}
	return ast.Unparen(e).(*ast.UnaryExpr)
}

// received assigns what a receive yielded.
func (l *lowerer) received(s ast.Stmt, v, ok string) []ast.Stmt {
	a, isAssign := s.(*ast.AssignStmt)
	if !isAssign {
		return nil
	}
	pos := s.Pos()
	elem := l.typeOf(receiveOf(s).X).Underlying().(*types.Chan).Elem()
	var out []ast.Stmt
	for i, e := range a.Lhs {
		if isBlank(e) {
			continue
		}
		var x ast.Expr = ident(ok, pos)
		if i == 0 {
			x = l.fromAny(v, elem, pos, &out)
		}
		if a.Tok == token.DEFINE && l.isNew(e) {
			out = append(out, define(pos, l.name(l.info.Defs[e.(*ast.Ident)]), x))
			continue
		}
		out = append(out, l.withPre(func() []ast.Stmt { return []ast.Stmt{assign(pos, l.lvalue(e), x)} })...)
	}
	return out
}

// fromAny gives a value of type any its type back; nil is the zero value.
func (l *lowerer) fromAny(v string, t types.Type, pos token.Pos, out *[]ast.Stmt) ast.Expr {
	if i, ok := t.Underlying().(*types.Interface); ok && i.Empty() {
		return ident(v, pos)
	}
	name := l.temp("t")
	got := &ast.TypeAssertExpr{X: ident(v, pos), Lparen: pos, Type: l.typeExpr(t, pos), Rparen: pos}
	*out = append(*out, varStmt(pos, name, l.typeExpr(t, pos)))
	if s, ok := t.Underlying().(*types.Struct); !ok || s.NumFields() > 0 {
		*out = append(*out, ifStmt(pos, binary(ident(v, pos), token.NEQ, ident("nil", pos)), assign(pos, ident(name, pos), got)))
	}
	return ident(name, pos)
}
