package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Methods of types declared in cells become functions: a call whose method is
// known statically is a plain call. The method tables of the run-time types
// are filled with closures over these functions.

// methodName names the function of a method declared in a cell.
func (l *lowerer) methodName(f *types.Func) string {
	n := receiverNamed(f)
	l.runtimeType(n)
	d := l.w.find(n)
	return prefix + "m_" + d.sym + "_" + f.Name()
}

// receiverNamed is the type that declares a method.
func receiverNamed(f *types.Func) *types.Named {
	t := f.Type().(*types.Signature).Recv().Type()
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}

func pointerReceiver(f *types.Func) bool {
	_, ok := types.Unalias(f.Type().(*types.Signature).Recv().Type()).(*types.Pointer)
	return ok
}

// isCellMethod says whether a method is one declared in a cell on a type that
// is no interface.
func (l *lowerer) isCellMethod(f *types.Func) bool {
	n := receiverNamed(f)
	if n == nil || types.IsInterface(n) || n.Obj().Pkg() == nil {
		return false
	}
	if l.w.find(n) == nil && !n.Obj().Exported() && l.w.isCompiledPackage(n.Obj().Pkg()) { // promoted, as testing.common's
		return false
	}
	l.runtimeType(n)
	return l.w.find(n) != nil
}

// methodCall lowers x.M(args).
func (l *lowerer) methodCall(e *ast.CallExpr, sel *ast.SelectorExpr, s *types.Selection) ast.Expr {
	f := s.Obj().(*types.Func)
	sig := f.Type().(*types.Signature)
	own, early := l.isCellMethod(f), l.early()
	var recv ast.Expr // before the arguments, which must not be called earlier
	if own {
		recv = l.receiver(sel, s, f)
	} else {
		recv = l.compiledReceiver(sel, s, f)
	}
	if early && l.called && len(e.Args) == 1 && isTuple(l.typeOf(e.Args[0])) { // what the arguments go through comes after it
		t := l.temp("r")
		*l.pre = append(*l.pre, define(e.Pos(), t, recv))
		recv, l.called = ident(t, e.Pos()), false
	}
	e = l.untupled(e)
	args := l.args(e, sig)
	if startsGoroutine(f) {
		args[0] = l.rtCall("Alone", e.Lparen, args[0])
	}
	if endsProcess(f) {
		c := l.rtCall("Log"+f.Name(), e.Pos(), append([]ast.Expr{recv}, args...)...)
		c.Ellipsis = e.Ellipsis
		return l.noVariadics(c, e, sig)
	}
	if !own {
		return l.noVariadics(&ast.CallExpr{
			Fun:    &ast.SelectorExpr{X: recv, Sel: ident(f.Name(), sel.Sel.Pos())},
			Lparen: e.Lparen, Args: args, Ellipsis: e.Ellipsis, Rparen: e.Rparen,
		}, e, sig)
	}
	c := &ast.CallExpr{Fun: ident(l.methodName(f), sel.Sel.Pos()), Lparen: e.Lparen, Args: append([]ast.Expr{recv}, args...), Ellipsis: e.Ellipsis, Rparen: e.Rparen}
	return l.noVariadics(spread(c, e, sig), e, sig)
}

// endsProcess says whether a compiled method writes to a log and ends the process.
func endsProcess(f *types.Func) bool {
	switch f.FullName() {
	case "(*log.Logger).Fatal", "(*log.Logger).Fatalf", "(*log.Logger).Fatalln":
		return true
	}
	return false
}

// receiver lowers the receiver operand of a selected method to the type that
// the method takes.
func (l *lowerer) receiver(sel *ast.SelectorExpr, s *types.Selection, f *types.Func) ast.Expr {
	x, t := l.path(l.expr(sel.X), l.typeOf(sel.X), s.Index()[:len(s.Index())-1])
	_, isPtr := types.Unalias(t).(*types.Pointer)
	switch {
	case pointerReceiver(f) && !isPtr:
		return &ast.UnaryExpr{OpPos: sel.Pos(), Op: token.AND, X: x}
	case !pointerReceiver(f) && isPtr:
		return star(x)
	}
	return x
}

