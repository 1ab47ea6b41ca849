// Package cmp is the generic part of the standard package of that name, for
// the interpreter.
package cmp

import "cmp"

// Less reports whether x is before y; a NaN is before every number.
func Less[T cmp.Ordered](x, y T) bool { return x < y || x != x && y == y }

// Compare orders x and y; a NaN equals a NaN and is before every number.
func Compare[T cmp.Ordered](x, y T) int {
	if x < y {
		return -1
	}
	if x > y {
		return 1
	}
	if x == y {
		return 0
	}
	if x == x { // only y is NaN
		return 1
	}
	if y == y {
		return -1
	}
	return 0
}

// Or returns the first argument that is not the zero value.
func Or[T comparable](vals ...T) T {
	var zero T
	for _, v := range vals {
		if v != zero {
			return v
		}
	}
	return zero
}
