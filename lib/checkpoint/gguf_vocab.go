package checkpoint

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Vocabulary is what a GGUF file says of a tokenizer.
type Vocabulary struct {
	JSON     []byte            // the tokenizer.json: byte-level BPE, or BPE with byte fallback (Llama 2, Gemma)
	Pre      string            // llama.cpp's name for how a text is cut into words (tokenize.GGUFPre); byte-level BPE needs one
	Named    map[string]string // bos_token, eos_token, unk_token, pad_token
	Template string            // the chat template
	AddBOS   *bool             // nil: what the post-processor does
	AddEOS   *bool
	Rows     int // of the model: further ids are filled up with unused tokens
}

// vocabFile is the part of a tokenizer.json that is told.
type vocabFile struct {
	Added []struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Normalizer json.RawMessage `json:"normalizer"`
	Pre        json.RawMessage `json:"pre_tokenizer"`
	Post       json.RawMessage `json:"post_processor"`
	Model      struct {
		Unk          *string         `json:"unk_token"`
		Fallback     bool            `json:"byte_fallback"`
		IgnoreMerges bool            `json:"ignore_merges"`
		Vocab        map[string]int  `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
	} `json:"model"`
}

// The types of tokens (enum llama_token_type).
const (
	normalToken, unknownToken, controlToken = int32(1), int32(2), int32(3)
	userToken, unusedToken, byteToken       = int32(4), int32(5), int32(6)
)

// Meta returns the metadata tokenizer.*.
func (v Vocabulary) Meta() ([]Pair, error) {
	var f vocabFile
	if err := json.Unmarshal(v.JSON, &f); err != nil {
		return nil, fmt.Errorf("checkpoint: the tokenizer: %w", err)
	}
	merges, err := mergesOf(f.Model.Merges)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: the tokenizer: %w", err)
	}
	tokens, types, err := v.tokens(f)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: the tokenizer: %w", err)
	}
	var out []Pair
	put := func(key string, value any) { out = append(out, Pair{"tokenizer." + key, value}) }
	if f.Model.Fallback {
		put("ggml.model", "llama")
		put("ggml.pre", "default")
		put("ggml.tokens", tokens)
		put("ggml.scores", scores(tokens, types, merges))
		put("ggml.token_type", types)
		put("ggml.add_space_prefix", strings.Contains(string(f.Normalizer), `"Prepend"`) || strings.Contains(string(f.Pre), `"Metaspace"`) && !strings.Contains(string(f.Pre), `"never"`))
	} else {
		if v.Pre == "" {
			return nil, fmt.Errorf("checkpoint: the tokenizer: Vocabulary.Pre does not say how llama.cpp is to cut a text into words")
		}
		put("ggml.model", "gpt2")
		put("ggml.pre", v.Pre)
		put("ggml.tokens", tokens)
		put("ggml.token_type", types)
		lines := make([]string, len(merges))
		for i, m := range merges {
			lines[i] = m[0] + " " + m[1]
		}
		put("ggml.merges", lines)
	}
	v.named(f, tokens, put)
	if v.Template != "" {
		put("chat_template", v.Template)
	}
	return out, nil
}

// named tells the special tokens, and which of them a text begins and ends with.
func (v Vocabulary) named(f vocabFile, tokens []string, put func(string, any)) {
	ids := map[string]int{}
	for i, t := range tokens {
		ids[t] = i
	}
	for _, p := range [][2]string{{"bos_token", "bos"}, {"eos_token", "eos"}, {"unk_token", "unknown"}, {"pad_token", "padding"}} {
		if id, ok := ids[v.Named[p[0]]]; ok && v.Named[p[0]] != "" {
			put("ggml."+p[1]+"_token_id", uint32(id))
		}
	}
	first, last := postEnds(f.Post)
	bos, eos := first != "" && first == v.Named["bos_token"], last != "" && last == v.Named["eos_token"]
	if first == "" && last == "" {
		bos, eos = v.AddBOS != nil && *v.AddBOS, v.AddEOS != nil && *v.AddEOS
	}
	put("ggml.add_bos_token", bos)
	put("ggml.add_eos_token", eos)
}

// tokens lists the vocabulary by id, with the type of each.
func (v Vocabulary) tokens(f vocabFile) ([]string, []int32, error) {
	n := v.Rows
	for _, id := range f.Model.Vocab {
		n = max(n, id+1)
	}
	for _, a := range f.Added {
		n = max(n, a.ID+1)
	}
	if n > 1<<22 || len(f.Model.Vocab) == 0 {
		return nil, nil, fmt.Errorf("a vocabulary of %d tokens cannot be", n)
	}
	tokens, types := make([]string, n), make([]int32, n)
	for t, id := range f.Model.Vocab {
		if id < 0 {
			return nil, nil, fmt.Errorf("the token %q has the id %d", t, id)
		}
		tokens[id], types[id] = t, normalToken
		if f.Model.Fallback && len(t) == 6 && strings.HasPrefix(t, "<0x") && t[5] == '>' {
			types[id] = byteToken
		}
	}
	for _, a := range f.Added {
		if a.ID < 0 {
			return nil, nil, fmt.Errorf("the token %q has the id %d", a.Content, a.ID)
		}
		tokens[a.ID], types[a.ID] = a.Content, userToken
		if a.Special {
			types[a.ID] = controlToken
		}
		if f.Model.Fallback && f.Model.Unk != nil && a.Content == *f.Model.Unk {
			types[a.ID] = unknownToken
		}
	}
	for i := range tokens {
		if types[i] == 0 {
			tokens[i], types[i] = fmt.Sprintf("[PAD%d]", i), unusedToken
		}
	}
	return tokens, types, nil
}

// mergesOf reads both spellings: ["a b", ...] and [["a", "b"], ...].
func mergesOf(raw json.RawMessage) ([][2]string, error) {
	var pairs [][2]string
	if raw == nil || json.Unmarshal(raw, &pairs) == nil {
		return pairs, nil
	}
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return nil, fmt.Errorf("merges are neither pairs nor lines: %v", err)
	}
	pairs = make([][2]string, len(lines))
	for i, l := range lines {
		a, b, ok := strings.Cut(l, " ")
		if !ok {
			return nil, fmt.Errorf("merge %d is %q: two tokens with a space between are expected", i, l)
		}
		pairs[i] = [2]string{a, b}
	}
	return pairs, nil
}

// scores give a vocabulary of merges the scores by which llama.cpp joins neighbours: it takes the pair whose whole has the
// highest, so the whole of the first merge has 0, of the second -1, and so on.
func scores(tokens []string, types []int32, merges [][2]string) []float32 {
	rank := make(map[string]int, len(merges))
	for i, m := range merges {
		if _, ok := rank[m[0]+m[1]]; !ok {
			rank[m[0]+m[1]] = i
		}
	}
	out := make([]float32, len(tokens))
	for i, t := range tokens {
		r, ok := rank[t]
		switch {
		case ok:
			out[i] = -float32(r)
		case types[i] == normalToken:
			out[i] = -float32(len(merges)) // a single character: it is never the whole of a pair
		}
	}
	return out
}

// postEnds are the special tokens that a post-processor puts before and after a text.
func postEnds(raw json.RawMessage) (first, last string) {
	type piece struct {
		Special *struct {
			ID string `json:"id"`
		} `json:"SpecialToken"`
	}
	type post struct {
		Type       string  `json:"type"`
		Single     []piece `json:"single"`
		Processors []post  `json:"processors"`
	}
	var p post
	if raw == nil || json.Unmarshal(raw, &p) != nil {
		return "", ""
	}
	for _, p := range append(p.Processors, p) {
		if n := len(p.Single); p.Type == "TemplateProcessing" && n > 0 {
			if s := p.Single[0].Special; s != nil {
				first = s.ID
			}
			if s := p.Single[n-1].Special; s != nil && n > 1 {
				last = s.ID
			}
		}
	}
	return first, last
}
