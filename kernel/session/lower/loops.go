package lower

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// forStmt lowers a loop with three clauses. A variable of its own that the
// body shares with a closure or a pointer is new in each round (Go 1.22): the
// loop counts in a hidden variable, copied to the real one at the start of the
// body and back at its end.
func (l *lowerer) forStmt(s *ast.ForStmt, label string) []ast.Stmt {
	own := l.sharedVars(s)
	for _, v := range own {
		l.names[v] = l.temp("i")
	}
	pre, init := l.simple(s.Init)
	out := &ast.ForStmt{For: s.For, Init: init}
	condPre := l.withPre(func() []ast.Stmt { out.Cond = l.expr(s.Cond); return nil })
	var postPre []ast.Stmt
	var post ast.Stmt
	l.where(s.Cond, s.Body, func() { postPre, post = l.simple(s.Post) })
	out.Post = post
	lp := &loop{label: label, loops: true}
	var head []ast.Stmt
	for _, v := range own {
		hidden := l.names[v]
		delete(l.names, v)
		head = append(head, define(v.Pos(), l.name(v), ident(hidden, v.Pos())))
		lp.back = append(lp.back, assign(v.Pos(), ident(hidden, v.Pos()), ident(l.name(v), v.Pos())))
	}
	if len(condPre) > 0 {
		cond := ifStmt(s.Cond.Pos(), unary(token.NOT, paren(out.Cond)), &ast.BranchStmt{TokPos: s.Pos(), Tok: token.BREAK})
		head = append(append(condPre, cond), head...)
		out.Cond = nil
	}
	if len(postPre) > 0 {
		lp.back = append(append(lp.back, postPre...), post)
		out.Post = nil
	}
	bound, counter := l.countedBy(s)
	loop := l.inLoop(lp, func() ast.Stmt {
		l.inRange(bound, counter, s.Body, func() { l.where(s.Cond, s.Body, func() { out.Body = l.block(s.Body) }) })
		out.Body.List = append(append(head, out.Body.List...), lp.back...)
		return out
	})
	bare := init != nil && out.Cond == nil && out.Post == nil // the interpreter would begin each round with the first values
	if len(pre) > 0 || len(own) > 0 || len(postPre) > 0 || bare {
		if init != nil && (len(own) > 1 || bare) {
			out.Init = nil
			pre = append(pre, init)
		}
		return []ast.Stmt{block(s.Pos(), append(pre, loop)...)}
	}
	return []ast.Stmt{loop}
}

// definedVar is the variable that a range clause defines as its key.
func (l *lowerer) definedVar(e ast.Expr, tok token.Token) types.Object {
	if id, ok := e.(*ast.Ident); ok && tok == token.DEFINE {
		return l.info.Defs[id]
	}
	return nil
}

// countedBy recognises for i := 0; i < len(x); i++ and returns x and i; x is
// nil when the bound is something else.
func (l *lowerer) countedBy(s *ast.ForStmt) (ast.Expr, types.Object) {
	a, ok := s.Init.(*ast.AssignStmt)
	inc, ok2 := s.Post.(*ast.IncDecStmt)
	if !ok || !ok2 || a.Tok != token.DEFINE || len(a.Lhs) != 1 || inc.Tok != token.INC {
		return nil, nil
	}
	v := l.info.Defs[a.Lhs[0].(*ast.Ident)]
	if id, ok := inc.X.(*ast.Ident); !ok || v == nil || l.info.Uses[id] != v {
		return nil, nil
	}
	if start := l.info.Types[a.Rhs[0]].Value; start == nil || constant.Sign(start) < 0 {
		return nil, nil
	}
	cond, ok := s.Cond.(*ast.BinaryExpr)
	if !ok || cond.Op != token.LSS {
		return nil, v
	}
	if id, ok := cond.X.(*ast.Ident); !ok || l.info.Uses[id] != v {
		return nil, v
	}
	if c, ok := cond.Y.(*ast.CallExpr); ok && l.info.Types[c.Fun].IsBuiltin() && len(c.Args) == 1 {
		if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "len" {
			return c.Args[0], v
		}
	}
	return nil, v
}

// sharedVars lists the variables that a loop header defines and that outlive
// a round.
func (l *lowerer) sharedVars(s *ast.ForStmt) []types.Object {
	a, ok := s.Init.(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE {
		return nil
	}
	var out []types.Object
	for _, e := range a.Lhs {
		if v := l.info.Defs[e.(*ast.Ident)]; v != nil && v.Name() != "_" && l.fn.facts.shared[v] {
			out = append(out, v)
		}
	}
	return out
}

func (l *lowerer) rangeStmt(s *ast.RangeStmt, label string) []ast.Stmt {
	s = l.assignedTogether(s)
	switch t := l.typeOf(s.X).Underlying().(type) {
	case *types.Signature:
		return l.rangeFunc(s, label)
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			return l.rangeString(s, label)
		}
		return l.rangeInt(s, label)
	case *types.Array:
		return l.rangeArray(s, label, l.expr(s.X))
	case *types.Pointer:
		return l.rangeArrayPointer(s, label)
	case *types.Chan:
		return l.rangeChan(s, label)
	}
	if sl, ok := l.typeOf(s.X).Underlying().(*types.Slice); ok {
		if _, chans := sl.Elem().Underlying().(*types.Chan); chans {
			return l.rangeSlice(s, label)
		}
	}
	return l.rangeNative(s, label, l.expr(s.X))
}

