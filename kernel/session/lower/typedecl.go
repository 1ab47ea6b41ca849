package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"

	"lyceum/kernel/session/rt/forge"
)

// namedType finds the run-time type of a named type. Types of compiled
// packages come from the symbol tables.
func (w *World) namedType(t *types.Named) (reflect.Type, error) {
	obj := t.Obj()
	if n := w.find(t); n != nil {
		return n.made.Type(), nil
	}
	if t.TypeArgs().Len() > 0 {
		return w.instance(t)
	}
	if obj.Pkg() == nil {
		switch obj.Name() {
		case "error":
			return reflect.TypeFor[error](), nil
		}
		return nil, fmt.Errorf("lower: %s cannot be used as the type of a value", obj.Name())
	}
	if v, ok := w.symbol(obj.Pkg().Path(), obj.Name()); ok && v.Kind() == reflect.Pointer {
		return v.Type().Elem(), nil
	}
	if w.isCompiledPackage(obj.Pkg()) {
		if r := w.hidden(t); r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("lower: the unexported type %s.%s cannot be named in a cell", obj.Pkg().Path(), obj.Name())
	}
	return w.declare(t)
}

// isCompiledPackage says whether some exported symbol of the package is known.
func (w *World) isCompiledPackage(p *types.Package) bool {
	for _, n := range p.Scope().Names() {
		if token.IsExported(n) {
			if _, ok := w.symbol(p.Path(), n); ok {
				return true
			}
		}
	}
	return false
}

// declare makes the run-time type for a type declared in a cell.
func (w *World) declare(t *types.Named) (reflect.Type, error) {
	under := t.Underlying()
	n := &namedType{obj: t.Obj(), typ: t, made: forge.New(t.Obj().Pkg().Path(), displayName(t), kindOf(under))}
	n.sym = w.typeSymbol("T", n.made.Type())
	n.register()
	w.put(t, n)
	w.order = append(w.order, n)
	return n.made.Type(), w.begin(n, func() error { return w.define(n, under) })
}

// define gives a type that was begun its structure.
func (w *World) define(n *namedType, under types.Type) error {
	switch u := under.(type) {
	case *types.Struct:
		if err := w.defineStruct(u, n.made.DefineStruct, n.made.Type); err != nil {
			return err
		}
		w.late = append(w.late, func() error {
			err := w.twin(n, u)
			w.twins = w.twins || n.twin != nil
			return err
		})
		return nil
	case *types.Interface:
		ms, err := w.interfaceMethods(u)
		if err != nil {
			return err
		}
		return n.made.DefineInterface(ms)
	}
	r, err := w.Type(under)
	if err != nil {
		return err
	}
	return n.made.Define(r)
}

// defineStruct resolves the fields of a struct. A field whose type cannot be
// composed before the struct has its size is given a stand-in of the same
// layout first.
func (w *World) defineStruct(s *types.Struct, define func([]forge.Field) error, self func() reflect.Type) error {
	fields := make([]forge.Field, s.NumFields())
	late := map[int]types.Type{}
	for i := range fields {
		v := s.Field(i)
		t, err := w.complete(v.Type())
		if inc, ok := err.(incomplete); ok {
			if t = standIn(v.Type()); t == nil {
				return inc
			}
			late[i], err = v.Type(), nil
		}
		if err != nil {
			return err
		}
		fields[i] = forge.Field{Name: v.Name(), Tag: s.Tag(i), Type: t, Embedded: v.Embedded()}
		if !v.Exported() {
			fields[i].Open = true
			fields[i].Hidden = closedTag(v)
		}
	}
	if err := define(fields); err != nil {
		return err
	}
	settle := func() error {
		for i, ft := range late {
			t, err := w.Type(ft)
			if err != nil {
				return err
			}
			if err := forge.SetFieldType(self(), i, t); err != nil {
				return err
			}
		}
		return nil
	}
	err := settle()
	if _, ok := err.(incomplete); ok && w.defining > 0 {
		w.late = append(w.late, settle)
		return nil
	}
	return err
}

// closedTag makes encoders skip an unexported field, which reflect sees as
// readable. An embedded struct of unexported type still lends its exported
// fields, as in Go.
func closedTag(v *types.Var) string {
	if v.Embedded() {
		t := v.Type()
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		if _, ok := t.Underlying().(*types.Struct); ok {
			return ""
		}
	}
	return `json:"-" xml:"-"`
}

// standIn is a type with the layout of t: a pointer, slice, map, channel,
// function or interface has the same one whatever it is made of.
func standIn(t types.Type) reflect.Type {
	switch t.Underlying().(type) {
	case *types.Pointer:
		return reflect.TypeFor[*int]()
	case *types.Slice:
		return reflect.TypeFor[[]int]()
	case *types.Map:
		return reflect.TypeFor[map[int]int]()
	case *types.Chan:
		return reflect.TypeFor[chan int]()
	case *types.Signature:
		return reflect.TypeFor[func()]()
	}
	return nil
}

func (w *World) interfaceMethods(t *types.Interface) ([]forge.Method, error) {
	var ms []forge.Method
	for i := range t.NumMethods() {
		ft, err := w.funcType(t.Method(i).Type().(*types.Signature))
		if err != nil {
			return nil, err
		}
		ms = append(ms, forge.Method{Name: t.Method(i).Name(), Type: ft})
	}
	return ms, nil
}
