package tensor

import (
	"math"
	"strings"
	"testing"
)

var inf, nan = float32(math.Inf(1)), float32(math.NaN())

// Backward of what is not finite says where that came from.
func TestBackwardSaysWhereNaNComesFrom(t *testing.T) {
	x := func(v ...float32) *Tensor { return From(v).RequireGrad() }
	mask := From([]float32{0, 0, 0})
	for name, c := range map[string]struct {
		f    func() *Tensor
		want []string
	}{
		"exp":      {func() *Tensor { return x(1, 100, 2).Exp().Scale(2).Sum() }, []string{"the result is +Inf", "Exp of shape (3)", "reaches 100"}},
		"log":      {func() *Tensor { return x(1, -2, 2).Log().Neg().Sum() }, []string{"NaN", "Log", "0 or less", "-2"}},
		"log of 0": {func() *Tensor { return x(1, 0, 2).Log().Sum() }, []string{"-Inf", "Log", "0 or less"}},
		"no mask":  {func() *Tensor { return x(1, 2, 3).Mul(mask).Sum().Div(mask.Sum()) }, []string{"NaN", "Div", "divides by 0"}},
		"data":     {func() *Tensor { return x(1, 2, 3).Mul(From([]float32{1, inf, 2})).Sum() }, []string{"+Inf", "a tensor of shape (3)", "before any operation"}},
		"weight": {func() *Tensor {
			return MatMul(From([]float32{1, 2}, 1, 2), From([]float32{1, nan}, 2, 1).RequireGrad()).Sum()
		}, []string{"NaN", "a tensor of shape (2,1)"}},
		"inf minus inf": {func() *Tensor { y := x(1, 200, 2).Exp(); return y.Sub(y.Scale(1)).Sum() }, []string{"NaN", "Exp", "reaches 200"}},
		"large": {func() *Tensor {
			y := From([]float32{1e20, 1e20}, 1, 2).RequireGrad()
			return MatMul(y, From([]float32{1e20, 1e20}, 2, 1)).Sum()
		}, []string{"+Inf", "MatMul", "1e+20"}},
		"softmax": {func() *Tensor { return x(inf, 1, 2).Softmax().Sum() }, []string{"NaN", "a tensor of shape (3)"}},
	} {
		func() {
			defer func() {
				e, ok := recover().(*NotFinite)
				if !ok {
					t.Errorf("%s: no NotFinite", name)
					return
				}
				for _, w := range c.want {
					if !strings.Contains(e.Error(), w) {
						t.Errorf("%s: %q is missing in %q", name, w, e.Error())
					}
				}
			}()
			c.f().Backward()
		}()
	}
}

// DetectAnomaly finds the derivative that is not finite although the result is.
func TestDetectAnomaly(t *testing.T) {
	for name, c := range map[string]struct {
		f    func() *Tensor
		want string
	}{
		"sqrt": {func() *Tensor { return From([]float32{4, 0}).RequireGrad().Sqrt().Sum() }, "the derivative of Sqrt"},
		"norm": {func() *Tensor { y := From([]float32{0, 0}).RequireGrad(); return y.Mul(y).Sum().Sqrt() }, "the derivative of Sqrt"},
		"div":  {func() *Tensor { return Div(From([]float32{1}), From([]float32{1e-22}).RequireGrad()).Sum() }, "the derivative of Div"},
	} {
		func() {
			defer func() {
				if e, ok := recover().(*NotFinite); !ok || !strings.Contains(e.Error(), c.want) {
					t.Errorf("%s: %v", name, e)
				}
			}()
			DetectAnomaly(func() { c.f().Backward() })
		}()
	}
	y := From([]float32{4, 0}).RequireGrad()
	y.Sqrt().Sum().Backward() // outside, it goes through
	if y.FiniteGrad() || y.SoundGrad() {
		t.Error("the gradient should be infinite")
	}
	y.ZeroGrad()
	y.Sum().Backward()
	if !y.SoundGrad() {
		t.Error("the gradient is finite")
	}
	y.GradBuffer()[0] = nan
	if y.SoundGrad() {
		t.Error("a change of the gradient was not seen")
	}
	y.GradBuffer()[0] = 1e30
	if !y.SoundGrad() {
		t.Error("a large gradient is not an infinite one")
	}
}
