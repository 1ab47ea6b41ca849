package lower

import (
	"go/ast"
	"go/types"
)

// untupled turns f(g()), where g has several results, into f(a, b) with the results in variables: the interpreter hands
// them on only in the simplest case.
func (l *lowerer) untupled(e *ast.CallExpr) *ast.CallExpr {
	if len(e.Args) != 1 || !isTuple(l.typeOf(e.Args[0])) || !l.early() {
		return e
	}
	t := l.typeOf(e.Args[0]).(*types.Tuple)
	var names []string
	var args []ast.Expr
	for v := range t.Variables() {
		name := l.temp("a")
		id := ident(name, e.Args[0].Pos())
		l.info.Types[id] = types.TypeAndValue{Type: v.Type()}
		names, args = append(names, name), append(args, id)
	}
	*l.pre = append(*l.pre, defines(e.Pos(), names, l.expr(e.Args[0])))
	out := *e
	out.Args = args
	l.info.Types[&out] = l.info.Types[e]
	return &out
}

func takesInterface(sig *types.Signature) bool {
	for v := range sig.Params().Variables() {
		if types.IsInterface(v.Type()) {
			return true
		}
	}
	return false
}

// needsRoom says that the results of g in f(g()) have to be put into variables where no statement may stand before.
func (l *lowerer) needsRoom(e *ast.CallExpr) bool {
	if len(e.Args) != 1 || l.early() || l.info.Types[e.Fun].IsType() {
		return false
	}
	if _, ok := l.typeOf(e.Args[0]).(*types.Tuple); !ok {
		return false
	}
	r, ok := l.typeOf(e).(*types.Tuple)
	return !ok || r.Len() > 0
}

// needsRoomForCallee says that g() in g()(x) has to be put into a variable, since the interpreter calls no result of a call,
// where no statement may stand before: it might not be reached, or something that is called before it comes first.
func (l *lowerer) needsRoomForCallee(e *ast.CallExpr) bool {
	c, ok := ast.Unparen(e.Fun).(*ast.CallExpr)
	return ok && !l.early() && !l.info.Types[c.Fun].IsType()
}

// inRoom lowers a call in a function literal that is called at once.
func (l *lowerer) inRoom(e *ast.CallExpr) ast.Expr {
	pos := e.Pos()
	ft := &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{}}
	t, several := l.typeOf(e).(*types.Tuple)
	if several {
		for v := range t.Variables() {
			ft.Results.List = append(ft.Results.List, &ast.Field{Type: l.typeExpr(v.Type(), pos)})
		}
	} else {
		ft.Results.List = []*ast.Field{{Type: l.typeExpr(types.Default(l.typeOf(e)), pos)}}
	}
	depth := l.conditional
	l.conditional = 0
	body := l.withPre(func() []ast.Stmt {
		if several && t.Len() == 0 {
			return []ast.Stmt{&ast.ExprStmt{X: l.call(e)}}
		}
		return []ast.Stmt{&ast.ReturnStmt{Return: pos, Results: []ast.Expr{l.call(e)}}}
	})
	l.conditional = depth
	l.called = true
	return call(&ast.FuncLit{Type: ft, Body: block(pos, body...)})
}
