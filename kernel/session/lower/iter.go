package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A range over a function becomes a call of the function with the loop body
// as its argument (Go specification, "For statements with range clause"):
//
//	code := 0
//	f(func(k K, v V) bool { body; return true })
//	if code == 1 { break outer }
//
// break, continue, goto and return inside the body that leave it store a code
// and return false.

// iterBody is the body of such a loop while it is rewritten.
type iterBody struct {
	code  string // variable that says how the body was left
	state string // variable that is 0 when the iterator may call the body, 1 while it runs or after it said stop, 2 after the loop
	exits []exit
}

// exit is one way out of an iterator loop.
type exit struct {
	tok   token.Token // BREAK, CONTINUE, GOTO or RETURN
	to    *loop
	label string
	pos   token.Pos
}

// leave emits the statements that end the body with the code of an exit.
func (b *iterBody) leave(x exit, pos token.Pos) []ast.Stmt {
	code := 0
	for i, e := range b.exits {
		if e.tok == x.tok && e.to == x.to && e.label == x.label {
			code = i + 1
		}
	}
	if code == 0 {
		b.exits = append(b.exits, x)
		code = len(b.exits)
	}
	return []ast.Stmt{assign(pos, ident(b.code, pos), intLit(int64(code), pos)), returnBool(false, pos)}
}

// again emits the end of a body that wants the next element.
func (b *iterBody) again(pos token.Pos) []ast.Stmt {
	return []ast.Stmt{assign(pos, ident(b.state, pos), intLit(0, pos)), returnBool(true, pos)}
}

// rangeFunc lowers a range over a function.
func (l *lowerer) rangeFunc(s *ast.RangeStmt, label string) []ast.Stmt {
	pos := s.Pos()
	sig := l.typeOf(s.X).Underlying().(*types.Signature)
	yield := sig.Params().At(0).Type().Underlying().(*types.Signature)
	state := l.temp("state")
	it := &iterBody{code: l.temp("code"), state: state}
	lp := &loop{label: label, loops: true, iter: it}
	x := l.expr(s.X)
	body, iter := l.temp("body"), l.temp("iter")

	ft := &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{List: []*ast.Field{{Type: ident("bool", pos)}}}}
	var head []ast.Stmt
	vars := []ast.Expr{s.Key, s.Value}
	for i := range yield.Params().Len() {
		name, set := l.rangeVar(vars[i], s.Tok)
		head = append(head, set...)
		ft.Params.List = append(ft.Params.List, &ast.Field{Names: []*ast.Ident{ident(name, pos)}, Type: l.typeExpr(yield.Params().At(i).Type(), pos)})
	}
	l.fn.loops = append(l.fn.loops, lp)
	inner := l.stmts(s.Body.List)
	l.fn.loops = l.fn.loops[:len(l.fn.loops)-1]
	misuse := binary(ident(state, pos), token.NEQ, intLit(0, pos))
	list := append([]ast.Stmt{
		ifStmt(pos, misuse, &ast.ExprStmt{X: l.rtCall("BadIterator", pos, ident(state, pos))}),
		assign(pos, ident(state, pos), intLit(1, pos)),
	}, append(head, inner...)...)
	list = append(list, it.again(s.Body.Rbrace)...)

	out := []ast.Stmt{
		define(pos, it.code, intLit(0, pos)),
		define(pos, state, intLit(0, pos)),
		define(pos, body, &ast.FuncLit{Type: ft, Body: block(pos, list...)}),
		define(pos, iter, x),
		&ast.ExprStmt{X: call(ident(iter, pos), ident(body, pos))},
		assign(pos, ident(state, pos), intLit(2, pos)),
	}
	for i, e := range it.exits {
		if e.tok == token.BREAK && e.to == lp {
			continue
		}
		cond := binary(ident(it.code, pos), token.EQL, intLit(int64(i+1), pos))
		out = append(out, ifStmt(pos, cond, l.exitStmts(e)...))
	}
	return []ast.Stmt{block(pos, out...)}
}

// rangeVar names the parameter that receives an iteration value; when the
// loop assigns instead of defining, set copies it to its destination.
func (l *lowerer) rangeVar(e ast.Expr, tok token.Token) (name string, set []ast.Stmt) {
	if e == nil {
		return "_", nil
	}
	if id, ok := e.(*ast.Ident); ok {
		if id.Name == "_" {
			return "_", nil
		}
		if tok == token.DEFINE {
			return l.name(l.info.Defs[id]), nil
		}
	}
	name = l.temp("v")
	return name, l.withPre(func() []ast.Stmt {
		return []ast.Stmt{assign(e.Pos(), l.expr(e), ident(name, e.Pos()))}
	})
}

func (l *lowerer) exitStmts(e exit) []ast.Stmt {
	switch e.tok {
	case token.RETURN:
		return l.returnStored(e.pos)
	case token.GOTO:
		return []ast.Stmt{&ast.BranchStmt{TokPos: e.pos, Tok: token.GOTO, Label: ident(e.label, e.pos)}}
	}
	return l.branchTo(e.tok, e.to, e.pos)
}

