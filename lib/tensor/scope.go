package tensor

import (
	"math/bits"
	"runtime"
	"sync"
	"unsafe"

	"lyceum/lib/internal/compute"
)

// A step of training makes the same buffers again and again. Within a Scope they come from, and go back to, a store,
// so that a step allocates next to nothing; outside, the garbage collector takes them. Sizes are rounded up a little so
// that batches of nearly the same length share them.

var arena struct {
	sync.Mutex
	depth  int
	scopes int // outermost scopes ended so far
	live   map[*float32]loan
	free   map[int][]spare // by capacity
	out    int             // numbers on loan
	most   int             // and the most that were, so far
	waste  int             // numbers that were dropped from the store and not collected yet
}

// muchWaste is what is worth a collection, in numbers: 16 MB, or more where the store holds more.
const muchWaste = 1 << 22

// A loan is a buffer in use and the depth of the scope that it belongs to.
type loan struct {
	buffer []float32
	depth  int
}

// A spare is a buffer in store, and when it was last in use.
type spare struct {
	buffer []float32
	scope  int
}

// keepScopes is how many scopes a buffer stays in store without being used.
const keepScopes = 8

// Scope runs f and then takes back the memory of every tensor that f computed. Copy what must outlive it (Item, Clone,
// append to a slice); parameters, and tensors made by New or From, are not touched. Scopes may be nested, and one at a
// time may run.
func Scope(f func()) {
	arena.Lock()
	if arena.free == nil {
		arena.free, arena.live = map[int][]spare{}, map[*float32]loan{}
	}
	arena.depth++
	arena.Unlock()
	defer func() {
		arena.Lock()
		defer arena.Unlock()
		for p, l := range arena.live {
			if l.depth >= arena.depth {
				delete(arena.live, p)
				store(l.buffer)
			}
		}
		if arena.depth--; arena.depth == 0 {
			arena.scopes++
			dropOld()
		}
	}()
	f()
}

func store(b []float32) {
	arena.out -= cap(b)
	arena.free[cap(b)] = append(arena.free[cap(b)], spare{b, arena.scopes})
}

// dropOld gives the garbage collector what lay in store for a while.
func dropOld() {
	for size, list := range arena.free {
		kept := list[:0]
		for _, s := range list {
			if arena.scopes-s.scope <= keepScopes {
				kept = append(kept, s)
			}
		}
		arena.waste += size * (len(list) - len(kept))
		clear(list[len(kept):])
		if arena.free[size] = kept; len(kept) == 0 {
			delete(arena.free, size)
		}
	}
}

// FreeScopes forgets the store, after a run whose shapes will not come again.
func FreeScopes() {
	arena.Lock()
	defer arena.Unlock()
	if arena.depth == 0 {
		arena.free, arena.live, arena.out, arena.most, arena.waste = nil, nil, 0, 0, 0
	}
}

// sizeClass rounds a size up by at most an eighth.
func sizeClass(n int) int {
	step := 1 << max(0, bits.Len(uint(n))-4)
	return (n + step - 1) &^ (step - 1)
}

// allocRaw returns n numbers of any content, for results that are written whole.
func allocRaw(n int) []float32 {
	b, _ := lend(n)
	return b
}

// alloc returns n zeros.
func alloc(n int) []float32 {
	b, fresh := lend(n)
	if !fresh {
		compute.Zero(b)
	}
	return b
}

// arenaDepth is how many scopes are open.
func arenaDepth() int {
	arena.Lock()
	defer arena.Unlock()
	return arena.depth
}

// copyAt returns a copy that belongs to an outer scope.
func copyAt(depth int, data []float32) []float32 {
	b, _ := lendAt(len(data), depth)
	compute.Copy(b, data)
	return b
}

// lend takes a buffer from the store, or makes one, which then holds zeros.
func lend(n int) (b []float32, fresh bool) { return lendAt(n, arenaDepth()) }

func lendAt(n, depth int) (b []float32, fresh bool) {
	arena.Lock()
	defer arena.Unlock()
	if depth == 0 || n == 0 {
		return make([]float32, n), true
	}
	size := sizeClass(n)
	if len(arena.free[size]) == 0 {
		if fit := nextSize(size); fit > 0 {
			size = fit
		} else {
			makeRoom(size)
			collect()
		}
	}
	arena.out += size
	arena.most = max(arena.most, arena.out)
	if list := arena.free[size]; len(list) > 0 {
		b = list[len(list)-1].buffer
		list[len(list)-1] = spare{}
		arena.free[size] = list[:len(list)-1]
	} else {
		b, fresh = compute.Aligned(size), true
	}
	arena.live[unsafe.SliceData(b)] = loan{b, depth}
	return b[:n], fresh
}

// nextSize is the smallest capacity in store above size, up to its double; 0 if there is none.
func nextSize(size int) (fit int) {
	for n, list := range arena.free {
		if len(list) > 0 && n > size && n <= 2*size && (fit == 0 || n < fit) {
			fit = n
		}
	}
	return fit
}

// makeRoom drops buffers from the store, the largest first, so that it holds, with what is on loan, no more than a quarter above
// the most that ever was on loan at a time: batches of many lengths would otherwise leave a set of buffers for each.
func makeRoom(size int) {
	held := 0
	for n, list := range arena.free {
		held += n * len(list)
	}
	allowed := max(arena.most, arena.out+size)
	allowed += allowed / 4
	for held > 0 && arena.out+held+size > allowed {
		largest := 0
		for n, list := range arena.free {
			if len(list) > 0 {
				largest = max(largest, n)
			}
		}
		list := arena.free[largest]
		list[len(list)-1] = spare{}
		arena.free[largest] = list[:len(list)-1]
		held -= largest
		arena.waste += largest
	}
}

// collect has the garbage collector take what was dropped, once it is a good part of what is in use. Else it would wait until the
// heap has doubled: it holds little but numbers, and nothing in it tells the collector that they are not needed.
func collect() {
	if arena.waste > max(muchWaste, arena.most/8) {
		arena.waste = 0
		runtime.GC()
	}
}

// lent reports whether a buffer is on loan from the store.
func lent(b []float32) bool {
	arena.Lock()
	defer arena.Unlock()
	_, ok := arena.live[unsafe.SliceData(b)]
	return len(b) > 0 && ok
}

// release says that a buffer of alloc is not needed any more. What is not on loan from the store is left alone.
func release(b []float32) {
	if len(b) == 0 {
		return
	}
	arena.Lock()
	defer arena.Unlock()
	p := unsafe.SliceData(b)
	if l, ok := arena.live[p]; ok {
		delete(arena.live, p)
		store(l.buffer)
	}
}
