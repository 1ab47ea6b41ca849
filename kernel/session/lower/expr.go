package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// typeOf is the type that go/types found for an expression.
func (l *lowerer) typeOf(e ast.Expr) types.Type {
	if tv, ok := l.info.Types[e]; ok && tv.Type != nil {
		return tv.Type
	}
	if id, ok := e.(*ast.Ident); ok {
		if obj := l.info.ObjectOf(id); obj != nil {
			return obj.Type()
		}
	}
	return types.Typ[types.Invalid]
}

// expr lowers an expression.
func (l *lowerer) expr(e ast.Expr) ast.Expr {
	if e == nil {
		return nil
	}
	if tv, ok := l.info.Types[e]; ok {
		if tv.Value != nil {
			return l.constExpr(tv.Value, tv.Type, e.Pos())
		}
		if tv.IsType() {
			return l.typeExpr(tv.Type, e.Pos())
		}
	}
	switch e := e.(type) {
	case *ast.Ident:
		return l.identExpr(e)
	case *ast.ParenExpr:
		return paren(l.expr(e.X)) // none around a mere variable, which the interpreter would take for the condition in (x) == 3 && y
	case *ast.FuncLit:
		return l.closure(e)
	case *ast.CompositeLit:
		return l.composite(e, l.typeOf(e))
	case *ast.SelectorExpr:
		return l.selector(e)
	case *ast.IndexExpr:
		if _, ok := l.typeOf(e.X).Underlying().(*types.Signature); ok {
			return l.expr(e.X) // a generic function, instantiated
		}
		return l.indexExpr(e)
	case *ast.IndexListExpr:
		return l.expr(e.X)
	case *ast.SliceExpr:
		return l.sliceExpr(e)
	case *ast.TypeAssertExpr:
		return l.assertion(e)
	case *ast.CallExpr:
		if l.needsRoom(e) || l.needsRoomForCallee(e) {
			return l.inRoom(e)
		}
		x := l.call(e)
		if tv := l.info.Types[e.Fun]; !tv.IsType() && !tv.IsBuiltin() {
			l.called = true
		}
		return x
	case *ast.StarExpr:
		x := &ast.StarExpr{Star: e.Star, X: l.expr(e.X)}
		l.checkNil(e, e.X)
		return x
	case *ast.UnaryExpr:
		return l.unary(e)
	case *ast.BinaryExpr:
		return l.binary(e)
	}
	l.fail(e.Pos(), "unexpected expression %T", e)
	return nil
}

// value lowers an expression that is assigned to something of type to.
func (l *lowerer) value(e ast.Expr, to types.Type) ast.Expr {
	if tv := l.info.Types[e]; tv.Value != nil {
		if b, ok := to.Underlying().(*types.Basic); ok && b.Info()&types.IsUntyped == 0 && b.Kind() != types.UnsafePointer && b.Kind() != types.Invalid {
			return l.constExpr(tv.Value, to, e.Pos())
		}
	}
	return l.convertImplicit(l.expr(e), e, to)
}

func (l *lowerer) identExpr(e *ast.Ident) ast.Expr {
	obj := l.info.ObjectOf(e)
	switch obj := obj.(type) {
	case nil:
		return ident(e.Name, e.NamePos)
	case *types.Nil:
		return ident("nil", e.NamePos)
	case *types.Builtin:
		return ident(obj.Name(), e.NamePos)
	case *types.Var, *types.Func:
		if obj.Pkg() != nil && l.isDotImported(obj) {
			return l.pkgSel(obj.Pkg().Path(), obj.Name(), e.NamePos)
		}
		if f, ok := obj.(*types.Func); ok {
			return l.funcName(f, e.NamePos)
		}
	}
	return ident(l.name(obj), e.NamePos)
}

// funcName lowers the name of a function used as a value to a literal that
// calls it: the interpreter loses bare names on the way through results.
func (l *lowerer) funcName(f *types.Func, pos token.Pos) ast.Expr {
	sig := f.Type().(*types.Signature)
	ft, names := l.wrapperType(sig, pos)
	c := call(ident(l.name(f), pos))
	for _, n := range names {
		c.Args = append(c.Args, ident(n, pos))
	}
	if sig.Variadic() {
		c.Ellipsis = pos
	}
	var body ast.Stmt = &ast.ExprStmt{X: c}
	if sig.Results().Len() > 0 {
		body = &ast.ReturnStmt{Return: pos, Results: []ast.Expr{c}}
	}
	lit := &ast.FuncLit{Type: ft, Body: block(pos, l.announced(l.name(f), pos, body)...)}
	if l.pre == nil {
		return lit
	}
	t := l.temp("f")
	*l.pre = append(*l.pre, define(pos, t, lit))
	return ident(t, pos)
}

