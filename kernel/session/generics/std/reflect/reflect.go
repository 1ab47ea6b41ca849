// Package reflect is the generic part of the standard package of that name,
// for the interpreter.
package reflect

import "reflect"

// TypeFor returns the descriptor of T.
func TypeFor[T any]() reflect.Type { return reflect.TypeOf((*T)(nil)).Elem() }

// TypeAssert is v.Interface().(T).
func TypeAssert[T any](v reflect.Value) (T, bool) {
	if !v.IsValid() {
		panic(&reflect.ValueError{Method: "reflect.TypeAssert", Kind: reflect.Invalid})
	}
	x, ok := v.Interface().(T)
	return x, ok
}
