package compute

import "math"

// Exp computes dst[i] = e^x[i], within 3e-7 relative; results below 2^-126 become 0. dst may be x.
func Exp(dst, x []float32) {
	same("Exp", "x", len(x), len(dst))
	Parallel(len(dst), span/4, func(lo, hi int) { active.exp(dst[lo:hi], x[lo:hi]) })
}

// The constants of exp32: limits of the argument, ln 2 in two parts, and the coefficients of the polynomial of
// e^r on |r| <= ln(2)/2 (Cephes expf).
const (
	expLow   = -87.33654
	expHigh  = 89
	log2e    = 1.44269504088896341
	ln2High  = 0.693359375
	ln2Low   = -2.12194440e-4
	expPoly0 = 1.9875691500e-4
	expPoly1 = 1.3981999507e-3
	expPoly2 = 8.3334519073e-3
	expPoly3 = 4.1665795894e-2
	expPoly4 = 1.6666665459e-1
	expPoly5 = 5.0000001201e-1
)

// exp32 is e^x = 2^n e^r with n = round(x/ln 2), r = x - n ln 2. The assembly does the same in the same order.
func exp32(x float32) float32 {
	if x < expLow {
		return 0
	}
	if x != x {
		return x
	}
	x = min(x, expHigh)
	n := float32(math.RoundToEven(float64(x * log2e)))
	r := x - n*ln2High
	r -= n * ln2Low
	p := float32(expPoly0)
	p = p*r + expPoly1
	p = p*r + expPoly2
	p = p*r + expPoly3
	p = p*r + expPoly4
	p = p*r + expPoly5
	p = p*(r*r) + r + 1
	// Two factors, because 2^128 alone is not a float32.
	half := int32(n) >> 1
	return p * power2(half) * power2(int32(n)-half)
}

func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func scalarExp(dst, x []float32) {
	for i, v := range x {
		dst[i] = exp32(v)
	}
}

// scalarExpSum computes dst[i] = exp(x[i] - shift) and returns the sum of dst.
func scalarExpSum(dst, x []float32, shift float32) float32 {
	for i, v := range x {
		dst[i] = exp32(v - shift)
	}
	return scalarSum(dst)
}

// scalarExpScale computes dst[i] = exp(x[i] - shift) * scale.
func scalarExpScale(dst, x []float32, shift, scale float32) {
	for i, v := range x {
		dst[i] = exp32(v-shift) * scale
	}
}

// log32 is for one value a row; it need not be fast.
func log32(x float32) float32 { return float32(math.Log(float64(x))) }
