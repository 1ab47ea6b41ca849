package lower

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// The interpreter reports an index out of range as a fault of package reflect,
// without the numbers. Lowered code therefore compares first, in a statement
// before the one that indexes: a few tens of nanoseconds, and nothing where
// the loop around already keeps the index in range.

// held lowers what is indexed or sliced. What a call, a literal or a map gives goes by way of a variable where that changes
// no order, so that its length can be compared with the bounds; the second result says so.
func (l *lowerer) held(e ast.Expr, bounds ...ast.Expr) (ast.Expr, bool) {
	hold := l.early() && !pure(l.info, e)
	for _, b := range bounds {
		hold = hold && (b == nil || pure(l.info, b))
	}
	if _, array := l.typeOf(e).Underlying().(*types.Array); array && (l.info.Types[e].Addressable() || len(bounds) == 1 && l.info.Types[bounds[0]].Value != nil) {
		hold = false // its elements are assigned to, or the bound is known
	}
	x := l.expr(e)
	if !hold || !l.early() && l.conditional > 0 {
		return x, false
	}
	t := l.temp("x")
	*l.pre = append(*l.pre, define(e.Pos(), t, x))
	l.called = false
	return ident(t, e.Pos()), true
}

// checkIndex arranges the check of an index below n, the length of what is indexed if that was kept, and returns the index to use.
func (l *lowerer) checkIndex(e *ast.IndexExpr, n, i ast.Expr) ast.Expr {
	t := l.typeOf(e.X).Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	tv := l.info.Types[e.Index]
	if a, ok := t.(*types.Array); ok {
		if tv.Value != nil || a.Len() == 0 && l.pre == nil {
			return i
		}
	}
	if tv.Value == nil && l.safe[key(e.X, e.Index)] {
		return i
	}
	pos := e.Pos()
	of := key(e.X, e.Index)
	if n != nil {
		of = types.ExprString(n) + "|" + of
	} else if !pure(l.info, e.X) {
		return i
	} else {
		n = call(ident("len", pos), l.expr(e.X))
	}
	if a, ok := t.(*types.Array); ok {
		n = intLit(a.Len(), pos)
	}
	if !pure(l.info, e.Index) || !l.early() {
		if l.conditional > 0 && l.guards[types.ExprString(e.Index)] {
			return i
		}
		return l.rtCall("Index", pos, l.asInt(e.Index, i), n)
	}
	l.precheck(of, func() ast.Stmt {
		bad := binary(l.asInt(e.Index, i), token.GEQ, n)
		if tv.Value == nil && !l.nonNegative(e.Index) {
			bad = binary(binary(l.asInt(e.Index, i), token.LSS, intLit(0, pos)), token.LOR, bad)
		}
		return ifStmt(pos, bad, &ast.ExprStmt{X: l.rtCall("BadIndex", pos, l.asInt(e.Index, i), n, l.placeOf(pos))})
	})
	return i
}

// early says whether something may run before the current statement: it is certain to run, and no call stands before it
// whose effects it could miss.
func (l *lowerer) early() bool { return l.pre != nil && l.conditional == 0 && !l.called }

// precheck puts a check before the current statement, once.
func (l *lowerer) precheck(key string, s func() ast.Stmt) {
	if l.checked[key] {
		return
	}
	if l.checked == nil {
		l.checked = map[string]bool{}
	}
	l.checked[key] = true
	*l.pre = append(*l.pre, s())
}

// asInt converts an index of another integer type.
func (l *lowerer) asInt(e ast.Expr, x ast.Expr) ast.Expr {
	if b, ok := types.Unalias(l.typeOf(e)).(*types.Basic); ok && (b.Kind() == types.Int || b.Info()&types.IsUntyped != 0) || l.info.Types[e].Value != nil {
		return paren(x)
	}
	return call(ident("int", e.Pos()), x)
}

func key(x, i ast.Expr) string { return types.ExprString(x) + "|" + types.ExprString(i) }

// nonNegative says whether an index is known not to be negative.
func (l *lowerer) nonNegative(e ast.Expr) bool {
	if b, ok := l.typeOf(e).Underlying().(*types.Basic); ok && b.Info()&types.IsUnsigned != 0 {
		return true
	}
	if v := l.info.Types[e].Value; v != nil {
		return v.Kind() == constant.Int && constant.Sign(v) >= 0
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return l.counting[l.info.ObjectOf(e)]
	case *ast.CallExpr:
		id, ok := e.Fun.(*ast.Ident)
		return ok && l.info.Types[e.Fun].IsBuiltin() && (id.Name == "len" || id.Name == "cap")
	case *ast.BinaryExpr:
		switch e.Op {
		case token.AND:
			return l.nonNegative(e.X) || l.nonNegative(e.Y)
		case token.ADD, token.MUL, token.QUO, token.REM, token.OR, token.SHR:
			return l.nonNegative(e.X) && l.nonNegative(e.Y)
		}
	}
	return false
}

