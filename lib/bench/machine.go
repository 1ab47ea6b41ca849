package bench

import (
	"sync"

	"lyceum/lib/internal/compute"
)

// Machine is what the processor and its memory can do at most, in GF/s and GB/s; 0 where it is not known.
type Machine struct {
	Float32One float64 `json:"float32_one"` // one worker
	Float32    float64 `json:"float32"`     // all workers at once
	BF16One    float64 `json:"bf16_one"`
	BF16       float64 `json:"bf16"`
	Read       float64 `json:"read"`
	Workers    int     `json:"workers"`
	Level      string  `json:"level"` // amx, avx512, avx2, neon or scalar
}

// MeasureMachine measures it; that takes under a second and, for a moment, 512 MB.
func MeasureMachine() Machine {
	m := Machine{Workers: compute.Workers(), Level: compute.Level()}
	m.Float32One, m.BF16One = compute.PeakFlops()/1e9, compute.PeakBF16()/1e9
	m.Float32, m.BF16 = together(compute.PeakFlops)/1e9, together(compute.PeakBF16)/1e9
	m.Read = compute.ReadBandwidth() / 1e9
	return m
}

// together runs a measurement on as many goroutines as there are workers, at the same time, and adds up the results: two
// threads of one core, or cores that slow down together, do not reach twice what one does.
func together(measure func() float64) float64 {
	results := make([]float64, compute.Workers())
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = measure() })
	}
	wg.Wait()
	sum := 0.0
	for _, r := range results {
		sum += r
	}
	return sum
}

// figures is the group "peak".
func (m Machine) figures() []Figure {
	out := []Figure{
		{Name: "peak/float32/1", GFlops: m.Float32One, OfPeak: 1}, {Name: "peak/float32", GFlops: m.Float32, OfPeak: 1},
		{Name: "peak/bf16/1", GFlops: m.BF16One, OfPeak: 1}, {Name: "peak/bf16", GFlops: m.BF16, OfPeak: 1},
		{Name: "peak/read", GBs: m.Read, OfPeak: 1},
	}
	n := 0
	for _, f := range out {
		if f.GFlops+f.GBs > 0 {
			out[n] = f
			n++
		}
	}
	return out[:n]
}
