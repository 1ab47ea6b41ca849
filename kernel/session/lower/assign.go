package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (l *lowerer) assignStmt(s *ast.AssignStmt) []ast.Stmt {
	switch s.Tok {
	case token.DEFINE:
		return l.defineStmt(s)
	case token.ASSIGN:
		return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.ASSIGN)
	}
	l.called = l.called || l.calls(s.Lhs[0])
	rhs := l.expr(s.Rhs[0])
	if s.Tok == token.SHL_ASSIGN || s.Tok == token.SHR_ASSIGN {
		rhs = l.shiftCount(s.Rhs[0])
	}
	if l.pre == nil || !l.calls(s.Rhs[0]) || !l.movable(s.Lhs[0]) {
		return []ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{l.lvalue(s.Lhs[0])}, TokPos: s.TokPos, Tok: s.Tok, Rhs: []ast.Expr{rhs}}}
	}
	// Go calls what there is to call, and looks at the operand after that; the interpreter looks first.
	t := l.temp("t")
	*l.pre = append(*l.pre, define(s.TokPos, t, rhs))
	l.called = false
	return []ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{l.lvalue(s.Lhs[0])}, TokPos: s.TokPos, Tok: s.Tok, Rhs: []ast.Expr{ident(t, s.TokPos)}}}
}

// movable says whether an operand is part of something and calls nothing, so that it can be evaluated after a call beside it.
func (l *lowerer) movable(e ast.Expr) bool {
	_, variable := ast.Unparen(e).(*ast.Ident)
	return !variable && !l.calls(e)
}

// calls says whether an expression calls a function.
func (l *lowerer) calls(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			tv := l.info.Types[n.Fun]
			found = found || !tv.IsType() && !tv.IsBuiltin()
		}
		return !found
	})
	return found
}

