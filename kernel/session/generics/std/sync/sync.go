// Package sync is the generic part of the standard package of that name, for
// the interpreter.
package sync

import "sync"

// OnceValue returns a function that calls f once and returns its value every
// time. If f panics, every call panics with the same value.
func OnceValue[T any](f func() T) func() T {
	var once sync.Once
	var ok bool
	var failed any
	var result T
	return func() T {
		once.Do(func() {
			defer func() {
				failed = recover()
				if !ok {
					panic(failed)
				}
			}()
			result = f()
			f = nil
			ok = true
		})
		if !ok {
			panic(failed)
		}
		return result
	}
}

// OnceValues is OnceValue for two results.
func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	var once sync.Once
	var ok bool
	var failed any
	var r1 T1
	var r2 T2
	return func() (T1, T2) {
		once.Do(func() {
			defer func() {
				failed = recover()
				if !ok {
					panic(failed)
				}
			}()
			r1, r2 = f()
			f = nil
			ok = true
		})
		if !ok {
			panic(failed)
		}
		return r1, r2
	}
}
