package transformer

import (
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// TestStepBytesIsNearTheTruth compares the estimate with what a step leaves in the store of buffers.
func TestStepBytesIsNearTheTruth(t *testing.T) {
	const quarter = 0.25
	small := Config{Vocab: 300, Dim: 64, Layers: 6, Heads: 4, KVHeads: 2, HeadDim: 16, Hidden: 160, Context: 64, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	for _, s := range []StepShape{{Rows: 4, Length: 64}, {Rows: 4, Length: 64, Recompute: true}, {Rows: 2, Length: 32}} {
		for _, adapter := range []bool{false, true} {
			m := New(small, 1)
			m.Recompute = s.Recompute
			s.Trained = 0
			if adapter {
				if err := m.AddAdapter("a", nn.LoRA{}); err != nil {
					t.Fatal(err)
				}
				if err := m.SetAdapters("a"); err != nil {
					t.Fatal(err)
				}
				for _, p := range m.Trainable() {
					s.Trained += p.Value.Len()
				}
			}
			ids := make([]int32, s.Rows*s.Length) // no two rows begin alike: what they share is there once
			for i := range ids {
				ids[i] = int32(i)
			}
			tensor.FreeScopes()
			tensor.Scope(func() { m.NLL(Batch{IDs: ids, Rows: s.Rows, Length: s.Length}, ids).Sum().Backward() })
			trained := s.Trained
			if trained == 0 {
				trained = small.NumParams()
			}
			got, want := float64(tensor.ScopeBytes()), float64(small.StepBytes(s)-12*int64(trained))
			if got > want*(1+quarter) || got < want*(1-quarter) {
				t.Errorf("%+v, adapter %v: %.0f bytes of buffers, estimated %.0f", s, adapter, got, want)
			}
		}
	}
	tensor.FreeScopes()
}

func TestCheckMemory(t *testing.T) {
	c := Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 8192, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	s := StepShape{Rows: 16, Length: 1024}
	if err := c.checkMemory(s, 1<<40); err != nil {
		t.Error(err)
	}
	if err := c.checkMemory(s, 0); err != nil {
		t.Error("unknown free memory must not stop a run:", err)
	}
	err := c.checkMemory(s, 4e9)
	for _, want := range []string{"a step of 16 x 1024 tokens needs about", "4.0 GB are free", "a batch of 1 with gradient accumulation", "gradient checkpointing", "LoRA"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q is missing", err, want)
		}
	}
	s.Recompute, s.Trained, s.Rows = true, 1000, 1
	if err := c.checkMemory(s, 1e6); err == nil || strings.Contains(err.Error(), "LoRA") || strings.Contains(err.Error(), "batch of 1") {
		t.Errorf("%v: what is done already must not be recommended", err)
	}
	long, longer := StepShape{Rows: 1, Length: 4096}, StepShape{Rows: 1, Length: 8192}
	if a, b := c.StepBytes(long)-12*134515008, c.StepBytes(longer)-12*134515008; float64(b) > 2.01*float64(a) {
		t.Errorf("memory should be linear in the length: %d and %d", a, b)
	}
}
