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
		for _, adapter := range []nn.AdapterConfig{nil, nn.LoRA{}, nn.LoRA{Rank: 16, Targets: nn.AllLinear}, nn.LoRA{Targets: nn.AllLinear, Dropout: 0.1}, nn.LoRA{Targets: nn.AllLinear, DoRA: true}, nn.IA3{}} {
			m := New(small, 1)
			m.Recompute = s.Recompute
			s.Trained = 0
			s.Adapter = 0
			if adapter != nil {
				if err := m.AddAdapter("a", adapter); err != nil {
					t.Fatal(err)
				}
				if err := m.SetAdapters("a"); err != nil {
					t.Fatal(err)
				}
				for _, p := range m.Trainable() {
					s.Trained += p.Value.Len()
				}
				s.Adapter = m.AdapterNumbers()
				m.Train(1)
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
				t.Errorf("%+v, adapter %+v: %.0f bytes of buffers, estimated %.0f", s, adapter, got, want)
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
	err := c.checkMemory(s, 4<<30)
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

// What the optimiser keeps and what sequences being drawn hold are part of the estimate.
func TestStepBytesCountsStateAndCache(t *testing.T) {
	c := Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 8192, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	n := int64(c.NumParams())
	plain := StepShape{Rows: 2, Length: 256}
	adam := c.StepBytes(plain)
	for name, x := range map[string]struct {
		change func(s *StepShape)
		more   int64
	}{
		"no state":            {func(s *StepShape) { s.State = -1 }, -8 * n},
		"one moment":          {func(s *StepShape) { s.State = 4 * n }, -4 * n},
		"64 sequences":        {func(s *StepShape) { s.Drawn = 64 }, 64 * (256*30*2*192*4 + 4*49152)},
		"8 sequences":         {func(s *StepShape) { s.Drawn = 8 }, 8 * (256*30*2*192*4 + 4*49152)},
		"they take turns":     {func(s *StepShape) { s.Drawn = 5000 }, 64 * (256*30*2*192*4 + 4*49152)},
		"drawn, and no state": {func(s *StepShape) { s.Drawn, s.State = 8, -1 }, 8*(256*30*2*192*4+4*49152) - 8*n},
	} {
		s := plain
		x.change(&s)
		if got := c.StepBytes(s) - adam; got != x.more {
			t.Errorf("%s: %d bytes more, want %d", name, got, x.more)
		}
	}
	if a, b := c.Slots(1), c.Slots(1<<20); a != 64 || b != 1 {
		t.Errorf("%d slots for short sequences, %d for endless ones", a, b)
	}
}
