package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// plan is what a checked cell will add to the session, and the code that does it.
type plan struct {
	k      *checked
	names  map[types.Object]string // the interpreter's names of this cell's objects
	decls  []ast.Decl              // for lowering
	stmts  []ast.Stmt
	zeroed int
	probed bool // the code has probes for the debugger
}

// plan gives every object of the cell its name in the interpreter and puts the steps of the cell in order.
func (s *Session) plan(k *checked) *plan {
	p := &plan{k: k, names: map[types.Object]string{}}
	w := s.world
	scope := k.pkg.Scope()
	for name := range declared(k.file) {
		switch obj := scope.Lookup(name).(type) {
		case *types.Var:
			if old := w.entities[name]; old != nil && !sameVar(old.obj, obj) || old == nil {
				p.names[obj] = w.newName(name)
			} else {
				p.names[obj] = old.emit
			}
		case *types.Func:
			if name != cellFunc {
				p.names[obj] = w.newName(name)
			}
		}
	}
	for _, d := range k.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d != k.body {
				p.decls = append(p.decls, d)
			}
		case *ast.GenDecl:
			if d.Tok == token.TYPE || d.Tok == token.CONST {
				p.decls = append(p.decls, d)
			}
		}
	}
	items, first := k.inOrder()
	for i := 0; i <= len(items); i++ {
		if i == first {
			for _, fn := range k.inits {
				p.stmts = append(p.stmts, &ast.ExprStmt{X: &ast.CallExpr{Fun: p.use(k.info.Defs[fn.Name], fn.Name.Pos())}})
			}
		}
		if i == len(items) {
			break
		}
		it := items[i]
		if it.spec != nil {
			p.variable(s, it)
		}
		p.stmts = append(p.stmts, it.stmts...)
	}
	return p
}

// inOrder returns the steps of the cell in the order in which they run, and the number of var declarations that come first:
// functions named init run after those. Declarations that follow each other are initialized as in a package, each after what
// it depends on (Go specification, "Package initialization"); a statement keeps its place.
func (k *checked) inOrder() (items []item, first int) {
	order := map[ast.Expr]int{}
	for i, in := range k.info.InitOrder {
		order[in.Rhs] = i + 1
	}
	rank := func(it item) int {
		if len(it.spec.Values) == 0 {
			return 0
		}
		return order[it.spec.Values[0]]
	}
	items = slices.Clone(k.items)
	for i := 0; i < len(items); {
		n := i
		for n < len(items) && items[n].decl {
			n++
		}
		slices.SortStableFunc(items[i:n], func(a, b item) int { return rank(a) - rank(b) })
		if i == 0 {
			first = n
		}
		i = n + 1
	}
	return items, first
}

func sameVar(old types.Object, v *types.Var) bool {
	_, ok := old.(*types.Var)
	return ok && types.Identical(old.Type(), v.Type())
}

// variable declares the storage of a specification that is new, and assigns its values.
func (p *plan) variable(s *Session, it item) {
	var lhs []ast.Expr
	var fresh []*ast.Ident
	for _, n := range it.spec.Names {
		obj := p.k.info.Defs[n]
		if n.Name == "_" || obj == nil {
			lhs = append(lhs, &ast.Ident{NamePos: n.NamePos, Name: "_"})
			continue
		}
		if old := s.world.entities[n.Name]; old == nil || p.names[obj] != old.emit {
			fresh = append(fresh, n)
		}
		lhs = append(lhs, p.use(obj, n.NamePos))
	}
	if len(fresh) > 0 {
		for _, n := range fresh { // one at a time: they may differ in type
			p.decls = append(p.decls, &ast.GenDecl{TokPos: n.NamePos, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{n}}}})
		}
	}
	if len(it.spec.Values) > 0 {
		p.stmts = append(p.stmts, &ast.AssignStmt{Lhs: lhs, TokPos: it.spec.Pos(), Tok: token.ASSIGN, Rhs: it.spec.Values})
		return
	}
	for i, n := range it.spec.Names { // var x T run again: zero
		obj := p.k.info.Defs[n]
		if obj == nil || n.Name == "_" || contains(fresh, n) {
			continue
		}
		p.stmts = append(p.stmts, &ast.AssignStmt{Lhs: lhs[i : i+1], TokPos: n.NamePos, Tok: token.ASSIGN, Rhs: []ast.Expr{p.zero(s, obj, n.NamePos)}})
	}
}

func contains(list []*ast.Ident, n *ast.Ident) bool {
	for _, m := range list {
		if m == n {
			return true
		}
	}
	return false
}

// use makes an identifier that refers to obj.
func (p *plan) use(obj types.Object, pos token.Pos) *ast.Ident {
	id := &ast.Ident{NamePos: pos, Name: obj.Name()}
	p.k.info.Uses[id] = obj
	return id
}

// zero makes a variable that is never assigned to, and refers to it.
func (p *plan) zero(s *Session, obj types.Object, pos token.Pos) ast.Expr {
	p.zeroed++
	v := types.NewVar(pos, p.k.pkg, fmt.Sprintf("_zero%d", p.zeroed), obj.Type())
	p.names[v] = s.world.newName("zero")
	id := &ast.Ident{NamePos: pos, Name: v.Name()}
	p.k.info.Defs[id] = v
	p.decls = append(p.decls, &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{id}}}})
	return p.use(v, pos)
}

// name is what lowering asks for the interpreter's name of a package-level object; "" if it is not one.
func (p *plan) name(s *Session) func(types.Object) string {
	return func(obj types.Object) string {
		if n, ok := p.names[obj]; ok {
			return n
		}
		if n, ok := s.world.names[obj]; ok {
			return n
		}
		return s.world.generics.Name(obj)
	}
}

// commit makes the cell's declarations part of the session.
func (s *Session) commit(p *plan) {
	w, k := s.world, p.k
	for name, path := range k.imports {
		if name != "_" && name != "." {
			w.imports[name] = path
			delete(w.entities, name) // a variable of that name no longer hides the package
		}
	}
	sources := k.sources(s.position)
	for name := range declared(k.file) {
		obj := k.pkg.Scope().Lookup(name)
		if obj == nil || name == cellFunc || name == "_" {
			continue
		}
		e := &entity{obj: obj, emit: p.names[obj], file: k.name, probed: p.probed}
		if src, ok := sources[name]; ok {
			e.src, e.file, e.uses = src.chunk, src.file, src.uses
		}
		w.entities[name] = e
		if e.emit != "" {
			w.names[obj] = e.emit
		}
	}
	for key, src := range sources {
		if src.method {
			w.entities[key] = &entity{obj: src.obj, src: src.chunk, file: src.file, uses: src.uses, method: key, probed: p.probed}
		}
	}
}
