package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// mostTokens bounds a vocabulary.
const mostTokens = 1 << 22

// FromJSON reads a tokenizer.json as the tokenizers library does; name stands in errors. The model must be BPE; an error
// names any other kind, and every normalizer, pre-tokenizer, post-processor or decoder that is not known.
func FromJSON(name string, data []byte) (*Tokenizer, error) {
	t, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func parse(data []byte) (*Tokenizer, error) {
	if !json.Valid(data) {
		var v any
		return nil, fmt.Errorf("not a tokenizer.json: %v", json.Unmarshal(data, &v))
	}
	file, err := fields(data)
	if err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	t := &Tokenizer{file: file}
	order, err := t.readModel(file["model"])
	if err != nil {
		return nil, err
	}
	var added []AddedToken
	if err := read(file, "added_tokens", &added); err != nil {
		return nil, err
	}
	delete(file, "added_tokens")
	for k, v := range file {
		file[k] = append(json.RawMessage{}, v...) // or the whole file would stay in memory
	}
	return t, t.build(order, added)
}

// read decodes one part of the file.
func read(file map[string]json.RawMessage, part string, into any) error {
	if file[part] == nil {
		return nil
	}
	if err := json.Unmarshal(file[part], into); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}

// build makes the rest of a tokenizer from its vocabulary, its merges, its added tokens and the parts of its file.
func (t *Tokenizer) build(order [][2]int32, added []AddedToken) error {
	var split preJSON
	var normal normalJSON
	var post postJSON
	var decode decoderJSON
	for part, into := range map[string]any{"pre_tokenizer": &split, "normalizer": &normal, "post_processor": &post, "decoder": &decode} {
		if err := read(t.file, part, into); err != nil {
			return err
		}
	}
	var err error
	if t.split, err = splitters(split); err != nil {
		return fmt.Errorf("pre_tokenizer: %w", err)
	}
	t.chooseBytes()
	if err := t.setModel(order); err != nil {
		return fmt.Errorf("model.merges: %w", err)
	}
	if t.normal, err = normalizers(normal); err != nil {
		return fmt.Errorf("normalizer: %w", err)
	}
	if t.decoders, err = decoders(decode); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	t.bytewise = decode.Type == "ByteLevel"
	if err := t.post.read(post); err != nil {
		return fmt.Errorf("post_processor: %w", err)
	}
	if err := t.setAdded(added); err != nil {
		return fmt.Errorf("added_tokens: %w", err)
	}
	for _, x := range append(t.post.single[:len(t.post.single):len(t.post.single)], t.post.pair...) {
		for _, id := range x.ids {
			if !t.has(id) {
				return fmt.Errorf("post_processor: no token has the id %d", id)
			}
		}
	}
	return nil
}

// setAdded puts the added tokens into the vocabulary, in the order in which they are given. As in the tokenizers library,
// the ids that a file gives them do not count: a token that the model has keeps the model's id, and the others follow
// behind the vocabulary.
func (t *Tokenizer) setAdded(added []AddedToken) error {
	if t.onlyAdded == nil {
		t.onlyAdded = map[int32]bool{}
		t.vocabulary = len(t.ids)
	}
	t.added, t.normalised, t.raw, t.normed = make(map[int32]AddedToken, len(added)), map[int32]string{}, addedIndex{}, addedIndex{}
	next := int32(t.vocabulary)
	for _, a := range added {
		if a.Content == "" {
			return fmt.Errorf("the token with id %d has no text", a.ID)
		}
		id, ok := t.ids[a.Content]
		if !ok {
			id = next
			t.onlyAdded[id] = true
		}
		next = max(next, id+1)
		if a.ID = id; id >= mostTokens {
			return fmt.Errorf("the token %q has the id %d: there may be %d", a.Content, id, mostTokens)
		}
		for int(id) >= len(t.tokens) {
			t.tokens = append(t.tokens, "")
		}
		old := t.tokens[id]
		empty, there := t.ids[""]
		if old != "" && old != a.Content || there && id == empty {
			return fmt.Errorf("the id %d is that of %q and of %q", id, old, a.Content)
		}
		t.tokens[id], t.ids[a.Content] = a.Content, id
		t.added[id] = a
	}
	for _, id := range slices.Sorted(maps.Keys(t.added)) {
		a := t.added[id]
		if !a.Normalized {
			t.raw.add(a.Content, a)
			continue
		}
		p := source{s: a.Content}
		for _, n := range t.normal {
			p = n(p)
		}
		t.normed.add(p.s, a)
		if p.s != a.Content {
			t.normalised[a.ID] = p.s
		}
	}
	if n := len(t.raw.ends) + len(t.normed.ends); n > mostAddedBytes {
		return fmt.Errorf("they have %d bytes: more than %d are not read", n, mostAddedBytes)
	}
	return nil
}

// modelJSON is the small part of a model.
type modelJSON struct {
	Type         string   `json:"type"`
	Dropout      *float64 `json:"dropout"`
	Unk          *string  `json:"unk_token"`
	Prefix       *string  `json:"continuing_subword_prefix"`
	Suffix       *string  `json:"end_of_word_suffix"`
	FuseUnk      bool     `json:"fuse_unk"`
	ByteFallback bool     `json:"byte_fallback"`
	IgnoreMerges bool     `json:"ignore_merges"`
}

// readModel reads the vocabulary and returns the merges.
func (t *Tokenizer) readModel(raw []byte) ([][2]int32, error) {
	if raw == nil {
		return nil, fmt.Errorf("not a tokenizer.json: it has no model")
	}
	m, err := fields(raw)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	vocab, merges := m["vocab"], m["merges"]
	delete(m, "vocab")
	delete(m, "merges")
	small, _ := json.Marshal(m)
	t.file["model"] = small
	var s modelJSON
	if err := read(t.file, "model", &s); err != nil {
		return nil, err
	}
	if s.Type != "BPE" && (s.Type != "" || merges == nil) {
		return nil, fmt.Errorf("model.type is %q: only BPE is known", s.Type)
	}
	if s.Dropout != nil && *s.Dropout != 0 {
		return nil, fmt.Errorf("model.dropout is %v: it would cut words at random; only null is known", *s.Dropout)
	}
	if err := t.readVocab(vocab); err != nil {
		return nil, fmt.Errorf("model.vocab: %w", err)
	}
	if err := t.setFlags(s); err != nil {
		return nil, err
	}
	order, err := t.readMerges(merges)
	if err != nil {
		return nil, fmt.Errorf("model.merges: %w", err)
	}
	return order, nil
}

func (t *Tokenizer) setFlags(s modelJSON) error {
	m := &t.model
	m.unk, m.fuseUnk, m.fallback, m.ignoreMerges = -1, s.FuseUnk, s.ByteFallback, s.IgnoreMerges
	if s.Prefix != nil {
		m.prefix = *s.Prefix
	}
	if s.Suffix != nil {
		m.suffix = *s.Suffix
	}
	if s.Unk != nil {
		id, ok := t.ids[*s.Unk]
		if !ok {
			return fmt.Errorf("model.unk_token: %q is not in the vocabulary", *s.Unk)
		}
		m.unk = id
	}
	return nil
}

// chooseBytes lets the model work on bytes, when the last thing that the pre-tokenizer does is to write them in the
// alphabet and every byte is a token.
func (t *Tokenizer) chooseBytes() {
	n := len(t.split) - 1
	if n < 0 || !t.split[n].bytes || t.model.prefix != "" || t.model.suffix != "" {
		return
	}
	for _, s := range t.split[:n] {
		if s.bytes {
			return
		}
	}
	for b := range 256 {
		if _, ok := t.ids[alphabetText[b]]; !ok {
			return
		}
	}
	t.model.byteLevel = true
	t.split = t.split[:n]
}

func (t *Tokenizer) readVocab(raw []byte) error {
	if raw == nil {
		return fmt.Errorf("it is not there")
	}
	t.ids = make(map[string]int32, min(len(raw)/16, mostTokens))
	highest := int32(-1)
	s := &scanner{b: raw}
	err := s.object(func(tok string) error {
		n, err := strconv.ParseInt(string(s.value()), 10, 32)
		if err != nil || n < 0 || n >= mostTokens {
			return fmt.Errorf("the token %q has an id that is not a number from 0 to %d", tok, mostTokens-1)
		}
		t.ids[tok] = int32(n)
		highest = max(highest, int32(n))
		return nil
	})
	if err != nil {
		return err
	}
	if highest < 0 {
		return fmt.Errorf("it has no tokens")
	}
	t.tokens = make([]string, highest+1)
	empty, there := t.ids[""]
	for tok, id := range t.ids {
		if t.tokens[id] != "" || there && tok != "" && id == empty {
			return fmt.Errorf("the id %d is that of %q and of %q", id, min(tok, t.tokens[id]), max(tok, t.tokens[id]))
		}
		t.tokens[id] = tok
	}
	return nil
}

// readMerges reads both spellings: ["a b", ...] and [["a", "b"], ...].
func (t *Tokenizer) readMerges(raw []byte) ([][2]int32, error) {
	if raw == nil {
		return nil, nil
	}
	out := make([][2]int32, 0, len(raw)/16)
	s := &scanner{b: raw}
	err := s.array(func(i int) error {
		var a, b []byte
		if s.next() == '[' {
			n := 0
			err := s.array(func(k int) (err error) {
				a, b = b, nil
				b, err = s.bytes()
				n++
				return err
			})
			if err != nil || n != 2 {
				return fmt.Errorf("merge %d is not two tokens", i)
			}
		} else {
			line, err := s.bytes()
			if err != nil {
				return fmt.Errorf("merge %d: %w", i, err)
			}
			var ok bool
			if a, b, ok = bytes.Cut(line, []byte(" ")); !ok || bytes.Contains(b, []byte(" ")) {
				return fmt.Errorf("merge %d is %q: two tokens with a space between are expected", i, line)
			}
		}
		if len(a) == 0 || len(b) == 0 { // an empty token never stands anywhere
			return fmt.Errorf("merge %d (%q and %q) has an empty token", i, a, b)
		}
		x, ok1 := t.ids[string(a)]
		y, ok2 := t.ids[string(b)]
		if !ok1 || !ok2 {
			return fmt.Errorf("merge %d (%q and %q) names a token that is not in the vocabulary", i, a, b)
		}
		out = append(out, [2]int32{x, y})
		return nil
	})
	return out, err
}