// rangeSlice counts through a slice; the interpreter takes a slice of channels
// for a channel.
func (l *lowerer) rangeSlice(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	list, n := l.temp("s"), l.temp("n")
	pre := define(pos, list, l.expr(s.X))
	count := define(pos, n, call(ident("len", pos), ident(list, pos)))
	k, head := l.counter(s, s.Key, types.Typ[types.Int])
	if s.Value != nil && !isBlank(s.Value) {
		head = append(head, l.setVar(s.Value, s.Tok, index(ident(list, pos), ident(k, pos)))...)
	}
	return []ast.Stmt{block(pos, pre, count, l.counted(s, label, k, ident(n, pos), intLit(0, pos), head))}
}

// rangeChan lowers a range over a channel to receives.
func (l *lowerer) rangeChan(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	ch, v, ok := l.temp("c"), l.temp("v"), l.temp("ok")
	pre := define(pos, ch, l.plainChan(s.X))
	var head []ast.Stmt
	if s.Key == nil || isBlank(s.Key) {
		v = "_"
	} else {
		head = l.setVar(s.Key, s.Tok, ident(v, pos))
	}
	receive := defines(pos, []string{v, ok}, unary(token.ARROW, ident(ch, pos)))
	closed := ifStmt(pos, unary(token.NOT, ident(ok, pos)), &ast.BranchStmt{TokPos: pos, Tok: token.BREAK})
	loop := l.inLoop(&loop{label: label, loops: true}, func() ast.Stmt {
		b := l.block(s.Body)
		b.List = append(append([]ast.Stmt{receive, closed}, head...), b.List...)
		return &ast.ForStmt{For: s.For, Body: b}
	})
	return []ast.Stmt{block(pos, pre, loop)}
}

