package compute

import "time"

// PeakFlops measures how many float32 operations per second one core does when it does nothing but multiply-adds on
// registers, a multiply-add counting as two: the bound that products are compared with. It is the best of several
// runs of a few milliseconds; 0 for the scalar level, which has no such loop.
func PeakFlops() float64 {
	if active.peak == nil {
		return 0
	}
	const turns = 100_000
	best := 0.0
	for range 8 {
		start := time.Now()
		active.peak(turns)
		flops := 2 * float64(turns) * float64(active.peakTurn) / time.Since(start).Seconds()
		best = max(best, flops)
	}
	return best
}
