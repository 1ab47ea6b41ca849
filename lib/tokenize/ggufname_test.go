package tokenize

import (
	"encoding/json"
	"strings"
	"testing"
)

// Every name stands for itself or for one that cuts alike, also after its way of cutting was written to a tokenizer.json.
func TestEveryGGUFNameIsFoundAgain(t *testing.T) {
	g := readGoldens(t)
	for pre, rules := range preTokenizers {
		tok, err := FromGGUF("test.gguf", ggufOf(t, g, pre))
		if err != nil {
			t.Fatal(err)
		}
		written, err := tok.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if tok, err = FromJSON("written", written); err != nil {
			t.Fatal(err)
		}
		name, err := tok.GGUFPre()
		found := preTokenizers[name]
		if err != nil || strings.Join(found.patterns, "\n") != strings.Join(rules.patterns, "\n") || found.ignoreMerges != rules.ignoreMerges {
			t.Errorf("%q became %q, %v", pre, name, err)
		}
	}
}

// The names of pre-tokenizers as the tokenizer.json of models spell them.
func TestGGUFPre(t *testing.T) {
	g := readGoldens(t)
	want := map[string]string{"gpt2": "gpt-2", "smollm": "smollm", "qwen2": "qwen2", "qwen3.5": "qwen35", "llama3": "llama-bpe", "gpt4o": "gpt-4o", "falcon": "", "llama2": "default", "gemma": "default",
		"gpt2 with a space before": "", "behaviours": "", "white space": "", "bert": "", "byte normalizer": ""}
	for i, k := range g.Kinds {
		name, listed := want[k.Name]
		if !listed {
			continue
		}
		delete(want, k.Name)
		tok, err := FromJSON("golden", g.file(t, i))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tok.GGUFPre()
		if name == "" && (err == nil || !strings.Contains(err.Error(), "llama.cpp has no name")) || name != "" && (err != nil || got != name) {
			t.Errorf("%s: %q, %v, want %q", k.Name, got, err, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("the goldens lack %v", want)
	}
	if _, ok := patternsOf(preJSON{Type: "Split", Behavior: "Isolated", Pattern: json.RawMessage(`{"String":" "}`)}); ok {
		t.Error("a literal counts as a pattern")
	}
}
