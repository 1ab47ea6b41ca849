// Package generics removes generic functions and methods from type-checked
// cells, because the interpreter cannot run them: for every set of type
// arguments that a cell uses, it adds a copy of the function in which the type
// parameters have been replaced (monomorphisation).
//
// The copy is made of syntax and types together. Each node of the copy keeps
// the position of the node it comes from, and gets the type that go/types
// would find for it, so nothing is checked a second time and a type argument
// need not be nameable where the function was declared. Instances of generic
// types stay what go/types makes of them.
//
// The generic functions and types of the standard library are instantiated
// from sources of this repository, in the folder std; the type checker sees
// the signatures of the real ones.
package generics

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"

	"golang.org/x/tools/go/types/typeutil"
)

// State remembers the generic declarations and the instances of a session.
type State struct {
	fset     *token.FileSet
	base     string
	importer types.Importer
	ctx      *types.Context
	sources  map[*types.Func]*source // generic functions and methods, as declared
	funcs    map[*types.Func][]*instance
	names    map[types.Object]string
	methods  typeutil.Map // instances of generic types whose methods exist
	std      map[string]*types.Package
	seq      int
	undo     []func() // takes back what the last cell added
}

// source is the declaration of a generic function or method.
type source struct {
	decl *ast.FuncDecl
	info *types.Info
}

// instance is a generic function with type arguments.
type instance struct {
	targs []types.Type
	fn    *types.Func
}

// New returns the state of a new session. Sources of the standard library's
// generic functions are parsed into fset, as files whose names end in base, and
// checked with importer.
func New(fset *token.FileSet, importer types.Importer, base string) *State {
	s := &State{
		fset: fset, base: base, importer: importer, ctx: types.NewContext(),
		sources: map[*types.Func]*source{}, funcs: map[*types.Func][]*instance{},
		names: map[types.Object]string{}, std: map[string]*types.Package{},
	}
	s.methods.SetHasher(typeutil.MakeHasher())
	return s
}

// Cell is a type-checked cell.
type Cell struct {
	Decls []ast.Decl  // declarations, generic ones among them
	Stmts []ast.Stmt  // statements
	Info  *types.Info // of all nodes; it is not changed
	Pkg   *types.Package
}

// Result is what instantiation adds to a cell.
type Result struct {
	Decls []ast.Decl  // functions and methods that the cell needs besides its own
	Info  *types.Info // the cell's, with uses of generic functions replaced by uses of instances
}

// Instantiate adds the instances that a cell uses and that no earlier cell
// has. Unless Commit is called after it, the next call forgets them again: a
// cell that fails must not leave instances behind that were never compiled.
func (s *State) Instantiate(c Cell) (res Result, err error) {
	s.rollback()
	r := &run{State: s, info: c.Info, pkg: c.Pkg}
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			s.rollback()
			err = f.err
		}
	}()
	r.cell(c)
	return Result{Decls: r.decls, Info: r.info}, nil
}

// Commit keeps what the last Instantiate added.
func (s *State) Commit() { s.undo = nil }

func (s *State) rollback() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

// Name is the name under which the interpreter knows an instance, or "" if
// obj is not one.
func (s *State) Name(obj types.Object) string { return s.names[obj] }

// run is the work on one cell.
type run struct {
	*State
	info  *types.Info
	own   bool // info is a copy that may be changed
	pkg   *types.Package
	decls []ast.Decl
	queue []func() // copies to be made
	depth int
}

// failure is what the copier panics with.
type failure struct{ err error }

func (r *run) fail(pos token.Pos, format string, args ...any) {
	panic(failure{fmt.Errorf("%s: %s", r.fset.Position(pos), fmt.Sprintf(format, args...))})
}

// writable makes info a copy of the cell's before the first change.
func (r *run) writable() *types.Info {
	if !r.own {
		r.own = true
		c := *r.info
		c.Types, c.Defs, c.Uses = maps.Clone(c.Types), maps.Clone(c.Defs), maps.Clone(c.Uses)
		c.Implicits, c.Selections = maps.Clone(c.Implicits), maps.Clone(c.Selections)
		r.info = &c
	}
	return r.info
}
