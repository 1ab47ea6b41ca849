package compute

import "math"

// SwiGLU computes out[i] = silu(gate[i]) * up[i], silu(z) = z / (1 + e^-z). out may be gate or up.
// Shazeer 2020, arXiv:2002.05202.
func SwiGLU(out, gate, up []float32) {
	same("SwiGLU", "gate", len(gate), len(out))
	same("SwiGLU", "up", len(up), len(out))
	Parallel(len(out), span/4, func(lo, hi int) { active.swiglu(out[lo:hi], gate[lo:hi], up[lo:hi]) })
}

// SwiGLUBackward adds the gradients of SwiGLU, with s = 1 / (1 + e^-gate):
//
//	dup += dout * gate * s
//	dgate += dout * up * s * (1 + gate * (1 - s))
func SwiGLUBackward(dgate, dup, dout, gate, up []float32) {
	const op = "SwiGLUBackward"
	same(op, "dup", len(dup), len(dgate))
	same(op, "dout", len(dout), len(dgate))
	same(op, "gate", len(gate), len(dgate))
	same(op, "up", len(up), len(dgate))
	Parallel(len(dgate), span/4, func(lo, hi int) {
		active.swigluBack(dgate[lo:hi], dup[lo:hi], dout[lo:hi], gate[lo:hi], up[lo:hi])
	})
}

// SwiGLURows is SwiGLU on the result of a fused projection: each of rows rows of x holds hidden gate values, then hidden
// up values; out is rows x hidden.
func SwiGLURows(out, x []float32, rows, hidden int) {
	checkRows("SwiGLURows", rows, hidden, len(out))
	checkRows("SwiGLURows", rows, 2*hidden, len(x))
	Parallel(rows, rowGrain(hidden), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*2*hidden : (i+1)*2*hidden]
			active.swiglu(out[i*hidden:(i+1)*hidden], row[:hidden], row[hidden:])
		}
	})
}

// SwiGLURowsBackward adds the gradients of SwiGLURows to dx.
func SwiGLURowsBackward(dx, dout, x []float32, rows, hidden int) {
	checkRows("SwiGLURowsBackward", rows, hidden, len(dout))
	checkRows("SwiGLURowsBackward", rows, 2*hidden, len(x), len(dx))
	Parallel(rows, rowGrain(hidden), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d, row := dx[i*2*hidden:(i+1)*2*hidden], x[i*2*hidden:(i+1)*2*hidden]
			active.swigluBack(d[:hidden], d[hidden:], dout[i*hidden:(i+1)*hidden], row[:hidden], row[hidden:])
		}
	})
}

// GELU computes out[i] = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). out may be x.
// Hendrycks and Gimpel 2016, arXiv:1606.08415 (the tanh form that GPT-2 uses).
func GELU(out, x []float32) {
	same("GELU", "x", len(x), len(out))
	Parallel(len(out), span/4, func(lo, hi int) { active.gelu(out[lo:hi], x[lo:hi]) })
}

// GELUBackward adds the gradient of GELU: dx += dout * d GELU(x) / dx.
func GELUBackward(dx, dout, x []float32) {
	same("GELUBackward", "dout", len(dout), len(dx))
	same("GELUBackward", "x", len(x), len(dx))
	Parallel(len(dx), span/4, func(lo, hi int) { active.geluBack(dx[lo:hi], dout[lo:hi], x[lo:hi]) })
}

func sigmoid32(x float32) float32 { return 1 / (1 + exp32(-x)) }

func scalarSwiGLU(out, gate, up []float32) {
	for i, g := range gate {
		out[i] = g * sigmoid32(g) * up[i]
	}
}

func scalarSwiGLUBack(dgate, dup, dout, gate, up []float32) {
	for i, g := range gate {
		s := sigmoid32(g)
		d := dout[i] * s
		dup[i] += d * g
		dgate[i] += d * up[i] * (1 + g*(1-s))
	}
}

// The tanh form of GELU is x * sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3).
const (
	geluTwo  = 2 * 0.79788456080286535588
	geluCube = 0.044715
)

func scalarGELU(out, x []float32) {
	for i, v := range x {
		out[i] = v * sigmoid32(geluTwo*(v+geluCube*v*v*v))
	}
}

