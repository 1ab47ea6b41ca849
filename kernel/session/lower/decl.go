package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// funcDecl lowers a function or method declaration.
func (l *lowerer) funcDecl(d *ast.FuncDecl) {
	f, ok := l.info.Defs[d.Name].(*types.Func)
	if !ok || d.Body == nil {
		return
	}
	sig := f.Type().(*types.Signature)
	if sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0 {
		return // only instances run
	}
	l.reset()
	if sig.Recv() != nil {
		l.methodDecl(d, f)
		return
	}
	if d.Name.Name == "_" {
		return
	}
	name := ""
	if d.Name.Name == "init" {
		name = l.w.next(prefix + "init")
		l.setup = append(l.setup, &ast.ExprStmt{X: call(ident(name, d.Name.Pos()))})
	} else {
		name = l.name(f)
	}
	l.naming, l.own = f.Name(), name
	ft, body := l.function(sig, d.Type.Func, d.Body)
	l.decls = append(l.decls, &ast.FuncDecl{Name: ident(name, d.Name.Pos()), Type: ft, Body: body})
}

// signatureExpr writes the type of a function with its parameter names, and
// returns the variables that stand for its results: the interpreter does not
// set named results to zero at a call, so they are variables of the body.
// Results without a name get one when withResults says that the body has to
// refer to them.
func (l *lowerer) signatureExpr(sig *types.Signature, pos token.Pos, withResults bool) (*ast.FuncType, []string) {
	ft := l.funcTypeExpr(sig, pos)
	for i, f := range ft.Params.List {
		f.Names = []*ast.Ident{l.paramName(sig.Params().At(i), pos)}
	}
	if !named(sig.Results()) && !withResults || sig.Results().Len() == 0 {
		return ft, nil
	}
	var results []string
	for i := range ft.Results.List {
		v := sig.Results().At(i)
		if v.Name() == "_" || v.Name() == "" {
			l.names[v] = l.temp("r")
		}
		results = append(results, l.name(v))
	}
	return ft, results
}

func (l *lowerer) paramName(v *types.Var, pos token.Pos) *ast.Ident {
	if v.Name() == "" || v.Name() == "_" {
		return ident("_", pos)
	}
	return ident(l.name(v), pos)
}

func named(t *types.Tuple) bool { return t.Len() > 0 && t.At(0).Name() != "" }

// funcLit lowers a function literal.
func (l *lowerer) funcLit(e *ast.FuncLit) ast.Expr {
	sig := l.typeOf(e).Underlying().(*types.Signature)
	if e == l.deferred {
		l.recovers = l.fn.defers
	}
	ft, body := l.function(sig, e.Type.Pos(), e.Body)
	return &ast.FuncLit{Type: ft, Body: body}
}

// closure lowers a literal used as a value. Only one that is assigned to a
// variable captures the variables of this round of a loop, so it is.
func (l *lowerer) closure(e *ast.FuncLit) ast.Expr {
	f := l.funcLit(e)
	if l.pre == nil {
		return f
	}
	t := l.temp("f")
	if len(l.fn.loops) > 0 {
		// Made in a function of its own, as in apart: compiled code may call
		// it while the loop makes the next.
		pos := e.Pos()
		inner := l.temp("f")
		f = call(&ast.FuncLit{
			Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{List: []*ast.Field{{Type: l.typeExpr(l.typeOf(e), pos)}}}},
			Body: block(pos, define(pos, inner, f), &ast.ReturnStmt{Return: pos, Results: []ast.Expr{ident(inner, pos)}}),
		})
	}
	*l.pre = append(*l.pre, define(e.Pos(), t, f))
	return ident(t, e.Pos())
}

// function lowers the signature and the body of a function.
func (l *lowerer) function(sig *types.Signature, pos token.Pos, b *ast.BlockStmt) (*ast.FuncType, *ast.BlockStmt) {
	fn := &function{sig: sig, outer: l.fn, facts: l.fn.facts, recovers: l.recovers, name: l.functionName(), own: l.own}
	l.recovers, l.own = "", ""
	guarded := defersIn(b) || l.in.Probes != nil
	var ft *ast.FuncType
	ft, fn.results = l.signatureExpr(sig, pos, guarded)
	if guarded {
		fn.defers = l.temp("d")
	}
	saved, pre, checked, depth := l.fn, l.pre, l.checked, l.conditional
	l.fn, l.pre, l.checked, l.conditional = fn, nil, nil, 0
	seen := l.vars
	l.seeSignature(sig)
	for i, n := range fn.results {
		fn.start = append(fn.start, varStmt(pos, n, l.typeExpr(sig.Results().At(i).Type(), pos)))
	}
	list := l.stmts(b.List)
	if len(fn.results) > 0 && !guarded && !endsInReturn(b) {
		list = append(list, l.returnResults(b.Rbrace))
	}
	if guarded {
		list = []ast.Stmt{l.guard(pos, fn.defers, list)}
		if sig.Results().Len() > 0 {
			list = append(list, l.returnResults(b.Rbrace))
		}
	}
	l.fn, l.pre, l.checked, l.conditional, l.vars = saved, pre, checked, depth, seen
	return ft, &ast.BlockStmt{Lbrace: b.Lbrace, List: append(fn.start, list...), Rbrace: b.Rbrace}
}

