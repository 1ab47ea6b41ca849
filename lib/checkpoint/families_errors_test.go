package checkpoint

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

func TestLoadErrors(t *testing.T) {
	config, err := os.ReadFile("testdata/families/qwen3/config.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load("testdata/families/qwen3")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"has the shape [61 16], the configuration wants [61000000000 16]": {`"vocab_size": 61`, `"vocab_size": 61000000000`},
		"numbers, too few for 2 blocks":                                   {`"intermediate_size": 24`, `"intermediate_size": 72000000`},
		"layer_types has 2 entries for 3 layers":                          {`"num_hidden_layers": 2`, `"num_hidden_layers": 3`},
		"tensor model.norm.weight: element 3 is NaN":                      {},
		"layer_types: entry 1 is chunked_attention":                       {`"full_attention"`, `"chunked_attention"`},
		"num_experts is 8":                                                {`"hidden_act"`, `"num_experts": 8, "hidden_act"`},
		"vocab_size is 1.5":                                               {`"vocab_size": 61`, `"vocab_size": 1.5`},
	} {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "config.json"), []byte(strings.Replace(string(config), change[0], change[1], 1)), 0o644)
		data, err := os.ReadFile("testdata/families/qwen3/model.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		if change[0] == "" {
			n := m.Clone()
			n.Norm.Weight.Data()[3] = float32(math.NaN())
			var raw []byte
			for _, x := range Tensors(n) {
				for _, v := range x.Data {
					raw = append(raw, byte(math.Float32bits(v)>>16), byte(math.Float32bits(v)>>24))
				}
			}
			data = rewrite(Tensors(n), raw)
		}
		os.WriteFile(filepath.Join(dir, "model.safetensors"), data, 0o644)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// rewrite makes a file of bfloat16 numbers that may be NaN, which Write refuses.
func rewrite(tensors []Tensor, raw []byte) []byte {
	header, at := map[string]any{}, 0
	for _, x := range tensors {
		header[x.Name] = map[string]any{"dtype": "BF16", "shape": x.Shape, "data_offsets": []int{at, at + 2*len(x.Data)}}
		at += 2 * len(x.Data)
	}
	h, _ := json.Marshal(header)
	return append(bytesOf(string(h), 0), raw...)
}

// No bytes make the reader of configurations panic, and what it accepts can be written and read again.
func FuzzParseConfig(f *testing.F) {
	files, _ := filepath.Glob("testdata/families/*/config.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig("c", data)
		if err != nil || c.Layers > 1<<10 {
			return
		}
		again, err := ConfigJSON(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseConfig("c", again); err != nil {
			t.Fatalf("%v in %s", err, again)
		}
	})
}

func TestConfigsThatCannotBeSaid(t *testing.T) {
	c := transformer.New(tiny, 1).Config
	c.QKVBias = true // the family that has these biases alone
	data, err := ConfigJSON(c)
	if err != nil || !strings.Contains(string(data), "Qwen2ForCausalLM") {
		t.Errorf("%s %v", data, err)
	}
	for name, change := range map[string]func(*transformer.Config){"QKNorm": func(c *transformer.Config) { c.QKNorm = true },
		"Norm": func(c *transformer.Config) { c.Norm = "layer" }, "scale": func(c *transformer.Config) { c.AttnScale = 0.3 },
		"window": func(c *transformer.Config) { c.Window, c.Pattern = 4, "LG" }} {
		c := tiny
		change(&c)
		if _, err := ConfigJSON(c); err == nil || !strings.Contains(err.Error(), "cannot say") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
