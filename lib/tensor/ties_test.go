package tensor

import "testing"

// Where two values are equal, or one is at a bound, the derivative is a choice; these are PyTorch's (2.15), which decide what a
// clipped loss does at a ratio of 1 when a bound is 1.
func TestGradientsAtTiesAreThoseOfPyTorch(t *testing.T) {
	clipped := func(x *Tensor, low, high, a float32) *Tensor { return Minimum(x.Scale(a), x.Clip(low, high).Scale(a)) }
	for name, c := range map[string]struct {
		f    func(x *Tensor) *Tensor
		want float32
	}{
		"clamp(x, 1, 2)":         {func(x *Tensor) *Tensor { return x.Clip(1, 2) }, 0},
		"clamp(x, 0.5, 1)":       {func(x *Tensor) *Tensor { return x.Clip(0.5, 1) }, 0},
		"clamp(x, 1, 1)":         {func(x *Tensor) *Tensor { return x.Clip(1, 1) }, 0},
		"clamp(x, 0.8, 1.2)":     {func(x *Tensor) *Tensor { return x.Clip(0.8, 1.2) }, 1},
		"min(x, 1)":              {func(x *Tensor) *Tensor { return Minimum(x, From([]float32{1})) }, 0.5},
		"max(x, 1)":              {func(x *Tensor) *Tensor { return Maximum(x, From([]float32{1})) }, 0.5},
		"min(2x, 2clamp)":        {func(x *Tensor) *Tensor { return clipped(x, 0.8, 1.2, 2) }, 2},
		"min(2x, 2clamp to 1)":   {func(x *Tensor) *Tensor { return clipped(x, 1, 1, 2) }, 1},
		"min(-2x, -2clamp to 1)": {func(x *Tensor) *Tensor { return clipped(x, 0.8, 1, -2) }, -1},
	} {
		x := From([]float32{1}).RequireGrad()
		c.f(x).Sum().Backward()
		if g := x.Grad().Data()[0]; g != c.want {
			t.Errorf("%s has the gradient %v at x = 1, in PyTorch %v", name, g, c.want)
		}
	}
}
