package display

import (
	"fmt"
	"reflect"
)

// mostLooked bounds how many values of one are looked at; what holds itself does so within fewer.
const mostLooked = 100_000

// Cyclic reports whether fmt would print v without end, because a map or a slice in it holds itself. Pointers are no
// reason: below the first, fmt prints addresses.
func Cyclic(v any) bool {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	w := walk{left: mostLooked, open: map[opened]bool{}}
	return w.cyclic(r)
}

// opened is a map or slice that is being looked into.
type opened struct {
	at  uintptr
	len int
}

type walk struct {
	left int
	open map[opened]bool
}

func (w *walk) cyclic(v reflect.Value) bool {
	if w.left--; w.left < 0 || !v.IsValid() || v.CanInterface() && ownText(v.Interface()) {
		return false
	}
	switch v.Kind() {
	case reflect.Interface:
		return w.cyclic(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if w.cyclic(v.Field(i)) {
				return true
			}
		}
	case reflect.Array:
		return w.elements(v)
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 || v.Kind() == reflect.Slice && flat(v.Type().Elem()) || v.Kind() == reflect.Map && flat(v.Type().Elem()) {
			return false
		}
		o := opened{v.Pointer(), v.Len()}
		if w.open[o] {
			return true
		}
		w.open[o] = true
		defer delete(w.open, o)
		if v.Kind() == reflect.Slice {
			return w.elements(v)
		}
		for it := v.MapRange(); it.Next(); {
			if w.cyclic(it.Value()) {
				return true
			}
		}
	}
	return false
}

func (w *walk) elements(v reflect.Value) bool {
	if flat(v.Type().Elem()) {
		return false
	}
	for i := range v.Len() {
		if w.left < 0 {
			return false
		}
		if w.cyclic(v.Index(i)) {
			return true
		}
	}
	return false
}

// flat says that values of a type hold no others, or only by a pointer.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Struct, reflect.Array, reflect.Slice, reflect.Map:
		return false
	}
	return true
}

func ownText(v any) bool {
	switch v.(type) {
	case error, fmt.Stringer, fmt.Formatter:
		return true
	}
	return false
}
