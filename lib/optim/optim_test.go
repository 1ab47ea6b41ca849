package optim

import (
	"math"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

func TestFirstStepOfAdamIsTheSignTimesTheRate(t *testing.T) {
	// With bias correction the first step is lr * g / (|g| + eps): by hand, 1 - 0.1 and -2 + 0.1.
	w := tensor.From([]float32{1, -2}).RequireGrad()
	o := NewAdamW([]nn.Param{{Name: "w", Value: w}})
	w.Mul(tensor.From([]float32{3, -5})).Sum().Backward()
	o.Step(0.1, 1)
	if math.Abs(float64(w.At(0))-0.9) > 1e-6 || math.Abs(float64(w.At(1))+1.9) > 1e-6 {
		t.Errorf("%v", w)
	}
}

func TestDecay(t *testing.T) {
	for name, want := range map[string]bool{"model.layers.0.self_attn.q_proj.weight": true, "model.layers.0.input_layernorm.weight": false, "model.norm.weight": false,
		"model.layers.0.self_attn.q_proj.bias": false, "model.layers.0.self_attn.q_norm.weight": false, "model.embed_tokens.weight": true} {
		if Decays(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	a, b := tensor.From([]float32{1}).RequireGrad(), tensor.From([]float32{1}).RequireGrad()
	o := NewAdamW([]nn.Param{{Name: "a.weight", Value: a}, {Name: "b.bias", Value: b}})
	o.WeightDecay = 0.5
	tensor.Concat(a, b).Scale(0).Sum().Backward()
	o.Step(0.1, 1)
	if math.Abs(float64(a.Item())-0.95) > 1e-6 || b.Item() != 1 {
		t.Errorf("weight %v, bias %v", a.Item(), b.Item())
	}
}

func TestClip(t *testing.T) {
	w := tensor.From([]float32{0, 0}).RequireGrad()
	w.Mul(tensor.From([]float32{3, 4})).Sum().Backward()
	ps := []nn.Param{{Name: "w", Value: w}}
	if norm, scale := Clip(ps, 1); norm != 5 || math.Abs(scale-0.2) > 1e-6 {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if _, scale := Clip(ps, 10); scale != 1 {
		t.Errorf("a small gradient is scaled by %v", scale)
	}
	if _, scale := Clip(ps, 0); scale != 1 {
		t.Errorf("no clipping scales by %v", scale)
	}
}

func TestSchedules(t *testing.T) {
	l := Linear(1, 2)
	for step, want := range []float64{0, 0.5, 1, 0.75, 0.5, 0.25} {
		if got := l(step, 6); math.Abs(got-want) > 1e-12 {
			t.Errorf("linear, step %d: %v, want %v", step, got, want)
		}
	}
	if c := Cosine(1, 0); c(0, 10) != 1 || math.Abs(c(5, 10)-0.5) > 1e-12 || c(10, 10) > 1e-12 {
		t.Error("cosine")
	}
	if c := Constant(1, 4); c(2, 10) != 0.5 || c(9, 10) != 1 {
		t.Error("constant")
	}
	if _, err := ScheduleByName("sine", 1, 0); err == nil {
		t.Error("an unknown schedule is no error")
	}
}