// isDotImported says whether a plain identifier means a symbol of a compiled
// package.
func (l *lowerer) isDotImported(obj types.Object) bool {
	if obj.Pkg() == l.in.Pkg || obj.Parent() != obj.Pkg().Scope() || l.isGlobal(obj) {
		return false
	}
	return l.w.compiled(obj)
}

func (l *lowerer) indexExpr(e *ast.IndexExpr) ast.Expr {
	t := l.typeOf(e.X).Underlying()
	if t, ok := t.(*types.Map); ok {
		x := l.expr(e.X)
		return &ast.IndexExpr{X: paren(x), Lbrack: e.Lbrack, Index: l.mapIndex(e.Index, t.Key()), Rbrack: e.Rbrack}
	}
	x, held := l.held(e.X, e.Index)
	var n ast.Expr
	if held {
		n = call(ident("len", e.Pos()), x)
	}
	if _, ok := t.(*types.Pointer); ok {
		x = paren(star(x))
	}
	i := l.checkIndex(e, n, l.indexValue(e.Index))
	return &ast.IndexExpr{X: paren(x), Lbrack: e.Lbrack, Index: i, Rbrack: e.Rbrack}
}

// mapIndex lowers the index of a map.
func (l *lowerer) mapIndex(e ast.Expr, t types.Type) ast.Expr {
	if l.info.Types[e].IsNil() && !types.IsInterface(t) {
		if _, pointer := t.Underlying().(*types.Pointer); pointer {
			return call(parenType(l.typeExpr(t, e.Pos())), ident("nil", e.Pos()))
		}
		return l.nilOf(t, e.Pos())
	}
	return l.value(e, t)
}

// indexValue lowers an index, length or shift count: constants are plain ints.
func (l *lowerer) indexValue(e ast.Expr) ast.Expr {
	if e == nil {
		return nil
	}
	if tv := l.info.Types[e]; tv.Value != nil {
		return l.constExpr(tv.Value, types.Typ[types.Int], e.Pos())
	}
	return l.expr(e)
}

func (l *lowerer) sliceExpr(e *ast.SliceExpr) ast.Expr {
	x, held := l.held(e.X, e.Low, e.High, e.Max)
	if held {
		l.checkSlice(e, func() ast.Expr { return x })
	} else if pure(l.info, e.X) {
		l.checkSlice(e, func() ast.Expr { return l.expr(e.X) })
	}
	_, pointer := l.typeOf(e.X).Underlying().(*types.Pointer)
	if pointer {
		x = star(x)
	}
	_, followed := ast.Unparen(e.X).(*ast.StarExpr)
	_, array := l.typeOf(e.X).Underlying().(*types.Array)
	out := &ast.SliceExpr{
		X: paren(x), Lbrack: e.Lbrack, Rbrack: e.Rbrack, Slice3: e.Slice3,
		Low: l.indexValue(e.Low), High: l.indexValue(e.High), Max: l.indexValue(e.Max),
	}
	if pointer || followed && array { // the interpreter takes its type for that of the pointer
		return call(parenType(l.typeExpr(l.typeOf(e), e.Pos())), out)
	}
	return out
}

// assertion lowers x.(T) for one value: rt panics as Go does when it fails.
func (l *lowerer) assertion(e *ast.TypeAssertExpr) ast.Expr {
	t := l.info.Types[e.Type].Type
	x := l.rtCall("Assert", e.Pos(), l.expr(e.X), l.typeSym(t, e.Pos()), l.typeSym(l.typeOf(e.X), e.Pos()), l.placeOf(e.Pos()))
	if s, ok := t.Underlying().(*types.Struct); ok && s.NumFields() == 0 && l.pre != nil && l.conditional == 0 {
		*l.pre = append(*l.pre, assign(e.Pos(), ident("_", e.Pos()), x))
		return &ast.CompositeLit{Type: l.typeExpr(t, e.Pos()), Lbrace: e.Pos(), Rbrace: e.Pos()}
	}
	return l.plainAssertion(x, t, e)
}

func (l *lowerer) plainAssertion(x ast.Expr, t types.Type, e *ast.TypeAssertExpr) ast.Expr {
	return &ast.TypeAssertExpr{X: paren(x), Lparen: e.Lparen, Type: l.typeExpr(t, e.Type.Pos()), Rparen: e.Rparen}
}

func (l *lowerer) unary(e *ast.UnaryExpr) ast.Expr {
	if e.Op == token.AND {
		if c, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
			return &ast.UnaryExpr{OpPos: e.OpPos, Op: e.Op, X: l.composite(c, l.typeOf(c))}
		}
	}
	if e.Op == token.ARROW {
		defer func() { l.called = true }()
		return &ast.UnaryExpr{OpPos: e.OpPos, Op: e.Op, X: l.plainChan(e.X)}
	}
	return &ast.UnaryExpr{OpPos: e.OpPos, Op: e.Op, X: l.expr(e.X)}
}

