// Package iter is the generic part of the standard package of that name, for
// the interpreter. The coroutine itself is the compiled one.
package iter

import "iter"

// Pull turns an iterator that calls into one that is called.
func Pull[V any](seq iter.Seq[V]) (next func() (V, bool), stop func()) {
	n, stop := iter.Pull[any](func(yield func(any) bool) {
		seq(func(v V) bool { return yield(v) })
	})
	return func() (V, bool) {
		var v V
		x, ok := n()
		if ok {
			v, _ = x.(V) // a nil interface value is no V
		}
		return v, ok
	}, stop
}

// Pull2 is Pull for pairs.
func Pull2[K, V any](seq iter.Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	type pair struct {
		k K
		v V
	}
	n, stop := iter.Pull[any](func(yield func(any) bool) {
		seq(func(k K, v V) bool { return yield(pair{k, v}) })
	})
	return func() (K, V, bool) {
		x, ok := n()
		if !ok {
			var p pair
			return p.k, p.v, false
		}
		p := x.(pair)
		return p.k, p.v, true
	}, stop
}
