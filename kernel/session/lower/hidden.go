package lower

import (
	"go/types"
	"reflect"
)

// hidden finds the run-time type of an unexported type of a compiled package
// through a variable or a function of the package whose type or result it is,
// such as binary.BigEndian. It returns nil if there is none.
func (w *World) hidden(t *types.Named) reflect.Type {
	if u, ok := w.unnamed.At(t).(*unnamedType); ok {
		return u.typ
	}
	pkg := t.Obj().Pkg()
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		v, ok := w.symbol(pkg.Path(), name)
		if !ok || !obj.Exported() {
			continue
		}
		var r reflect.Type
		switch obj := obj.(type) {
		case *types.Var:
			r = within(t, obj.Type(), v.Type())
		case *types.Func:
			results := obj.Signature().Results()
			for i := range results.Len() {
				if r == nil && v.Kind() == reflect.Func && i < v.Type().NumOut() {
					r = within(t, results.At(i).Type(), v.Type().Out(i))
				}
			}
		}
		if r != nil {
			w.unnamed.Set(t, &unnamedType{typ: r, sym: w.typeSymbol("H", r)})
			return r
		}
	}
	return nil
}

// within looks for t in a type, by its run-time type, behind pointers and slices.
func within(t *types.Named, in types.Type, r reflect.Type) reflect.Type {
	if types.Identical(in, t) {
		return r
	}
	switch u := in.(type) {
	case *types.Pointer:
		return within(t, u.Elem(), r.Elem())
	case *types.Slice:
		return within(t, u.Elem(), r.Elem())
	}
	return nil
}
