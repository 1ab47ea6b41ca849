package transformer

import (
	"math"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// adapterKinds are one of each method, as it is when nothing is said, and variants.
var adapterKinds = map[string]nn.AdapterConfig{
	"lora":      nn.LoRA{Rank: 3, Alpha: 6},
	"all":       nn.LoRA{Rank: 2, Targets: nn.AllLinear, RSLoRA: true},
	"dora":      nn.LoRA{Rank: 3, DoRA: true, Targets: nn.AllLinear},
	"saved":     nn.LoRA{Rank: 2, ModulesToSave: []string{"input_layernorm", "lm_head", "embed_tokens"}},
	"biases":    nn.LoRA{Rank: 2, Bias: "all"},
	"ia3":       nn.IA3{},
	"prompt":    nn.PromptTuning{VirtualTokens: 3},
	"prefix":    nn.PrefixTuning{VirtualTokens: 2},
	"pfeiffer":  nn.Bottleneck{Reduction: 2},
	"houlsby":   nn.Bottleneck{Form: "houlsby", Reduction: 4},
	"parallel":  nn.Bottleneck{Form: "parallel"},
	"lora_only": nn.LoRA{Rank: 2, Bias: "lora_only", Targets: nn.Modules("q_proj")},
	"tables":    nn.LoRA{Rank: 2, Alpha: 5, Targets: nn.Modules("embed_tokens", "lm_head", "up_proj")},
	"embedding": nn.LoRA{Rank: 2, DoRA: true, Targets: nn.Modules("embed_tokens")},
	"output":    nn.LoRA{Rank: 3, DoRA: true, Targets: nn.Modules("lm_head")},
}

// neutral are those that begin as the model was.
var neutral = []string{"lora", "all", "dora", "saved", "biases", "ia3", "pfeiffer", "houlsby", "parallel", "lora_only", "tables", "embedding", "output"}

// adapted returns a model with biases and one adapter whose parameters are random.
func adapted(t *testing.T, kind string) *LM {
	t.Helper()
	c := tiny
	c.Family, c.QKVBias = "qwen2", true
	m := New(c, 1)
	rng := tensor.NewRand(3)
	for _, p := range m.Params() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] += 0.1 * float32(rng.NormFloat64())
		}
	}
	if err := m.AddAdapter("a", adapterKinds[kind]); err != nil {
		t.Fatal(err)
	}
	return m
}

// stir makes the parameters of the active adapters what training might have made of them.
func stir(m *LM) {
	rng := tensor.NewRand(5)
	for _, p := range m.Trainable() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] += 0.2 * float32(rng.NormFloat64())
		}
	}
}

var sample = Pad([][]int32{{1, 5, 9, 2, 16}, {4, 7, 0}}, 0)

func furthest(a, b *tensor.Tensor) float64 {
	most := 0.0
	for i, x := range a.Data() {
		most = math.Max(most, math.Abs(float64(x-b.Data()[i])))
	}
	return most
}

func TestNewAdaptersChangeNothing(t *testing.T) {
	for _, kind := range neutral {
		m := adapted(t, kind)
		with := m.Logits(sample)
		m.WithoutAdapters(func() {
			if d := furthest(with, m.Logits(sample)); d > 1e-5 {
				t.Errorf("%s: the logits move by %g", kind, d)
			}
		})
	}
}

func TestAdapterOffIsTheBaseToTheBit(t *testing.T) {
	for kind := range adapterKinds {
		m := adapted(t, kind)
		var before *tensor.Tensor
		m.WithoutAdapters(func() { before = m.Logits(sample) })
		stir(m)
		if furthest(before, m.Logits(sample)) < 1e-3 {
			t.Errorf("%s: the adapter does nothing", kind)
		}
		m.WithoutAdapters(func() {
			if d := furthest(before, m.Logits(sample)); d != 0 {
				t.Errorf("%s: the base has moved by %g", kind, d)
			}
		})
	}
}