// compiledReceiver is the operand of a method of a compiled or interface type.
func (l *lowerer) compiledReceiver(sel *ast.SelectorExpr, s *types.Selection, f *types.Func) ast.Expr {
	if std := l.standardStream(sel.X); std != nil {
		return std
	}
	x, t := l.path(l.expr(sel.X), l.typeOf(sel.X), s.Index()[:len(s.Index())-1])
	_, isPtr := t.Underlying().(*types.Pointer)
	if !isPtr && !types.IsInterface(t) && pointerReceiver(f) {
		return paren(&ast.UnaryExpr{OpPos: sel.Pos(), Op: token.AND, X: x})
	}
	return paren(x)
}

// path follows a selection through embedded fields, writing each out, as far as the interpreter can see them: what a compiled
// struct embeds under an unexported name it has itself.
func (l *lowerer) path(x ast.Expr, t types.Type, idx []int) (ast.Expr, types.Type) {
	for _, i := range idx {
		u := t.Underlying()
		if p, ok := u.(*types.Pointer); ok {
			u = p.Elem().Underlying()
		}
		f := u.(*types.Struct).Field(i)
		if !f.Exported() && f.Pkg() != nil && l.w.isCompiledPackage(f.Pkg()) {
			break
		}
		x, t = &ast.SelectorExpr{X: paren(x), Sel: ident(f.Name(), x.Pos())}, f.Type()
	}
	return x, t
}

// methodDecl lowers a method declaration to a function with the receiver as
// its first parameter.
func (l *lowerer) methodDecl(d *ast.FuncDecl, f *types.Func) {
	if f.Name() == "_" {
		return
	}
	sig := f.Type().(*types.Signature)
	recv := sig.Recv()
	name := "_"
	if recv.Name() != "" && recv.Name() != "_" {
		name = l.name(recv)
	}
	fn := l.methodName(f)
	l.naming, l.own = receiverNamed(f).Obj().Name()+"."+f.Name(), fn
	ft, body := l.function(sig, d.Type.Func, d.Body)
	ft.Params.List = append([]*ast.Field{{
		Names: []*ast.Ident{ident(name, d.Recv.Pos())}, Type: l.typeExpr(recv.Type(), d.Recv.Pos()),
	}}, ft.Params.List...)
	l.decls = append(l.decls, &ast.FuncDecl{Name: ident(fn, d.Name.Pos()), Type: ft, Body: body})
	l.bodies[fn] = true
}

// methodExpr lowers T.M and (*T).M to a function literal.
func (l *lowerer) methodExpr(e *ast.SelectorExpr, s *types.Selection) ast.Expr {
	f := s.Obj().(*types.Func)
	sig := l.typeOf(e).(*types.Signature)
	pos := e.Pos()
	ft, names := l.wrapperType(sig, pos)
	recv, t := l.path(ident(names[0], pos), sig.Params().At(0).Type(), s.Index()[:len(s.Index())-1])
	return l.forward(ft, names[1:], sig, f, recv, t, pos)
}

// methodValue lowers x.M used as a value: the receiver is evaluated, and
// copied, now.
func (l *lowerer) methodValue(e *ast.SelectorExpr, s *types.Selection) ast.Expr {
	f := s.Obj().(*types.Func)
	pos := e.Pos()
	sig := l.typeOf(e).(*types.Signature)
	var recv ast.Expr
	var t types.Type
	if l.isCellMethod(f) {
		recv, t = l.receiver(e, s, f), f.Type().(*types.Signature).Recv().Type()
	} else {
		recv = l.compiledReceiver(e, s, f)
		t = f.Type().(*types.Signature).Recv().Type()
		if types.IsInterface(t) {
			_, t = l.path(ident("_", pos), l.typeOf(e.X), s.Index()[:len(s.Index())-1])
			recv = l.rtCall("NotNil", pos, recv)
			recv = &ast.TypeAssertExpr{X: recv, Lparen: pos, Type: l.typeExpr(t, pos), Rparen: pos}
		}
	}
	r := l.temp("r")
	ft, names := l.wrapperType(sig, pos)
	inner := l.forward(ft, names, sig, f, ident(r, pos), t, pos)
	outer := &ast.FuncLit{
		Type: &ast.FuncType{Func: pos,
			Params:  &ast.FieldList{List: []*ast.Field{{Names: []*ast.Ident{ident(r, pos)}, Type: l.typeExpr(t, pos)}}},
			Results: &ast.FieldList{List: []*ast.Field{{Type: l.typeExpr(sig, pos)}}}},
		Body: block(pos, &ast.ReturnStmt{Return: pos, Results: []ast.Expr{inner}}),
	}
	return call(outer, recv)
}