// receivesIntoPart says whether an element, a field or what a pointer points to is assigned what a channel gives. The
// interpreter receives into a copy of it.
func (l *lowerer) receivesIntoPart(lhs, rhs ast.Expr) bool {
	if _, variable := ast.Unparen(lhs).(*ast.Ident); variable {
		return false
	}
	found := false
	ast.Inspect(rhs, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// aside is a value x that a variable gets. The interpreter puts what a channel gives, and what a literal of a struct makes, in
// place of the variable: one could not be changed from then on, and closures and pointers would keep the old one. So they go
// by way of another variable.
func (l *lowerer) aside(x, src ast.Expr) ast.Expr {
	if l.pre == nil {
		return x
	}
	switch e := ast.Unparen(src).(type) {
	case *ast.UnaryExpr:
		if e.Op != token.ARROW {
			return x
		}
	case *ast.CompositeLit:
		switch l.typeOf(e).Underlying().(type) {
		case *types.Struct, *types.Array:
		default:
			return x
		}
	default:
		return x
	}
	t := l.temp("t")
	*l.pre = append(*l.pre, define(src.Pos(), t, x))
	return ident(t, src.Pos())
}

// defineStmt lowers a := b. At the top of a cell the variables are
// package-level ones, declared apart.
func (l *lowerer) defineStmt(s *ast.AssignStmt) []ast.Stmt {
	local := true
	for _, e := range s.Lhs {
		id := e.(*ast.Ident)
		v, isNew := l.info.Defs[id].(*types.Var)
		if !isNew {
			if u := l.info.Uses[id]; u != nil && l.isGlobal(u) {
				local = false
			}
			continue
		}
		if id.Name != "_" && l.isGlobal(v) {
			l.global(v, id.Pos())
			local = false
		}
	}
	if !local {
		return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.ASSIGN)
	}
	return l.assignment(s.TokPos, s.Lhs, s.Rhs, token.DEFINE)
}

// yieldsFunc says whether a variable gets a function that a compiled function returns, or a function of a declared type,
// whose values may be compiled too.
func (l *lowerer) yieldsFunc(lhs, rhs ast.Expr) bool {
	if _, ok := lhs.(*ast.Ident); !ok || isBlank(lhs) {
		return false
	}
	c, ok := ast.Unparen(rhs).(*ast.CallExpr)
	if !ok || l.info.Types[c.Fun].IsType() || l.info.Types[c.Fun].IsBuiltin() {
		return false
	}
	if _, declared := types.Unalias(l.typeOf(c.Fun)).(*types.Named); !declared && !l.compiledCallee(c.Fun) {
		return false
	}
	_, ok = l.typeOf(rhs).Underlying().(*types.Signature)
	return ok
}

// assignment lowers an assignment or definition of any number of values.
func (l *lowerer) assignment(pos token.Pos, lhs, rhs []ast.Expr, tok token.Token) []ast.Stmt {
	if len(lhs) == 2 && len(rhs) == 1 {
		if a, ok := ast.Unparen(rhs[0]).(*ast.TypeAssertExpr); ok {
			return l.assertOk(pos, lhs, a, tok)
		}
		if x, ok := ast.Unparen(rhs[0]).(*ast.IndexExpr); ok {
			if m, isMap := l.typeOf(x.X).Underlying().(*types.Map); isMap {
				return l.lookupOk(pos, lhs, x, m, tok)
			}
		}
		if isReceive(rhs[0]) {
			return l.receiveOk(pos, lhs, rhs[0], tok)
		}
	}
	if len(lhs) == len(rhs) && (len(lhs) > 1 || tok == token.ASSIGN && l.receivesIntoPart(lhs[0], rhs[0])) {
		return l.parallel(pos, lhs, rhs, tok)
	}
	if len(rhs) == 1 && len(lhs) > 1 && !l.simpleTargets(lhs, tok) {
		return l.fromTuple(pos, lhs, rhs[0], tok)
	}
	if len(lhs) == 1 && l.yieldsFunc(lhs[0], rhs[0]) {
		// The interpreter puts the result itself in place of the variable, which could not be assigned to again.
		t := l.temp("f")
		return []ast.Stmt{define(pos, t, l.value(rhs[0], l.lhsType(lhs[0]))), &ast.AssignStmt{TokPos: pos, Tok: tok, Lhs: []ast.Expr{l.lvalue(lhs[0])}, Rhs: []ast.Expr{ident(t, pos)}}}
	}
	if len(lhs) == 1 && tok == token.ASSIGN && l.pre != nil && !isBlank(lhs[0]) && l.calls(rhs[0]) && l.movable(lhs[0]) {
		t, to := l.temp("t"), l.lhsType(lhs[0])
		x := l.value(rhs[0], to)
		d := varDecl(pos, t, l.typeExpr(to, pos))
		d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{x}
		*l.pre = append(*l.pre, &ast.DeclStmt{Decl: d})
		l.called = false
		return []ast.Stmt{assign(pos, l.lvalue(lhs[0]), ident(t, pos))}
	}
	l.called = l.called || l.calls(lhs[0]) // before what the right side calls
	out := &ast.AssignStmt{TokPos: pos, Tok: tok}
	if lit, ok := ast.Unparen(rhs[0]).(*ast.FuncLit); ok && tok == token.DEFINE {
		out.Lhs, out.Rhs = []ast.Expr{l.lvalue(lhs[0])}, []ast.Expr{l.funcLit(lit)}
		return []ast.Stmt{out}
	}
	for i, r := range rhs {
		if len(lhs) == len(rhs) && !isBlank(lhs[i]) {
			out.Rhs = append(out.Rhs, l.aside(l.value(r, l.lhsType(lhs[i])), r))
		} else {
			out.Rhs = append(out.Rhs, l.discarded(r))
		}
	}
	for _, e := range lhs {
		out.Lhs = append(out.Lhs, l.lvalue(e))
	}
	if _, lit := ast.Unparen(rhs[0]).(*ast.CompositeLit); lit && tok == token.DEFINE && len(lhs) == 1 && l.captured(lhs[0]) {
		// Defined by a copy, so that each round of a loop has its own.
		t := l.temp("t")
		return []ast.Stmt{define(pos, t, out.Rhs[0]), define(pos, out.Lhs[0].(*ast.Ident).Name, ident(t, pos))}
	}
	return []ast.Stmt{out}
}

// discarded lowers a value that nobody looks at. The interpreter gives a comparison the type of where it goes, and the
// blank identifier that of an operand; nor does it look at what a nil pointer points to.
func (l *lowerer) discarded(e ast.Expr) ast.Expr {
	x := l.expr(e)
	if l.pre == nil || l.info.Types[e].Value != nil || isTuple(l.typeOf(e)) || isNil(l.typeOf(e)) {
		return x
	}
	switch ast.Unparen(e).(type) {
	case *ast.BinaryExpr, *ast.StarExpr, *ast.SelectorExpr:
	default:
		return x
	}
	t := l.temp("t")
	*l.pre = append(*l.pre, define(e.Pos(), t, x))
	return ident(t, e.Pos())
}

// captured says whether a newly defined variable outlives its block in a
// closure or behind a pointer.
func (l *lowerer) captured(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && l.info.Defs[id] != nil && l.fn.facts.shared[l.info.Defs[id]]
}

func (l *lowerer) lhsType(e ast.Expr) types.Type {
	if id, ok := e.(*ast.Ident); ok {
		if obj := l.info.ObjectOf(id); obj != nil {
			return obj.Type()
		}
	}
	return l.typeOf(e)
}

// lvalue lowers an expression that is assigned to.
func (l *lowerer) lvalue(e ast.Expr) ast.Expr {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if id.Name == "_" {
			return ident("_", id.Pos())
		}
		return l.identExpr(id)
	}
	if p := l.compiledVar(e); p != nil {
		return paren(star(p))
	}
	return l.expr(ast.Unparen(e))
}

