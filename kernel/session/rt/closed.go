package rt

import (
	"reflect"
	"sync"
)

var (
	twins  sync.Map // reflect.Type -> reflect.Type, of structs
	closed sync.Map // reflect.Type -> reflect.Type of all types asked for
)

// RegisterTwin tells which type of the same layout shows a struct type to fmt.
func RegisterTwin(open, twin reflect.Type) {
	twins.Store(open, twin)
	closed.Clear()
}

// Closed returns v as fmt should see it: with the unexported fields of structs
// that cells declare closed to it.
func Closed(v any) any {
	t := reflect.TypeOf(v)
	if t == nil {
		return v
	}
	if _, ok := v.(error); ok { // shows itself, and fmt.Errorf must wrap it as it is
		return v
	}
	c := closedType(t)
	if c == t {
		return v
	}
	p := reflect.New(t)
	p.Elem().Set(reflect.ValueOf(v))
	return reflect.NewAt(c, p.UnsafePointer()).Elem().Interface()
}

func closedType(t reflect.Type) reflect.Type {
	if c, ok := closed.Load(t); ok {
		return c.(reflect.Type)
	}
	c := t
	if twin, ok := twins.Load(t); ok {
		c = twin.(reflect.Type)
	} else if t.Name() == "" {
		c = composed(t)
	}
	closed.Store(t, c)
	return c
}

// composed closes the element of an unnamed type.
func composed(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Pointer:
		if e := closedType(t.Elem()); e != t.Elem() {
			return reflect.PointerTo(e)
		}
	case reflect.Slice:
		if e := closedType(t.Elem()); e != t.Elem() {
			return reflect.SliceOf(e)
		}
	case reflect.Array:
		if e := closedType(t.Elem()); e != t.Elem() {
			return reflect.ArrayOf(t.Len(), e)
		}
	case reflect.Map:
		if k, e := closedType(t.Key()), closedType(t.Elem()); k != t.Key() || e != t.Elem() {
			return reflect.MapOf(k, e)
		}
	}
	return t
}
