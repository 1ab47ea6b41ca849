package transformer

import (
	"math"
	"testing"

	"lyceum/lib/internal/golden"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

var tiny = Config{Vocab: 17, Dim: 16, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 16, RopeTheta: 10000, NormEps: 1e-5, Tied: true}

// Tolerances against PyTorch: logits absolute; loss and gradient norm relative, looser after Adam's first steps, which
// divide small gradients by themselves.
const (
	logitTolerance = 1e-5
	firstStep      = 1e-5
	laterSteps     = 1e-4
)

// goldenModel fills a model with the golden weights.
func goldenModel(t *testing.T, g golden.Values) *LM {
	t.Helper()
	m := New(tiny, 1)
	for _, p := range m.Params() {
		at := 0
		if len(p.Parts) == 0 {
			at = copy(p.Value.Data(), g.Model.Weights[p.Name])
		}
		for _, part := range p.Parts {
			at += copy(p.Value.Data()[at:], g.Model.Weights[part.Name])
		}
		if at != p.Value.Len() {
			t.Fatalf("%s: %d of %d values", p.Name, at, p.Value.Len())
		}
	}
	return m
}

func goldenBatch(g golden.Values) Batch {
	rows := make([][]int32, len(g.Model.IDs))
	for i, r := range g.Model.IDs {
		rows[i] = r[:g.Model.Lengths[i]]
	}
	return Pad(rows, 0)
}

func TestLogitsEqualTransformers(t *testing.T) {
	g := golden.Load()
	m := goldenModel(t, g)
	b := goldenBatch(g)
	z := m.Logits(b)
	for r, want := range g.Model.Logits {
		for i, w := range want {
			got := float64(z.Data()[r*b.Length*tiny.Vocab+i])
			if math.Abs(got-w) > logitTolerance {
				t.Fatalf("row %d logit %d: %v, Transformers has %v", r, i, got, w)
			}
		}
	}
}

func TestTenStepsEqualPyTorch(t *testing.T) {
	g := golden.Load()
	m := goldenModel(t, g)
	b := goldenBatch(g)
	labels := make([]int32, len(b.IDs))
	for i := range labels {
		labels[i] = -1
		if r, c := i/b.Length, i%b.Length; c+1 < b.Length && g.Model.Targets[r][c+1] != lossfn.Ignore {
			labels[i] = g.Model.Targets[r][c+1]
		}
	}
	n := 0
	for _, y := range labels {
		if y >= 0 {
			n++
		}
	}
	opt := optim.NewAdamW(m.Params())
	schedule := optim.Linear(1e-2, 0)
	for i, want := range g.Model.Steps {
		tolerance := laterSteps
		if i == 0 {
			tolerance = firstStep
		}
		loss := lossfn.SFTFromNLL(m.NLL(b, labels), n)
		loss.Backward()
		norm, scale := optim.Clip(m.Params(), 1)
		opt.Step(schedule(i, len(g.Model.Steps)), scale)
		opt.ZeroGrad()
		if l := float64(loss.Item()); math.Abs(l-want.Loss) > tolerance*want.Loss || math.Abs(norm-want.GradNorm) > tolerance*want.GradNorm {
			t.Errorf("step %d: loss %v, norm %v; PyTorch has %v, %v", i+1, l, norm, want.Loss, want.GradNorm)
		}
	}
	sum := 0.0
	for _, p := range m.Params() {
		for _, x := range p.Value.Data() {
			sum += float64(x) * float64(x)
		}
	}
	if got := math.Sqrt(sum); math.Abs(got-g.Model.FinalNorm) > laterSteps*g.Model.FinalNorm {
		t.Errorf("norm of the parameters after ten steps: %v, PyTorch has %v", got, g.Model.FinalNorm)
	}
}

func TestNLLEqualsLogits(t *testing.T) {
	m := New(tiny, 3)
	b := Pad([][]int32{{1, 2, 3, 4}, {5, 6}}, 0)
	labels := []int32{2, 3, 4, -1, 6, -1, -1, -1}
	nll := m.NLL(b, labels)
	want := m.Logits(b).LogSoftmax().Gather(labels)
	for i := range labels {
		if d := math.Abs(float64(nll.Data()[i] + want.Data()[i])); d > 1e-5 {
			t.Errorf("token %d: %v and %v", i, nll.Data()[i], -want.Data()[i])
		}
	}
}

func TestCachedEqualsUncachedEqualsBatched(t *testing.T) {
	m := New(tiny, 5)
	rng := tensor.NewRand(9)
	for range 20 {
		rows := make([][]int32, 1+rng.IntN(4))
		for i := range rows {
			rows[i] = make([]int32, 2+rng.IntN(10))
			for j := range rows[i] {
				rows[i][j] = int32(rng.IntN(tiny.Vocab))
			}
		}
		c := m.NewCache(len(rows), 16)
		var slots []int
		var last []int32
		for i, r := range rows {
			c.Prefill(i, r[:len(r)-1])
			slots, last = append(slots, i), append(last, r[len(r)-1])
		}
		stepped := c.Step(slots, last).Data()
		for i, r := range rows {
			full := m.Logits(Batch{IDs: r, Rows: 1, Length: len(r)})
			for v := range tiny.Vocab {
				a, b := stepped[i*tiny.Vocab+v], full.Data()[(len(r)-1)*tiny.Vocab+v]
				if math.Abs(float64(a-b)) > 1e-5 {
					t.Fatalf("row %d of %d, token %d: cached %v, uncached %v", i, len(rows), v, a, b)
				}
			}
		}
	}
}

func TestPaddingChangesNothing(t *testing.T) {
	m := New(tiny, 6)
	alone := m.Logits(Pad([][]int32{{1, 2, 3}}, 0))
	padded := m.Logits(Pad([][]int32{{1, 2, 3}, {4, 5, 6, 7, 8}}, 0))
	for i := range 3 * tiny.Vocab {
		if d := math.Abs(float64(alone.Data()[i] - padded.Data()[i])); d > 1e-5 {
			t.Fatalf("logit %d changes by %g with a longer neighbour", i, d)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for name, change := range map[string]func(*Config){"Vocab": func(c *Config) { c.Vocab = 0 }, "KVHeads": func(c *Config) { c.KVHeads = 3 }, "HeadDim": func(c *Config) { c.HeadDim = 3 },
		"RopeTheta": func(c *Config) { c.RopeTheta = 0 }, "NormEps": func(c *Config) { c.NormEps = math.NaN() }} {
		c := tiny
		change(&c)
		if err := c.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := New(tiny, 1); n.Config.NumParams() != count(n) {
		t.Errorf("NumParams says %d, there are %d", n.Config.NumParams(), count(n))
	}
}

func count(m *LM) (n int) {
	for _, p := range m.Params() {
		n += p.Value.Len()
	}
	return n
}

func TestCheckFiniteNamesTheTensor(t *testing.T) {
	m := New(tiny, 1)
	if err := m.CheckFinite(); err != nil {
		t.Error(err)
	}
	m.Blocks[1].Down.Weight.Data()[3] = float32(math.NaN())
	if err := m.CheckFinite(); err == nil || err.Error() != "model.layers.1.mlp.down_proj.weight has a value that is NaN or infinite" {
		t.Errorf("%v", err)
	}
}

func TestRecomputeChangesNothing(t *testing.T) {
	c := Config{Vocab: 40, Dim: 16, Layers: 3, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Context: 16, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	batch := Pad([][]int32{{1, 2, 3, 4, 5}, {6, 7, 8}}, 0)
	targets := []int32{2, 3, 4, 5, -1, 7, 8, -1, -1, -1}
	run := func(again bool) (float32, []nn.Param) {
		m := New(c, 1)
		m.Recompute = again
		if err := m.AddAdapter("a", nn.LoRA{Rank: 2, Dropout: 0.3}); err != nil {
			t.Fatal(err)
		}
		if err := m.SetAdapters("a"); err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Params() {
			p.Value.RequireGrad()
		}
		var loss float32
		tensor.Scope(func() {
			nll := m.NLL(batch, targets).Sum()
			loss = nll.Item()
			nll.Backward()
		})
		return loss, append(m.Params(), m.Trainable()...)
	}
	want, from := run(false)
	got, to := run(true)
	if got != want {
		t.Errorf("the loss is %v, recomputed %v", want, got)
	}
	const tolerance = 1e-5
	for i, p := range from {
		for j, g := range p.Value.Grad().Data() {
			if d := math.Abs(float64(to[i].Value.Grad().Data()[j] - g)); d > tolerance*(1+math.Abs(float64(g))) {
				t.Fatalf("the gradient of %s is off by %v at %d", p.Name, d, j)
			}
		}
	}
}

func TestRecomputeReplaysDropout(t *testing.T) {
	m := New(Config{Vocab: 40, Dim: 16, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Context: 16, RopeTheta: 10000, NormEps: 1e-5, Tied: true}, 1)
	m.Recompute = true
	if err := m.AddAdapter("a", nn.LoRA{Rank: 2, Dropout: 0.5}); err != nil {
		t.Fatal(err)
	}
	if err := m.SetAdapters("a"); err != nil {
		t.Fatal(err)
	}
	rng := tensor.NewRand(5)
	for _, p := range m.Trainable() { // B begins at zero
		for i := range p.Value.Data() {
			p.Value.Data()[i] = float32(rng.NormFloat64()) / 4
		}
	}
	batch, targets := Pad([][]int32{{1, 2, 3, 4, 5}}, 0), []int32{2, 3, 4, 5, -1}
	loss := func() *tensor.Tensor { m.Train(3); return m.NLL(batch, targets).Sum() }
	loss().Backward()
	p := m.Trainable()[0].Value
	const h, tolerance = 1.0 / 128, 0.02
	for _, i := range []int{0, 7, 20} {
		got, old := float64(p.Grad().Data()[i]), p.Data()[i]
		p.Data()[i] = old + h
		up := loss().Item()
		p.Data()[i] = old - h
		down := loss().Item()
		p.Data()[i] = old
		if want := float64(up-down) / (2 * h); math.Abs(got-want) > tolerance*(1+math.Abs(want)) {
			t.Errorf("the gradient %d with dropout is %v, differences say %v", i, got, want)
		}
	}
}