// pure says whether evaluating e twice, or a little earlier, changes nothing.
func pure(info *types.Info, e ast.Expr) bool {
	if tv, ok := info.Types[e]; ok && tv.Value != nil {
		return true
	}
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.ParenExpr:
		return pure(info, e.X)
	case *ast.SelectorExpr:
		s := info.Selections[e]
		return s == nil || s.Kind() == types.FieldVal && pure(info, e.X)
	case *ast.StarExpr:
		return pure(info, e.X)
	case *ast.IndexExpr:
		if _, isMap := info.Types[e.X].Type.Underlying().(*types.Map); isMap {
			return false
		}
		return pure(info, e.X) && pure(info, e.Index)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.ADD, token.SUB, token.MUL, token.AND, token.OR, token.XOR:
			return pure(info, e.X) && pure(info, e.Y)
		}
	case *ast.CallExpr:
		tv := info.Types[e.Fun]
		if id, ok := e.Fun.(*ast.Ident); ok && tv.IsBuiltin() && (id.Name == "len" || id.Name == "cap") || tv.IsType() {
			return len(e.Args) == 1 && pure(info, e.Args[0])
		}
	}
	return false
}

// checkSlice arranges the check of x[lo:hi:max]; of gives x once more.
func (l *lowerer) checkSlice(e *ast.SliceExpr, of func() ast.Expr) {
	if !l.early() || e.Low == nil && e.High == nil && e.Max == nil {
		return
	}
	for _, i := range []ast.Expr{e.Low, e.High, e.Max} {
		if i != nil && !pure(l.info, i) {
			return
		}
	}
	pos := e.Pos()
	t := l.typeOf(e.X).Underlying()
	x := func() ast.Expr {
		y := of()
		if _, ok := t.(*types.Pointer); ok {
			y = star(y)
		}
		return y
	}
	bound := "cap"
	switch t.(type) {
	case *types.Basic, *types.Array, *types.Pointer:
		bound = "len"
	}
	limit := func() ast.Expr { return call(ident(bound, pos), x()) }
	var parts []ast.Expr
	var values []ast.Expr
	for _, i := range []ast.Expr{e.Low, e.High, e.Max} {
		if i == nil {
			values = append(values, intLit(-1, pos))
			continue
		}
		v := l.asInt(i, l.indexValue(i))
		values = append(values, v)
		if l.info.Types[i].Value == nil && !l.nonNegative(i) {
			parts = append(parts, binary(v, token.LSS, intLit(0, pos)))
		}
	}
	order := []ast.Expr{}
	if e.Low != nil && !isZero(l.info, e.Low) {
		order = append(order, values[0])
	}
	switch {
	case e.High != nil:
		order = append(order, values[1])
	case e.Max == nil:
		order = append(order, call(ident("len", pos), x()))
	}
	if e.Max != nil {
		order = append(order, values[2])
	}
	if e.High != nil || e.Max != nil {
		order = append(order, limit())
	}
	for i := 1; i < len(order); i++ {
		parts = append(parts, binary(order[i-1], token.GTR, order[i]))
	}
	if len(parts) == 0 {
		return
	}
	cond := parts[0]
	for _, p := range parts[1:] {
		cond = binary(cond, token.LOR, p)
	}
	l.precheck(types.ExprString(x())+"|"+types.ExprString(e), func() ast.Stmt {
		args := append(values, call(ident("len", pos), x()), limit(), ident(map[bool]string{true: "true", false: "false"}[bound == "len"], pos))
		for i, v := range []ast.Expr{e.Low, e.High, e.Max} {
			args = append(args, ident(map[bool]string{true: "true", false: "false"}[v != nil], pos))
			_ = i
		}
		return ifStmt(pos, cond, &ast.ExprStmt{X: l.rtCall("BadSlice", pos, args...)})
	})
}

func isZero(info *types.Info, e ast.Expr) bool {
	v := info.Types[e].Value
	return v != nil && v.Kind() == constant.Int && constant.Sign(v) == 0
}

// inRange notes while f rewrites a loop body that indexing x with the loop
// variable stays in range, if the body changes neither.
func (l *lowerer) inRange(x ast.Expr, v types.Object, body *ast.BlockStmt, f func()) {
	if v == nil || l.fn.facts.shared[v] || assignedIn(l.info, body, v) {
		f()
		return
	}
	wasCounting := l.counting[v]
	l.counting[v] = true
	k := ""
	if x != nil && pure(l.info, x) {
		root := rootOf(l.info, x)
		if root != nil && !assignedIn(l.info, body, root) && !l.fn.facts.shared[root] && !l.isGlobal(root) {
			k = types.ExprString(x) + "|" + v.Name()
		}
	}
	if k != "" && !l.safe[k] {
		l.safe[k] = true
		defer delete(l.safe, k)
	}
	f()
	l.counting[v] = wasCounting
}

// rootOf is the variable at the start of a pure expression.
func rootOf(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return info.ObjectOf(e)
	}
	return nil
}

// assignedIn says whether a statement assigns to a variable, or to part of it
// when that could change a length.
func assignedIn(info *types.Info, n ast.Node, v types.Object) bool {
	found := false
	is := func(e ast.Expr) {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok && (info.Uses[id] == v || v != nil && info.Defs[id] != nil && id.Name == v.Name()) {
			found = true
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				is(e)
			}
		case *ast.IncDecStmt:
			is(n.X)
		case *ast.RangeStmt:
			if n.Key != nil {
				is(n.Key)
			}
			if n.Value != nil {
				is(n.Value)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				is(id)
			}
		}
		return !found
	})
	return found
}
