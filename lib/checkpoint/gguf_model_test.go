package checkpoint

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

// small are models of every family that fits into a GGUF file, wide enough for blocks of 32.
func small(t *testing.T) map[string]transformer.Config {
	t.Helper()
	out := map[string]transformer.Config{}
	for name, change := range map[string]func(*transformer.Config){
		"llama": func(c *transformer.Config) {},
		"llama, untied, biases": func(c *transformer.Config) {
			c.Tied, c.QKVBias, c.OutBias = false, true, true
		},
		"llama, llama3": func(c *transformer.Config) {
			c.RopeTheta, c.RopeScaling = 5e5, transformer.RopeScaling{Kind: "llama3", Factor: 32, LowFreq: 1, HighFreq: 4, Original: 8192}
		},
		"llama, llama3 of a short context": func(c *transformer.Config) {
			c.RopeTheta, c.RopeScaling = 5e5, transformer.RopeScaling{Kind: "llama3", Factor: 8, LowFreq: 1, HighFreq: 4, Original: 64}
		},
		"llama, llama3 of other bounds": func(c *transformer.Config) {
			c.RopeTheta, c.RopeScaling = 1e3, transformer.RopeScaling{Kind: "llama3", Factor: 8, LowFreq: 1, HighFreq: 16, Original: 1000}
		},
		"llama, linear": func(c *transformer.Config) { c.RopeScaling = transformer.RopeScaling{Kind: "linear", Factor: 4} },
		"qwen2, yarn": func(c *transformer.Config) {
			c.RopeScaling = transformer.RopeScaling{Kind: "yarn", Factor: 4, Original: 16}
		},
		"qwen3":   func(c *transformer.Config) {},
		"smollm3": func(c *transformer.Config) { c.Pattern = "GGGg" },
		"gemma3_text": func(c *transformer.Config) {
			c.Window, c.Pattern, c.LocalTheta = 8, "LLLL", 10000
			c.EmbedScale = 8
			c.AttnScale = 0.25
		},
		"gpt2": func(c *transformer.Config) { c.KVHeads = c.Heads },
	} {
		family, _, _ := strings.Cut(name, ",")
		f, err := transformer.ByFamily(family)
		if err != nil {
			t.Fatal(err)
		}
		c := f.Base
		c.Vocab, c.Dim, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.Hidden, c.Context, c.RopeTheta, c.NormEps, c.Tied = 40, 64, 4, 4, 2, 16, 96, 64, 10000, 1e-5, true
		if family == "gpt2" {
			c.RopeTheta = 0
		}
		change(&c)
		if err := c.Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = c
	}
	return out
}

