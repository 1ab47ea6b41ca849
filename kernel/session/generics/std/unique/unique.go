// Package unique is the standard package of that name, for the interpreter: a
// handle of any value of any type, compiled, lies under each.
package unique

import "unique"

// Handle is the identity of a value of type T.
type Handle[T comparable] struct {
	h unique.Handle[any]
}

// Value returns the value.
func (h Handle[T]) Value() T {
	v, _ := h.h.Value().(T)
	return v
}

// Make returns the handle of value; equal values have equal handles.
func Make[T comparable](value T) Handle[T] { return Handle[T]{unique.Make[any](value)} }
