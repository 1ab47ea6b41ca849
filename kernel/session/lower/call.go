package lower

import (
	"go/ast"
	"go/types"
)

// call lowers a call, conversion or builtin.
func (l *lowerer) call(e *ast.CallExpr) ast.Expr {
	fun := ast.Unparen(e.Fun)
	tv := l.info.Types[e.Fun]
	if tv.IsType() {
		return l.conversion(e, tv.Type)
	}
	if tv.IsBuiltin() {
		return l.builtin(e, fun)
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if s := l.info.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			return l.methodCall(e, sel, s)
		}
	}
	sig, _ := l.typeOf(e.Fun).Underlying().(*types.Signature)
	if sig != nil && (sig.Variadic() || takesInterface(sig)) {
		e = l.untupled(e)
	}
	if lit, ok := fun.(*ast.FuncLit); ok {
		f := l.funcLit(lit)
		return l.noVariadics(spread(&ast.CallExpr{Fun: f, Lparen: e.Lparen, Args: l.args(e, sig), Ellipsis: e.Ellipsis, Rparen: e.Rparen}, e, sig), e, sig)
	}
	c := &ast.CallExpr{Fun: l.callee(e.Fun), Lparen: e.Lparen, Args: l.args(e, sig), Ellipsis: e.Ellipsis, Rparen: e.Rparen}
	return l.noVariadics(spread(c, e, sig), e, sig)
}

// noVariadics passes nil to a function whose variadic arguments are left out, as Go does: the interpreter would pass an empty slice.
func (l *lowerer) noVariadics(c *ast.CallExpr, src *ast.CallExpr, sig *types.Signature) *ast.CallExpr {
	if sig == nil || !sig.Variadic() || len(src.Args) != sig.Params().Len()-1 || len(c.Args) < len(src.Args) || len(src.Args) == 1 && isTuple(l.typeOf(src.Args[0])) {
		return c
	}
	elem := variadicElem(sig.Params().At(sig.Params().Len() - 1).Type())
	if n, ok := types.Unalias(elem).(*types.Named); ok && !n.Obj().Exported() && n.Obj().Pkg() != nil {
		return c // no cell can name it
	}
	list := &ast.CallExpr{Fun: l.typeExpr(types.NewSlice(elem), src.Rparen), Lparen: src.Rparen, Args: []ast.Expr{ident("nil", src.Rparen)}, Rparen: src.Rparen}
	c.Args, c.Ellipsis = append(c.Args, list), src.Rparen
	return c
}

// callee lowers the function operand of a call.
func (l *lowerer) callee(e ast.Expr) ast.Expr {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if f, ok := l.info.Uses[id].(*types.Func); ok && !l.isDotImported(f) {
			return ident(l.name(f), id.Pos())
		}
	}
	if c, ok := ast.Unparen(e).(*ast.CallExpr); ok && l.early() && !l.info.Types[c.Fun].IsType() {
		// The interpreter calls no result of a call.
		t := l.temp("f")
		x := l.expr(c)
		*l.pre = append(*l.pre, define(e.Pos(), t, x))
		return ident(t, e.Pos())
	}
	return l.expr(e)
}

// spread marks a call whose variadic arguments were packed.
func spread(c *ast.CallExpr, src *ast.CallExpr, sig *types.Signature) *ast.CallExpr {
	if sig == nil || !sig.Variadic() || src.Ellipsis.IsValid() || len(c.Args) == 0 || len(src.Args) == 0 {
		return c
	}
	last := c.Args[len(c.Args)-1]
	if lit, ok := last.(*ast.CompositeLit); ok && lit.Pos() == src.Pos() && lit.Lbrace == src.Pos() {
		c.Ellipsis = src.Pos()
	}
	return c
}

// args lowers the arguments of a call, each to the type of its parameter.
func (l *lowerer) args(e *ast.CallExpr, sig *types.Signature) []ast.Expr {
	if sig == nil {
		return l.exprs(e.Args)
	}
	if len(e.Args) == 1 && sig.Params().Len() != 1 || len(e.Args) == 1 && isTuple(l.typeOf(e.Args[0])) {
		if isTuple(l.typeOf(e.Args[0])) {
			return []ast.Expr{l.expr(e.Args[0])}
		}
	}
	out := make([]ast.Expr, len(e.Args))
	if fixed, packed := l.packed(e, sig); packed != nil {
		for i := 0; i < fixed; i++ {
			out[i] = l.value(e.Args[i], paramType(sig, i, false))
		}
		return append(out[:fixed], packed)
	}
	show := l.shows(e.Fun)
	for i, a := range e.Args {
		if e.Ellipsis.IsValid() && i == len(e.Args)-1 && l.info.Types[a].IsNil() {
			t := paramType(sig, i, true)
			out[i] = &ast.CallExpr{Fun: parenType(l.typeExpr(t.Underlying(), a.Pos())), Lparen: a.Pos(), Args: []ast.Expr{ident("nil", a.Pos())}, Rparen: a.End()}
			continue
		}
		if show && !e.Ellipsis.IsValid() {
			out[i] = l.shown(a, paramType(sig, i, false))
			continue
		}
		out[i] = l.value(a, paramType(sig, i, e.Ellipsis.IsValid()))
	}
	return out
}

// packed builds the list of variadic arguments for functions of cells whose
// parameters can hold slices: given one []any, the interpreter would take it
// for the whole list. It is nil where that cannot happen.
func (l *lowerer) packed(e *ast.CallExpr, sig *types.Signature) (int, ast.Expr) {
	fixed := sig.Params().Len() - 1
	if !sig.Variadic() || e.Ellipsis.IsValid() || len(e.Args) != fixed+1 || l.compiledCallee(e.Fun) {
		return 0, nil
	}
	elem := variadicElem(sig.Params().At(fixed).Type())
	arg := l.typeOf(e.Args[fixed])
	if _, slice := arg.Underlying().(*types.Slice); !slice && !types.IsInterface(arg) {
		return 0, nil
	}
	list := &ast.CompositeLit{Type: l.typeExpr(types.NewSlice(elem), e.Pos()), Lbrace: e.Pos(), Rbrace: e.Pos()}
	list.Elts = []ast.Expr{l.value(e.Args[fixed], elem)}
	return fixed, list
}

// compiledCallee says whether a call is of a function of a compiled package.
func (l *lowerer) compiledCallee(fun ast.Expr) bool {
	switch f := ast.Unparen(fun).(type) {
	case *ast.SelectorExpr:
		if s := l.info.Selections[f]; s != nil {
			m, ok := s.Obj().(*types.Func)
			return ok && !l.isCellMethod(m)
		}
		return true
	}
	return false
}

func isTuple(t types.Type) bool {
	_, ok := t.(*types.Tuple)
	return ok
}

// paramType is the type of argument i; spread says that the last argument is
// followed by "...".
func paramType(sig *types.Signature, i int, spread bool) types.Type {
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 {
		t := sig.Params().At(n - 1).Type()
		if spread {
			return t
		}
		return variadicElem(t)
	}
	return sig.Params().At(i).Type()
}

func (l *lowerer) exprs(list []ast.Expr) []ast.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(list))
	for i, e := range list {
		out[i] = l.expr(e)
	}
	return out
}
