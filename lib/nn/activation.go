package nn

import (
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// Activation is the bend of an MLP. Kind is "" for SiLU, "gelu_tanh" for GELU in its tanh form, "gelu" for GELU itself
// (Hendrycks and Gimpel 2016, arXiv:1606.08415). Gated: rows are gate and up one after another, and the result is
// act(gate) up (Shazeer 2020, arXiv:2002.05202); otherwise act(x).
type Activation struct {
	Kind  string
	Gated bool
}

// Forward computes it for x (..., 2H), gated, or (..., H): (..., H).
func (a Activation) Forward(x *tensor.Tensor) *tensor.Tensor {
	switch {
	case a.Kind == "" && a.Gated:
		return tensor.SwiGLU(x)
	case a.Kind == "":
		return x.SiLU()
	}
	h := x.Dim(-1)
	if a.Gated {
		h /= 2
	}
	rows := x.Len() / x.Dim(-1)
	out := make([]float32, rows*h)
	a.Rows(out, x.Data(), rows, h)
	shape := append(append([]int{}, x.Shape()[:len(x.Shape())-1]...), h)
	return tensor.Custom("GELU", out, shape, []*tensor.Tensor{x}, func(g []float32) { a.back(x.GradBuffer(), g, x.Data(), rows, h) })
}

// Rows computes it for rows of x into out (rows, hidden), without a tape.
func (a Activation) Rows(out, x []float32, rows, hidden int) {
	if a.Kind == "" && a.Gated {
		compute.SwiGLURows(out, x, rows, hidden)
		return
	}
	if a.Kind == "gelu_tanh" && !a.Gated {
		compute.GELU(out[:rows*hidden], x[:rows*hidden])
		return
	}
	width := a.width(hidden)
	compute.Parallel(rows, max(1, 1<<12/hidden), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			in, y := x[i*width:(i+1)*width], out[i*hidden:(i+1)*hidden]
			for j := range y {
				y[j], _ = a.at(in[j])
			}
			if a.Gated {
				for j := range y {
					y[j] *= in[hidden+j]
				}
			}
		}
	})
}

func (a Activation) width(hidden int) int {
	if a.Gated {
		return 2 * hidden
	}
	return hidden
}

// back adds to dx: act'(gate) up g for the gate and act(gate) g for up; without a gate act'(x) g.
func (a Activation) back(dx, g, x []float32, rows, hidden int) {
	width := a.width(hidden)
	compute.Parallel(rows, max(1, 1<<12/hidden), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d, in, grad := dx[i*width:(i+1)*width], x[i*width:(i+1)*width], g[i*hidden:(i+1)*hidden]
			for j, v := range grad {
				y, slope := a.at(in[j])
				if a.Gated {
					d[hidden+j] += v * y
					v *= in[hidden+j]
				}
				d[j] += v * slope
			}
		}
	})
}

// at returns the value and the slope at x.
func (a Activation) at(x float32) (y, slope float32) {
	v := float64(x)
	switch a.Kind {
	case "gelu":
		half := 0.5 * (1 + math.Erf(v/math.Sqrt2))
		return float32(v * half), float32(half + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
	case "gelu_tanh":
		const k, cube = 0.79788456080286535588, 0.044715
		t := math.Tanh(k * (v + cube*v*v*v))
		return float32(0.5 * v * (1 + t)), float32(0.5*(1+t) + 0.5*v*(1-t*t)*k*(1+3*cube*v*v))
	}
	s := 1 / (1 + math.Exp(-v))
	return float32(v * s), float32(s + v*s*(1-s))
}