func TestFamiliesThroughGGUF(t *testing.T) {
	for name, c := range small(t) {
		m := transformer.New(c, 3)
		for _, p := range m.Params() {
			if len(p.Value.Shape()) == 1 { // norms and biases that are all alike would hide an exchange
				for i := range p.Value.Data() {
					p.Value.Data()[i] += float32(i%7) / 8
				}
			}
		}
		m.Special = &transformer.Special{BOS: []int32{1}, EOS: []int32{2}, Pad: -1}
		file := filepath.Join(t.TempDir(), "m.gguf")
		meta := []Pair{{"general.name", name}, {"tokenizer.ggml.bos_token_id", uint32(1)}, {"tokenizer.ggml.eos_token_id", uint32(2)}}
		if err := SaveGGUF(file, m, "F32", meta); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, err := LoadGGUF(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, got := c, n.Config
		if got.Pattern == strings.Repeat("G", c.Layers) {
			got.Pattern = ""
		}
		if h := &got.RopeScaling.HighFreq; math.Abs(*h-want.RopeScaling.HighFreq) < 1e-3 {
			*h = want.RopeScaling.HighFreq // it comes from factors in float32
		}
		if got != want {
			t.Errorf("%s: config\n%+v, want\n%+v", name, got, want)
		}
		for i, p := range m.Params() {
			q := n.Params()[i]
			for j, x := range p.Value.Data() {
				if y := q.Value.Data()[j]; x != y && !(c.Norm == "rms+1" && math.Abs(float64(x-y)) < 1e-6) {
					t.Errorf("%s: %s[%d] is %v, was %v", name, p.Name, j, y, x)
					break
				}
			}
		}
		if n.Special == nil || !slices.Equal(n.Special.EOS, []int32{2}) {
			t.Errorf("%s: special tokens %+v", name, n.Special)
		}
	}
}

// Quantised rows of queries and keys are put in order block by block: reading back gives what quantising in place gives.
func TestQuantisedFamilies(t *testing.T) {
	for _, family := range []string{"llama", "qwen3", "gpt2"} {
		m := transformer.New(small(t)[family], 5)
		for _, kind := range []string{"F16", "BF16", "Q8_0", "Q4_0", "Q4_1"} {
			file := filepath.Join(t.TempDir(), "m.gguf")
			if err := SaveGGUF(file, m, kind, nil); err != nil {
				t.Fatal(err)
			}
			g, err := OpenGGUF(file)
			if err != nil {
				t.Fatal(err)
			}
			n, err := g.LM()
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range Tensors(m) {
				y := Tensors(n)[i]
				want := slices.Clone(x.Data)
				fam, _ := familyOf("", family)
				if k := kinds[g.Tensors[fam.toGGUF(x.Name)].DType]; k.name != "F32" && !fam.turned {
					raw := make([]byte, len(want)/k.block*k.bytes)
					k.write(raw, want)
					k.read(want, raw)
				} else if fam.turned {
					for j := range want {
						if math.Abs(float64(want[j]-y.Data[j])) > 0.02 {
							t.Fatalf("%s %s: %s[%d] is %v, was %v", family, kind, x.Name, j, y.Data[j], want[j])
						}
					}
					continue
				}
				if !slices.Equal(y.Data, want) {
					t.Fatalf("%s %s: %s differs", family, kind, x.Name)
				}
			}
		}
	}
}

func TestModelsThatAreNotWhole(t *testing.T) {
	m := transformer.New(small(t)["llama"], 3)
	file := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(file, m, "F32", nil); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*GGUF){
		`the architecture "mamba" is not known: llama, smollm3, qwen2, qwen3, gemma3, gpt2 are`: func(g *GGUF) { g.Meta["general.architecture"] = "mamba" },
		"the metadata llama.embedding_length is missing":                                        func(g *GGUF) { delete(g.Meta, "llama.embedding_length") },
		"llama.block_count is 1.5, a whole number":                                              func(g *GGUF) { g.Meta["llama.block_count"] = 1.5 },
		"tensor model.layers.3.mlp.up_proj.weight is missing": func(g *GGUF) {
			g.order = slices.DeleteFunc(g.order, func(s string) bool { return s == "blk.3.ffn_up.weight" })
		},
		"tensor blk.0.extra.weight is not part of the architecture llama": func(g *GGUF) { g.order = append(g.order, "blk.0.extra.weight") },
		"has the shape [96 64], the configuration wants [128 64]":         func(g *GGUF) { g.Meta["llama.feed_forward_length"] = uint32(128) },
		"is not part of a model of this configuration":                    func(g *GGUF) { g.Meta["llama.block_count"] = uint32(3) },
		"which 5 heads cannot share":                                      func(g *GGUF) { g.Meta["llama.attention.head_count"] = uint32(5) },
		`rope.scaling.type is "ntk"`:                                      func(g *GGUF) { g.Meta["llama.rope.scaling.type"] = "ntk" },
	} {
		g, err := OpenGGUF(file)
		if err != nil {
			t.Fatal(err)
		}
		change(g)
		if _, err := g.LM(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Eight bits stay eight bits: a Q8_0 file whose base is kept quantised computes what it computes widened.
func TestAQuantisedBaseIsTheFile(t *testing.T) {
	m := transformer.New(small(t)["llama"], 5)
	file := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(file, m, "Q8_0", nil); err != nil {
		t.Fatal(err)
	}
	m, err := LoadGGUF(file)
	if err != nil {
		t.Fatal(err)
	}
	batch := transformer.Batch{IDs: []int32{1, 2, 3, 4, 5}, Rows: 1, Length: 5}
	want := slices.Clone(m.Logits(batch).Data())
	if err := m.Quantise("int8"); err != nil {
		t.Fatal(err)
	}
	got, tolerance := m.Logits(batch).Data(), 1e-4
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > tolerance {
			t.Fatalf("logit %d is %v, was %v", i, got[i], want[i])
		}
	}
}

// What a GGUF file has no word for is refused, and a window where llama.cpp has none becomes the context.
func TestWhatAGGUFCannotTell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.gguf")
	for folder, want := range map[string]string{
		"gemma3":              "of the attention scores cannot be told in a GGUF file of the architecture gemma3",
		"rope_longrope_short": "longrope",
		"rope_dynamic":        "dynamic",
		"rope_yarn_mscale":    "the yarn settings",
		"smollm3":             "with and without rotary positions cannot be told",
	} {
		m, err := Load("testdata/families/" + folder)
		if folder != "gemma3" && folder != "smollm3" {
			c, _, _, e := openFolder("testdata/families/" + folder)
			if c.Vocab == 0 {
				t.Fatal(e)
			}
			m, err = transformer.New(c, 1), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := SaveGGUF(file, m, "F32", nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want %q", folder, err, want)
		}
	}
	for folder, window := range map[string]int{"mistral": 5, "qwen2": 4} {
		m, err := Load("testdata/families/" + folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := SaveGGUF(file, m, "F32", nil); err != nil {
			t.Fatal(err)
		}
		n, err := LoadGGUF(file)
		if err != nil {
			t.Fatal(err)
		}
		b := transformer.Batch{IDs: []int32{1, 5, 9, 33}, Rows: 1, Length: 4}
		want := m.Logits(b).Data()
		for i, z := range n.Logits(b).Data() {
			if math.Abs(float64(z-want[i])) > familyLogits {
				t.Fatalf("%s: logit %d is %v, was %v", folder, i, z, want[i])
			}
		}
		if n.Config.Context != window {
			t.Errorf("%s: the context is %d", folder, n.Config.Context)
		}
	}
}