// Only the adapter's parameters have gradients, and they are those of finite differences.
func TestAdapterGradients(t *testing.T) {
	for kind := range adapterKinds {
		m := adapted(t, kind)
		stir(m)
		weights := tensor.Randn(tensor.NewRand(8), len(sample.IDs), tiny.Vocab)
		loss := func() float64 {
			z := m.Logits(sample)
			s := 0.0
			for i, x := range z.Data() {
				if sample.Segments[i/tiny.Vocab] >= 0 {
					s += float64(x) * float64(weights.Data()[i])
				}
			}
			return s
		}
		mask := tensor.New(len(sample.IDs), 1)
		for i, s := range sample.Segments {
			if s >= 0 {
				mask.Data()[i] = 1
			}
		}
		m.Logits(sample).Mul(weights).Mul(mask).Sum().Backward()
		for _, p := range m.Params() {
			if p.Value.Grad() != nil {
				t.Errorf("%s: %s is frozen and has a gradient", kind, p.Name)
			}
		}
		for _, p := range m.Trainable() {
			if strings.Contains(p.Name, "magnitude") {
				continue // the norm is held fixed: not the derivative of the function; see TestDoRA
			}
			if l, ok := adapterKinds[kind].(nn.LoRA); ok && l.DoRA {
				continue
			}
			data := p.Value.Data()
			for _, i := range []int{0, len(data) / 2, len(data) - 1} {
				const h = 2e-3 // small, because of the kinks of relu
				was := data[i]
				data[i] = was + h
				up := loss()
				data[i] = was - h
				down := loss()
				data[i] = was
				want, got := (up-down)/(2*h), float64(p.Value.Grad().Data()[i])
				if !(math.Abs(want-got) <= 3e-2*math.Max(1, math.Abs(want))) {
					t.Errorf("%s: %s[%d]: gradient %v, differences say %v", kind, p.Name, i, got, want)
				}
			}
		}
	}
}

