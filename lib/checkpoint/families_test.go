package checkpoint

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// Tolerances against Transformers on the checkpoints of testdata/families.py, which are in float32: logits absolute,
// the norm of each parameter's gradient relative.
const (
	familyLogits    = 1e-5
	familyGradients = 1e-4
	familySteps     = 1e-4 // relative, of losses, gradients and parameters in ten steps: Adam divides small gradients by themselves
)

type familyGolden struct {
	Kind, Weights string
	IDs           [][]int32
	Mask          [][]int
	Logits        []float64
	Padded        []float64 `json:"padded_logits"`
	Loss          float64
	Gradients     map[string]float64
	Greedy        []int32
	Steps         [][2]float64       // the loss, and the norm of the gradient, before each of ten steps
	After         map[string]float64 // the norm of each parameter after them
}

// eachFamily runs f for every checkpoint; reward models apart.
func eachFamily(t *testing.T, reward bool, f func(t *testing.T, folder string, g familyGolden)) {
	files, _ := filepath.Glob("testdata/families/*/golden.json")
	n := 0
	for _, file := range files {
		folder := filepath.Dir(file)
		if strings.HasPrefix(filepath.Base(folder), "reward_") != reward {
			continue
		}
		n++
		t.Run(filepath.Base(folder), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g familyGolden
			if err := json.Unmarshal(data, &g); err != nil {
				t.Fatal(err)
			}
			f(t, folder, g)
		})
	}
	if n == 0 {
		t.Fatal("there are no checkpoints")
	}
}

// loadFamily reads a checkpoint whose weights may be those of another.
func loadFamily(t *testing.T, folder string, g familyGolden) *transformer.LM {
	t.Helper()
	c, _, _, err := openFolder(folder)
	if err != nil && !os.IsNotExist(err) && c.Vocab == 0 {
		t.Fatal(err)
	}
	files, err := weightFiles(filepath.Join(filepath.Dir(folder), g.Weights))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Assemble(c, files...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (g familyGolden) batch() transformer.Batch {
	return transformer.PadLeft([][]int32{g.IDs[0], g.IDs[1][4:]}, 0)
}

// targets are the tokens that the loss counts, and how many they are.
func (g familyGolden) targets(b transformer.Batch) (targets []int32, n int) {
	targets = make([]int32, len(b.IDs))
	for i := range targets {
		targets[i] = -1
		if i%11 < 10 && b.Segments[i] >= 0 {
			targets[i] = b.IDs[i+1]
			n++
		}
	}
	return targets, n
}

func compare(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - w); !(d <= tolerance) {
			t.Fatalf("%s: value %d is %v, Transformers has %v", what, i, got[i], w)
		}
	}
}

func TestFamiliesEqualTransformers(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		b := g.batch()
		v := m.Config.Vocab
		z := m.Logits(b).Data()
		compare(t, "logits", z[:11*v], g.Logits, familyLogits)
		compare(t, "logits of the padded row", z[15*v:], g.Padded, familyLogits)
		targets, n := g.targets(b)
		loss := m.NLL(b, targets).Sum().Scale(1 / float32(n))
		if d := math.Abs(float64(loss.Item()) - g.Loss); d > 1e-5 {
			t.Errorf("loss %v, Transformers has %v", loss.Item(), g.Loss)
		}
		loss.Backward()
		compareGradients(t, m.Params(), g.Gradients)
	})
}

// Ten steps of AdamW are those of PyTorch.
func TestFamiliesTrainAsTransformers(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		b := g.batch()
		targets, n := g.targets(b)
		opt := optim.NewAdamW(m.Params())
		near := func(step int, what string, got, want float64) {
			if !(math.Abs(got-want) <= familySteps*math.Abs(want)) {
				t.Errorf("step %d: %s %v, PyTorch has %v", step, what, got, want)
			}
		}
		if len(g.Steps) != 10 {
			t.Fatalf("%d steps are known", len(g.Steps))
		}
		for i, want := range g.Steps {
			loss := m.NLL(b, targets).Sum().Scale(1 / float32(n))
			loss.Backward()
			norm, scale := optim.Clip(m.Params(), 1)
			near(i, "the loss is", float64(loss.Item()), want[0])
			near(i, "the norm of the gradient is", norm, want[1])
			opt.Step(5e-3*float64(10-i)/10, scale)
			opt.ZeroGrad()
		}
		seen := eachPart(m.Params(), func(p nn.Param) []float32 { return p.Value.Data() }, func(name string, norm float64) {
			// Without angles a bias of the keys adds the same to all scores of a query: its gradient is rounding alone, of which
			// Adam makes whole steps.
			if !strings.HasSuffix(name, "c_attn.bias") {
				near(10, "the norm of "+name+" is", norm, g.After[name])
			}
		})
		if seen != len(g.After) {
			t.Errorf("%d parameters, Transformers has %d", seen, len(g.After))
		}
	})
}

