package tensor

import (
	"math"
	"math/rand/v2"

	"lyceum/lib/internal/compute"
)

// SwiGLU returns SiLU(gate) * up, where gate and up are the two halves of the last axis of x (..., 2H): (..., H)
// (Shazeer 2020, arXiv:2002.05202, eq. 6).
func SwiGLU(x *Tensor) *Tensor {
	return gated("SwiGLU", x, compute.SwiGLURows, compute.SwiGLURowsBackward)
}

// GEGLU is SwiGLU with GELU (the tanh form) in place of SiLU, as in Gemma.
func GEGLU(x *Tensor) *Tensor {
	return gated("GEGLU", x, compute.GEGLURows, compute.GEGLURowsBackward)
}

func gated(op string, x *Tensor, forward func(out, x []float32, rows, hidden int), backward func(dx, dout, x []float32, rows, hidden int)) *Tensor {
	if x.Dim(-1)%2 != 0 {
		fail(op, "the last axis of %s cannot be halved", ShapeText(x.shape))
	}
	h := x.Dim(-1) / 2
	rows := x.Len() / max(2*h, 1)
	out := result(op, append(append([]int{}, x.shape[:len(x.shape)-1]...), h), []*Tensor{x}, func(out *Tensor) {
		backward(x.grads(), out.grad, x.data, rows, h)
	})
	forward(out.data, x.data, rows, h)
	return out.forgettable(func(data []float32) { forward(data, x.data, rows, h) })
}

// GELU returns t/2 (1 + tanh(sqrt(2/pi) (t + 0.044715 t^3))), the form of GPT-2 ("gelu_new", "gelu_pytorch_tanh").
func (t *Tensor) GELU() *Tensor { return t.whole("GELU", compute.GELU, compute.GELUBackward) }

// GELUErf returns t Phi(t), Phi the distribution function of the standard normal law ("gelu"). Derivative: Phi(t) + t phi(t).
func (t *Tensor) GELUErf() *Tensor {
	return t.whole("GELUErf", compute.GELUErf, compute.GELUErfBackward)
}

// whole applies a kernel to all elements.
func (t *Tensor) whole(op string, forward func(out, x []float32), backward func(dx, dout, x []float32)) *Tensor {
	out := result(op, t.shape, []*Tensor{t}, func(out *Tensor) { backward(t.grads(), out.grad, t.data) })
	forward(out.data, t.data)
	return out
}

// Softplus returns log(1 + e^t), without overflow. Derivative: s(t).
func (t *Tensor) Softplus() *Tensor {
	return t.unary("Softplus", func(x float32) float32 {
		return float32(math.Max(float64(x), 0) + math.Log1p(math.Exp(-math.Abs(float64(x)))))
	}, func(x, _ float32) float32 { return sigmoid(x) })
}

// Dropout sets each element to 0 with probability p, and divides the others by 1-p (Srivastava et al. 2014). The numbers
// come from rng in the order of the elements: the same seed drops the same ones. p is from 0 to below 1; 0 returns t.
func (t *Tensor) Dropout(p float64, rng *rand.Rand) *Tensor {
	if !(p >= 0 && p < 1) {
		fail("Dropout", "the probability is %v, it must be from 0 to below 1", p)
	}
	if p == 0 {
		return t
	}
	keep, factor := allocRaw(len(t.data)), float32(1/(1-p))
	most := uint32(p * (1 << 32))
	for i := range keep {
		keep[i] = factor
		if rng.Uint32() < most {
			keep[i] = 0
		}
	}
	out := result("Dropout", t.shape, []*Tensor{t}, func(out *Tensor) { compute.MulAdd(t.grads(), out.grad, keep) })
	compute.Mul(out.data, t.data, keep)
	return out
}