func TestMergedEqualsUnmerged(t *testing.T) {
	for _, kind := range []string{"lora", "all", "dora", "saved", "biases", "ia3", "lora_only"} {
		m := adapted(t, kind)
		stir(m)
		with := m.Logits(sample)
		var without *tensor.Tensor
		m.WithoutAdapters(func() { without = m.Logits(sample) })
		if err := m.Merge("a"); err != nil {
			t.Fatal(err)
		}
		if d := furthest(with, m.Logits(sample)); d > 2e-5 {
			t.Errorf("%s: merged differs by %g", kind, d)
		}
		m.WithoutAdapters(func() {
			if d := furthest(without, m.Logits(sample)); d != 0 {
				t.Errorf("%s: merged, the base differs by %g", kind, d)
			}
		})
		if err := m.Unmerge("a"); err != nil {
			t.Fatal(err)
		}
		if d := furthest(with, m.Logits(sample)); d != 0 {
			t.Errorf("%s: merged and unmerged differs by %g", kind, d)
		}
		n := m.Clone()
		if d := furthest(with, n.Logits(sample)); d != 0 {
			t.Errorf("%s: a copy differs by %g", kind, d)
		}
		if err := m.Merge("a"); err != nil {
			t.Fatal(err)
		}
		if err := m.DeleteAdapter("a"); err != nil {
			t.Fatal(err)
		}
		if d := furthest(with, m.Logits(sample)); d > 2e-5 || !m.Params()[0].Value.Wants() || len(m.Trainable()) != len(m.Params()) {
			t.Errorf("%s: merged for good differs by %g", kind, d)
		}
	}
	for _, kind := range []string{"prompt", "prefix", "houlsby"} {
		if err := adapted(t, kind).Merge("a"); err == nil || !strings.Contains(err.Error(), "cannot be merged") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestCacheHonoursAdapters(t *testing.T) {
	row := []int32{1, 5, 9, 2, 16, 3}
	for kind := range adapterKinds {
		m := adapted(t, kind)
		stir(m)
		want := m.Logits(Pad([][]int32{row}, 0))
		c := m.NewCache(2, 16)
		c.Prefill(0, row[:3])
		c.Copy(1, 0, 3)
		for i := 3; i < len(row); i++ {
			z := c.Step([]int{0, 1}, []int32{row[i], row[i]})
			for v := range tiny.Vocab {
				for s := range 2 {
					if a, b := z.Data()[s*tiny.Vocab+v], want.Data()[i*tiny.Vocab+v]; math.Abs(float64(a-b)) > 1e-5 {
						t.Fatalf("%s: token %d, slot %d: cached %v, uncached %v", kind, i, s, a, b)
					}
				}
			}
		}
		all := c.Extend([]Run{{Slot: 0, IDs: row[:2], All: true}})
		if len(all) != 2*tiny.Vocab || c.Length(0) != len(row)+2 {
			t.Errorf("%s: %d logits, length %d", kind, len(all), c.Length(0))
		}
		c.Truncate(0, 0)
		all = c.Extend([]Run{{Slot: 0, IDs: row, All: true}})
		for i := range row {
			for v := range tiny.Vocab {
				if a, b := all[i*tiny.Vocab+v], want.Data()[i*tiny.Vocab+v]; math.Abs(float64(a-b)) > 1e-5 {
					t.Fatalf("%s: token %d: all at once %v, uncached %v", kind, i, a, b)
				}
			}
		}
	}
}

func TestSeveralAdapters(t *testing.T) {
	m := adapted(t, "lora")
	stir(m)
	if err := m.AddAdapter("b", nn.LoRA{Rank: 2, Targets: nn.Modules("down_proj"), Init: "random"}); err != nil {
		t.Fatal(err)
	}
	logits := func(names ...string) (z *tensor.Tensor) {
		if err := m.WithAdapters(names, func() { z = m.Logits(sample) }); err != nil {
			t.Fatal(err)
		}
		return z
	}
	a, b, both := logits("a"), logits("b"), logits("a", "b")
	if furthest(a, both) < 1e-4 || furthest(b, both) < 1e-4 {
		t.Error("two adapters together must differ from each alone")
	}
	if d := furthest(a, m.Logits(sample)); d != 0 {
		t.Errorf("the first adapter stays on; it differs by %g", d)
	}
	if n := len(m.Trainable()); n != 8 {
		t.Errorf("%d trained parameters, the active adapter has 8", n)
	}
	if err := m.Merge("a"); err != nil {
		t.Fatal(err)
	}
	if err := m.Merge("b"); err != nil {
		t.Fatal(err)
	}
	if d := furthest(both, m.Logits(sample)); d > 1e-5 {
		t.Errorf("both merged differ by %g", d)
	}
	if err := m.Unmerge("a"); err != nil {
		t.Fatal(err)
	}
	m.SetAdapters()
	if d := furthest(b, m.Logits(sample)); d > 1e-5 {
		t.Errorf("b merged alone differs by %g", d)
	}
}

// The change of the logits is not linear in the weights, so adapters are compared by what they merge to.
func TestCombinedAdapters(t *testing.T) {
	m := New(tiny, 1)
	for i, c := range []nn.LoRA{{Rank: 2, Alpha: 6}, {Rank: 2, Targets: nn.Modules("v_proj", "down_proj")}, {Rank: 3, RSLoRA: true}} {
		c.Init, c.Seed = "random", uint64(i)
		if err := m.AddAdapter(string(rune('a'+i)), c); err != nil {
			t.Fatal(err)
		}
	}
	before := append([]float32(nil), m.Blocks[1].QKV.Weight.Data()...)
	weights := func(name string) []float64 {
		if err := m.Merge(name); err != nil {
			t.Fatal(err)
		}
		defer m.Unmerge(name)
		var out []float64
		for i, w := range m.Blocks[1].QKV.Weight.Data() {
			out = append(out, float64(w-before[i]))
		}
		return out
	}
	a, c := weights("a"), weights("c")
	distance := func(name string, wa, wc float64) float64 {
		s := 0.0
		for i, d := range weights(name) {
			s += (d - wa*a[i] - wc*c[i]) * (d - wa*a[i] - wc*c[i])
		}
		return math.Sqrt(s)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(m.CombineAdapters("cat", []string{"a", "c"}, []float64{0.7, -0.4}, nn.Combination{}))
	must(m.CombineAdapters("svd5", []string{"a", "c"}, []float64{0.7, -0.4}, nn.Combination{How: "svd", Rank: 5}))
	must(m.CombineAdapters("svd2", []string{"a", "c"}, []float64{0.7, -0.4}, nn.Combination{How: "svd", Rank: 2}))
	must(m.CombineAdapters("lin", []string{"a"}, []float64{-2}, nn.Combination{How: "linear"}))
	if d := distance("cat", 0.7, -0.4); d > 1e-5 {
		t.Errorf("cat is %g from the weighted sum", d)
	}
	if d := distance("svd5", 0.7, -0.4); d > 1e-5 {
		t.Errorf("svd of the full rank is %g from the weighted sum", d)
	}
	if d, without := distance("svd2", 0.7, -0.4), distance("a", 0.7, -0.4); d < 1e-3 || d > without {
		t.Errorf("svd of rank 2 is %g from the weighted sum, one of the two alone %g", d, without)
	}
	if d := distance("lin", -2, 0); d > 1e-5 {
		t.Errorf("linear of one is %g from it", d)
	}
	for want, c := range map[string]nn.Combination{"ranks 2 and 3 differ": {How: "linear"}, `How is "ties"`: {How: "ties"}, "Rank is -1": {How: "svd", Rank: -1}} {
		if err := m.CombineAdapters("x", []string{"a", "c"}, []float64{1, 1}, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAdapterErrors(t *testing.T) {
	m := New(tiny, 1)
	for want, c := range map[string]nn.AdapterConfig{
		"no linear layer of the model; it has down_proj, gate_proj, k_proj": nn.LoRA{Targets: nn.Modules("c_attn")},
		"Rank is -1":          nn.LoRA{Rank: -1},
		"Dropout is 1":        nn.LoRA{Dropout: 1},
		"Bias is \"some\"":    nn.LoRA{Bias: "some"},
		"no module \"score\"": nn.LoRA{ModulesToSave: []string{"score"}},
		"not a regular":       nn.LoRA{Targets: nn.Targets{Pattern: "(?=q)"}},
		"VirtualTokens is 0":  nn.PromptTuning{},
		"Form is \"x\"":       nn.Bottleneck{Form: "x"},
	} {
		if err := m.AddAdapter("a", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := m.SetAdapters("b"); err == nil {
		t.Error("an adapter that is not there was switched on")
	}
	if len(m.Trainable()) != len(m.Params()) || !m.Embed.Wants() {
		t.Error("an adapter that could not be made has frozen the model")
	}
}

func TestDropoutIsReplayed(t *testing.T) {
	m := New(tiny, 1)
	if err := m.AddAdapter("a", nn.LoRA{Rank: 4, Dropout: 0.5, Init: "random"}); err != nil {
		t.Fatal(err)
	}
	plain := m.Logits(sample)
	run := func(seed uint64) *tensor.Tensor {
		m.Train(seed)
		defer m.Eval()
		return m.Logits(sample)
	}
	a, b, c := run(1), run(1), run(2)
	if furthest(a, b) != 0 || furthest(a, c) == 0 || furthest(a, plain) == 0 || furthest(plain, m.Logits(sample)) != 0 {
		t.Error("dropout must follow its seed in training and be off otherwise")
	}
}