// eachPart visits the norms of what f gives of each parameter, by the names that Transformers has for its parts.
func eachPart(params []nn.Param, f func(p nn.Param) []float32, visit func(name string, norm float64)) (seen int) {
	for _, p := range params {
		data, parts := f(p), p.Parts
		if parts == nil {
			parts = []nn.Part{{Name: p.Name, Rows: p.Value.Dim(0)}}
		}
		for _, part := range parts {
			n, sum := part.Rows*p.Value.Len()/p.Value.Dim(0), 0.0
			for _, x := range data[:n] {
				sum += float64(x) * float64(x)
			}
			data = data[n:]
			visit(part.Name, math.Sqrt(sum))
			seen++
		}
	}
	return seen
}

func compareGradients(t *testing.T, params []nn.Param, want map[string]float64) {
	t.Helper()
	for _, p := range params {
		if p.Value.Grad() == nil {
			t.Fatalf("%s has no gradient", p.Name)
		}
	}
	seen := eachPart(params, func(p nn.Param) []float32 { return p.Value.Grad().Data() }, func(name string, got float64) {
		if w, ok := want[name]; !ok || math.Abs(got-w) > familyGradients*w+1e-7 {
			t.Errorf("%s: norm of the gradient %v, Transformers has %v", name, got, w)
		}
	})
	if seen != len(want) {
		t.Errorf("%d gradients, Transformers has %d", seen, len(want))
	}
}

func TestFamiliesContinueGreedily(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		var got []int32
		ids := slices.Clone(g.IDs[0][:6])
		for range g.Greedy {
			z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)})
			last := z.Slice(len(ids)-1, len(ids)).Argmax()[0]
			ids, got = append(ids, int32(last)), append(got, int32(last))
		}
		if !slices.Equal(got, g.Greedy) {
			t.Errorf("greedy %v, Transformers has %v", got, g.Greedy)
		}
		if k := m.Config.RopeScaling.Kind; k == "dynamic" || k == "longrope" {
			return // keys in a cache keep the angles that they were turned by
		}
		c := m.NewCache(2, 32)
		z := c.Prefill(1, ids[:6])
		got = got[:0]
		for range g.Greedy {
			best := int32(z.Argmax()[0])
			got = append(got, best)
			z = c.Step([]int{1}, []int32{best})
		}
		if !slices.Equal(got, g.Greedy) {
			t.Errorf("greedy with a cache %v, Transformers has %v", got, g.Greedy)
		}
	})
}

// Cached by single tokens, cached in runs of several sequences, and uncached are the same.
func TestFamiliesCachedEqualsUncached(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		if k := m.Config.RopeScaling.Kind; k == "dynamic" || k == "longrope" {
			return
		}
		rows, v := [][]int32{g.IDs[0], g.IDs[1][4:]}, m.Config.Vocab
		c := m.NewCache(2, 32)
		all := append([]float32(nil), c.Extend([]transformer.Run{{Slot: 0, IDs: rows[0], All: true}, {Slot: 1, IDs: rows[1], All: true}})...)
		compare(t, "in runs", all[:11*v], g.Logits, familyLogits)
		compare(t, "in runs, second row", all[11*v:], g.Padded, familyLogits)
		c.Truncate(0, 0)
		for i, id := range rows[0] {
			z := c.Step([]int{0}, []int32{id})
			compare(t, "token by token", z.Data(), g.Logits[i*v:(i+1)*v], familyLogits)
		}
	})
}

