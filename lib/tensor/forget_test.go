package tensor

import "testing"

func TestForgottenResultsHaveTheSameBits(t *testing.T) {
	run := func(forget bool) (held int, grads [][]float32) {
		w, v, scale, x := rnd(1, 8, 12).RequireGrad(), rnd(2, 24, 8).RequireGrad(), rnd(3, 12).RequireGrad(), rnd(4, 5, 12).RequireGrad()
		ids := []int32{3, 1, 1, 0, 4, 2}
		Scope(func() {
			h := x.Scale(2)
			for range 3 {
				normed := RMSNorm(h, scale, 1e-5)
				centred := LayerNorm(h, scale, nil, 1e-5)
				rows := Embedding(Linear(normed.Plus(centred), w, nil), ids[:5])
				wide := Linear(rows, v, nil)
				bent := SwiGLU(wide)
				h = h.Plus(bent)
				for _, r := range []*Tensor{normed, centred, rows, bent} {
					if forget {
						r.Forget()
					}
				}
			}
			arena.Lock()
			held = len(arena.live)
			arena.Unlock()
			h.Mul(h).Sum().Backward()
		})
		return held, [][]float32{w.grad, v.grad, scale.grad, x.grad}
	}
	all, want := run(false)
	few, got := run(true)
	for i := range want {
		closeTo(t, "the gradient", got[i], want[i], 0)
	}
	if few != all-12 {
		t.Errorf("%d buffers are in use after the forward pass, %d with four results of each layer forgotten", all, few)
	}
}

func TestForgetLeavesAloneWhatOthersRead(t *testing.T) {
	x := rnd(1, 4, 6).RequireGrad()
	Scope(func() {
		shared, other, alone := SwiGLU(x), Linear(x, rnd(2, 3, 6), nil), SwiGLU(x)
		view := shared.Reshape(12)
		want := append([]float32(nil), alone.Data()...)
		for _, r := range []*Tensor{shared, other, alone} {
			r.Forget()
		}
		if !alone.gone || shared.gone || other.gone {
			t.Errorf("forgotten: %v, %v, %v; only what nothing shares and is cheap should be", alone.gone, shared.gone, other.gone)
		}
		closeTo(t, "the view", view.Data(), want, 0)
		if alone.Len() != 12 || !alone.gone {
			t.Errorf("forgotten, it has %d elements of 12", alone.Len())
		}
		closeTo(t, "what is computed from it later", alone.Scale(1).Data(), want, 0)
		alone.Forget()
		closeTo(t, "a view of it", alone.Reshape(12).Data(), want, 0)
		closeTo(t, "the result itself", alone.Data(), want, 0)
	})
	outside := SwiGLU(x)
	if outside.Forget(); outside.gone {
		t.Error("there is nowhere to give memory back to outside of a Scope")
	}
}
