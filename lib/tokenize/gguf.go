package tokenize

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"unicode/utf8"
)

// FromGGUF makes a tokenizer of the metadata of a GGUF file: tokenizer.ggml.model (gpt2, llama or gemma4), .pre, .tokens,
// .scores, .token_type, .merges, the ids of special tokens, add_bos_token and add_eos_token, and tokenizer.chat_template.
// The values are string, bool, any number, []string, []float32 and []int32; name stands in errors.
//
// The pre-tokenizers are those that llama.cpp maps the names in .pre to, in the form of the models' own tokenizer.json
// where that is known. A vocabulary with scores joins the pair with the best score first, as SentencePiece does.
func FromGGUF(name string, meta map[string]any) (*Tokenizer, error) {
	t, err := fromGGUF(metadata(meta))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// metadata reads GGUF metadata.
type metadata map[string]any

// value reads a key into a *string, *bool, *[]string, *[]float32 or *[]int32 and tells whether it is there.
func (m metadata) value(key string, into any) (bool, error) {
	v, ok := m[key]
	if !ok {
		return false, nil
	}
	to := reflect.ValueOf(into).Elem()
	from := reflect.ValueOf(v)
	if !from.IsValid() || from.Type() != to.Type() {
		return false, fmt.Errorf("%s is a %T, and a %s was expected", key, v, to.Type())
	}
	to.Set(from)
	return true, nil
}

// number reads a number that is a token's id.
func (m metadata) number(key string, size int) (int32, bool, error) {
	v, ok := m[key]
	if !ok {
		return 0, false, nil
	}
	n := float64(-1)
	switch x := reflect.ValueOf(v); {
	case x.CanInt():
		n = float64(x.Int())
	case x.CanUint():
		n = float64(x.Uint())
	default:
		return 0, false, fmt.Errorf("%s is a %T, and a number was expected", key, v)
	}
	if n == -1 || n == math.MaxUint32 { // how some writers say: none
		return 0, false, nil
	}
	if n < 0 || int(n) >= size {
		return 0, false, fmt.Errorf("%s is %.0f: there are %d tokens", key, n, size)
	}
	return int32(n), true, nil
}

// The token types of GGUF.
const (
	typeUnknown = 2
	typeControl = 3
	typeUser    = 4
	typeByte    = 6
)

func fromGGUF(m metadata) (*Tokenizer, error) {
	var kind, pre string
	var tokens, merges []string
	var scores []float32
	var types []int32
	for key, into := range map[string]any{"model": &kind, "pre": &pre, "tokens": &tokens, "merges": &merges, "scores": &scores, "token_type": &types} {
		if _, err := m.value("tokenizer.ggml."+key, into); err != nil {
			return nil, err
		}
	}
	if kind != "gpt2" && kind != "llama" && kind != "gemma4" {
		return nil, fmt.Errorf("tokenizer.ggml.model is %q: only gpt2, llama and gemma4 are known", kind)
	}
	if len(tokens) == 0 || len(tokens) > mostTokens {
		return nil, fmt.Errorf("tokenizer.ggml.tokens has %d tokens", len(tokens))
	}
	if types != nil && len(types) != len(tokens) || kind == "llama" && len(scores) != len(tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.tokens has %d tokens, and there are %d token types and %d scores", len(tokens), len(types), len(scores))
	}
	t := &Tokenizer{tokens: append([]string{}, tokens...), ids: make(map[string]int32, len(tokens)), file: map[string]json.RawMessage{}}
	for id, tok := range t.tokens {
		if tok == "" {
			tok = fmt.Sprintf("[EMPTY_%d]", id)
			t.tokens[id] = tok
		}
		if old, twice := t.ids[tok]; twice {
			return nil, fmt.Errorf("tokenizer.ggml.tokens: %d and %d are both %q", old, id, tok)
		}
		t.ids[tok] = int32(id)
	}
	t.model.unk = -1
	g := &ggufVocabulary{metadata: m, t: t, types: types, scores: scores}
	if err := g.read(kind, pre, merges); err != nil {
		return nil, err
	}
	return t, nil
}

type ggufVocabulary struct {
	metadata
	t      *Tokenizer
	types  []int32
	scores []float32
	rules  preRules
}

func (g *ggufVocabulary) read(kind, pre string, merges []string) error {
	var order [][2]int32
	var err error
	switch kind {
	case "gpt2":
		rules, ok := preTokenizers[pre]
		if !ok {
			return fmt.Errorf("tokenizer.ggml.pre is %q: that pre-tokenizer is not known", pre)
		}
		g.rules = rules
		g.part("pre_tokenizer", rules.json())
		g.part("decoder", map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true})
		if rules.nfc {
			g.part("normalizer", map[string]any{"type": "NFC"})
		}
		order, err = g.merges(merges)
	case "gemma4":
		g.sentencePiece(false)
		order, err = g.merges(merges)
	default:
		g.rules.addBOS = true
		prefix := true
		if _, err = g.value("tokenizer.ggml.add_space_prefix", &prefix); err == nil {
			g.sentencePiece(prefix)
			order = g.scored()
		}
	}
	if err != nil {
		return err
	}
	if err := g.specials(); err != nil {
		return err
	}
	g.t.model.ignoreMerges = g.rules.ignoreMerges
	m := &g.t.model
	g.part("model", map[string]any{"type": "BPE", "unk_token": g.spelled(m.unk), "fuse_unk": m.fuseUnk, "byte_fallback": m.fallback, "ignore_merges": m.ignoreMerges})
	if err := g.t.build(order, g.added()); err != nil {
		return err
	}
	if kind == "llama" {
		g.rank()
	}
	return nil
}

