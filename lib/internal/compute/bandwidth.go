package compute

import (
	"sync"
	"time"
)

// ReadBandwidth measures how many bytes per second all workers together read from memory, in order, from an array far
// larger than the caches: the bound of decoding one sequence, which reads every weight for each token. It is the best of
// several runs and takes about a fifth of a second and 512 MB, which it gives back.
func ReadBandwidth() float64 {
	const (
		size = 128 << 20 // floats
		part = 1 << 20
	)
	data := Aligned(size)
	Parallel(size, part, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			data[i] = 1 // pages that were never written all map to the same page of zeros
		}
	})
	var mu sync.Mutex
	total, best := float32(0), 0.0
	for range 5 {
		start := time.Now()
		Parallel(size, part, func(lo, hi int) {
			s := active.sum(data[lo:hi])
			mu.Lock()
			total += s
			mu.Unlock()
		})
		best = max(best, 4*size/time.Since(start).Seconds())
	}
	bandwidthSum = total
	return best
}

// bandwidthSum keeps the reads of ReadBandwidth from being optimised away.
var bandwidthSum float32
