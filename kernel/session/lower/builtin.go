package lower

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// builtin lowers a call of a predeclared function.
func (l *lowerer) builtin(e *ast.CallExpr, fun ast.Expr) ast.Expr {
	var name string
	switch f := fun.(type) {
	case *ast.Ident:
		name = f.Name
		if b, ok := l.info.Uses[f].(*types.Builtin); ok {
			name = b.Name()
		}
	case *ast.SelectorExpr:
		return l.unsafeCall(e, f.Sel.Name)
	}
	e = l.untupled(e)
	out := &ast.CallExpr{Fun: ident(name, e.Pos()), Lparen: e.Lparen, Ellipsis: e.Ellipsis, Rparen: e.Rparen}
	switch name {
	case "len", "cap":
		x := l.expr(e.Args[0])
		if p, ok := l.typeOf(e.Args[0]).Underlying().(*types.Pointer); ok {
			if l.pre != nil && l.conditional == 0 {
				*l.pre = append(*l.pre, assign(e.Pos(), ident("_", e.Pos()), x))
				return intLit(p.Elem().Underlying().(*types.Array).Len(), e.Pos())
			}
			x = star(x)
		}
		out.Args = []ast.Expr{x}
	case "new":
		if !l.info.Types[e.Args[0]].IsType() { // new(x) of Go 1.26
			elem := l.typeOf(e).(*types.Pointer).Elem()
			return l.viaSymbol("NewValue", e, elem, l.value(e.Args[0], elem))
		}
		out.Args = l.exprs(e.Args)
	case "make":
		t := l.typeOf(e)
		c, isChan := t.Underlying().(*types.Chan)
		if isChan {
			t = types.NewChan(types.SendRecv, c.Elem())
		}
		out.Args = append(out.Args, l.typeExpr(t, e.Args[0].Pos()))
		for i, a := range e.Args[1:] {
			out.Args = append(out.Args, l.makeLen(a, t, i))
		}
		l.checkCap(e)
		if isChan && !types.Identical(t, l.typeOf(e)) {
			return call(parenType(l.typeExpr(l.typeOf(e), e.Pos())), out)
		}
	case "append":
		elem := types.Type(types.Typ[types.Byte])
		if s, ok := l.typeOf(e).Underlying().(*types.Slice); ok {
			elem = s.Elem()
		}
		out.Args = append(out.Args, l.value(e.Args[0], l.typeOf(e)))
		_, nested := elem.Underlying().(*types.Slice)
		nested = nested || types.IsInterface(elem) && slices.ContainsFunc(e.Args[1:], func(a ast.Expr) bool {
			_, slice := l.typeOf(a).Underlying().(*types.Slice)
			return slice
		})
		if !e.Ellipsis.IsValid() && (nested && len(e.Args) > 1 || len(e.Args) > 2 && l.reads(e.Args[2:])) {
			// The interpreter would take an element that is a slice for a list; and it writes each element before it reads the next.
			list := &ast.CompositeLit{Type: l.typeExpr(types.NewSlice(elem), e.Pos()), Lbrace: e.Pos(), Rbrace: e.Pos()}
			for _, a := range e.Args[1:] {
				list.Elts = append(list.Elts, l.appended(a, elem))
			}
			out.Args, out.Ellipsis = append(out.Args, list), e.Pos()
			return out
		}
		for _, a := range e.Args[1:] {
			if e.Ellipsis.IsValid() {
				out.Args = append(out.Args, l.expr(a))
			} else {
				out.Args = append(out.Args, l.appended(a, elem))
			}
		}
	case "delete":
		m := l.typeOf(e.Args[0]).Underlying().(*types.Map)
		out.Args = []ast.Expr{l.expr(e.Args[0]), l.value(e.Args[1], m.Key())}
	case "panic":
		return l.rtCall("Panic", e.Pos(), l.value(e.Args[0], types.NewInterfaceType(nil, nil)), l.placeOf(e.Pos()))
	case "recover":
		return l.recoverCall(e.Pos())
	case "clear":
		return l.rtCall("Clear", e.Pos(), l.expr(e.Args[0]))
	case "min", "max":
		return l.minMax(e, name)
	case "print", "println":
		f := map[string]string{"print": "Print", "println": "Println"}[name]
		return l.rtCall(f, e.Pos(), l.printed(e.Args)...)
	default:
		out.Args = l.exprs(e.Args)
	}
	return out
}

