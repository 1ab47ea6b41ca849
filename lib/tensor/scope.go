package tensor

import "sync"

// A step of training makes the same buffers again and again. Within a Scope they come from, and go back to, a store,
// so that a step allocates next to nothing; outside, the garbage collector takes them.

var arena struct {
	sync.Mutex
	depth int
	used  [][]float32
	free  map[int][][]float32
}

// Scope runs f and then takes back the memory of every tensor that f computed. Copy what must outlive it (Item, Clone,
// append to a slice); parameters, and tensors made by New or From, are not touched. Scopes may be nested, and one at a
// time may run.
func Scope(f func()) {
	arena.Lock()
	if arena.free == nil {
		arena.free = map[int][][]float32{}
	}
	arena.depth++
	mark := len(arena.used)
	arena.Unlock()
	defer func() {
		arena.Lock()
		defer arena.Unlock()
		for _, b := range arena.used[mark:] {
			arena.free[len(b)] = append(arena.free[len(b)], b)
		}
		clear(arena.used[mark:])
		arena.used = arena.used[:mark]
		arena.depth--
	}()
	f()
}

// FreeScopes forgets the store, after a run whose shapes will not come again.
func FreeScopes() {
	arena.Lock()
	defer arena.Unlock()
	if arena.depth == 0 {
		arena.free = nil
	}
}

// alloc returns zeros.
func alloc(n int) []float32 {
	arena.Lock()
	if arena.depth == 0 || n == 0 {
		arena.Unlock()
		return make([]float32, n)
	}
	var b []float32
	if list := arena.free[n]; len(list) > 0 {
		b = list[len(list)-1]
		arena.free[n] = list[:len(list)-1]
	}
	fresh := b == nil
	if fresh {
		b = make([]float32, n)
	}
	arena.used = append(arena.used, b)
	arena.Unlock()
	if !fresh {
		clear(b)
	}
	return b
}

// release says that a buffer of alloc is not needed any more; within a scope it goes back when the scope ends.
func release([]float32) {}
