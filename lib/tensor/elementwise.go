package tensor

import (
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/stop"
)

// Add returns a + b with broadcasting as in numpy: axes are aligned at the end, and a size of 1 repeats. Derivative: 1 and 1.
func Add(a, b *Tensor) *Tensor {
	return binary("Add", a, b, func(x, y float32) float32 { return x + y },
		func(_, _, g float32) (float32, float32) { return g, g })
}

// Sub returns a - b. Derivative: 1 and -1.
func Sub(a, b *Tensor) *Tensor {
	return binary("Sub", a, b, func(x, y float32) float32 { return x - y },
		func(_, _, g float32) (float32, float32) { return g, -g })
}

// Mul returns the element-wise product. Derivative: b and a.
func Mul(a, b *Tensor) *Tensor {
	return binary("Mul", a, b, func(x, y float32) float32 { return x * y },
		func(x, y, g float32) (float32, float32) { return g * y, g * x })
}

// Div returns the element-wise quotient. Derivative: 1/b and -a/b^2.
func Div(a, b *Tensor) *Tensor {
	return binary("Div", a, b, func(x, y float32) float32 { return x / y },
		func(x, y, g float32) (float32, float32) { return g / y, -g * x / (y * y) })
}

// Maximum returns the element-wise larger value; the gradient goes to it, where both are equal to each by half, as in PyTorch.
func Maximum(a, b *Tensor) *Tensor {
	return binary("Maximum", a, b, func(x, y float32) float32 { return max(x, y) },
		func(x, y, g float32) (float32, float32) {
			switch {
			case x > y:
				return g, 0
			case x == y:
				return g / 2, g / 2
			}
			return 0, g
		})
}

// Minimum returns the element-wise smaller value; the gradient goes to it, where both are equal to each by half, as in PyTorch.
func Minimum(a, b *Tensor) *Tensor {
	return binary("Minimum", a, b, func(x, y float32) float32 { return min(x, y) },
		func(x, y, g float32) (float32, float32) {
			switch {
			case x < y:
				return g, 0
			case x == y:
				return g / 2, g / 2
			}
			return 0, g
		})
}

// Add returns t + b.
func (t *Tensor) Add(b *Tensor) *Tensor { return Add(t, b) }

// Sub returns t - b.
func (t *Tensor) Sub(b *Tensor) *Tensor { return Sub(t, b) }

// Mul returns the element-wise product of t and b.
func (t *Tensor) Mul(b *Tensor) *Tensor { return Mul(t, b) }

// Div returns the element-wise quotient of t and b.
func (t *Tensor) Div(b *Tensor) *Tensor { return Div(t, b) }

func binary(op string, a, b *Tensor, f func(x, y float32) float32, df func(x, y, g float32) (float32, float32)) *Tensor {
	shape := broadcast(op, a.shape, b.shape)
	ia, ib := strides(a.shape, shape), strides(b.shape, shape)
	out := result(op, shape, []*Tensor{a, b}, func(out *Tensor) {
		var ga, gb []float32
		if a.wants {
			ga = a.grads()
		}
		if b.wants {
			gb = b.grads()
		}
		each(shape, ia, ib, func(i, j, k int) {
			x, y := df(a.data[j], b.data[k], out.grad[i])
			if ga != nil {
				ga[j] += x
			}
			if gb != nil {
				gb[k] += y
			}
		})
	})
	each(shape, ia, ib, func(i, j, k int) { out.data[i] = f(a.data[j], b.data[k]) })
	return out
}

// broadcast returns the shape of the result of two shapes.
func broadcast(op string, a, b []int) []int {
	n := max(len(a), len(b))
	out := make([]int, n)
	for i := range out {
		x, y := 1, 1
		if j := i - n + len(a); j >= 0 {
			x = a[j]
		}
		if j := i - n + len(b); j >= 0 {
			y = b[j]
		}
		switch {
		case x == y || y == 1:
			out[i] = x
		case x == 1:
			out[i] = y
		default:
			fail(op, "%s and %s: %d != %d in axis %d", ShapeText(a), ShapeText(b), x, y, i)
		}
	}
	return out
}

// strides returns how far apart neighbours along each axis of shape are in a tensor that is broadcast to it.
func strides(from, shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := len(from) - 1; i >= 0; i-- {
		j := i + len(shape) - len(from)
		if from[i] != 1 {
			out[j] = step
		}
		step *= from[i]
	}
	return out
}

