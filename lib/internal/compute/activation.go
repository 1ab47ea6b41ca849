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

// RotaryTable returns cos and sin of position * theta^(-2i/dim), each (positions, dim/2), as Rotary wants them.
// Computed in float64. Su et al. 2021, arXiv:2104.09864.
func RotaryTable(positions, dim int, theta float64) (cos, sin []float32) {
	notNegative("RotaryTable", "positions", positions)
	if dim <= 0 || dim%2 != 0 {
		fail("RotaryTable", "dim is %d, must be positive and even", dim)
	}
	half := dim / 2
	cos, sin = make([]float32, positions*half), make([]float32, positions*half)
	for i := range half {
		freq := math.Pow(theta, -2*float64(i)/float64(dim))
		for p := range positions {
			s, c := math.Sincos(float64(p) * freq)
			cos[p*half+i], sin[p*half+i] = float32(c), float32(s)
		}
	}
	return cos, sin
}
