package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// assignedTogether rewrites for i, s[i] = range x, whose two assignments are one, with the old i in s[i], to
//
//	for k, v := range x { i, s[i] = k, v; ... }
func (l *lowerer) assignedTogether(s *ast.RangeStmt) *ast.RangeStmt {
	if s.Tok != token.ASSIGN || s.Value == nil || isBlank(s.Key) || isBlank(s.Value) {
		return s
	}
	_, plainKey := ast.Unparen(s.Key).(*ast.Ident)
	_, plainValue := ast.Unparen(s.Value).(*ast.Ident)
	key, value := l.rangeTypes(l.typeOf(s.X))
	if plainKey && plainValue || key == nil {
		return s
	}
	k, useK := l.newVar("k", key, s.Key.Pos())
	v, useV := l.newVar("v", value, s.Value.Pos())
	set := &ast.AssignStmt{Lhs: []ast.Expr{s.Key, s.Value}, TokPos: s.TokPos, Tok: token.ASSIGN, Rhs: []ast.Expr{useK, useV}}
	out := *s
	out.Key, out.Value, out.Tok = k, v, token.DEFINE
	out.Body = &ast.BlockStmt{Lbrace: s.Body.Lbrace, List: append([]ast.Stmt{set}, s.Body.List...), Rbrace: s.Body.Rbrace}
	return &out
}

// rangeTypes are the types of the two values that a range over a t yields; nil if it does not yield two.
func (l *lowerer) rangeTypes(t types.Type) (key, value types.Type) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return types.Typ[types.Int], types.Universe.Lookup("rune").Type()
	case *types.Slice:
		return types.Typ[types.Int], t.Elem()
	case *types.Array:
		return types.Typ[types.Int], t.Elem()
	case *types.Map:
		return t.Key(), t.Elem()
	case *types.Signature:
		if f, ok := t.Params().At(0).Type().Underlying().(*types.Signature); ok && f.Params().Len() == 2 {
			return f.Params().At(0).Type(), f.Params().At(1).Type()
		}
	}
	return nil, nil
}

// newVar makes a local variable that the source does not have: its definition and a use of it.
func (l *lowerer) newVar(name string, t types.Type, pos token.Pos) (def, use *ast.Ident) {
	v := types.NewVar(pos, l.in.Pkg, l.temp(name), t)
	def, use = ident(v.Name(), pos), ident(v.Name(), pos)
	l.info.Defs[def], l.info.Uses[use] = v, v
	l.info.Types[use] = types.TypeAndValue{Type: t}
	return def, use
}