// reads says whether one of the expressions reads something that an assignment to a slice may change.
func (l *lowerer) reads(list []ast.Expr) bool {
	for _, e := range list {
		_, variable := ast.Unparen(e).(*ast.Ident)
		if l.info.Types[e].Value == nil && !variable {
			return true
		}
	}
	return false
}

// appended lowers an element given to append. The interpreter does not see the type of a nil there.
func (l *lowerer) appended(e ast.Expr, elem types.Type) ast.Expr {
	if l.info.Types[e].IsNil() && !types.IsInterface(elem) {
		return call(parenType(l.typeExpr(elem, e.Pos())), ident("nil", e.Pos()))
	}
	return l.value(e, elem)
}

// placeOf is the position of a construct that may panic, for rt: the interpreter only knows where the function begins.
func (l *lowerer) placeOf(pos token.Pos) ast.Expr {
	at := ""
	if l.in.Fset != nil && pos.IsValid() {
		at = l.in.Fset.Position(pos).String()
	}
	return stringLit(at, pos)
}

// surelyThere is how many elements may be asked for without asking whether there is memory for them.
const surelyThere = 1 << 24

// makeLen lowers size i given to make for a type.
func (l *lowerer) makeLen(e ast.Expr, t types.Type, i int) ast.Expr {
	n := l.indexValue(e)
	what := "chan"
	switch u := t.Underlying().(type) {
	case *types.Map:
		if l.info.Types[e].Value != nil {
			return n
		}
		return l.rtCall("MakeHint", e.Pos(), l.asInt(e, n))
	case *types.Slice:
		what = []string{"len", "cap"}[i]
		if c := l.info.Types[e].Value; c == nil || constant.Compare(constant.ToInt(c), token.GTR, constant.MakeInt64(surelyThere)) {
			return l.rtCall("MakeLen", e.Pos(), l.asInt(e, n), stringLit(what, e.Pos()), intLit(sizes.Sizeof(u.Elem()), e.Pos()))
		}
	}
	if c, ok := ast.Unparen(e).(*ast.CallExpr); l.info.Types[e].Value != nil || ok && l.info.Types[c.Fun].IsBuiltin() || l.nonNegative(e) {
		return n
	}
	return l.rtCall("MakeLen", e.Pos(), l.asInt(e, n), stringLit(what, e.Pos()), intLit(1, e.Pos()))
}

// checkCap arranges the check that the length given to make is not more than the capacity.
func (l *lowerer) checkCap(e *ast.CallExpr) {
	if len(e.Args) != 3 || !l.early() || !pure(l.info, e.Args[1]) || !pure(l.info, e.Args[2]) {
		return
	}
	n, c := l.info.Types[e.Args[1]].Value, l.info.Types[e.Args[2]].Value
	if n != nil && c != nil || n != nil && constant.Sign(n) == 0 {
		return
	}
	pos := e.Pos()
	*l.pre = append(*l.pre, &ast.ExprStmt{X: l.rtCall("MakeCap", pos, l.asInt(e.Args[1], l.indexValue(e.Args[1])), l.asInt(e.Args[2], l.indexValue(e.Args[2])))})
}

// minMax lowers min and max to calls of rt on the widest type of the kind.
func (l *lowerer) minMax(e *ast.CallExpr, name string) ast.Expr {
	t := l.typeOf(e)
	b := t.Underlying().(*types.Basic)
	wide, suffix := types.Int64, "Int"
	switch {
	case b.Info()&types.IsUnsigned != 0:
		wide, suffix = types.Uint64, "Uint"
	case b.Info()&types.IsFloat != 0:
		wide, suffix = types.Float64, "Float"
	case b.Info()&types.IsString != 0:
		wide, suffix = types.String, "String"
	}
	fn := map[string]string{"min": "Min", "max": "Max"}[name] + suffix
	c := l.rtCall(fn, e.Pos())
	for _, a := range e.Args {
		if tv := l.info.Types[a]; tv.Value != nil {
			c.Args = append(c.Args, l.constExpr(tv.Value, types.Typ[wide], a.Pos()))
			continue
		}
		c.Args = append(c.Args, call(l.typeExpr(types.Typ[wide], a.Pos()), l.expr(a)))
	}
	return call(parenType(l.typeExpr(t, e.Pos())), c)
}
