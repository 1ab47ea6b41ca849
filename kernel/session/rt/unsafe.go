package rt

import (
	"fmt"
	"reflect"
	"unsafe"
)

// NewValue is new(x) for a value: a pointer to a new variable of type t that holds it.
func NewValue(v any, t reflect.Type) any {
	p := reflect.New(t)
	if v != nil {
		p.Elem().Set(reflect.ValueOf(v))
	}
	return p.Interface()
}

// UnsafeAdd is unsafe.Add.
func UnsafeAdd(p unsafe.Pointer, n int) unsafe.Pointer { return unsafe.Add(p, n) }

// UnsafeSlice is unsafe.Slice of a pointer to elements of type t.
func UnsafeSlice(p any, n int, t reflect.Type) any {
	at := reflect.ValueOf(p).UnsafePointer()
	s := unsafe.Slice((*byte)(at), n) // for the runtime's checks
	if s == nil {
		return reflect.Zero(reflect.SliceOf(t)).Interface()
	}
	return reflect.SliceAt(t, at, n).Interface()
}

// SliceData is unsafe.SliceData of a slice of elements of type t.
func SliceData(s any, t reflect.Type) any {
	return reflect.NewAt(t, reflect.ValueOf(s).UnsafePointer()).Interface()
}

// UnsafeString is unsafe.String.
func UnsafeString(p *byte, n int) string { return unsafe.String(p, n) }

// StringData is unsafe.StringData.
func StringData(s string) *byte { return unsafe.StringData(s) }

// word is text that print writes as it is.
type word string

// Word is how print writes a pointer, map, channel, function or slice.
func Word(v any) any {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		return word(fmt.Sprintf("[%d/%d]%#x", r.Len(), r.Cap(), r.Pointer()))
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return word(fmt.Sprintf("%#x", r.Pointer()))
	}
	return word("0x0")
}

// Pair is how print writes an interface value.
func Pair(v any) any {
	w := (*[2]uintptr)(unsafe.Pointer(&v))
	return word(fmt.Sprintf("(%#x,%#x)", w[0], w[1]))
}
