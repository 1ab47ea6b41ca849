package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"sort"
)

// hoist turns the top-level definitions of the cell into package-level variables, which is what they are to
// later cells: for the type checker x := e becomes var x = e, and c.items remembers where its value is computed.
// known says which names earlier cells have.
func (c *cell) hoist(position func(token.Pos) token.Position, known func(string) bool) problems {
	seen := map[string]bool{}
	var decls []ast.Decl
	var errs problems
	for _, d := range c.file.Decls {
		if d == ast.Decl(c.body) {
			continue
		}
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			fn.Name = &ast.Ident{NamePos: fn.Name.NamePos, Name: fmt.Sprintf("_init%d", len(c.inits))}
			c.inits = append(c.inits, fn)
		}
		decls = append(decls, d)
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, sp := range g.Specs {
				v := sp.(*ast.ValueSpec)
				for _, n := range v.Names {
					seen[n.Name] = true
				}
				for _, one := range single(v) {
					c.items = append(c.items, item{spec: one, at: position(one.Pos()), decl: true})
				}
			}
		}
	}
	for _, st := range c.body.Body.List {
		a, ok := st.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			c.items = append(c.items, item{stmts: []ast.Stmt{st}, at: position(st.Pos())})
			continue
		}
		it, msg := define(a, seen, known)
		if msg != "" {
			errs = append(errs, problem{position(a.TokPos), msg})
			continue
		}
		it.at = position(a.Pos())
		if it.spec != nil {
			decls = append(decls, &ast.GenDecl{TokPos: a.Pos(), Tok: token.VAR, Specs: []ast.Spec{it.spec}})
		}
		c.items = append(c.items, it)
	}
	sort.SliceStable(c.items, func(i, j int) bool {
		a, b := c.items[i].at, c.items[j].at
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	c.watchErrors()
	var body []ast.Stmt
	for _, it := range c.items {
		body = append(body, it.stmts...)
	}
	c.body.Body.List = body
	c.file.Decls = append(decls, c.body)
	return errs
}

// single takes var a, b = x, y apart: each variable is initialized for itself.
func single(v *ast.ValueSpec) []*ast.ValueSpec {
	if len(v.Names) < 2 || len(v.Names) != len(v.Values) {
		return []*ast.ValueSpec{v}
	}
	var out []*ast.ValueSpec
	for i, n := range v.Names {
		out = append(out, &ast.ValueSpec{Names: []*ast.Ident{n}, Type: v.Type, Values: v.Values[i : i+1]})
	}
	return out
}

// define makes a variable declaration of x, y := e. A name that this cell has already is assigned to, as in
// a function; so is a name whose new value is computed from its old one (xs := append(xs, 1)).
func define(a *ast.AssignStmt, seen map[string]bool, known func(string) bool) (item, string) {
	fresh, old := 0, 0
	for _, l := range a.Lhs {
		id, ok := l.(*ast.Ident)
		switch {
		case !ok:
			return item{stmts: []ast.Stmt{a}}, "" // the type checker says what is wrong
		case id.Name == "_":
		case seen[id.Name]:
			old++
		case known(id.Name) && mentions(a.Rhs, id.Name):
			old++
			fresh++ // it is a definition, though an assignment serves
		default:
			fresh++
		}
	}
	if fresh == 0 {
		return item{}, "no new variables on left side of :="
	}
	if old == len(a.Lhs) {
		b := *a
		b.Tok = token.ASSIGN
		return item{stmts: []ast.Stmt{&b}}, ""
	}
	spec := &ast.ValueSpec{Values: a.Rhs}
	var rest []ast.Stmt
	for _, l := range a.Lhs {
		id := l.(*ast.Ident)
		if id.Name != "_" && (seen[id.Name] || known(id.Name) && mentions(a.Rhs, id.Name)) {
			t := &ast.Ident{NamePos: id.NamePos, Name: fmt.Sprintf("_old%d", id.NamePos)}
			spec.Names = append(spec.Names, t)
			rest = append(rest, &ast.AssignStmt{Lhs: []ast.Expr{id}, TokPos: a.TokPos, Tok: token.ASSIGN,
				Rhs: []ast.Expr{&ast.Ident{NamePos: id.NamePos, Name: t.Name}}})
			continue
		}
		spec.Names = append(spec.Names, id)
	}
	for _, n := range spec.Names {
		seen[n.Name] = true
	}
	return item{spec: spec, stmts: rest}, ""
}

// mentions reports whether a name is used outside function literals.
func mentions(es []ast.Expr, name string) bool {
	found := false
	for _, e := range es {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.SelectorExpr:
				ast.Inspect(n.X, func(m ast.Node) bool {
					if id, ok := m.(*ast.Ident); ok && id.Name == name {
						found = true
					}
					return !found
				})
				return false
			case *ast.KeyValueExpr:
				if mentions([]ast.Expr{n.Value}, name) {
					found = true
				}
				return false
			case *ast.Ident:
				found = found || n.Name == name
			}
			return !found
		})
	}
	return found
}