func (l *lowerer) binary(e *ast.BinaryExpr) ast.Expr {
	out := &ast.BinaryExpr{OpPos: e.OpPos, Op: e.Op}
	switch e.Op {
	case token.LAND, token.LOR:
		out.X = l.leftOperand(e.X)
		out.Y = l.maybe(e.X, e.Y)
	case token.SHL, token.SHR:
		x := l.expr(e.X)
		if l.info.Types[e.X].Value != nil { // it has the type of the shift, which the interpreter would not see
			x = call(parenType(l.typeExpr(types.Default(l.typeOf(e)), e.X.Pos())), x)
		}
		out.X, out.Y = paren(x), l.shiftCount(e.Y)
	case token.EQL, token.NEQ:
		return l.equality(e)
	default:
		out.X, out.Y = l.expr(e.X), l.expr(e.Y)
	}
	return out
}

// leftOperand lowers the left operand of && or ||. One with a receive or a literal of a composite type goes by way of a function:
// the interpreter would take what the channel or the literal gives for the operand.
func (l *lowerer) leftOperand(e ast.Expr) ast.Expr {
	risky := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CompositeLit:
			risky = true
		case *ast.UnaryExpr:
			risky = risky || n.Op == token.ARROW
		}
		return !risky
	})
	if !risky {
		return l.expr(e)
	}
	pos := e.Pos()
	depth := l.conditional
	l.conditional = 0
	body := l.withPre(func() []ast.Stmt {
		t := l.temp("b")
		return []ast.Stmt{define(pos, t, l.expr(e)), &ast.ReturnStmt{Return: pos, Results: []ast.Expr{ident(t, pos)}}}
	})
	l.conditional, l.called = depth, true
	ft := &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{List: []*ast.Field{{Type: l.typeExpr(types.Default(l.typeOf(e)), pos)}}}}
	return call(&ast.FuncLit{Type: ft, Body: block(pos, body...)})
}

// equality lowers == and !=. Interface values are compared by rt, as their
// dynamic types decide.
func (l *lowerer) equality(e *ast.BinaryExpr) ast.Expr {
	tx, ty := l.typeOf(e.X), l.typeOf(e.Y)
	out := &ast.BinaryExpr{X: l.expr(e.X), OpPos: e.OpPos, Op: e.Op, Y: l.expr(e.Y)}
	if isNil(tx) || isNil(ty) || types.Identical(tx, ty) && !types.IsInterface(tx) {
		return out
	}
	if types.IsInterface(tx) || types.IsInterface(ty) {
		empty := types.NewInterfaceType(nil, nil)
		eq := l.rtCall("Equal", e.Pos(), l.operand(out.X, e.X, empty), l.operand(out.Y, e.Y, empty))
		if e.Op == token.NEQ {
			return &ast.UnaryExpr{OpPos: e.Pos(), Op: token.NOT, X: eq}
		}
		return eq
	}
	if l.info.Types[e.X].Value != nil || l.info.Types[e.Y].Value != nil {
		return out
	}
	from, to, side := e.Y, tx, &out.Y
	if !types.AssignableTo(ty, tx) {
		from, to, side = e.X, ty, &out.X
	}
	if _, ok := to.Underlying().(*types.Struct); ok { // the interpreter converts no struct to or from an unnamed one
		*side = l.reflected("Convert", *side, to, from.Pos())
	} else {
		*side = call(parenType(l.typeExpr(to, from.Pos())), *side)
	}
	return out
}

// operand is a value given to rt as any; a constant has the type it has in Go.
func (l *lowerer) operand(x, src ast.Expr, to types.Type) ast.Expr {
	if tv := l.info.Types[src]; tv.Value != nil {
		return x
	}
	return l.convertImplicit(x, src, to)
}

// maybe lowers the right operand of && or ||, which is not always evaluated.
func (l *lowerer) maybe(x, y ast.Expr) ast.Expr {
	saved := l.guards
	l.guards = map[string]bool{}
	for k := range saved {
		l.guards[k] = true
	}
	ast.Inspect(x, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			l.guards[types.ExprString(e)] = true
		}
		return true
	})
	l.conditional++
	out := l.expr(y)
	l.conditional--
	l.guards = saved
	return out
}

func isNil(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.UntypedNil
}

// shiftCount lowers the right operand of a shift. The interpreter takes a
// negative count for a huge one; Go panics.
func (l *lowerer) shiftCount(e ast.Expr) ast.Expr {
	y := l.indexValue(e)
	if l.info.Types[e].Value != nil || l.nonNegative(e) {
		return paren(y)
	}
	if !l.early() || !pure(l.info, e) {
		return l.rtCall("Count", e.Pos(), call(ident("int", e.Pos()), y))
	}
	l.precheck("<<"+types.ExprString(e), func() ast.Stmt {
		negative := binary(paren(y), token.LSS, intLit(0, e.Pos()))
		return ifStmt(e.Pos(), negative, &ast.ExprStmt{X: l.rtCall("BadShift", e.Pos())})
	})
	return paren(y)
}