// enclosingIter is the innermost iterator body round the current statement in
// the current function, or nil.
func (l *lowerer) enclosingIter() *iterBody {
	for i := len(l.fn.loops) - 1; i >= 0; i-- {
		if it := l.fn.loops[i].iter; it != nil {
			return it
		}
	}
	return nil
}

// returnStmt lowers a return.
func (l *lowerer) returnStmt(s *ast.ReturnStmt) []ast.Stmt {
	sig := l.fn.sig
	var results []ast.Expr
	if len(s.Results) == 1 && isTuple(l.typeOf(s.Results[0])) {
		results = []ast.Expr{l.expr(s.Results[0])}
	} else {
		for i, r := range s.Results {
			x := l.value(r, sig.Results().At(i).Type())
			if _, literal := ast.Unparen(r).(*ast.CompositeLit); !literal || l.fn.defers != "" || l.enclosingIter() != nil { // the result is a variable
				x = l.aside(x, r)
			}
			if i > 0 && callsBuiltin(x) { // the interpreter would put it in place of the first result
				x = &ast.ParenExpr{Lparen: x.Pos(), X: x, Rparen: x.Pos()}
			}
			results = append(results, x)
		}
	}
	it := l.enclosingIter()
	if it == nil {
		return l.plainReturn(s, results)
	}
	out := l.storeResults(s.Pos(), results)
	return append(out, it.leave(exit{tok: token.RETURN, pos: s.Pos()}, s.Pos())...)
}

// callsBuiltin says whether a lowered expression is a call of a builtin of the interpreter.
func callsBuiltin(x ast.Expr) bool {
	c, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := c.Fun.(*ast.Ident)
	if !ok {
		return false
	}
	_, builtin := types.Universe.Lookup(id.Name).(*types.Builtin)
	return builtin
}

func (l *lowerer) plainReturn(s *ast.ReturnStmt, results []ast.Expr) []ast.Stmt {
	if l.fn.defers == "" && len(results) == 0 && len(l.fn.results) > 0 {
		return []ast.Stmt{l.returnResults(s.Return)}
	}
	if l.fn.defers == "" {
		return []ast.Stmt{&ast.ReturnStmt{Return: s.Return, Results: results}}
	}
	return append(l.storeResults(s.Pos(), results), &ast.ReturnStmt{Return: s.Return})
}

// storeResults assigns the operands of a return to the variables that keep
// the results.
func (l *lowerer) storeResults(pos token.Pos, results []ast.Expr) []ast.Stmt {
	if len(results) == 0 {
		return nil
	}
	names := l.storedResults()
	if len(results) == len(names) && len(names) > 1 {
		return l.storeEach(pos, names, results)
	}
	lhs := make([]ast.Expr, len(names))
	for i, n := range names {
		lhs[i] = ident(n, pos)
	}
	if len(results) < len(names) { // the results of one call
		var out []ast.Stmt
		temps := make([]string, len(names))
		for i := range names {
			temps[i] = l.temp("t")
		}
		out = append(out, defines(pos, temps, results[0]))
		for i, n := range names {
			out = append(out, assign(pos, ident(n, pos), ident(temps[i], pos)))
		}
		return out
	}
	return []ast.Stmt{&ast.AssignStmt{Lhs: lhs, TokPos: pos, Tok: token.ASSIGN, Rhs: results}}
}

// storeEach assigns several results: first all are computed, then stored.
func (l *lowerer) storeEach(pos token.Pos, names []string, results []ast.Expr) []ast.Stmt {
	var out, stores []ast.Stmt
	for i, r := range results {
		id, isIdent := r.(*ast.Ident)
		_, isLit := r.(*ast.BasicLit)
		if !isLit && !(isIdent && id.Name == "nil") {
			t := l.temp("t")
			d := varDecl(pos, t, l.typeExpr(l.fn.sig.Results().At(i).Type(), pos))
			d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{r}
			out = append(out, &ast.DeclStmt{Decl: d})
			r = ident(t, pos)
		}
		stores = append(stores, assign(pos, ident(names[i], pos), r))
	}
	return append(out, stores...)
}

// storedResults names the variables that keep the results while an iterator
// loop unwinds: the named results, or ones made for it.
func (l *lowerer) storedResults() []string {
	if l.fn.results == nil {
		for i := range l.fn.sig.Results().Len() {
			n := l.temp("rv")
			l.fn.results = append(l.fn.results, n)
			l.fn.start = append(l.fn.start, varStmt(token.NoPos, n, l.typeExpr(l.fn.sig.Results().At(i).Type(), token.NoPos)))
		}
	}
	return l.fn.results
}

// returnStored returns what storedResults hold.
func (l *lowerer) returnStored(pos token.Pos) []ast.Stmt {
	if it := l.enclosingIter(); it != nil {
		return it.leave(exit{tok: token.RETURN, pos: pos}, pos)
	}
	s := &ast.ReturnStmt{Return: pos}
	if l.fn.defers == "" && l.fn.sig != nil && l.fn.sig.Results().Len() > 0 {
		for _, n := range l.storedResults() {
			s.Results = append(s.Results, ident(n, pos))
		}
	}
	return []ast.Stmt{s}
}
