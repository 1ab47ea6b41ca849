package compute

import "math"

// span is how many elements one range of an element-wise kernel covers: 64 KB, a few microseconds of work.
const span = 1 << 14

// Dot returns sum_i x[i]*y[i]. The slices have equal length. Not shared between cores.
func Dot(x, y []float32) float32 {
	same("Dot", "y", len(y), len(x))
	return active.dot(x, y)
}

// Sum returns sum_i x[i]: sums of 16384 elements in float32 with several accumulators, added in order in float64.
func Sum(x []float32) float64 { return blockedSum(x, active.sum) }

// SumSquares returns sum_i x[i]^2, combined as in Sum.
func SumSquares(x []float32) float64 { return blockedSum(x, active.sumSquares) }

func blockedSum(x []float32, f func([]float32) float32) float64 {
	if len(x) <= span {
		return float64(f(x))
	}
	parts := make([]float64, (len(x)-1)/span+1)
	ParallelStop(len(x), span, func(lo, hi int) { parts[lo/span] = float64(f(x[lo:hi])) })
	total := 0.0
	for _, p := range parts {
		total += p
	}
	return total
}

// GlobalNorm returns sqrt(sum of squares of all elements of all parts).
func GlobalNorm(parts ...[]float32) float64 {
	total := 0.0
	for _, p := range parts {
		total += SumSquares(p)
	}
	return math.Sqrt(total)
}

// Max returns the largest element, -Inf for none, and NaN if any element is NaN.
func Max(x []float32) float32 { return active.max(x) }

// Axpy computes y[i] += alpha * x[i].
func Axpy(alpha float32, x, y []float32) {
	same("Axpy", "y", len(y), len(x))
	Parallel(len(x), span, func(lo, hi int) { active.axpy(x[lo:hi], y[lo:hi], alpha) })
}

// Scale computes x[i] *= alpha.
func Scale(alpha float32, x []float32) {
	Parallel(len(x), span, func(lo, hi int) { active.scale(x[lo:hi], alpha) })
}

// Fill sets every element of x to v.
func Fill(x []float32, v float32) {
	Parallel(len(x), 4*span, func(lo, hi int) {
		part := x[lo:hi]
		if v == 0 {
			clear(part)
			return
		}
		for i := range part {
			part[i] = v
		}
	})
}

// Zero sets every element of x to 0.
func Zero(x []float32) { Fill(x, 0) }

// Copy copies x to dst, which has the same length.
func Copy(dst, x []float32) {
	same("Copy", "dst", len(dst), len(x))
	Parallel(len(x), 4*span, func(lo, hi int) { copy(dst[lo:hi], x[lo:hi]) })
}

// Add computes dst[i] = x[i] + y[i]; dst may be x or y.
func Add(dst, x, y []float32) { binary("Add", dst, x, y, active.add) }

// Mul computes dst[i] = x[i] * y[i]; dst may be x or y.
func Mul(dst, x, y []float32) { binary("Mul", dst, x, y, active.mul) }

// MulAdd computes dst[i] += x[i] * y[i].
func MulAdd(dst, x, y []float32) { binary("MulAdd", dst, x, y, active.mulAdd) }

func binary(op string, dst, x, y []float32, f func(dst, x, y []float32)) {
	same(op, "x", len(x), len(dst))
	same(op, "y", len(y), len(dst))
	Parallel(len(dst), span, func(lo, hi int) { f(dst[lo:hi], x[lo:hi], y[lo:hi]) })
}

func scalarDot(x, y []float32) float32 {
	var s [4]float32
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s[0] += x[i] * y[i]
		s[1] += x[i+1] * y[i+1]
		s[2] += x[i+2] * y[i+2]
		s[3] += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s[0] += x[i] * y[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func scalarSum(x []float32) float32 {
	var s [4]float32
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s[0] += x[i]
		s[1] += x[i+1]
		s[2] += x[i+2]
		s[3] += x[i+3]
	}
	for ; i < len(x); i++ {
		s[0] += x[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func scalarSumSquares(x []float32) float32 { return scalarDot(x, x) }

func scalarMax(x []float32) float32 {
	best := float32(math.Inf(-1))
	for _, v := range x {
		if v > best || v != v {
			best = v
		}
		if v != v {
			return v
		}
	}
	return best
}

func scalarAxpy(x, y []float32, alpha float32) {
	for i, v := range x {
		y[i] += alpha * v
	}
}

func scalarScale(x []float32, alpha float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func scalarAdd(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v + y[i]
	}
}

func scalarMul(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

func scalarMulAdd(dst, x, y []float32) {
	for i, v := range x {
		dst[i] += v * y[i]
	}
}
