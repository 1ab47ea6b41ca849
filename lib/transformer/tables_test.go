package transformer

import (
	"math"
	"slices"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// dropTolerance is what float32 leaves between two orders of adding up.
const dropTolerance = 1e-5

func apart(a, b []float32) (most float64) {
	for i := range a {
		most = max(most, math.Abs(float64(a[i]-b[i])))
	}
	return most
}

// DoRA divides by the norm that its magnitude begins with: until it is trained it is LoRA, with dropout too, and with the
// same random numbers.
func TestDoRABeginsAsLoRAUnderDropout(t *testing.T) {
	c := tiny
	c.Family, c.QKVBias = "qwen2", true
	both := [2][]float32{}
	gradients := [2]map[string][]float32{{}, {}}
	for i, dora := range []bool{false, true} {
		m := New(c, 1)
		if err := m.AddAdapter("a", nn.LoRA{Rank: 3, Init: "random", DoRA: dora, Dropout: 0.5, Targets: nn.Modules("q_proj", "v_proj", "down_proj"), Seed: 4}); err != nil {
			t.Fatal(err)
		}
		m.Train(7)
		z := m.Logits(sample)
		both[i] = slices.Clone(z.Data())
		z.Mul(z).Sum().Backward()
		for _, p := range m.Trainable() {
			gradients[i][p.Name] = slices.Clone(p.Value.Grad().Data())
		}
		m.Eval()
		if d := apart(both[i], m.Logits(sample).Data()); d < 1e-3 {
			t.Errorf("dropout changes the logits by %v only", d)
		}
	}
	if d := apart(both[0], both[1]); d > dropTolerance {
		t.Errorf("logits are %v apart", d)
	}
	for name, g := range gradients[0] {
		if d := apart(g, gradients[1][name]); d > 1e-3 { // squares of logits near 1 make gradients of some hundreds
			t.Errorf("%s: gradients are %v apart", name, d)
		}
	}
}

// At the output layer dropout acts on the states that A sees, and on nothing else.
func TestDropoutBeforeTheOutputLayer(t *testing.T) {
	m := New(tiny, 1)
	if err := m.AddAdapter("a", nn.LoRA{Rank: 3, Alpha: 6, Init: "random", Dropout: 0.5, Targets: nn.Modules("lm_head")}); err != nil {
		t.Fatal(err)
	}
	var hidden *tensor.Tensor
	m.WithoutAdapters(func() { hidden = m.Hidden(sample) })
	a, b := m.Trainable()[0].Value, m.Trainable()[1].Value
	want := tensor.Linear(hidden, m.Head, nil).Plus(tensor.Linear(tensor.Linear(hidden.Dropout(0.5, tensor.NewRand(9)), a, nil), b, nil).Scale(2))
	m.Train(9)
	dropped := m.Logits(sample)
	m.Eval()
	whole := m.Logits(sample)
	for i, segment := range sample.Segments {
		if segment < 0 {
			continue // padding
		}
		row := func(z *tensor.Tensor) []float32 { return z.Slice(i, i+1).Data() }
		if d := apart(row(dropped), row(want)); d > dropTolerance {
			t.Errorf("token %d: logits are %v apart", i, d)
		}
		if d := apart(row(dropped), row(whole)); d < 1e-3 {
			t.Errorf("token %d: dropout changes the logits by %v only", i, d)
		}
	}
}

// What is merged is what a file of the model gets, also of modules that the adapter has of its own; another adapter that is on
// does not show.
func TestMergedParameters(t *testing.T) {
	for _, kind := range []string{"saved", "tables", "embedding"} {
		m := adapted(t, kind)
		stir(m)
		want := slices.Clone(m.Logits(sample).Data())
		before, tied := m.Merged()
		if !tied || len(before) != len(m.Params()) {
			t.Errorf("%s: before Merge %d parameters and tied %v", kind, len(before), tied)
		}
		if err := m.Merge("a"); err != nil {
			t.Fatal(err)
		}
		if err := m.AddAdapter("b", nn.LoRA{Init: "random", ModulesToSave: []string{"lm_head"}}); err != nil {
			t.Fatal(err)
		}
		if err := m.SetAdapters("b"); err != nil {
			t.Fatal(err)
		}
		stir(m)
		params, tied := m.Merged()
		if tied {
			t.Errorf("%s: the two tables have parted", kind)
		}
		c := m.Config
		c.Tied = false
		n := Empty(c)
		for i, p := range n.Params() {
			if p.Name != params[i].Name {
				t.Fatalf("%s: %s where %s should be", kind, params[i].Name, p.Name)
			}
			copy(p.Value.Data(), params[i].Value.Data())
		}
		if d := apart(n.Logits(sample).Data(), want); d > 2e-5 {
			t.Errorf("%s: a model of the merged parameters is %v apart", kind, d)
		}
		if d := apart(m.Share().Logits(sample).Data(), want); d > 2e-5 {
			t.Errorf("%s: a model that shares them is %v apart", kind, d)
		}
	}
}

// Two adapters on the embedding add up; a clone has what the original has.
func TestTablesOfSeveralAdapters(t *testing.T) {
	m := adapted(t, "tables")
	if err := m.AddAdapter("b", nn.LoRA{Rank: 2, Init: "random", Targets: nn.Modules("embed_tokens")}); err != nil {
		t.Fatal(err)
	}
	if err := m.SetAdapters("a", "b"); err != nil {
		t.Fatal(err)
	}
	stir(m)
	ids := []int32{3, 8, 3}
	x := m.embedded(ids)
	want := tensor.Embedding(m.Embed, ids)
	for _, n := range []string{"a", "b"} {
		p := m.Adapter(n).Tables[0]
		delta := p.Merged(m.Embed).Sub(m.Embed)
		want = want.Plus(tensor.Embedding(delta, ids))
	}
	if d := apart(x.Data(), want.Data()); d > dropTolerance {
		t.Errorf("embeddings are %v apart", d)
	}
	if d := apart(m.Clone().Logits(sample).Data(), m.Logits(sample).Data()); d != 0 {
		t.Errorf("the clone is %v apart", d)
	}
}
