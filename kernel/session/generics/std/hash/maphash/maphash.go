// Package maphash is the generic part of hash/maphash, for the interpreter.
package maphash

import "hash/maphash"

// Comparable returns the hash of a comparable value.
func Comparable[T comparable](seed maphash.Seed, v T) uint64 {
	return maphash.Comparable[any](seed, v)
}

// WriteComparable adds a comparable value to h.
func WriteComparable[T comparable](h *maphash.Hash, x T) { maphash.WriteComparable[any](h, x) }
