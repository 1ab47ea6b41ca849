package tensor

import (
	"fmt"
	"math"
	"testing"
)

// The derivative of every operation is compared with central differences of the fourth order, in float64 but for the operation
// itself. What is left is the rounding of its result, divided by the step, and step^4/30 of its fifth derivative.
const (
	step      = 1.0 / 64
	tolerance = 2e-4
)

// gradCheck compares the gradients of the sum of f's result, weighted so that elements differ, with differences.
func gradCheck(t *testing.T, name string, f func(in []*Tensor) *Tensor, in ...*Tensor) {
	t.Helper()
	for _, e := range gradErrors(f, in...) {
		t.Errorf("%s: %s", name, e)
	}
}

// gradErrors lists where they differ.
func gradErrors(f func(in []*Tensor) *Tensor, in ...*Tensor) (out []string) {
	weight := func(i int) float32 { return float32(math.Sin(float64(3*i+1))) + 0.2 }
	loss := func() (sum float64) {
		for i, x := range f(in).data {
			sum += float64(x) * float64(weight(i))
		}
		return sum
	}
	for _, x := range in {
		x.RequireGrad()
	}
	y := f(in)
	w := New(y.Shape()...)
	for i := range w.data {
		w.data[i] = weight(i)
	}
	y.Mul(w).Sum().Backward()
	for n, x := range in {
		for i := range x.data {
			want, got := difference(&x.data[i], loss), float64(x.grad[i])
			if !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
				out = append(out, fmt.Sprintf("input %d element %d: gradient %v, difference %v", n, i, got, want))
			}
		}
	}
	return out
}

// difference is the derivative of f by x.
func difference(x *float32, f func() float64) float64 {
	old := *x
	defer func() { *x = old }()
	slope := func(h float32) float64 {
		up, down := old+h, old-h
		*x = up
		a := f()
		*x = down
		return (a - f()) / (float64(up) - float64(down))
	}
	return (4*slope(step) - slope(2*step)) / 3
}

func rnd(seed uint64, shape ...int) *Tensor { return Randn(NewRand(seed), shape...) }

// positive numbers, away from zero.
func pos(seed uint64, shape ...int) *Tensor {
	t := Rand(NewRand(seed), shape...)
	for i := range t.data {
		t.data[i] += 0.5
	}
	return t
}