// compiledVar is a pointer to a variable of a compiled package, or nil when e
// is something else: the interpreter refuses to assign to one by its name.
func (l *lowerer) compiledVar(e ast.Expr) ast.Expr {
	s, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || l.info.Selections[s] != nil {
		return nil
	}
	v, ok := l.info.Uses[s.Sel].(*types.Var)
	if !ok || v.Pkg() == nil {
		return nil
	}
	val, ok := l.w.symbol(v.Pkg().Path(), v.Name())
	if !ok || !val.CanAddr() {
		return nil
	}
	key := constKey{val.Type(), "&" + v.Pkg().Path() + "." + v.Name()}
	sym, ok := l.w.kinds[key]
	if !ok {
		sym = l.w.next("V")
		l.w.kinds[key] = sym
		l.w.fresh[sym] = val.Addr()
	}
	return l.cellSel(sym, e.Pos())
}

// parallel lowers a, b = x, y: all values are computed, then assigned one by
// one; the interpreter mixes the two up.
func (l *lowerer) parallel(pos token.Pos, lhs, rhs []ast.Expr, tok token.Token) []ast.Stmt {
	var out []ast.Stmt
	targets := l.freezeTargets(lhs, tok, &out)
	apart := l.definedApart(lhs, rhs, targets)
	values := make([]ast.Expr, len(rhs))
	for i, r := range rhs {
		to := types.Type(types.Typ[types.UntypedNil])
		if !isBlank(lhs[i]) {
			to = l.lhsType(lhs[i])
		}
		lowered := l.withPre(func() []ast.Stmt {
			if isBlank(lhs[i]) {
				values[i] = l.discarded(r)
			} else {
				values[i] = l.aside(l.value(r, to), r)
			}
			return nil
		})
		out = append(out, lowered...)
		if targets[i] == nil && apart {
			continue
		}
		if tv := l.info.Types[r]; tv.Value != nil || tv.IsNil() {
			continue
		}
		if isBlank(lhs[i]) {
			out = append(out, assign(pos, ident("_", pos), values[i]))
			continue
		}
		t := l.temp("t")
		d := varDecl(pos, t, l.typeExpr(to, pos))
		d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{values[i]}
		out = append(out, &ast.DeclStmt{Decl: d})
		values[i] = ident(t, pos)
	}
	for i, e := range lhs {
		switch {
		case isBlank(e):
		case targets[i] == nil:
			v := l.info.Defs[e.(*ast.Ident)]
			out = append(out, define(pos, l.name(v), values[i]))
		default:
			out = append(out, assign(pos, targets[i], values[i]))
		}
	}
	return out
}

// definedApart says whether every variable is new and no value speaks of anything by one of their names, so that each can be
// defined as soon as its value is there.
func (l *lowerer) definedApart(lhs, rhs, targets []ast.Expr) bool {
	names := map[string]bool{}
	for i, e := range lhs {
		if targets[i] != nil && !isBlank(e) {
			return false
		}
		if id, ok := e.(*ast.Ident); ok {
			names[id.Name] = true
		}
	}
	apart := true
	for _, r := range rhs {
		ast.Inspect(r, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			apart = apart && !(ok && names[id.Name])
			return apart
		})
	}
	return apart
}

// fromTuple assigns the results of a call by way of new variables.
func (l *lowerer) fromTuple(pos token.Pos, lhs []ast.Expr, x ast.Expr, tok token.Token) []ast.Stmt {
	var out []ast.Stmt
	targets := l.freezeTargets(lhs, tok, &out)
	names := make([]string, len(lhs))
	for i, e := range lhs {
		names[i] = "_"
		if !isBlank(e) {
			names[i] = l.temp("t")
		}
	}
	out = append(out, l.withPre(func() []ast.Stmt { return []ast.Stmt{defines(pos, names, l.expr(x))} })...)
	for i, e := range lhs {
		switch {
		case isBlank(e):
		case targets[i] == nil:
			out = append(out, define(pos, l.name(l.info.Defs[e.(*ast.Ident)]), ident(names[i], pos)))
		default:
			out = append(out, assign(pos, targets[i], ident(names[i], pos)))
		}
	}
	return out
}
