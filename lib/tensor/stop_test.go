package tensor

import (
	"testing"
	"time"

	"lyceum/lib/stop"
)

// TestAnInterruptEndsAStepAtOnce interrupts a step that takes long, on its way back.
func TestAnInterruptEndsAStepAtOnce(t *testing.T) {
	w := Randn(NewRand(1), 256, 256).RequireGrad()
	before := append([]float32(nil), w.data...)
	loss := func(depth int) *Tensor {
		h := Randn(NewRand(2), 512, 256)
		for range depth {
			h = Linear(h, w, nil).Tanh()
		}
		return h.Sum()
	}
	loss(1).Backward() // a gradient from before
	var asked time.Time
	timer := time.AfterFunc(20*time.Millisecond, func() { asked = time.Now(); stop.Request() })
	defer timer.Stop()
	defer stop.Reset()
	ended := func() (v any) {
		defer func() { v = recover() }()
		Scope(func() {
			for range 1000 {
				before := stop.Requested()
				loss(40).Backward()
				if before {
					t.Error("a step that began after the request was taken to its end")
				}
			}
		})
		return nil
	}()
	if ended != stop.ErrInterrupted {
		t.Fatalf("the step ended with %v", ended)
	}
	if d := time.Since(asked); d > 2*time.Second { // generous: the machine may be busy
		t.Errorf("it took %v", d)
	}
	stop.Reset()
	if !equalData(w.data, before) {
		t.Error("the weights changed")
	}
	if arenaDepth() != 0 {
		t.Error("a scope is left open")
	}
	w.ZeroGrad()
	loss(2).Backward()
	want := append([]float32(nil), w.grad...)
	w.grad = nil
	loss(2).Backward()
	if !equalData(w.grad, want) {
		t.Error("the interrupt left something behind")
	}
}