// forward builds func(names...) { return recv.f(names...) }.
func (l *lowerer) forward(ft *ast.FuncType, names []string, sig *types.Signature, f *types.Func, recv ast.Expr, t types.Type, pos token.Pos) ast.Expr {
	var args []ast.Expr
	for _, n := range names {
		args = append(args, ident(n, pos))
	}
	var c *ast.CallExpr
	_, isPtr := types.Unalias(t).(*types.Pointer)
	if l.isCellMethod(f) {
		switch {
		case pointerReceiver(f) && !isPtr:
			recv = &ast.UnaryExpr{OpPos: pos, Op: token.AND, X: recv}
		case !pointerReceiver(f) && isPtr:
			recv = star(recv)
		}
		c = call(ident(l.methodName(f), pos), append([]ast.Expr{recv}, args...)...)
	} else {
		c = call(&ast.SelectorExpr{X: paren(recv), Sel: ident(f.Name(), pos)}, args...)
	}
	if sig.Variadic() {
		c.Ellipsis = pos
	}
	var body ast.Stmt = &ast.ExprStmt{X: c}
	if sig.Results().Len() > 0 {
		body = &ast.ReturnStmt{Return: pos, Results: []ast.Expr{c}}
	}
	if l.isCellMethod(f) {
		return &ast.FuncLit{Type: ft, Body: block(pos, l.announced(l.methodName(f), pos, body)...)}
	}
	return &ast.FuncLit{Type: ft, Body: block(pos, body)}
}

// wrapperType is the type of sig with fresh parameter names.
func (l *lowerer) wrapperType(sig *types.Signature, pos token.Pos) (*ast.FuncType, []string) {
	ft := l.funcTypeExpr(sig, pos)
	var names []string
	for _, f := range ft.Params.List {
		n := l.temp("p")
		f.Names = []*ast.Ident{ident(n, pos)}
		names = append(names, n)
	}
	return ft, names
}

// bindMethods fills the method tables of the types whose methods changed.
func (l *lowerer) bindMethods() {
	changed, err := l.w.updateMethods()
	if err != nil {
		panic(typeError{err})
	}
	isChanged := map[*namedType]bool{}
	for _, n := range changed {
		isChanged[n] = true
	}
	for _, n := range l.w.order {
		if types.IsInterface(n.typ) {
			continue
		}
		ms := types.NewMethodSet(types.NewPointer(n.typ))
		for i := range ms.Len() {
			s := ms.At(i)
			f := s.Obj().(*types.Func)
			if f.Name() == "_" {
				continue
			}
			if isChanged[n] || l.isCellMethod(f) && l.bodies[l.methodName(f)] {
				l.bind(n, s, f)
			}
		}
	}
}

// bind emits rt.Bind(type, method, func(*T, ...), func(T, ...)).
func (l *lowerer) bind(n *namedType, s *types.Selection, f *types.Func) {
	pos := token.NoPos
	if n.obj != nil {
		pos = n.obj.Pos()
	}
	if !f.Exported() && l.w.isCompiledPackage(f.Pkg()) {
		return
	}
	if _, err := l.w.funcType(f.Type().(*types.Signature)); err != nil {
		return
	}
	args := []ast.Expr{stringLit(n.sym, pos), stringLit(f.Name(), pos)}
	for _, recv := range []types.Type{types.NewPointer(n.typ), n.typ} {
		if _, isPtr := recv.(*types.Pointer); !isPtr && (!n.made.Direct() || types.NewMethodSet(recv).Lookup(f.Pkg(), f.Name()) == nil) {
			args = append(args, ident("nil", pos))
			continue
		}
		sig := f.Type().(*types.Signature)
		ft, names := l.wrapperType(sig, pos)
		r := l.temp("r")
		ft.Params.List = append([]*ast.Field{{Names: []*ast.Ident{ident(r, pos)}, Type: l.typeExpr(recv, pos)}}, ft.Params.List...)
		x, t := l.path(ident(r, pos), recv, s.Index()[:len(s.Index())-1])
		if !l.isCellMethod(f) && !types.IsInterface(t) && pointerReceiver(f) {
			if _, isPtr := t.Underlying().(*types.Pointer); !isPtr {
				x = paren(&ast.UnaryExpr{OpPos: pos, Op: token.AND, X: x})
			}
		}
		args = append(args, l.forward(ft, names, sig, f, x, t, pos))
	}
	l.setup = append(l.setup, &ast.ExprStmt{X: l.rtCall("Bind", pos, args...)})
}
