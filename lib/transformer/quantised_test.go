package transformer

import (
	"math"
	"strings"
	"testing"

	"lyceum/lib/nn"
)

// A quantised base: adapters are trained on it, and everything else holds for the values that it stores.
func TestQuantisedBase(t *testing.T) {
	for _, kind := range []string{"bf16", "int8", "int4"} {
		m := New(tiny, 1)
		before := m.Logits(sample)
		if err := m.Quantise(kind); err != nil {
			t.Fatal(err)
		}
		if d := furthest(before, m.Logits(sample)); d == 0 || d > 0.2 || m.Quantised() != kind {
			t.Errorf("%s: the logits move by %g", kind, d)
		}
		if d := furthest(m.Dense().Logits(sample), m.Logits(sample)); d > 1e-5 {
			t.Errorf("%s: in float32 again the logits differ by %g", kind, d)
		}
		for name, c := range map[string]nn.AdapterConfig{"lora": nn.LoRA{Rank: 3, Targets: nn.AllLinear, Init: "random"}, "dora": nn.LoRA{DoRA: true, Rank: 2, Init: "random"}, "ia3": nn.IA3{Init: "random"}} {
			if err := m.AddAdapter(name, c); err != nil {
				t.Fatal(err)
			}
			m.SetAdapters(name)
			with := m.Logits(sample)
			with.Sum().Backward()
			for _, p := range m.Trainable() {
				if p.Value.Grad() == nil {
					t.Errorf("%s, %s: %s has no gradient", kind, name, p.Name)
				}
			}
			row := []int32{1, 5, 9, 2, 16}
			z := m.NewCache(1, 16).Prefill(0, row)
			for v := range tiny.Vocab { // the decoder rounds activations too
				if a, b := z.Data()[v], with.Data()[4*tiny.Vocab+v]; math.Abs(float64(a-b)) > 0.05 {
					t.Fatalf("%s, %s: cached %v, uncached %v", kind, name, a, b)
				}
			}
			if d := furthest(with, m.Clone().Logits(sample)); d != 0 {
				t.Errorf("%s, %s: a copy differs by %g", kind, name, d)
			}
			if err := m.Merge(name); err != nil {
				t.Fatal(err)
			}
			if d := furthest(with, m.Logits(sample)); d > 1e-5 {
				t.Errorf("%s, %s: merged differs by %g", kind, name, d)
			}
			if err := m.Unmerge(name); err != nil || m.Quantised() != kind {
				t.Error(err, m.Quantised())
			}
		}
	}
	if err := New(tiny, 1).Quantise("int3"); err == nil || !strings.Contains(err.Error(), "qkv_proj") {
		t.Error(err)
	}
}

// Two adapters on one base, each as a model of its own.
func TestShare(t *testing.T) {
	m := New(tiny, 1)
	before := m.Logits(sample)
	a, b := m.Share(), m.Share()
	for i, x := range []*LM{a, b} {
		if err := x.AddAdapter("x", nn.LoRA{Init: "random", Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
		x.Logits(sample).Sum().Backward()
	}
	if furthest(a.Logits(sample), b.Logits(sample)) == 0 || furthest(before, m.Logits(sample)) != 0 {
		t.Error("each has its own adapter and the base none")
	}
	if &a.Embed.Data()[0] != &m.Embed.Data()[0] || m.Embed.Grad() != nil || !m.Embed.Wants() {
		t.Error("the weights are the same memory, and those of the base still want gradients")
	}
	a.Merge("x")
	if furthest(before, m.Logits(sample)) != 0 {
		t.Error("merging changes the shared weights")
	}
}
