package std

import (
	"reflect"
	"unsafe"
)

// Package unsafe is part of the compiler, so its table is written by hand. The interpreter asks the hook
// "convert" how to convert to and from unsafe.Pointer.
func init() {
	Symbols["unsafe/unsafe"] = map[string]reflect.Value{
		"Pointer":  reflect.ValueOf((*unsafe.Pointer)(nil)),
		"Add":      reflect.ValueOf(func(p unsafe.Pointer, n int) unsafe.Pointer { return unsafe.Add(p, n) }),
		"Sizeof":   reflect.ValueOf(func(v any) uintptr { return reflect.TypeOf(v).Size() }),
		"Alignof":  reflect.ValueOf(func(v any) uintptr { return uintptr(reflect.TypeOf(v).Align()) }),
		"Offsetof": reflect.ValueOf(func(any) uintptr { return 0 }), // a constant, never called
	}
	Symbols["github.com/traefik/yaegi/yaegi"] = map[string]reflect.Value{"convert": reflect.ValueOf(convertPointer)}
}

// convertPointer returns what converts values between the types, one of which is a pointer of package unsafe.
func convertPointer(from, to reflect.Type) func(src, dst reflect.Value) {
	switch {
	case to.Kind() == reflect.UnsafePointer && from.Kind() == reflect.Uintptr:
		return func(src, dst reflect.Value) {
			u := uintptr(src.Uint())
			dst.SetPointer(*(*unsafe.Pointer)(unsafe.Pointer(&u)))
		}
	case to.Kind() == reflect.UnsafePointer:
		return func(src, dst reflect.Value) { dst.SetPointer(src.UnsafePointer()) }
	case to.Kind() == reflect.Uintptr && from.Kind() == reflect.UnsafePointer:
		return func(src, dst reflect.Value) { dst.SetUint(uint64(src.Pointer())) }
	case from.Kind() == reflect.UnsafePointer && to.Kind() == reflect.Pointer:
		return func(src, dst reflect.Value) { dst.Set(reflect.NewAt(dst.Type().Elem(), src.UnsafePointer())) }
	}
	return nil
}
