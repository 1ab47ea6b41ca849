package session

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"runtime"
	"strings"
)

// checked is a cell with its types.
type checked struct {
	*cell
	pkg   *types.Package
	info  *types.Info
	show  ast.Expr // the value to show, if the cell ends with an expression
	notes []string // lines for whoever runs the cell
}

// check type-checks the cell against the session's objects. Nothing of the session changes, except that
// methods for types of earlier cells are added to these types, which is the only way to check their uses.
func (s *Session) check(c *cell) (*checked, error) {
	w := s.world
	s.addImports(c)
	late := w.lateMethods(c)
	k := &checked{cell: c}
	var last ast.Expr
	if n := len(c.items); n > 0 && len(c.items[n-1].stmts) == 1 && c.items[n-1].spec == nil {
		if e, ok := c.items[n-1].stmts[0].(*ast.ExprStmt); ok {
			last = e.X
		}
	}
	if len(late) > 0 {
		k.pkg, k.info, _ = s.types(c, nil)
		for _, l := range late {
			l.add(k)
		}
	}
	var errs problems
	k.pkg, k.info, errs = s.types(c, last)
	if len(errs) > 0 {
		return nil, errs
	}
	for _, l := range late {
		l.restore(k)
	}
	if n := len(c.chunks); n > 0 && c.chunks[n-1].kind == token.ILLEGAL && !c.chunks[n-1].hidden && !k.prints(last) {
		k.show = last
	}
	return k, nil
}

// prints reports whether an expression is a call of fmt's printing functions, whose results nobody wants to see.
func (k *checked) prints(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := k.info.Uses[sel.Sel].(*types.Func)
	return ok && f.Pkg() != nil && f.Pkg().Path() == "fmt" && (strings.HasPrefix(f.Name(), "Print") || strings.HasPrefix(f.Name(), "Fprint"))
}

// types runs go/types over the cell's file in a new package whose scope holds what earlier cells declared
// and this one does not.
func (s *Session) types(c *cell, show ast.Expr) (*types.Package, *types.Info, problems) {
	pkg := types.NewPackage("main", "main")
	mine := declared(c.file)
	pkg.Scope().Insert(s.world.must)
	// Only what the cell mentions: every object that it declares keeps this scope alive.
	for name := range identifiers(c.file) {
		if e := s.world.entities[name]; e != nil && e.method == "" && !mine[name] && c.imports[name] == "" {
			pkg.Scope().Insert(e.obj)
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}}
	var errs problems
	conf := types.Config{Importer: s.world.importer, Sizes: types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) {
			e := err.(types.Error)
			if !harmless(e, show) {
				errs = append(errs, problem{s.position(e.Pos), ownNames.ReplaceAllString(plainMessage(e.Msg), "$1")})
			}
		}}
	types.NewChecker(&conf, s.engine.fset(), pkg, info).Files([]*ast.File{c.file})
	if show != nil && len(errs) == 0 {
		errs = s.tooLarge(show, info.Types[show])
	}
	return pkg, info, errs
}

// tooLarge is the error of showing a constant that its default type cannot hold, as in a call of fmt.Println.
func (s *Session) tooLarge(show ast.Expr, tv types.TypeAndValue) problems {
	if tv.Value == nil {
		return nil
	}
	b, ok := tv.Type.(*types.Basic)
	if !ok || b.Info()&types.IsUntyped == 0 || b.Info()&types.IsInteger == 0 {
		return nil
	}
	t := types.Default(b).(*types.Basic)
	if v, exact := constant.Int64Val(constant.ToInt(tv.Value)); exact && (t.Kind() != types.Int32 || int64(int32(v)) == v) {
		return nil
	}
	return problems{{s.position(show.Pos()), fmt.Sprintf("cannot use %s (untyped %s constant %s) as %s value (overflows)", types.ExprString(show), strings.TrimPrefix(b.Name(), "untyped "), tv.Value, t.Name())}}
}

// identifiers are all names in a file.
func identifiers(f *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names[id.Name] = true
		}
		return true
	})
	return names
}

// ownNames finds the package of names that cells declare; go/types spells it out for those of earlier cells.
var ownNames = regexp.MustCompile(`\bmain\.([\pL_])`)

// harmless are the compiler's complaints that make no sense for a cell.
func harmless(e types.Error, show ast.Expr) bool {
	switch {
	case strings.Contains(e.Msg, "imported and not used"), strings.HasPrefix(e.Msg, "initialization cycle"),
		strings.HasPrefix(e.Msg, "\t"), strings.Contains(e.Msg, "implicit assignment to unexported field"):
		return true
	case show != nil && strings.HasSuffix(e.Msg, "is not used"):
		return e.Pos >= show.Pos() && e.Pos <= show.End()
	}
	return false
}

// declared returns the package-level names that a file declares.
func declared(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, sp := range d.Specs {
				switch sp := sp.(type) {
				case *ast.TypeSpec:
					names[sp.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range sp.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// addImports gives the file the imports it does not spell out: those of earlier cells, the preloaded
// packages, and packages of the standard library by their name.
func (s *Session) addImports(c *cell) {
	explicit := map[string]bool{}
	for _, d := range c.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, sp := range g.Specs {
			name, path := s.importName(sp.(*ast.ImportSpec))
			explicit[name] = true
			c.imports[name] = path
		}
	}
	mine := declared(c.file)
	var specs []ast.Spec
	for _, id := range c.file.Unresolved {
		n := id.Name
		if explicit[n] || mine[n] || s.world.entities[n] != nil || types.Universe.Lookup(n) != nil {
			continue
		}
		path := s.world.imports[n]
		if path == "" {
			path = s.world.preload[n]
		}
		if path == "" {
			path = standardByName()[n]
		}
		if path != "" {
			explicit[n] = true
			specs = append(specs, &ast.ImportSpec{Name: &ast.Ident{Name: n}, Path: &ast.BasicLit{Kind: token.STRING, Value: quote(path)}})
		}
	}
	if len(specs) > 0 {
		c.file.Decls = append([]ast.Decl{&ast.GenDecl{Tok: token.IMPORT, Lparen: 1, Specs: specs}}, c.file.Decls...)
		for _, sp := range specs {
			c.file.Imports = append(c.file.Imports, sp.(*ast.ImportSpec))
		}
	}
}
