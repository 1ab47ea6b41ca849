package tokenize

import (
	"bytes"
	"encoding/json"
	"sort"
)

// JSON returns the tokenizer as a tokenizer.json, which the tokenizers library reads.
func (t *Tokenizer) JSON() ([]byte, error) {
	var b bytes.Buffer
	put := func(name string, value any) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + name + `":`)
		j, err := marshal(value)
		b.Write(j)
		return err
	}
	part := func(name string) any {
		if v := t.file[name]; v != nil {
			return v
		}
		return nil
	}
	model, err := t.writeModel()
	if err != nil {
		return nil, err
	}
	b.WriteByte('{')
	for _, f := range []struct {
		name  string
		value any
	}{{"version", "1.0"}, {"truncation", part("truncation")}, {"padding", part("padding")}, {"added_tokens", t.addedList()}, {"normalizer", part("normalizer")},
		{"pre_tokenizer", part("pre_tokenizer")}, {"post_processor", part("post_processor")}, {"decoder", part("decoder")}, {"model", model}} {
		if err := put(f.name, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal without <, > and & as escapes.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// writeModel writes the model, the vocabulary in the order of its ids.
func (t *Tokenizer) writeModel() (json.RawMessage, error) {
	small, err := fields(t.file["model"])
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"BPE"`)
	for _, name := range []string{"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges"} {
		v := small[name]
		if v == nil {
			v = json.RawMessage("null")
			if name == "fuse_unk" || name == "byte_fallback" || name == "ignore_merges" {
				v = json.RawMessage("false")
			}
		}
		b.WriteString(`,"` + name + `":`)
		b.Write(v)
	}
	b.WriteString(`,"vocab":{`)
	first := true
	for id, tok := range t.tokens {
		own, there := t.ids[tok] // the empty token is written, a number without a token is not
		if _, here := t.onlyAdded[int32(id)]; here || !there || tok == "" && int(own) != id {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		j, err := marshal(tok)
		if err != nil {
			return nil, err
		}
		b.Write(j)
		b.WriteByte(':')
		j, _ = json.Marshal(id)
		b.Write(j)
	}
	b.WriteString(`},"merges":[`)
	for i, m := range t.order {
		if i > 0 {
			b.WriteByte(',')
		}
		j, err := marshal([2]string{t.tokens[m[0]], t.tokens[m[1]]})
		if err != nil {
			return nil, err
		}
		b.Write(j)
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}

// addedList is the added tokens in the order of their ids.
func (t *Tokenizer) addedList() []AddedToken {
	list := make([]AddedToken, 0, len(t.added))
	for _, a := range t.added {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}
