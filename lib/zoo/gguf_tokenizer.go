package zoo

import (
	"encoding/json"
	"fmt"
	"strings"

	"lyceum/lib/tokenize"
)

// ggufTokenizer makes the tokenizer of a GGUF file's vocabulary: byte-level BPE with single digits, as SmolLM has it.
func ggufTokenizer(file string, meta map[string]any) (*tokenize.Tokenizer, error) {
	kind, _ := meta["tokenizer.ggml.model"].(string)
	pre, _ := meta["tokenizer.ggml.pre"].(string)
	if kind != "gpt2" || pre != "smollm" {
		return nil, fmt.Errorf("%s: the vocabulary %q with the pre-tokenizer %q is not known: gpt2 with smollm is", file, kind, pre)
	}
	tokens, _ := meta["tokenizer.ggml.tokens"].([]string)
	types, _ := meta["tokenizer.ggml.token_type"].([]int32)
	merges, _ := meta["tokenizer.ggml.merges"].([]string)
	type added struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	}
	var specials []added
	vocab := map[string]int{}
	for i, t := range tokens {
		vocab[t] = i
		if i < len(types) && types[i] == 3 {
			specials = append(specials, added{i, t, true})
		}
	}
	pairs := make([][2]string, len(merges))
	for i, m := range merges {
		pairs[i][0], pairs[i][1], _ = strings.Cut(m, " ")
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	j, err := json.Marshal(map[string]any{"added_tokens": specials, "decoder": level, "model": map[string]any{"type": "BPE", "vocab": vocab, "merges": pairs},
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{map[string]any{"type": "Digits", "individual_digits": true}, level}}})
	if err != nil {
		return nil, err
	}
	t, err := tokenize.FromJSON(file, j)
	if err != nil {
		return nil, err
	}
	t.Config.Named, t.Config.ChatTemplates = map[string]string{}, map[string]string{}
	for name, key := range map[string]string{"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"} {
		if id, ok := meta["tokenizer.ggml."+key+"_token_id"].(uint32); ok && int(id) < len(tokens) {
			t.Config.Named[name] = tokens[id]
		}
	}
	if template, ok := meta["tokenizer.chat_template"].(string); ok {
		t.Config.ChatTemplates["default"] = template
	}
	return t, nil
}
