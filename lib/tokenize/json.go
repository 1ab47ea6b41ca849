package tokenize

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// file is the part of a Hugging Face tokenizer.json that describes a byte-level BPE.
type file struct {
	Version    string       `json:"version"`
	Truncation any          `json:"truncation"`
	Padding    any          `json:"padding"`
	Added      []addedToken `json:"added_tokens"`
	Normalizer any          `json:"normalizer"`
	Pre        pre          `json:"pre_tokenizer"`
	Post       any          `json:"post_processor"`
	Decoder    any          `json:"decoder"`
	Model      model        `json:"model"`
}

type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type pre struct {
	Type           string `json:"type"`
	Individual     *bool  `json:"individual_digits,omitempty"`
	AddPrefixSpace *bool  `json:"add_prefix_space,omitempty"`
	TrimOffsets    *bool  `json:"trim_offsets,omitempty"`
	UseRegex       *bool  `json:"use_regex,omitempty"`
	Pretokenizers  []pre  `json:"pretokenizers,omitempty"`
}

type model struct {
	Type         string           `json:"type"`
	Dropout      any              `json:"dropout"`
	Unk          any              `json:"unk_token"`
	Prefix       any              `json:"continuing_subword_prefix"`
	Suffix       any              `json:"end_of_word_suffix"`
	FuseUnk      bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
	Vocab        map[string]int32 `json:"vocab"`
	Merges       json.RawMessage  `json:"merges"`
}

func flag(b bool) *bool { return &b }

// JSON returns the tokenizer as a tokenizer.json, which the tokenizers library reads.
func (t *Tokenizer) JSON() ([]byte, error) {
	level := pre{Type: "ByteLevel", AddPrefixSpace: flag(false), TrimOffsets: flag(true), UseRegex: flag(true)}
	f := file{Version: "1.0", Pre: level, Decoder: level, Model: model{Type: "BPE", Vocab: t.ids}}
	if t.digits {
		f.Pre = pre{Type: "Sequence", Pretokenizers: []pre{{Type: "Digits", Individual: flag(true)}, level}}
	}
	for s, id := range t.special {
		f.Added = append(f.Added, addedToken{ID: id, Content: s, Special: true})
	}
	sort.Slice(f.Added, func(i, j int) bool { return f.Added[i].ID < f.Added[j].ID })
	merges := make([][2]string, len(t.order))
	copy(merges, t.order)
	raw, err := json.Marshal(merges)
	if err != nil {
		return nil, err
	}
	f.Model.Merges = raw
	return json.Marshal(f)
}

// FromJSON reads a tokenizer.json; name stands in errors. It knows byte-level BPE with GPT-2's pattern, with or without
// single digits, and says so when a file wants something else.
func FromJSON(name string, data []byte) (*Tokenizer, error) {
	bad := func(format string, args ...any) (*Tokenizer, error) {
		return nil, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return bad("not a tokenizer.json: %v", err)
	}
	if f.Model.Type != "BPE" {
		return bad("the model type is %q: only BPE is known", f.Model.Type)
	}
	t := &Tokenizer{special: map[string]int32{}}
	level := f.Pre
	if f.Pre.Type == "Sequence" {
		for _, p := range f.Pre.Pretokenizers {
			switch p.Type {
			case "Digits":
				t.digits = p.Individual != nil && *p.Individual
			case "ByteLevel":
				level = p
			default:
				return bad("the pre-tokenizer %q is not known", p.Type)
			}
		}
	}
	if level.Type != "ByteLevel" {
		return bad("the pre-tokenizer is %q: only ByteLevel is known", level.Type)
	}
	n := int32(len(f.Model.Vocab))
	for _, a := range f.Added {
		n = max(n, a.ID+1)
	}
	if n > 1<<22 || len(f.Model.Vocab) == 0 {
		return bad("a vocabulary of %d tokens cannot be", n)
	}
	t.tokens = make([]string, n)
	for tok, id := range f.Model.Vocab {
		if id < 0 || id >= n {
			return bad("the token %q has the id %d, outside the vocabulary of %d", tok, id, n)
		}
		t.tokens[id] = tok
	}
	for _, a := range f.Added {
		if a.ID < 0 || a.Content == "" {
			return bad("an added token has no text or the id %d", a.ID)
		}
		t.tokens[a.ID] = a.Content
		t.special[a.Content] = a.ID
	}
	for i, tok := range t.tokens {
		if tok == "" {
			return bad("no token has the id %d", i)
		}
	}
	var err error
	if t.order, err = readMerges(f.Model.Merges); err != nil {
		return bad("%v", err)
	}
	if err := t.build(); err != nil {
		return bad("%v", err)
	}
	return t, nil
}

// readMerges reads both spellings: ["a b", ...] and [["a", "b"], ...].
func readMerges(raw json.RawMessage) ([][2]string, error) {
	var pairs [][2]string
	if json.Unmarshal(raw, &pairs) == nil {
		return pairs, nil
	}
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return nil, fmt.Errorf("merges are neither pairs nor lines: %v", err)
	}
	for i, l := range lines {
		a, b, ok := strings.Cut(l, " ")
		if !ok {
			return nil, fmt.Errorf("merge %d is %q: two tokens with a space between are expected", i, l)
		}
		pairs = append(pairs, [2]string{a, b})
	}
	return pairs, nil
}