// A golden test must fail when its golden is perturbed: here, when a weight is.
func TestFamiliesFeelEveryParameter(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		b := g.batch()
		before := append([]float32(nil), m.Logits(b).Data()...)
		for _, p := range m.Params() {
			x := &p.Value.Data()[p.Value.Len()/2]
			if strings.HasSuffix(p.Name, "embed_tokens.weight") || strings.HasSuffix(p.Name, "wte.weight") || strings.HasSuffix(p.Name, "wpe.weight") {
				x = &p.Value.Data()[5*m.Config.Dim]
			}
			was := *x
			*x += 0.5
			worst := 0.0
			for i, z := range m.Logits(b).Data() {
				worst = math.Max(worst, math.Abs(float64(z-before[i])))
			}
			*x = was
			if worst < 10*familyLogits && !strings.Contains(p.Name, "k_proj.bias") && !strings.Contains(p.Name, "qkv_proj.bias") && !strings.Contains(p.Name, "c_attn.bias") {
				t.Errorf("%s changes nothing", p.Name)
			}
		}
	})
}

func TestFamiliesAreSavedAndLoaded(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		m := loadFamily(t, folder, g)
		want := m.Logits(g.batch()).Data()
		for dtype, tolerance := range map[string]float64{"F32": 0, "BF16": 0, "F16": 1e-4} { // the weights are bfloat16 numbers
			dir := t.TempDir()
			if err := Save(dir, m, dtype); err != nil {
				t.Fatal(err)
			}
			n, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if n.Config.RopeScaling.Long != nil && m.Config.RopeScaling.Long != nil { // compared by what it points to
				if !slices.Equal(n.Config.RopeScaling.Long.Long, m.Config.RopeScaling.Long.Long) {
					t.Error("long_factor differs")
				}
				n.Config.RopeScaling.Long = m.Config.RopeScaling.Long
			}
			if n.Config != m.Config {
				t.Errorf("%s: configuration %+v, want %+v", dtype, n.Config, m.Config)
			}
			for i, x := range n.Logits(g.batch()).Data() {
				if math.Abs(float64(x-want[i])) > tolerance {
					t.Fatalf("%s: logit %d is %v, was %v", dtype, i, x, want[i])
				}
			}
		}
	})
}

// The spelling of Transformers 4 says the same.
func TestFamiliesInBothSpellings(t *testing.T) {
	eachFamily(t, false, func(t *testing.T, folder string, g familyGolden) {
		file := filepath.Join(folder, "config.json")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ParseConfig(file, data)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		m["torch_dtype"] = m["dtype"]
		if p, ok := m["rope_parameters"].(map[string]any); ok {
			if full, ok := p["full_attention"].(map[string]any); ok {
				m["rope_local_base_freq"] = p["sliding_attention"].(map[string]any)["rope_theta"]
				m["sliding_window_pattern"] = 3.0
				delete(m, "layer_types")
				p = full
			}
			m["rope_theta"] = p["rope_theta"]
			delete(p, "rope_theta")
			if p["type"] = p["rope_type"]; p["type"] != "default" {
				delete(p, "rope_type")
				m["rope_scaling"] = p
			}
			delete(m, "rope_parameters")
		}
		old, _ := json.Marshal(m)
		got, err := ParseConfig("version 4", old)
		if err != nil {
			t.Fatal(err)
		}
		got.RopeScaling.Long = want.RopeScaling.Long
		if got != want {
			t.Errorf("version 4 says %+v, version 5 %+v", got, want)
		}
	})
}

func TestRewardModelsEqualTransformers(t *testing.T) {
	eachFamily(t, true, func(t *testing.T, folder string, g familyGolden) {
		s, err := LoadScorer(folder, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := transformer.Pad([][]int32{g.IDs[0], g.IDs[1][4:]}, 0)
		z := s.Scores(b)
		compare(t, "scores", z.Data(), g.Logits, familyLogits)
		loss := z.Mul(tensor.From([]float32{1, -2, 0.5})).Sum()
		loss.Backward()
		compareGradients(t, s.Params(), g.Gradients)
		dir := t.TempDir()
		if err := SaveScorer(dir, s, "F32"); err != nil {
			t.Fatal(err)
		}
		again, err := LoadScorer(dir, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "saved and loaded", again.Scores(b).Data(), g.Logits, familyLogits)
		if again.Pad != 0 || len(again.Labels) != 3 || again.Labels[2] != "LABEL_2" || again.Config != s.Config {
			t.Errorf("pad %d, labels %v, %+v", again.Pad, again.Labels, again.Config)
		}
	})
}