// endsInReturn says whether a body ends with a return statement, after which
// another would never run.
func endsInReturn(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	_, ok := b.List[len(b.List)-1].(*ast.ReturnStmt)
	return ok
}

// returnResults is return with the names of the results.
func (l *lowerer) returnResults(pos token.Pos) ast.Stmt {
	s := &ast.ReturnStmt{Return: pos}
	for _, n := range l.fn.results {
		s.Results = append(s.Results, ident(n, pos))
	}
	return s
}

// packageVars declares the cell's package-level variables and returns the
// statements that give them their values in initialization order.
func (l *lowerer) packageVars() []ast.Stmt {
	var out []ast.Stmt
	seen := map[*types.Var]bool{}
	valued := l.valuedVars()
	for _, init := range l.info.InitOrder {
		if len(init.Lhs) == 0 || !valued[init.Lhs[0]] {
			continue
		}
		for _, v := range init.Lhs {
			seen[v] = true
		}
		out = append(out, l.initStmt(init)...)
	}
	for _, d := range l.in.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			vs := s.(*ast.ValueSpec)
			if v, ok := l.info.Defs[vs.Names[0]].(*types.Var); ok && seen[v] {
				l.declareGlobals(vs.Names)
				continue
			}
			out = append(out, l.valueSpec(vs)...)
		}
	}
	return out
}

// valuedVars are the variables that Decls declare with a value. Others that
// InitOrder knows get theirs in Stmts.
func (l *lowerer) valuedVars() map[*types.Var]bool {
	out := map[*types.Var]bool{}
	for _, d := range l.in.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			vs := s.(*ast.ValueSpec)
			for _, id := range vs.Names {
				if v, ok := l.info.Defs[id].(*types.Var); ok && len(vs.Values) > 0 {
					out[v] = true
				}
			}
		}
	}
	return out
}

func (l *lowerer) initStmt(init *types.Initializer) []ast.Stmt {
	var lhs []ast.Expr
	for _, v := range init.Lhs {
		lhs = append(lhs, ident(l.name(v), v.Pos()))
	}
	return l.withPre(func() []ast.Stmt {
		s := &ast.AssignStmt{Lhs: lhs, TokPos: init.Rhs.Pos(), Tok: token.ASSIGN}
		if len(lhs) == 1 {
			s.Rhs = []ast.Expr{l.aside(l.value(init.Rhs, init.Lhs[0].Type()), init.Rhs)}
		} else {
			s.Rhs = []ast.Expr{l.expr(init.Rhs)}
		}
		return []ast.Stmt{s}
	})
}

// declareGlobals declares package-level variables without values.
func (l *lowerer) declareGlobals(names []*ast.Ident) {
	for _, id := range names {
		if v, ok := l.info.Defs[id].(*types.Var); ok && id.Name != "_" {
			l.global(v, id.Pos())
		}
	}
}

// global declares a package-level variable once.
func (l *lowerer) global(v *types.Var, pos token.Pos) {
	if !l.globals[v] {
		l.globals[v] = true
		l.decls = append(l.decls, varDecl(pos, l.name(v), l.typeExpr(v.Type(), pos)))
	}
}

// valueSpec lowers one line of a var declaration, at the package level or in a
// function.
func (l *lowerer) valueSpec(s *ast.ValueSpec) []ast.Stmt {
	var out []ast.Stmt
	for _, id := range s.Names {
		v, ok := l.info.Defs[id].(*types.Var)
		if !ok || id.Name == "_" {
			continue
		}
		if l.isGlobal(v) {
			l.global(v, id.Pos())
		} else if len(s.Values) == 0 || len(s.Names) > 1 {
			out = append(out, varStmt(id.Pos(), l.name(v), l.typeExpr(v.Type(), id.Pos())))
		}
	}
	if len(s.Values) == 0 {
		return out
	}
	lhs := make([]ast.Expr, len(s.Names))
	for i, id := range s.Names {
		lhs[i] = id
	}
	if v, ok := l.info.Defs[s.Names[0]].(*types.Var); ok && len(s.Names) == 1 && s.Names[0].Name != "_" && !l.isGlobal(v) {
		return append(out, l.withPre(func() []ast.Stmt {
			d := varDecl(s.Pos(), l.name(v), l.typeExpr(v.Type(), s.Pos()))
			d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{l.aside(l.value(s.Values[0], v.Type()), s.Values[0])}
			return []ast.Stmt{&ast.DeclStmt{Decl: d}}
		})...)
	}
	return append(out, l.assignment(s.Pos(), lhs, s.Values, token.ASSIGN)...)
}
