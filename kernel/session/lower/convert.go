package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
)

// convertImplicit gives a lowered expression the type it is assigned to, where
// the interpreter would get it wrong.
func (l *lowerer) convertImplicit(x ast.Expr, src ast.Expr, to types.Type) ast.Expr {
	if l.info.Types[src].IsNil() {
		return l.typedNil(x, to)
	}
	if l.crossesNames(l.typeOf(src), to) {
		return l.reflected("Convert", x, to, src.Pos())
	}
	if types.IsInterface(to) {
		if std := l.standardStream(src); std != nil {
			return std
		}
		if _, ok := l.typeOf(src).Underlying().(*types.Signature); ok && !isNil(l.typeOf(src)) {
			// Only a call of compiled code turns a function of the
			// interpreter into one that an interface can hold.
			return l.funcValue(x, l.typeOf(src), to)
		}
		return l.settled(x, src)
	}
	return x
}

// hasCall says whether evaluating an expression earlier than what stands
// before it could be noticed.
func hasCall(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// typedNil is nil of a type that the interpreter cannot give it.
func (l *lowerer) typedNil(x ast.Expr, to types.Type) ast.Expr {
	switch u := to.Underlying().(type) {
	case *types.Pointer, *types.Basic:
		return x
	case *types.Interface:
		if u.Empty() || types.Identical(to, types.Universe.Lookup("error").Type()) {
			return x
		}
	default:
		if _, ok := types.Unalias(to).(*types.Named); !ok {
			return x
		}
	}
	return l.nilOf(to, x.Pos())
}

// nilOf is nil of a type.
func (l *lowerer) nilOf(to types.Type, pos token.Pos) ast.Expr {
	rt := l.runtimeType(to)
	key := constKey{rt, "nil"}
	sym, ok := l.w.kinds[key]
	if !ok {
		sym = l.w.next("N")
		l.w.kinds[key] = sym
		l.w.fresh[sym] = reflect.Zero(rt)
	}
	return l.cellSel(sym, pos)
}

// funcValue is a function as an interface value.
func (l *lowerer) funcValue(x ast.Expr, from, to types.Type) ast.Expr {
	if _, ok := types.Unalias(from).(*types.Named); ok {
		return x
	}
	if i, ok := to.Underlying().(*types.Interface); !ok || !i.Empty() {
		return x
	}
	return l.rtCall("Value", x.Pos(), x)
}

// settled computes an operation before it becomes an interface value; the
// interpreter would give the operation the type of its destination.
func (l *lowerer) settled(x, src ast.Expr) ast.Expr {
	from := l.typeOf(src)
	if types.IsInterface(from) || l.info.Types[src].Value != nil {
		return x
	}
	switch e := ast.Unparen(src).(type) {
	case *ast.UnaryExpr:
		if e.Op == token.AND || e.Op == token.ARROW {
			return x
		}
	case *ast.BinaryExpr:
	default:
		return x
	}
	if l.pre == nil || l.conditional > 0 || hasCall(src) {
		return call(parenType(l.typeExpr(types.Default(from), x.Pos())), x)
	}
	t := l.temp("t")
	d := varDecl(x.Pos(), t, l.typeExpr(types.Default(from), x.Pos()))
	d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{x}
	*l.pre = append(*l.pre, &ast.DeclStmt{Decl: d})
	return ident(t, x.Pos())
}

// conversion lowers T(x).
func (l *lowerer) conversion(e *ast.CallExpr, to types.Type) ast.Expr {
	from := l.typeOf(e.Args[0])
	if l.info.Types[e.Args[0]].Value != nil && l.needsReflect(from, to) {
		return l.viaReflect("Convert", e, to)
	}
	if l.info.Types[e.Args[0]].Value == nil && !isNil(from) {
		_, fromSlice := from.Underlying().(*types.Slice)
		_, toArray := to.Underlying().(*types.Array)
		if p, ok := to.Underlying().(*types.Pointer); ok && fromSlice {
			_, toArray = p.Elem().Underlying().(*types.Array)
		}
		switch {
		case fromSlice && toArray:
			return l.viaReflect("Array", e, to)
		case l.needsReflect(from, to):
			return l.viaReflect("Convert", e, to)
		}
	}
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

// viaReflect converts in rt and asserts the result back to its type.
func (l *lowerer) viaReflect(fn string, e *ast.CallExpr, to types.Type) ast.Expr {
	return l.reflected(fn, l.expr(e.Args[0]), to, e.Pos())
}

// reflected is viaReflect of a lowered value.
func (l *lowerer) reflected(fn string, x ast.Expr, to types.Type, pos token.Pos) ast.Expr {
	c := l.rtCall(fn, pos, x, l.typeSym(to, pos))
	return &ast.TypeAssertExpr{X: c, Lparen: pos, Type: l.typeExpr(to, pos), Rparen: pos}
}

// needsReflect says whether the interpreter cannot do a conversion: between
// strings and slices of named bytes or runes, and of a struct to or from an unnamed type.
func (l *lowerer) needsReflect(from, to types.Type) bool {
	if l.crossesNames(from, to) {
		return true
	}
	for _, p := range [][2]types.Type{{from, to}, {to, from}} {
		s, ok := p[0].Underlying().(*types.Slice)
		if !ok || !isString(p[1]) {
			continue
		}
		if _, named := types.Unalias(s.Elem()).(*types.Named); named {
			return true
		}
	}
	return false
}

// crossesNames says whether a struct goes from an unnamed type to another, or the other way.
func (l *lowerer) crossesNames(from, to types.Type) bool {
	_, a := from.Underlying().(*types.Struct)
	_, b := to.Underlying().(*types.Struct)
	if !a || !b || types.Identical(from, to) {
		return false
	}
	_, a = types.Unalias(from).(*types.Named)
	_, b = types.Unalias(to).(*types.Named)
	return !a || !b
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}
