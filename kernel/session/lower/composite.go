package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// composite lowers a composite literal of type t with all types written out.
func (l *lowerer) composite(e *ast.CompositeLit, t types.Type) ast.Expr {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		// An elided &T inside a slice or map literal.
		return &ast.UnaryExpr{OpPos: e.Pos(), Op: token.AND, X: l.composite(e, p.Elem())}
	}
	out := &ast.CompositeLit{Type: l.typeExpr(t, e.Pos()), Lbrace: e.Lbrace, Rbrace: e.Rbrace}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		out.Elts = l.structElems(e, u)
	case *types.Map:
		for _, el := range e.Elts {
			kv := el.(*ast.KeyValueExpr)
			out.Elts = append(out.Elts, &ast.KeyValueExpr{Key: l.mapKey(kv.Key, u.Key()), Colon: kv.Colon, Value: l.elem(kv.Value, u.Elem())})
		}
	case *types.Slice:
		out.Elts = l.listElems(e, u.Elem())
	case *types.Array:
		out.Elts = l.listElems(e, u.Elem())
	}
	return out
}

func (l *lowerer) structElems(e *ast.CompositeLit, s *types.Struct) []ast.Expr {
	var out []ast.Expr
	for i, el := range e.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			f := l.info.ObjectOf(kv.Key.(*ast.Ident)).(*types.Var)
			out = append(out, &ast.KeyValueExpr{Key: ident(f.Name(), kv.Key.Pos()), Colon: kv.Colon, Value: l.elem(kv.Value, f.Type())})
			continue
		}
		f := s.Field(i)
		if f.Name() == "_" && pure(l.info, el) { // its value is lost in Go; here it would make two values differ
			continue
		}
		out = append(out, &ast.KeyValueExpr{Key: ident(f.Name(), el.Pos()), Colon: el.Pos(), Value: l.elem(el, f.Type())})
	}
	return out
}

func (l *lowerer) listElems(e *ast.CompositeLit, t types.Type) []ast.Expr {
	var out []ast.Expr
	for _, el := range e.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			out = append(out, &ast.KeyValueExpr{Key: l.indexValue(kv.Key), Colon: kv.Colon, Value: l.elem(kv.Value, t)})
			continue
		}
		out = append(out, l.elem(el, t))
	}
	return out
}

// elem lowers an element of a literal, whose type may be elided.
func (l *lowerer) elem(e ast.Expr, t types.Type) ast.Expr {
	if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil {
		return l.composite(c, t)
	}
	return l.value(e, t)
}

// mapKey lowers a key of a map literal. Constants of different types are
// different keys of an interface map, which the interpreter sees only if they
// are no literals.
func (l *lowerer) mapKey(e ast.Expr, t types.Type) ast.Expr {
	if tv := l.info.Types[e]; tv.Value != nil && types.IsInterface(t) {
		return l.valueSym(l.runtimeType(types.Default(tv.Type)), tv.Value, e.Pos())
	}
	if l.info.Types[e].IsNil() {
		return l.mapIndex(e, t)
	}
	return l.elem(e, t)
}