// each visits all elements of shape in order, with their places in two tensors.
func each(shape, sa, sb []int, f func(i, j, k int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n == 0 {
		return
	}
	index := make([]int, len(shape))
	j, k := 0, 0
	for i := range n {
		if i%watchNumbers == 0 {
			stop.Check()
		}
		f(i, j, k)
		for a := len(shape) - 1; a >= 0; a-- {
			index[a]++
			j, k = j+sa[a], k+sb[a]
			if index[a] < shape[a] {
				break
			}
			j, k = j-sa[a]*shape[a], k-sb[a]*shape[a]
			index[a] = 0
		}
	}
}

// AddScalar returns t + v.
func (t *Tensor) AddScalar(v float32) *Tensor {
	return t.unary("AddScalar", func(x float32) float32 { return x + v }, func(_, _ float32) float32 { return 1 })
}

// Scale returns v times t.
func (t *Tensor) Scale(v float32) *Tensor {
	return t.unary("Scale", func(x float32) float32 { return v * x }, func(_, _ float32) float32 { return v })
}

// Neg returns -t.
func (t *Tensor) Neg() *Tensor { return t.Scale(-1) }

// Exp returns e^t. Derivative: itself.
func (t *Tensor) Exp() *Tensor {
	return t.unary("Exp", func(x float32) float32 { return float32(math.Exp(float64(x))) }, func(_, y float32) float32 { return y })
}

// Log returns the natural logarithm. Derivative: 1/t.
func (t *Tensor) Log() *Tensor {
	return t.unary("Log", func(x float32) float32 { return float32(math.Log(float64(x))) }, func(x, _ float32) float32 { return 1 / x })
}

// Sqrt returns the square root. Derivative: 1/(2 sqrt t).
func (t *Tensor) Sqrt() *Tensor {
	return t.unary("Sqrt", func(x float32) float32 { return float32(math.Sqrt(float64(x))) }, func(_, y float32) float32 { return 0.5 / y })
}

// Pow returns t to the power p. Derivative: p t^(p-1).
func (t *Tensor) Pow(p float32) *Tensor {
	return t.unary("Pow", func(x float32) float32 { return float32(math.Pow(float64(x), float64(p))) },
		func(x, _ float32) float32 { return p * float32(math.Pow(float64(x), float64(p-1))) })
}

// Abs returns the absolute value. Derivative: the sign, 0 at 0.
func (t *Tensor) Abs() *Tensor {
	return t.unary("Abs", func(x float32) float32 { return float32(math.Abs(float64(x))) }, func(x, _ float32) float32 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	})
}

// Relu returns max(t, 0). Derivative: 1 above 0, else 0.
func (t *Tensor) Relu() *Tensor {
	return t.unary("Relu", func(x float32) float32 { return max(x, 0) }, func(x, _ float32) float32 {
		if x > 0 {
			return 1
		}
		return 0
	})
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// Sigmoid returns s(t) = 1/(1 + e^-t). Derivative: s (1 - s).
func (t *Tensor) Sigmoid() *Tensor {
	return t.unary("Sigmoid", sigmoid, func(_, y float32) float32 { return y * (1 - y) })
}

// LogSigmoid returns log s(t) = -log(1 + e^-t), without overflow. Derivative: s(-t).
func (t *Tensor) LogSigmoid() *Tensor {
	return t.unary("LogSigmoid", func(x float32) float32 {
		return float32(math.Min(float64(x), 0) - math.Log1p(math.Exp(-math.Abs(float64(x)))))
	}, func(x, _ float32) float32 { return sigmoid(-x) })
}

// Tanh returns the hyperbolic tangent. Derivative: 1 - tanh^2.
func (t *Tensor) Tanh() *Tensor {
	return t.unary("Tanh", func(x float32) float32 { return float32(math.Tanh(float64(x))) }, func(_, y float32) float32 { return 1 - y*y })
}

// SiLU returns t s(t). Derivative: s + t s (1 - s).
func (t *Tensor) SiLU() *Tensor {
	return t.unary("SiLU", func(x float32) float32 { return x * sigmoid(x) }, func(x, _ float32) float32 {
		s := sigmoid(x)
		return s + x*s*(1-s)
	})
}

// Clip limits every element to low..high. The gradient flows where it is inside, and not at low and high themselves, as in
// PyTorch 2.15.
func (t *Tensor) Clip(low, high float32) *Tensor {
	return t.unary("Clip", func(x float32) float32 { return min(max(x, low), high) }, func(x, _ float32) float32 {
		if x <= low || x >= high {
			return 0
		}
		return 1
	})
}

// unary applies f to every element; df gets the input and the output.
func (t *Tensor) unary(op string, f func(x float32) float32, df func(x, y float32) float32) *Tensor {
	out := result(op, t.shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		compute.Parallel(len(g), 1<<13, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				g[i] += out.grad[i] * df(t.data[i], out.data[i])
			}
		})
	})
	compute.Parallel(len(t.data), 1<<13, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out.data[i] = f(t.data[i])
		}
	})
	return out
}
