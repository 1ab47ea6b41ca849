package compute

import "time"

// PeakFlops measures how many float32 operations per second one core does when it does nothing but multiply-adds on
// registers, a multiply-add counting as two: the bound that products are compared with. It is the best of several
// runs of a few milliseconds; 0 for the scalar level, which has no such loop.
func PeakFlops() float64 { return peakOf(active.peak, active.peakTurn) }

// PeakBF16 is PeakFlops for multiply-adds of bfloat16 with sums in float32; 0 where the processor has no instruction
// for them or the level in use does not allow it.
func PeakBF16() float64 { return peakOf(active.peakBF16, active.peakTurnBF16) }

func peakOf(loop func(turns int), turn int) float64 {
	if loop == nil {
		return 0
	}
	const turns = 100_000
	best := 0.0
	for range 8 {
		start := time.Now()
		loop(turns)
		best = max(best, 2*float64(turns)*float64(turn)/time.Since(start).Seconds())
	}
	return best
}
