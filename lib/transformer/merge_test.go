package transformer

import (
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/stop"
)

// merged is a model into which several adapters of the same layers are merged, with one more that is not.
func merged(t *testing.T) *LM {
	t.Helper()
	m := New(tiny, 1)
	for i, name := range []string{"a", "b", "c", "d"} {
		if err := m.AddAdapter(name, nn.LoRA{Rank: 2, Alpha: 8, Targets: nn.Modules("q_proj", "down_proj"), Init: "random", Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
		if name == "d" {
			continue
		}
		if err := m.Merge(name); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// What several adapters have made of a layer is there again after the model was used without them.
func TestSeveralMergedAdaptersComeBack(t *testing.T) {
	m := merged(t)
	with, base := m.Logits(sample).Clone(), New(tiny, 1).Logits(sample)
	for range 3 {
		m.WithoutAdapters(func() {
			if d := furthest(base, m.Logits(sample)); d != 0 {
				t.Errorf("without adapters the model is %g from what it was", d)
			}
		})
		if d := furthest(with, m.Logits(sample)); d != 0 {
			t.Fatalf("with its adapters again the model is %g from what it was", d)
		}
	}
	if err := m.Unmerge("b"); err != nil {
		t.Fatal(err)
	}
	if err := m.Merge("b"); err != nil {
		t.Fatal(err)
	}
	if d := furthest(with, m.Logits(sample)); d > 1e-5 {
		t.Errorf("b taken out and merged again: %g", d)
	}
}

// A stop while weights are replaced leaves the model as it was.
func TestAStopLeavesWeightsWhole(t *testing.T) {
	defer stop.Reset()
	for name, change := range map[string]func(*LM) error{
		"Merge":    func(m *LM) error { return m.Merge("d") },
		"Unmerge":  func(m *LM) error { return m.Unmerge("a") },
		"Quantise": func(m *LM) error { return m.Quantise("int8") },
	} {
		m := merged(t)
		if name == "Quantise" {
			m = New(tiny, 1)
		}
		want := m.Logits(sample).Clone()
		stop.Request()
		func() {
			defer func() {
				if v := recover(); v != stop.ErrInterrupted {
					t.Errorf("%s ended with %v", name, v)
				}
			}()
			t.Errorf("%s was not stopped: %v", name, change(m))
		}()
		stop.Reset()
		if d := furthest(want, m.Logits(sample)); d != 0 {
			t.Errorf("%s, stopped, has changed the logits by %g", name, d)
		}
		if err := change(m); err != nil {
			t.Errorf("%s after a stop: %v", name, err)
		}
	}
}
