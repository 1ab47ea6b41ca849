package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// The interpreter evaluates what is deferred when it runs, drops the rest of
// the deferred calls after a panic in one, and locks up on some. A function
// that defers therefore hands its body to rt.Guard:
//
//	func f() (r int) {
//		rt.Guard(func(d *rt.Defers) { ...; d.Push(func() { ... }); r = 1; return })
//		return r
//	}

// defersIn says whether a function body has a defer statement of its own.
func defersIn(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			found = true
		}
		return !found
	})
	return found
}

// guard wraps the statements of a function that defers.
func (l *lowerer) guard(pos token.Pos, d string, list []ast.Stmt) ast.Stmt {
	if l.in.Probes != nil {
		return l.traced(pos, d, list)
	}
	f := &ast.FuncLit{
		Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{List: []*ast.Field{{
			Names: []*ast.Ident{ident(d, pos)}, Type: star(l.rtSel("Defers", pos)),
		}}}},
		Body: block(pos, list...),
	}
	return &ast.ExprStmt{X: l.rtCall("Guard", pos, f)}
}

func (l *lowerer) deferStmt(s *ast.DeferStmt) []ast.Stmt {
	pos := s.Pos()
	if lit, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok && len(s.Call.Args) == 0 && len(lit.Type.Params.List) == 0 && lit.Type.Results == nil {
		f := l.temp("f")
		return []ast.Stmt{define(pos, f, l.deferredLit(lit)), l.push("Push", f, pos)}
	}
	lit, literal := ast.Unparen(s.Call.Fun).(*ast.FuncLit)
	if literal {
		l.deferred = lit
	}
	pre, c := l.frozenCall(s.Call)
	f := l.temp("f")
	later := &ast.FuncLit{Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}}, Body: block(pos, &ast.ExprStmt{X: c})}
	pre = append(pre, define(pos, f, later))
	if literal {
		return append(pre, l.push("Push", f, pos))
	}
	return append(pre, l.push("PushCall", f, pos, stringLit(l.calledName(s.Call), pos)))
}

func (l *lowerer) push(method, f string, pos token.Pos, more ...ast.Expr) ast.Stmt {
	return &ast.ExprStmt{X: call(&ast.SelectorExpr{X: ident(l.fn.defers, pos), Sel: ident(method, pos)}, append([]ast.Expr{ident(f, pos)}, more...)...)}
}

// calledName is the lowered name of the function or method of a cell that a call calls; empty if it calls anything else.
func (l *lowerer) calledName(c *ast.CallExpr) string {
	switch f := ast.Unparen(c.Fun).(type) {
	case *ast.Ident:
		if f, ok := l.info.Uses[f].(*types.Func); ok && !l.isDotImported(f) {
			return l.name(f)
		}
	case *ast.IndexExpr:
		return l.calledName(&ast.CallExpr{Fun: f.X})
	case *ast.IndexListExpr:
		return l.calledName(&ast.CallExpr{Fun: f.X})
	case *ast.SelectorExpr:
		if s := l.info.Selections[f]; s != nil && s.Kind() == types.MethodVal {
			if m := s.Obj().(*types.Func); l.isCellMethod(m) {
				return l.methodName(m)
			}
		}
	}
	return ""
}

// noteRecovers remembers which functions of the cell call recover: where one is a value, rt must be told that it is called.
func (l *lowerer) noteRecovers() {
	for _, d := range l.in.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		obj, ok := l.info.Defs[f.Name].(*types.Func)
		if !ok || obj.Signature().TypeParams().Len() > 0 || obj.Signature().RecvTypeParams().Len() > 0 {
			continue
		}
		name := ""
		if obj.Signature().Recv() == nil {
			name = l.name(obj)
		} else if obj.Name() != "_" {
			name = l.methodName(obj)
		}
		l.w.recovering[name] = l.recoversIn(f.Body)
	}
}

func (l *lowerer) recoversIn(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.Ident:
			b, ok := l.info.Uses[n].(*types.Builtin)
			found = found || ok && b.Name() == "recover"
		}
		return !found
	})
	return found
}

// announced begins what stands for a function of a cell with the news that it is called, if that function recovers.
func (l *lowerer) announced(name string, pos token.Pos, list ...ast.Stmt) []ast.Stmt {
	if !l.w.recovering[name] {
		return list
	}
	return append([]ast.Stmt{&ast.ExprStmt{X: l.rtCall("Deferred", pos, stringLit(name, pos))}}, list...)
}

// deferredLit lowers a literal whose recover stops panics of this function.
func (l *lowerer) deferredLit(lit *ast.FuncLit) ast.Expr {
	l.deferred = lit
	return l.funcLit(lit)
}

// recoverCall lowers recover().
func (l *lowerer) recoverCall(pos token.Pos) ast.Expr {
	if l.fn.recovers != "" {
		return call(&ast.SelectorExpr{X: ident(l.fn.recovers, pos), Sel: ident("Recover", pos)})
	}
	return l.rtCall("Recover", pos, stringLit(l.fn.own, pos))
}

