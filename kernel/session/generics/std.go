package generics

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"runtime"
	"strings"
)

// The generic part of the standard library in our own words, one folder per
// package. The folders are Go packages, so that their tests run them compiled
// beside the real ones.
//
//go:embed std
var stdFiles embed.FS

// standard finds the source that stands for a generic function of the standard library.
func (r *run) standard(f *types.Func) (*types.Func, *source) {
	p := r.load(f.Pkg().Path())
	if p == nil {
		return nil, nil
	}
	own, ok := p.Scope().Lookup(f.Name()).(*types.Func)
	if !ok {
		return nil, nil
	}
	return own, r.sources[own]
}

// Canon returns the type of our sources that stands for an instance of a
// generic type of the standard library, or nil if there is none.
func (s *State) Canon(t *types.Named) *types.Named {
	obj := t.Obj()
	if obj.Pkg() == nil || obj.Pkg().Path() == "main" || t.TypeArgs().Len() == 0 || s.std[obj.Pkg().Path()] == obj.Pkg() {
		return nil
	}
	if compiledType(t) {
		return nil
	}
	p := s.load(obj.Pkg().Path())
	if p == nil {
		return nil
	}
	own, ok := p.Scope().Lookup(obj.Name()).(*types.TypeName)
	if !ok {
		return nil
	}
	inst, err := types.Instantiate(s.ctx, own.Type(), list(t.TypeArgs()), false)
	if err != nil {
		return nil
	}
	return inst.(*types.Named)
}

// load checks our source of a standard package; nil if there is none.
func (s *State) load(importPath string) *types.Package {
	if p, ok := s.std[importPath]; ok {
		return p
	}
	dir := path.Join("std", importPath)
	entries, err := stdFiles.ReadDir(dir)
	if err != nil {
		s.std[importPath] = nil
		return nil
	}
	var files []*ast.File
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		name := path.Join(dir, e.Name())
		src, err := stdFiles.ReadFile(name)
		if err != nil {
			continue
		}
		f, err := parser.ParseFile(s.fset, path.Join(name, s.base), src, parser.SkipObjectResolution)
		if err != nil {
			panic(failure{err})
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		s.std[importPath] = nil
		return nil
	}
	return s.check(importPath, files)
}

func (s *State) check(importPath string, files []*ast.File) *types.Package {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{}}
	conf := types.Config{Importer: s.importer, Sizes: types.SizesFor("gc", runtime.GOARCH)}
	p, err := conf.Check(importPath, s.fset, files, info)
	if err != nil {
		panic(failure{err})
	}
	s.std[importPath] = p
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				s.sources[funcOf(info, fn)] = &source{fn, info}
			}
		}
	}
	return p
}

// IsStandard reports whether a position lies in our sources of the standard
// library: frames there are not the learner's.
func IsStandard(p token.Position) bool { return strings.HasPrefix(p.Filename, "std/") }
