package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// mustName is a function that every cell has: it ends the cell if its argument is an error. The session calls it behind a
// statement that assigns to err what a call returns, when nothing in the cell looks at err afterwards: a forgotten error
// must not let the cell go on as if nothing had happened.
const (
	mustName = "_must"
	mustEmit = "lyp_must"
)

// newMust is what the type checker knows of it.
func newMust() *types.Func {
	return types.NewFunc(token.NoPos, types.NewPackage("main", "main"), mustName,
		types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewVar(token.NoPos, nil, "err", types.Universe.Lookup("error").Type())), nil, false))
}

// bootstrap is run when the interpreter starts.
const bootstrap = "package main\nimport " + showName + " \"" + showPath + "\"\nfunc " + mustEmit + "(err error) { " + showName + ".Must(err) }\n"

// An unread error is what such a cell ends with.
type unread struct{ err error }

func (u unread) Error() string { return u.err.Error() }

// watchErrors adds the calls.
func (c *cell) watchErrors() {
	for i := range c.items {
		it := &c.items[i]
		id, call := assignsErr(it)
		if id == nil || makesError(call) || c.readsErr(i, id) {
			continue
		}
		it.stmts = append(it.stmts, &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{NamePos: id.NamePos, Name: mustName}, Lparen: id.NamePos,
			Args: []ast.Expr{&ast.Ident{NamePos: id.NamePos, Name: id.Name}}, Rparen: id.NamePos}})
	}
}

// assignsErr finds the err on the left of a call.
func assignsErr(it *item) (*ast.Ident, *ast.CallExpr) {
	var lhs []ast.Expr
	var rhs []ast.Expr
	if it.spec != nil {
		for _, n := range it.spec.Names {
			lhs = append(lhs, n)
		}
		rhs = it.spec.Values
		for _, st := range it.stmts { // x, err := f() where the cell has an err already
			if a, ok := st.(*ast.AssignStmt); ok {
				lhs = append(lhs, a.Lhs...)
			}
		}
	} else if len(it.stmts) == 1 {
		a, ok := it.stmts[0].(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN {
			return nil, nil
		}
		lhs, rhs = a.Lhs, a.Rhs
	}
	if len(rhs) != 1 {
		return nil, nil
	}
	call, ok := rhs[0].(*ast.CallExpr)
	if !ok {
		return nil, nil
	}
	for _, l := range lhs {
		if id, ok := l.(*ast.Ident); ok && id.Name == "err" {
			return id, call
		}
	}
	return nil, nil
}

// makesError reports whether a call exists to make an error (errors.New, fmt.Errorf, ...).
func makesError(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && (x.Name == "errors" || x.Name == "fmt" && sel.Sel.Name == "Errorf")
}

// readsErr reports whether anything after item i, or a function of the cell, mentions err.
func (c *cell) readsErr(i int, own *ast.Ident) bool {
	found := false
	look := func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "err" && id != own {
			found = true
		}
		return !found
	}
	for _, d := range c.file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn != c.body && fn.Body != nil {
			for _, st := range fn.Body.List {
				ast.Inspect(st, look)
			}
		}
	}
	for _, it := range c.items[i+1:] {
		if it.spec != nil {
			for _, v := range it.spec.Values {
				ast.Inspect(v, look)
			}
		}
		for _, st := range it.stmts {
			ast.Inspect(st, look)
		}
	}
	return found
}