func scalarGELUBack(dx, dout, x []float32) {
	for i, v := range x {
		s := sigmoid32(geluTwo * (v + geluCube*v*v*v))
		slope := float32(geluTwo) * (1 + 3*geluCube*v*v)
		dx[i] += dout[i] * (s + v*s*(1-s)*slope)
	}
}

// GELUErf computes out[i] = x Phi(x), Phi the distribution function of the standard normal law: the form with erf, within
// 1.5e-7 of it. out may be x. Hendrycks and Gimpel 2016, arXiv:1606.08415.
func GELUErf(out, x []float32) {
	same("GELUErf", "x", len(x), len(out))
	Parallel(len(out), span/4, func(lo, hi int) { active.geluErf(out[lo:hi], x[lo:hi]) })
}

// GELUErfBackward adds the gradient of GELUErf: dx += dout (Phi(x) + x e^(-x^2/2) / sqrt(2 pi)).
func GELUErfBackward(dx, dout, x []float32) {
	same("GELUErfBackward", "dout", len(dout), len(dx))
	same("GELUErfBackward", "x", len(x), len(dx))
	Parallel(len(dx), span/4, func(lo, hi int) { active.geluErfBack(dx[lo:hi], dout[lo:hi], x[lo:hi]) })
}

// normalCDF32 returns Phi(x) and e^(-x^2/2). With t = 1 / (1 + p |x|/sqrt 2), erfc(|x|/sqrt 2) is a polynomial of t times
// the exponential, within 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
func normalCDF32(x float32) (phi, e float32) {
	const step, p0, p1, p2, p3, p4 = 0.3275911 / math.Sqrt2, 0.5 * 0.254829592, 0.5 * -0.284496736, 0.5 * 1.421413741, 0.5 * -1.453152027, 0.5 * 1.061405429
	e = exp32(x * x * -0.5)
	t := 1 / (1 + step*float32(math.Abs(float64(x))))
	poly := float32(p4)*t + p3
	poly = poly*t + p2
	poly = poly*t + p1
	poly = poly*t + p0
	half := 0.5 - poly*t*e
	if math.Signbit(float64(x)) {
		half = -half
	}
	return half + 0.5, e
}

func scalarGELUErf(out, x []float32) {
	for i, v := range x {
		phi, _ := normalCDF32(v)
		out[i] = v * phi
	}
}

func scalarGELUErfBack(dx, dout, x []float32) {
	for i, v := range x {
		phi, e := normalCDF32(v)
		dx[i] += dout[i] * (phi + v*e*float32(1/math.Sqrt(2*math.Pi)))
	}
}

// GEGLURows is SwiGLURows with GELU (the tanh form) in place of SiLU, as Gemma has it: out = GELU(gate) up.
// Shazeer 2020, arXiv:2002.05202.
func GEGLURows(out, x []float32, rows, hidden int) {
	checkRows("GEGLURows", rows, hidden, len(out))
	checkRows("GEGLURows", rows, 2*hidden, len(x))
	Parallel(rows, rowGrain(hidden), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, o := x[i*2*hidden:(i+1)*2*hidden], out[i*hidden:(i+1)*hidden]
			active.gelu(o, row[:hidden])
			active.mul(o, o, row[hidden:])
		}
	})
}

// GEGLURowsBackward adds the gradients of GEGLURows to dx.
func GEGLURowsBackward(dx, dout, x []float32, rows, hidden int) {
	checkRows("GEGLURowsBackward", rows, hidden, len(dout))
	checkRows("GEGLURowsBackward", rows, 2*hidden, len(x), len(dx))
	Parallel(rows, rowGrain(hidden), func(lo, hi int) {
		scratch := getScratch(hidden)
		defer putScratch(scratch)
		for i := lo; i < hi; i++ {
			d, row, o := dx[i*2*hidden:(i+1)*2*hidden], x[i*2*hidden:(i+1)*2*hidden], dout[i*hidden:(i+1)*hidden]
			active.gelu(scratch, row[:hidden])
			active.mulAdd(d[hidden:], o, scratch)
			active.mul(scratch, o, row[hidden:])
			active.geluBack(d[:hidden], scratch, row[:hidden])
		}
	})
}