func TestGradients(t *testing.T) {
	one := func(f func(*Tensor) *Tensor) func([]*Tensor) *Tensor {
		return func(in []*Tensor) *Tensor { return f(in[0]) }
	}
	two := func(f func(a, b *Tensor) *Tensor) func([]*Tensor) *Tensor {
		return func(in []*Tensor) *Tensor { return f(in[0], in[1]) }
	}
	for _, b := range []struct {
		name string
		f    func(a, b *Tensor) *Tensor
	}{{"Add", Add}, {"Sub", Sub}, {"Mul", Mul}} {
		gradCheck(t, b.name, two(b.f), rnd(1, 2, 3), rnd(2, 2, 3))
		gradCheck(t, b.name+" broadcast", two(b.f), rnd(1, 2, 1, 3), rnd(2, 4, 1))
		gradCheck(t, b.name+" scalar", two(b.f), rnd(1), rnd(2, 3))
	}
	gradCheck(t, "Div", two(Div), rnd(3, 2, 3), pos(4, 3))
	gradCheck(t, "Maximum", two(Maximum), From([]float32{1, -1, 2}), From([]float32{0, 1, 3}))
	gradCheck(t, "Minimum", two(Minimum), From([]float32{1, -1, 2}), From([]float32{0, 1, 3}))
	for name, f := range map[string]func(*Tensor) *Tensor{
		"AddScalar": func(x *Tensor) *Tensor { return x.AddScalar(2) }, "Scale": func(x *Tensor) *Tensor { return x.Scale(-3) }, "Neg": (*Tensor).Neg,
		"Exp": (*Tensor).Exp, "Sigmoid": (*Tensor).Sigmoid, "LogSigmoid": (*Tensor).LogSigmoid, "Tanh": (*Tensor).Tanh, "SiLU": (*Tensor).SiLU,
		"Transpose": func(x *Tensor) *Tensor { return x.Transpose(0, 1) }, "T": (*Tensor).T, "Reshape": func(x *Tensor) *Tensor { return x.Reshape(-1) },
		"Slice": func(x *Tensor) *Tensor { return x.Slice(1, 3) }, "Index": func(x *Tensor) *Tensor { return x.Index(1) },
		"Concat": func(x *Tensor) *Tensor { return Concat(x, x.Scale(2)) }, "Gather": func(x *Tensor) *Tensor { return x.Gather([]int32{1, -1, 0}) },
		"Sum": (*Tensor).Sum, "Mean": (*Tensor).Mean, "SumAxis 0": func(x *Tensor) *Tensor { return x.SumAxis(0) }, "SumAxis 1": func(x *Tensor) *Tensor { return x.SumAxis(1) },
		"MeanAxis": func(x *Tensor) *Tensor { return x.MeanAxis(-1) }, "Softmax": (*Tensor).Softmax, "LogSoftmax": (*Tensor).LogSoftmax,
		"Embedding": func(x *Tensor) *Tensor { return Embedding(x, []int32{2, 0, 2}) }, "SwiGLU": SwiGLU,
		"Clip": func(x *Tensor) *Tensor { return x.Clip(-10, 10) }, "Relu": func(x *Tensor) *Tensor { return x.Scale(1).AddScalar(5).Relu() }, "Abs": func(x *Tensor) *Tensor { return x.AddScalar(5).Abs() },
	} {
		gradCheck(t, name, one(f), rnd(5, 3, 4))
	}
	for name, f := range map[string]func(*Tensor) *Tensor{"Log": (*Tensor).Log, "Sqrt": (*Tensor).Sqrt, "Pow": func(x *Tensor) *Tensor { return x.Pow(1.7) }} {
		gradCheck(t, name, one(f), pos(6, 3, 4))
	}
	gradCheck(t, "MatMul", two(MatMul), rnd(7, 2, 3), rnd(8, 3, 4))
	gradCheck(t, "MatMul shared", two(MatMul), rnd(7, 2, 2, 3), rnd(8, 3, 4))
	gradCheck(t, "MatMul batched", two(MatMul), rnd(7, 2, 2, 3), rnd(8, 2, 3, 2))
	gradCheck(t, "Linear", func(in []*Tensor) *Tensor { return Linear(in[0], in[1], in[2]) }, rnd(9, 2, 3), rnd(10, 4, 3), rnd(11, 4))
	gradCheck(t, "RMSNorm", func(in []*Tensor) *Tensor { return RMSNorm(in[0], in[1], 1e-5) }, rnd(12, 3, 8), rnd(13, 8))
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	gradCheck(t, "Attention", func(in []*Tensor) *Tensor { return Attention(in[0], h, 2, 3, nil) }, rnd(14, 6, h.Width()))
	gradCheck(t, "Attention with documents", func(in []*Tensor) *Tensor { return Attention(in[0], h, 1, 5, []int32{0, 0, 1, 1, -1}) }, rnd(15, 5, h.Width()))
	gradCheck(t, "NLL", func(in []*Tensor) *Tensor { return NLL(in[0], in[1], []int32{0, -1, 4}) }, rnd(16, 3, 6), rnd(17, 5, 6))
}

func TestRotaryGradient(t *testing.T) {
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	cos, sin := RotaryTable(3, 4, 10000)
	gradCheck(t, "Rotary", func(in []*Tensor) *Tensor { return Rotary(in[0].Scale(1), h, cos, sin, nil, 3) }, rnd(18, 6, h.Width()))
}

// A derivative that is a thousandth off is noticed.
func TestAWrongDerivativeIsNoticed(t *testing.T) {
	for factor, wrong := range map[float32]bool{2: false, 2.002: true} {
		errs := gradErrors(func(in []*Tensor) *Tensor {
			return in[0].unary("square", func(x float32) float32 { return x * x }, func(x, _ float32) float32 { return factor * x })
		}, From([]float32{1, -2, 3}))
		if (len(errs) > 0) != wrong {
			t.Errorf("%v x for the derivative of x^2: %v", factor, errs)
		}
	}
}

func TestGradientsAddUp(t *testing.T) {
	w := From([]float32{1, -2, 3}).RequireGrad()
	w.Mul(w).Sum().Backward()
	if want := []float32{2, -4, 6}; !equalData(w.grad, want) {
		t.Errorf("gradient of w^2 is %v, want %v", w.grad, want)
	}
	w.Mul(w).Sum().Backward()
	if want := []float32{4, -8, 12}; !equalData(w.grad, want) {
		t.Errorf("a second Backward should add: %v, want %v", w.grad, want)
	}
	w.ZeroGrad()
	NoGrad(func() {
		if w.Mul(w).Wants() {
			t.Error("NoGrad keeps history")
		}
	})
	if w.Detach().Mul(w.Detach()).Wants() {
		t.Error("Detach keeps history")
	}
}

func equalData(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
