package compute

import (
	"math/bits"
	"sync"
	"unsafe"
)

// scratchPool keeps the working memory of kernels between calls, by size class, so that a training step allocates none.
// It is bounded by what was once in use at the same time.
var scratchPool struct {
	mu   sync.Mutex
	free [48][][]float32
}

// getScratch returns n floats of arbitrary content, aligned to a cache line. putScratch takes them back.
func getScratch(n int) []float32 {
	class := bits.Len(uint(max(n, 1024) - 1))
	scratchPool.mu.Lock()
	if list := scratchPool.free[class]; len(list) > 0 {
		s := list[len(list)-1]
		scratchPool.free[class] = list[:len(list)-1]
		scratchPool.mu.Unlock()
		return s[:n]
	}
	scratchPool.mu.Unlock()
	return Aligned(1 << class)[:n]
}

func putScratch(s []float32) {
	s = s[:cap(s)]
	class := bits.Len(uint(len(s) - 1))
	scratchPool.mu.Lock()
	scratchPool.free[class] = append(scratchPool.free[class], s)
	scratchPool.mu.Unlock()
}

// Aligned returns n zeroed floats that start on a cache line (64 bytes), with capacity n: rows of whole cache lines then
// never straddle two. Many of them lie in large pages where the system has any.
func Aligned(n int) []float32 {
	s := make([]float32, n+15)
	preferHugePages(s)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s)))&63) / 4
	return s[skip : skip+n : skip+n]
}
