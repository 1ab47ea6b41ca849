package tensor

import "testing"

func TestRecomputeHasTheSameBits(t *testing.T) {
	run := func(again bool, precision string) (loss float32, grads [][]float32) {
		w, v, x := rnd(1, 8, 6).RequireGrad(), rnd(2, 6, 8).RequireGrad(), rnd(3, 4, 6).RequireGrad()
		Scope(func() {
			block := func(in []*Tensor) *Tensor {
				return in[0].Plus(Linear(Linear(in[0], w, nil).SiLU(), v, nil)).Plus(in[1])
			}
			Autocast(precision, func() {
				h, shift := x.Scale(2), x.Scale(3)
				for range 3 {
					if again {
						h = Recompute(block, h, shift)
					} else {
						h = block([]*Tensor{h, shift})
					}
				}
				out := h.Mul(h).Sum()
				loss = out.Item()
				out.Backward()
			})
		})
		return loss, [][]float32{w.grad, v.grad, x.grad}
	}
	for _, precision := range []string{Float32, BF16} {
		want, grads := run(false, precision)
		got, again := run(true, precision)
		if got != want {
			t.Errorf("%s: the loss is %v, recomputed %v", precision, want, got)
		}
		for i := range grads {
			closeTo(t, precision, again[i], grads[i], 1e-6)
		}
	}
}

func TestRecomputeOfParametersOnly(t *testing.T) {
	w, x := rnd(1, 3, 3).RequireGrad(), rnd(2, 2, 3)
	out := Recompute(func(in []*Tensor) *Tensor { return Linear(in[0], w, nil) }, x)
	out.Sum().Backward()
	want := append([]float32(nil), w.grad...)
	w.ZeroGrad()
	Linear(x, w, nil).Sum().Backward()
	closeTo(t, "the gradient", want, w.grad, 0)
	NoGrad(func() {
		if Recompute(func(in []*Tensor) *Tensor { return in[0].Scale(2) }, x).Wants() {
			t.Error("NoGrad keeps history")
		}
	})
}

func TestRecomputeGivesMemoryBack(t *testing.T) {
	w := rnd(1, 16, 16).RequireGrad()
	held := func(again bool) int {
		most := 0
		Scope(func() {
			h := rnd(2, 16, 16)
			for range 6 {
				block := func(in []*Tensor) *Tensor { return Linear(in[0], w, nil).Tanh().SiLU().Sigmoid().Exp() }
				if again {
					h = Recompute(block, h)
				} else {
					h = block([]*Tensor{h})
				}
			}
			arena.Lock()
			most = len(arena.live)
			arena.Unlock()
		})
		return most
	}
	if all, few := held(false), held(true); few > all/4 {
		t.Errorf("%d buffers are in use after the forward pass, recomputed %d", all, few)
	}
}