// spelled is a token's spelling for JSON, nil for none.
func (g *ggufVocabulary) spelled(id int32) any {
	if id < 0 {
		return nil
	}
	return g.t.tokens[id]
}

func (g *ggufVocabulary) part(name string, value any) { g.t.file[name], _ = json.Marshal(value) }

type object = map[string]any

// sentencePiece sets what surrounds a SentencePiece vocabulary: spaces are ▁, and unknown characters are bytes.
func (g *ggufVocabulary) sentencePiece(prefix bool) {
	space := object{"String": " "}
	normal := []any{object{"type": "Replace", "pattern": space, "content": "▁"}}
	decode := []any{object{"type": "Replace", "pattern": object{"String": "▁"}, "content": " "}, object{"type": "ByteFallback"}, object{"type": "Fuse"}}
	if prefix {
		normal = append([]any{object{"type": "Prepend", "prepend": "▁"}}, normal...)
		decode = append(decode, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	g.part("normalizer", object{"type": "Sequence", "normalizers": normal})
	g.part("decoder", object{"type": "Sequence", "decoders": decode})
	_, g.t.model.fallback = g.t.ids["<0x00>"]
	g.t.model.fuseUnk = true
}

// merges splits the merges at the first space that is not their first character. Those of tokens that are not there, or
// that make none, can never be used and are left out.
func (g *ggufVocabulary) merges(lines []string) ([][2]int32, error) {
	order := make([][2]int32, 0, len(lines))
	for i, line := range lines {
		at := -1
		if len(line) > 1 {
			at = strings.IndexByte(line[1:], ' ')
		}
		if at < 0 {
			return nil, fmt.Errorf("tokenizer.ggml.merges: merge %d is %q: two tokens with a space between are expected", i, line)
		}
		a, b := line[:at+1], line[at+2:]
		x, ok1 := g.t.ids[a]
		y, ok2 := g.t.ids[b]
		_, ok3 := g.t.ids[a+b]
		if ok1 && ok2 && ok3 {
			order = append(order, [2]int32{x, y})
		}
	}
	return order, nil
}

// scored makes merges of scores: every token that is two others joined, the best first.
func (g *ggufVocabulary) scored() [][2]int32 {
	type joined struct {
		pair  [2]int32
		score float32
		id    int
	}
	var all []joined
	for id, tok := range g.t.tokens {
		for at := range tok {
			if at == 0 {
				continue
			}
			a, ok := g.t.ids[tok[:at]]
			if !ok {
				continue
			}
			if b, ok := g.t.ids[tok[at:]]; ok {
				all = append(all, joined{[2]int32{a, b}, g.scores[id], id})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].score != all[j].score {
			return all[i].score > all[j].score
		}
		return all[i].id < all[j].id
	})
	order := make([][2]int32, len(all))
	for i, j := range all {
		order[i] = j.pair
	}
	return order
}

// rank gives joins of the same score the same rank: of those, SentencePiece takes the leftmost.
func (g *ggufVocabulary) rank() {
	rank, last := int32(0), float32(math.NaN())
	for i, p := range g.t.order {
		m, _ := g.t.model.pairs.get(p[0], p[1])
		if s := g.scores[m.id]; i == 0 || s != last {
			rank, last = int32(i), s
		}
		g.t.model.pairs.set(p[0], p[1], merge{rank, m.id})
	}
}

// added are the tokens that are found in the text before anything else.
func (g *ggufVocabulary) added() []AddedToken {
	var list []AddedToken
	for id, kind := range g.types {
		tok := g.t.tokens[id]
		if kind != typeControl && kind != typeUser && kind != typeUnknown {
			continue
		}
		list = append(list, AddedToken{ID: int32(id), Content: tok, Special: kind != typeUser})
	}
	return list
}

// specials reads which tokens begin and end a text, and the chat templates.
func (g *ggufVocabulary) specials() error {
	c := &g.t.Config
	c.Named, c.ChatTemplates = map[string]string{}, map[string]string{}
	for key, name := range map[string]string{"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token", "seperator": "sep_token", "cls": "cls_token", "mask": "mask_token"} {
		id, ok, err := g.number("tokenizer.ggml."+key+"_token_id", len(g.t.tokens))
		if err != nil {
			return err
		}
		if ok {
			c.Named[name] = g.t.tokens[id]
		}
	}
	if id, ok := g.t.ids[c.Named["unk_token"]]; ok && g.scores != nil && g.t.model.fuseUnk {
		g.t.model.unk = id
	}
	bos, eos := g.rules.addBOS, false
	if _, err := g.value("tokenizer.ggml.add_bos_token", &bos); err != nil {
		return err
	}
	if _, err := g.value("tokenizer.ggml.add_eos_token", &eos); err != nil {
		return err
	}
	c.AddBOS, c.AddEOS = &bos, &eos
	g.around(bos && c.Named["bos_token"] != "", eos && c.Named["eos_token"] != "")
	for key, v := range g.metadata {
		name, ok := strings.CutPrefix(key, "tokenizer.chat_template")
		text, isText := v.(string)
		if !ok || !isText || !utf8.ValidString(text) {
			continue
		}
		if name = strings.TrimPrefix(name, "."); name == "" {
			name = "default"
		}
		c.ChatTemplates[name] = text
	}
	return nil
}

// around lets the post-processor add the tokens that begin and end a text.
func (g *ggufVocabulary) around(bos, eos bool) {
	if !bos && !eos {
		return
	}
	tokens := object{}
	piece := func(name string, kind int) object {
		text := g.t.Config.Named[name]
		tokens[text] = object{"id": text, "ids": []int32{g.t.ids[text]}, "tokens": []string{text}}
		return object{"SpecialToken": object{"id": text, "type_id": kind}}
	}
	template := func(kind int, id string) []any {
		list := []any{object{"Sequence": object{"id": id, "type_id": kind}}}
		if bos {
			list = append([]any{piece("bos_token", kind)}, list...)
		}
		if eos {
			list = append(list, piece("eos_token", kind))
		}
		return list
	}
	single := template(0, "A")
	g.part("post_processor", object{"type": "TemplateProcessing", "single": single, "pair": append(template(0, "A"), template(1, "B")...), "special_tokens": tokens})
}