// rangeNative keeps the form of a range loop.
func (l *lowerer) rangeNative(s *ast.RangeStmt, label string, x ast.Expr) []ast.Stmt {
	out := &ast.RangeStmt{For: s.For, TokPos: s.TokPos, Tok: s.Tok, Range: s.Range, X: x}
	var head []ast.Stmt
	for _, v := range []struct {
		from ast.Expr
		to   *ast.Expr
	}{{s.Key, &out.Key}, {s.Value, &out.Value}} {
		if v.from == nil {
			continue
		}
		name, set := l.rangeVar(v.from, s.Tok)
		if id, ok := v.from.(*ast.Ident); ok && s.Tok == token.DEFINE && l.fn.facts.shared[l.info.Defs[id]] {
			hidden := l.temp("v")
			set = []ast.Stmt{define(id.Pos(), name, ident(hidden, id.Pos()))}
			name = hidden
		}
		*v.to = ident(name, v.from.Pos())
		head = append(head, set...)
	}
	if s.Key != nil {
		out.Tok = token.DEFINE
	}
	if isBlank(out.Key) && (out.Value == nil || isBlank(out.Value)) {
		out.Key, out.Value = nil, nil
		out.Tok = token.ILLEGAL
	}
	return []ast.Stmt{l.inLoop(&loop{label: label, loops: true}, func() ast.Stmt {
		l.inRange(s.X, l.definedVar(s.Key, s.Tok), s.Body, func() { out.Body = l.block(s.Body) })
		out.Body.List = append(head, out.Body.List...)
		return out
	})}
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

// counted builds for i := 0; i < n; i++ { head; body } over a hidden counter
// of type int or t.
func (l *lowerer) counted(s *ast.RangeStmt, label, i string, n ast.Expr, zero ast.Expr, head []ast.Stmt) ast.Stmt {
	pos := s.Pos()
	return l.inLoop(&loop{label: label, loops: true}, func() ast.Stmt {
		var b *ast.BlockStmt
		l.inRange(s.X, l.definedVar(s.Key, s.Tok), s.Body, func() { b = l.block(s.Body) })
		b.List = append(head, b.List...)
		return &ast.ForStmt{
			For: s.For, Init: define(pos, i, zero), Cond: binary(ident(i, pos), token.LSS, n),
			Post: &ast.IncDecStmt{X: ident(i, pos), TokPos: pos, Tok: token.INC}, Body: b,
		}
	})
}

// rangeInt lowers a range over an integer n.
func (l *lowerer) rangeInt(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	t := l.typeOf(s.X)
	if s.Key != nil && !isBlank(s.Key) {
		t = l.typeOf(s.Key)
	}
	t = types.Default(t)
	var pre []ast.Stmt
	var n ast.Expr
	if tv := l.info.Types[s.X]; tv.Value != nil {
		n = l.constExpr(tv.Value, t, s.X.Pos())
	} else {
		name := l.temp("n")
		pre = append(pre, define(pos, name, l.expr(s.X)))
		n = ident(name, pos)
	}
	var zero ast.Expr = intLit(0, pos)
	if !types.Identical(t, types.Typ[types.Int]) {
		zero = call(parenType(l.typeExpr(t, pos)), zero)
	}
	i, head := l.counter(s, s.Key, t)
	loop := l.counted(s, label, i, n, zero, head)
	if len(pre) > 0 {
		return []ast.Stmt{block(pos, append(pre, loop)...)}
	}
	return []ast.Stmt{loop}
}

// counter names the counting variable of a lowered range loop. When the body
// captures or changes the loop variable, that is a copy made in each round.
func (l *lowerer) counter(s *ast.RangeStmt, key ast.Expr, t types.Type) (string, []ast.Stmt) {
	if key == nil || isBlank(key) {
		return l.temp("i"), nil
	}
	if id, ok := key.(*ast.Ident); ok && s.Tok == token.DEFINE {
		v := l.info.Defs[id]
		if !l.fn.facts.shared[v] && !l.fn.facts.changed[v] {
			return l.name(v), nil
		}
		i := l.temp("i")
		return i, []ast.Stmt{define(id.Pos(), l.name(v), ident(i, id.Pos()))}
	}
	i := l.temp("i")
	return i, l.withPre(func() []ast.Stmt {
		return []ast.Stmt{assign(key.Pos(), l.expr(key), ident(i, key.Pos()))}
	})
}

// rangeString lowers a range over a string: rt decodes it at once, the
// interpreter miscounts after bytes that are not ASCII.
func (l *lowerer) rangeString(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	at, runes, k := l.temp("at"), l.temp("runes"), l.temp("k")
	x := call(ident("string", pos), l.expr(s.X))
	pre := defines(pos, []string{at, runes}, l.rtCall("Runes", pos, x))
	var head []ast.Stmt
	for _, v := range []struct {
		e    ast.Expr
		list string
	}{{s.Key, at}, {s.Value, runes}} {
		if v.e == nil || isBlank(v.e) {
			continue
		}
		head = append(head, l.setVar(v.e, s.Tok, index(ident(v.list, pos), ident(k, pos)))...)
	}
	loop := l.counted(s, label, k, call(ident("len", pos), ident(at, pos)), intLit(0, pos), head)
	return []ast.Stmt{block(pos, pre, &ast.AssignStmt{Lhs: []ast.Expr{ident("_", pos)}, TokPos: pos, Tok: token.ASSIGN, Rhs: []ast.Expr{ident(runes, pos)}}, loop)}
}

// setVar defines or assigns a loop variable.
func (l *lowerer) setVar(e ast.Expr, tok token.Token, value ast.Expr) []ast.Stmt {
	if id, ok := e.(*ast.Ident); ok && tok == token.DEFINE {
		return []ast.Stmt{define(e.Pos(), l.name(l.info.Defs[id]), value)}
	}
	return l.withPre(func() []ast.Stmt { return []ast.Stmt{assign(e.Pos(), l.expr(e), value)} })
}

// rangeArray lowers a range over an array: the loop walks over a copy when it
// looks at the values.
func (l *lowerer) rangeArray(s *ast.RangeStmt, label string, x ast.Expr) []ast.Stmt {
	pos := s.Pos()
	n := l.typeOf(s.X).Underlying().(*types.Array).Len()
	k, head := l.counter(s, s.Key, types.Typ[types.Int])
	var pre []ast.Stmt
	if s.Value != nil && !isBlank(s.Value) {
		a := l.temp("a")
		pre = []ast.Stmt{define(pos, a, x)}
		head = append(head, l.setVar(s.Value, s.Tok, index(ident(a, pos), ident(k, pos)))...)
	} else if hasCall(s.X) { // its length is not constant, so the array is evaluated
		a := l.temp("a")
		pre = []ast.Stmt{define(pos, a, x), assign(pos, ident("_", pos), ident(a, pos))}
	}
	loop := l.counted(s, label, k, intLit(n, pos), intLit(0, pos), head)
	return []ast.Stmt{block(pos, append(pre, loop)...)}
}

// rangeArrayPointer lowers a range over a pointer to an array, which is not
// copied and, without values, not looked at.
func (l *lowerer) rangeArrayPointer(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	n := l.typeOf(s.X).Underlying().(*types.Pointer).Elem().Underlying().(*types.Array).Len()
	p := l.temp("a")
	pre := define(pos, p, l.expr(s.X))
	k, head := l.counter(s, s.Key, types.Typ[types.Int])
	use := ast.Stmt(&ast.AssignStmt{Lhs: []ast.Expr{ident("_", pos)}, TokPos: pos, Tok: token.ASSIGN, Rhs: []ast.Expr{ident(p, pos)}})
	if s.Value != nil && !isBlank(s.Value) {
		head = append(head, l.setVar(s.Value, s.Tok, index(paren(star(ident(p, pos))), ident(k, pos)))...)
	}
	loop := l.counted(s, label, k, intLit(n, pos), intLit(0, pos), head)
	return []ast.Stmt{block(pos, pre, use, loop)}
}
