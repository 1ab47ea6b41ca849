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
	if lit, ok := fun.(*ast.FuncLit); ok {
		f := l.funcLit(lit)
		return &ast.CallExpr{Fun: f, Lparen: e.Lparen, Args: l.args(e, sig), Ellipsis: e.Ellipsis, Rparen: e.Rparen}
	}
	return &ast.CallExpr{Fun: l.expr(e.Fun), Lparen: e.Lparen, Args: l.args(e, sig), Ellipsis: e.Ellipsis, Rparen: e.Rparen}
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
	show := l.shows(e.Fun)
	for i, a := range e.Args {
		if show && !e.Ellipsis.IsValid() {
			out[i] = l.shown(a, paramType(sig, i, false))
			continue
		}
		out[i] = l.value(a, paramType(sig, i, e.Ellipsis.IsValid()))
	}
	return out
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
