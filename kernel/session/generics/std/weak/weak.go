// Package weak is the standard package of that name, for the interpreter.
package weak

import (
	"unsafe"
	"weak"
)

// Pointer is a weak pointer to a T.
type Pointer[T any] struct {
	p weak.Pointer[byte]
}

// Make returns the weak pointer of ptr.
func Make[T any](ptr *T) Pointer[T] {
	return Pointer[T]{weak.Make[byte]((*byte)(unsafe.Pointer(ptr)))}
}

// Value returns the pointer, or nil once the T is gone.
func (p Pointer[T]) Value() *T { return (*T)(unsafe.Pointer(p.p.Value())) }
