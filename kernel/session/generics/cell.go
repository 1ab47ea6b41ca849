package generics

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// cell finds the generic declarations of a cell and the instances it uses.
func (r *run) cell(c Cell) {
	src := c.Info
	for _, d := range c.Decls {
		r.declare(d, src)
	}
	for _, d := range c.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && r.sources[funcOf(src, f)] != nil {
			continue // only its instances run
		}
		r.uses(d, src)
	}
	for _, s := range c.Stmts {
		r.uses(s, src)
	}
	for len(r.queue) > 0 {
		next := r.queue[0]
		r.queue = r.queue[1:]
		next()
	}
}

func funcOf(info *types.Info, d *ast.FuncDecl) *types.Func {
	f, _ := info.Defs[d.Name].(*types.Func)
	return f
}

// declare remembers a generic function or method.
func (r *run) declare(d ast.Decl, info *types.Info) {
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return
	}
	obj := funcOf(info, f)
	if obj == nil || obj.Signature().TypeParams().Len() == 0 && obj.Signature().RecvTypeParams().Len() == 0 {
		return
	}
	r.sources[obj] = &source{f, info}
	r.undo = append(r.undo, func() { delete(r.sources, obj) })
}

// uses finds the instances of functions and types in code that is not generic.
func (r *run) uses(n ast.Node, info *types.Info) {
	ast.Inspect(n, func(n ast.Node) bool {
		if t, ok := n.(*ast.TypeSpec); ok && t.TypeParams != nil {
			return false
		}
		if id, ok := n.(*ast.Ident); ok {
			if obj := info.Defs[id]; obj != nil {
				r.needs(obj.Type())
			}
			inst, ok := info.Instances[id]
			if f, isFunc := info.Uses[id].(*types.Func); ok && isFunc {
				r.writable().Uses[id] = r.function(f, list(inst.TypeArgs), id.Pos())
			}
		}
		if e, ok := n.(ast.Expr); ok {
			if tv, ok := info.Types[e]; ok {
				r.needs(tv.Type)
			}
		}
		return true
	})
}

func list(l *types.TypeList) []types.Type {
	out := make([]types.Type, l.Len())
	for i := range out {
		out[i] = l.At(i)
	}
	return out
}

// needs adds the methods of all instances of generic types that occur in t.
func (r *run) needs(t types.Type) {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		r.needs(t.Elem())
	case *types.Slice:
		r.needs(t.Elem())
	case *types.Array:
		r.needs(t.Elem())
	case *types.Chan:
		r.needs(t.Elem())
	case *types.Map:
		r.needs(t.Key())
		r.needs(t.Elem())
	case *types.Signature:
		if t.TypeParams().Len() == 0 {
			r.needs(t.Params())
			r.needs(t.Results())
		}
	case *types.Tuple:
		for v := range t.Variables() {
			r.needs(v.Type())
		}
	case *types.Struct:
		for f := range t.Fields() {
			r.needs(f.Type())
		}
	case *types.Interface:
		for m := range t.Methods() {
			r.needs(m.Type())
		}
	case *types.Named:
		r.named(t)
	}
}

// named adds the methods of an instance, and looks into the type for others.
// A type of a compiled package that is not generic has none in it.
func (r *run) named(t *types.Named) {
	args := t.TypeArgs()
	if args.Len() == 0 && (t.TypeParams().Len() > 0 || t.Obj().Pkg() == nil || t.Obj().Pkg().Path() != "main") {
		return
	}
	if r.methods.At(t) != nil {
		return
	}
	r.methods.Set(t, true)
	r.undo = append(r.undo, func() { r.methods.Delete(t) })
	if args.Len() > 0 {
		for a := range args.Types() {
			r.needs(a)
		}
		if c := r.Canon(t); c != nil {
			r.named(c)
			return
		}
		for m := range t.Methods() {
			if src := r.sources[m.Origin()]; src != nil {
				r.queue = append(r.queue, func() { r.method(t, m, src) })
			}
		}
	}
	r.needs(t.Underlying())
}

// maxInstances bounds the instances of one function that a cell may need: a
// generic function that calls itself with ever larger types has no end.
const maxInstances = 500

// function returns the instance of a generic function for type arguments, and
// has it made if there is none yet.
func (r *run) function(f *types.Func, targs []types.Type, pos token.Pos) types.Object {
	origin := f.Origin()
	for _, t := range targs {
		r.needs(t)
	}
	if obj := compiled(origin, targs); obj != nil {
		return obj
	}
	src := r.sources[origin]
	if src == nil {
		if origin, src = r.standard(origin); src == nil {
			r.fail(pos, "the generic function %s.%s cannot be used in a cell", f.Pkg().Name(), f.Name())
		}
	}
	for _, i := range r.funcs[origin] {
		if identical(i.targs, targs) {
			return i.fn
		}
	}
	if len(r.funcs[origin]) > maxInstances {
		r.fail(pos, "%s needs more than %d instances", f.Name(), maxInstances)
	}
	c := r.copier(src, origin.Signature().TypeParams(), targs)
	fn := types.NewFunc(origin.Pos(), r.pkg, origin.Name(), c.signature(origin.Signature()))
	before := r.funcs[origin]
	r.funcs[origin] = append(before[:len(before):len(before)], &instance{targs, fn})
	r.seq++
	r.names[fn] = fmt.Sprintf("lyp_i%d_%s", r.seq, origin.Name())
	r.undo = append(r.undo, func() { r.funcs[origin] = before; delete(r.names, fn) })
	r.queue = append(r.queue, func() { r.decls = append(r.decls, c.decl(fn)) })
	return fn
}

// method adds the copy of a method for an instance of its type.
func (r *run) method(t *types.Named, m *types.Func, src *source) {
	origin := m.Origin().Signature()
	c := r.copier(src, origin.RecvTypeParams(), list(t.TypeArgs()))
	fn := types.NewFunc(m.Pos(), m.Pkg(), m.Name(), c.signature(origin))
	r.decls = append(r.decls, c.decl(fn))
}

func identical(a, b []types.Type) bool {
	for i := range a {
		if !types.Identical(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
