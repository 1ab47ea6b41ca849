package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

var few = transformer.Pad([][]int32{{1, 5, 9, 33, 16}}, 0)

// A model that an adapter is merged in is written as it computes, in both formats, also where the adapter has modules of its
// own or has parted embedding and output layer, and whether the adapter is deleted or not.
func TestSavedAfterMerge(t *testing.T) {
	for name, c := range map[string]nn.AdapterConfig{
		"saved":  nn.LoRA{Rank: 2, Init: "random", ModulesToSave: []string{"lm_head", "post_attention_layernorm"}},
		"tables": nn.LoRA{Rank: 2, Init: "random", Targets: nn.Modules("embed_tokens", "lm_head", "q_proj")},
		"output": nn.LoRA{Rank: 2, Init: "random", Targets: nn.Modules("lm_head")},
		"linear": nn.LoRA{Rank: 2, Init: "random"},
	} {
		m, err := Load("testdata/families/llama_biases_tied")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.AddAdapter("a", c); err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Trainable() {
			for i := range p.Value.Data() {
				p.Value.Data()[i] += 0.01 * float32(i%7)
			}
		}
		if err := m.Merge("a"); err != nil {
			t.Fatal(err)
		}
		want := m.Logits(few)
		for _, deleted := range []bool{false, true} {
			if deleted {
				if err := m.DeleteAdapter("a"); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			if err := Save(dir, m, "F32"); err != nil {
				t.Fatal(err)
			}
			n, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if tied := name == "linear"; n.Config.Tied != tied {
				t.Errorf("%s: the folder says tied %v", name, n.Config.Tied)
			}
			file := filepath.Join(dir, "m.gguf")
			if err := SaveGGUF(file, m, "F32", nil); err != nil {
				t.Fatal(err)
			}
			g, err := LoadGGUF(file)
			if err != nil {
				t.Fatal(err)
			}
			for form, n := range map[string]*transformer.LM{"folder": n, "GGUF": g} {
				for i, x := range n.Logits(few).Data() {
					if d := x - want.Data()[i]; d > 1e-5 || d < -1e-5 {
						t.Fatalf("%s, deleted %v: logit %d of the %s is %v, the merged model has %v", name, deleted, i, form, x, want.Data()[i])
					}
				}
			}
		}
	}
}

// An adapter's file has the tables that it changes. Where the model's are others, because it was quantised since, the
// adapter's count while it is on, as in PEFT.
func TestAdapterCarriesItsTables(t *testing.T) {
	for _, name := range []string{"lora_tables", "lora_tables_tied"} {
		base := map[string]string{"lora_tables": "llama", "lora_tables_tied": "llama_biases_tied"}[name]
		load := func() *transformer.LM {
			m, err := Load("testdata/families/" + base)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		right, other := load(), load()
		for i := range other.Embed.Data() {
			other.Embed.Data()[i] += 0.05
		}
		off := other.Logits(few).Data()
		for _, m := range []*transformer.LM{right, other} {
			if err := LoadAdapter("testdata/adapters/"+name, m, "a"); err != nil {
				t.Fatal(err)
			}
		}
		want := right.Logits(few).Data()
		check := func(what string, m *transformer.LM, want []float32) {
			t.Helper()
			for i, x := range m.Logits(few).Data() {
				if d := x - want[i]; d > 1e-5 || d < -1e-5 {
					t.Fatalf("%s, %s: logit %d is %v, want %v", name, what, i, x, want[i])
				}
			}
		}
		check("on", other, want)
		check("a clone", other.Clone(), want)
		other.WithoutAdapters(func() { check("off", other, off) })
		dir := t.TempDir()
		if err := SaveAdapter(dir, other, "a", ""); err != nil {
			t.Fatal(err)
		}
		again := load()
		if err := LoadAdapter(dir, again, "a"); err != nil {
			t.Fatal(err)
		}
		check("written and read", again, want)
		if err := other.Merge("a"); err != nil {
			t.Fatal(err)
		}
		check("merged", other, want)
		if err := SaveAdapter(dir, other, "a", ""); err != nil { // the table before the merge
			t.Fatal(err)
		}
		again = load()
		if err := LoadAdapter(dir, again, "a"); err != nil {
			t.Fatal(err)
		}
		check("written while merged", again, want)
	}
}

func TestOneCopyOfBothTablesIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"adapter_config.json", "adapter_model.safetensors"} {
		data, err := os.ReadFile("testdata/adapters/lora_tables_tied/" + f)
		if err != nil {
			t.Fatal(err)
		}
		data = []byte(strings.NewReplacer(`"ensure_weight_tying": false`, `"ensure_weight_tying": true`, `"modules_to_save": null`, `"modules_to_save": ["lm_head"]`).Replace(string(data)))
		os.WriteFile(filepath.Join(dir, f), data, 0o644)
	}
	m, err := Load("testdata/families/llama_biases_tied")
	if err != nil {
		t.Fatal(err)
	}
	if err := LoadAdapter(dir, m, "a"); err == nil || !strings.Contains(err.Error(), "ensure_weight_tying") || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	if len(m.Adapters()) > 0 {
		t.Error("the adapter stays")
	}
}
