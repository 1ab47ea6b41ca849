package generics

import (
	"go/ast"
	"go/types"
	"reflect"
	"unsafe"
)

// selection finds the field or method of a copied selector expression: for a
// type parameter's method it is now that of the type argument.
func (c *copier) selection(s *types.Selection, n *ast.SelectorExpr) *types.Selection {
	recv := c.typ(s.Recv())
	c.needs(recv)
	obj, index, indirect := types.LookupFieldOrMethod(recv, true, s.Obj().Pkg(), s.Obj().Name())
	if obj == nil {
		c.fail(n.Sel.Pos(), "%s has no field or method %s", recv, s.Obj().Name())
	}
	return newSelection(s.Kind(), recv, obj, index, indirect)
}

// newSelection makes a types.Selection. go/types offers no way to make one
// without checking source text, so its fields are set by name; the test of
// this function notices when they change.
func newSelection(kind types.SelectionKind, recv types.Type, obj types.Object, index []int, indirect bool) *types.Selection {
	s := new(types.Selection)
	v := reflect.ValueOf(s).Elem()
	set(v, "kind", kind)
	set(v, "recv", recv)
	set(v, "obj", obj)
	set(v, "index", index)
	set(v, "indirect", indirect)
	return s
}

func set[T any](v reflect.Value, field string, value T) {
	f := v.FieldByName(field)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		panic("generics: types.Selection has no field " + field + " of type " + reflect.TypeFor[T]().String())
	}
	*(*T)(unsafe.Pointer(f.UnsafeAddr())) = value
}
