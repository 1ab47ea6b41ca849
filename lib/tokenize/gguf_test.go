package tokenize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ggufOf writes a vocabulary of the goldens as GGUF metadata.
func ggufOf(t *testing.T, g goldens, pre string) map[string]any {
	t.Helper()
	var model struct {
		Vocab  map[string]int
		Merges [][2]string
	}
	var added []AddedToken
	if json.Unmarshal(g.Vocabularies["bytes"]["model"], &model) != nil || json.Unmarshal(g.Vocabularies["bytes"]["added_tokens"], &added) != nil {
		t.Fatal("the golden vocabulary cannot be read")
	}
	size := len(model.Vocab)
	for _, a := range added {
		size = max(size, int(a.ID)+1)
	}
	tokens, types := make([]string, size), make([]int32, size)
	for tok, id := range model.Vocab {
		tokens[id], types[id] = tok, 1
	}
	for _, a := range added {
		tokens[a.ID], types[a.ID] = a.Content, typeUser
		if a.Special {
			types[a.ID] = typeControl
		}
	}
	var merges []string
	for _, m := range model.Merges {
		merges = append(merges, m[0]+" "+m[1])
	}
	return map[string]any{"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types,
		"tokenizer.ggml.merges": merges, "tokenizer.ggml.bos_token_id": uint32(1), "tokenizer.ggml.eos_token_id": uint32(0), "tokenizer.chat_template": "{{ bos_token }}x", "general.name": "test"}
}

// TestGGUFAsTokenizers compares vocabularies of GGUF with the tokenizers library. GGUF does not say which added tokens take
// white space or stand alone, so texts with those are left out.
func TestGGUFAsTokenizers(t *testing.T) {
	g := readGoldens(t)
	for pre, kind := range map[string]string{"gpt-2": "gpt2", "smollm": "smollm", "qwen2": "qwen2", "llama-bpe": "llama3", "gpt-4o": "gpt4o"} {
		tok, err := FromGGUF("test.gguf", ggufOf(t, g, pre))
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		for _, k := range g.Kinds {
			if k.Name != kind {
				continue
			}
			for i, text := range g.Texts {
				if strings.Contains(text, "<mask>") || strings.Contains(text, "lives") {
					continue
				}
				compared++
				if got := tok.EncodeWith(text, EncodeOptions{AddSpecialTokens: true}); !slices.Equal(got, k.Rows[i].IDs) {
					t.Errorf("%s %q: %v, want %v", pre, text, got, k.Rows[i].IDs)
				}
			}
		}
		if compared < 4 {
			t.Errorf("%s: only %d texts were compared", pre, compared)
		}
		if eos, ok := tok.EOS(); !ok || eos != 0 || tok.Config.ChatTemplates["default"] != "{{ bos_token }}x" {
			t.Errorf("%s: EOS %d %v, templates %v", pre, eos, ok, tok.Config.ChatTemplates)
		}
	}
}

// TestScores joins by hand: "▁ab" has the best score, but "bc" is joined before "ab" can be.
func TestScores(t *testing.T) {
	tokens := []string{"<unk>", "<s>", "</s>"}
	types := []int32{2, 3, 3}
	scores := []float32{0, 0, 0}
	for b := range 256 {
		tokens, types, scores = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(types, typeByte), append(scores, 0)
	}
	for _, x := range []struct {
		tok   string
		score float32
	}{{"▁", -10}, {"a", -10}, {"b", -10}, {"c", -10}, {"bc", -1}, {"ab", -2}, {"▁a", -3}, {"▁ab", -0.5}, {"aa", -4}} {
		tokens, types, scores = append(tokens, x.tok), append(types, 1), append(scores, x.score)
	}
	meta := map[string]any{"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types, "tokenizer.ggml.scores": scores,
		"tokenizer.ggml.bos_token_id": uint32(1), "tokenizer.ggml.eos_token_id": uint32(2), "tokenizer.ggml.unknown_token_id": uint32(0)}
	tok, err := FromGGUF("test.gguf", meta)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"abc": "▁a|bc", "ab": "▁ab", "aaa": "▁a|aa", "c é": "▁|c|▁|<0xC3>|<0xA9>", "a</s>b": "▁a|</s>|▁|b", "": ""} {
		var got []string
		for _, id := range tok.Encode(text) {
			got = append(got, tok.Spelling(id))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if ids := tok.EncodeWith("ab", EncodeOptions{AddSpecialTokens: true}); len(ids) != 2 || ids[0] != 1 {
		t.Errorf("a llama vocabulary begins with BOS: %v", ids)
	}
	if got := tok.DecodePlain(tok.EncodeWith("a é b", EncodeOptions{AddSpecialTokens: true})); got != "a é b" {
		t.Errorf("decoded %q", got)
	}
}

func TestBadGGUF(t *testing.T) {
	g := readGoldens(t)
	for want, change := range map[string]func(m map[string]any){
		"only gpt2, llama and gemma4":             func(m map[string]any) { m["tokenizer.ggml.model"] = "bert" },
		`tokenizer.ggml.pre is "odd"`:             func(m map[string]any) { m["tokenizer.ggml.pre"] = "odd" },
		"has 0 tokens":                            func(m map[string]any) { delete(m, "tokenizer.ggml.tokens") },
		"3 token types":                           func(m map[string]any) { m["tokenizer.ggml.token_type"] = []int32{1, 1, 1} },
		"0 scores":                                func(m map[string]any) { m["tokenizer.ggml.model"] = "llama" },
		"bos_token_id is 999999":                  func(m map[string]any) { m["tokenizer.ggml.bos_token_id"] = uint32(999999) },
		"eos_token_id is a string":                func(m map[string]any) { m["tokenizer.ggml.eos_token_id"] = "x" },
		"tokenizer.ggml.merges is a int":          func(m map[string]any) { m["tokenizer.ggml.merges"] = 7 },
		"merge 0 is \"ab\"":                       func(m map[string]any) { m["tokenizer.ggml.merges"] = []string{"ab"} },
		"add_bos_token is a int, and a bool":      func(m map[string]any) { m["tokenizer.ggml.add_bos_token"] = 1 },
		`tokenizer.ggml.tokens: 0 and 1 are both`: func(m map[string]any) { s := m["tokenizer.ggml.tokens"].([]string); s[1] = s[0] },
	} {
		meta := ggufOf(t, g, "gpt-2")
		change(meta)
		if _, err := FromGGUF("test.gguf", meta); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "test.gguf: ") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