// frozenCall evaluates the function value and the arguments of a call now, and
// returns the call that uses them later.
func (l *lowerer) frozenCall(c *ast.CallExpr) ([]ast.Stmt, *ast.CallExpr) {
	var out []ast.Stmt
	freeze := func(e ast.Expr, what string) ast.Expr {
		switch e := e.(type) {
		case *ast.BasicLit:
			return e
		case *ast.Ident:
			if e.Name == "nil" || e.Name == "true" || e.Name == "false" {
				return e
			}
		}
		t := l.temp(what)
		out = append(out, define(e.Pos(), t, e))
		return ident(t, e.Pos())
	}
	low := l.expr(c)
	n, ok := low.(*ast.CallExpr)
	if !ok {
		return nil, call(&ast.FuncLit{Type: &ast.FuncType{Params: &ast.FieldList{}}, Body: block(c.Pos(), &ast.AssignStmt{Lhs: []ast.Expr{ident("_", c.Pos())}, Tok: token.ASSIGN, Rhs: []ast.Expr{low}})})
	}
	frozen := &ast.CallExpr{Fun: n.Fun, Lparen: n.Lparen, Ellipsis: n.Ellipsis, Rparen: n.Rparen}
	frozen.Fun = l.frozenFun(c, n.Fun, freeze, func(s ast.Stmt) { out = append(out, s) })
	if len(n.Args) == 1 && len(c.Args) == 1 && isTuple(l.typeOf(c.Args[0])) {
		frozen.Args = l.frozenTuple(c, n.Args[0], &out)
		return out, frozen
	}
	for _, a := range n.Args {
		frozen.Args = append(frozen.Args, freeze(a, "a"))
	}
	return out, frozen
}

// frozenTuple keeps the results of f(g()) for later.
func (l *lowerer) frozenTuple(c *ast.CallExpr, arg ast.Expr, out *[]ast.Stmt) []ast.Expr {
	var names []string
	var args []ast.Expr
	for range l.typeOf(c.Args[0]).(*types.Tuple).Len() {
		t := l.temp("a")
		names, args = append(names, t), append(args, ident(t, arg.Pos()))
	}
	*out = append(*out, defines(arg.Pos(), names, arg))
	return args
}

// frozenFun keeps the callee: a function known by name as it is, the receiver
// of a method, or the function value. stop adds a statement that panics now if the call could not be made.
func (l *lowerer) frozenFun(src *ast.CallExpr, fun ast.Expr, freeze func(ast.Expr, string) ast.Expr, stop func(ast.Stmt)) ast.Expr {
	switch f := ast.Unparen(src.Fun).(type) {
	case *ast.Ident:
		switch l.info.Uses[f].(type) {
		case *types.Func, *types.Builtin, *types.TypeName, nil:
			return fun
		}
	case *ast.SelectorExpr:
		s := l.info.Selections[f]
		if s == nil {
			if _, ok := l.info.Uses[f.Sel].(*types.Var); !ok {
				return fun
			}
		}
		if s != nil && s.Kind() == types.MethodVal {
			if sel, ok := fun.(*ast.SelectorExpr); ok {
				x := freeze(sel.X, "r")
				if _, named := x.(*ast.Ident); named && types.IsInterface(l.typeOf(f.X)) {
					stop(&ast.ExprStmt{X: l.rtCall("NotNil", x.Pos(), x)})
				}
				return &ast.SelectorExpr{X: x, Sel: sel.Sel}
			}
			return fun
		}
	}
	if l.info.Types[src.Fun].IsType() || l.info.Types[src.Fun].IsBuiltin() {
		return fun
	}
	return freeze(fun, "f")
}

func (l *lowerer) goStmt(s *ast.GoStmt) []ast.Stmt {
	pos := s.Pos()
	if lit, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok && len(s.Call.Args) == 0 && len(lit.Type.Params.List) == 0 && lit.Type.Results == nil {
		f := l.temp("f")
		return apart(pos, define(pos, f, l.funcLit(lit)), &ast.ExprStmt{X: l.rtCall("Go", pos, ident(f, pos))})
	}
	pre, c := l.frozenCall(s.Call)
	f := l.temp("f")
	lit := &ast.FuncLit{Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}}, Body: block(pos, &ast.ExprStmt{X: c})}
	return apart(pos, append(pre, define(pos, f, lit), &ast.ExprStmt{X: l.rtCall("Go", pos, ident(f, pos))})...)
}

// startsGoroutine says whether a compiled method runs its argument in a goroutine.
func startsGoroutine(f *types.Func) bool { return f.FullName() == "(*sync.WaitGroup).Go" }

// waitGroupGo says whether an expression is a call of that method.
func (l *lowerer) waitGroupGo(e ast.Expr) bool {
	c, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok || l.info.Selections[sel] == nil {
		return false
	}
	f, ok := l.info.Selections[sel].Obj().(*types.Func)
	return ok && startsGoroutine(f)
}

// apart runs statements in a function of their own. When a function literal
// returns, the interpreter writes to the variables of the function that made
// it; a goroutine must not do that to a loop that goes on making more.
func apart(pos token.Pos, list ...ast.Stmt) []ast.Stmt {
	f := &ast.FuncLit{Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}}, Body: block(pos, list...)}
	return []ast.Stmt{&ast.ExprStmt{X: call(f)}}
}
