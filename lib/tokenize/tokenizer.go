// Package tokenize turns text into token ids and back as Hugging Face's tokenizers library does: byte-level byte-pair
// encoding (Sennrich et al. 2016, arXiv:1508.07909, on bytes as in Radford et al. 2019) and byte-pair encoding with
// byte fallback, read from tokenizer.json or from a GGUF vocabulary, or trained; and the chat template of a model.
//
// A text goes through these steps: added tokens are cut out; the rest is normalised; a pre-tokenizer cuts it into words;
// each word becomes tokens (the model); the post-processor adds tokens as BOS. A decoder makes text of tokens again.
package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// A Tokenizer turns text into token ids and back. It may be used from several goroutines.
type Tokenizer struct {
	// Config is what tokenizer_config.json and special_tokens_map.json say: which tokens begin and end a text, and the
	// chat template. FromJSON leaves it empty.
	Config Config

	tokens     []string         // by id, as the vocabulary spells them; "" where an id is not used
	ids        map[string]int32 // the reverse
	whole      map[string]int32 // the same by their bytes, when the model is byte-level
	added      map[int32]AddedToken
	onlyAdded  map[int32]bool   // those that the model's vocabulary does not have
	vocabulary int              // tokens of the model
	normalised map[int32]string // added tokens that are looked for as other than their content
	raw        addedIndex       // added tokens that are looked for before normalisation
	normed     addedIndex       // and after it

	normal   []normalizer
	split    []splitter
	model    bpe
	post     postProcessor
	decoders []decoder
	bytewise bool       // the decoder is ByteLevel alone: text is the bytes of the tokens
	order    [][2]int32 // the merges as they are written

	file   map[string]json.RawMessage // the parts of tokenizer.json other than vocabulary and added tokens
	caches sync.Pool
	chat   chatCache
}

// Size is the number of ids: the highest and one.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// Token returns the text of one token; it may be part of a character.
func (t *Tokenizer) Token(id int32) string {
	if !t.has(id) {
		return fmt.Sprintf("<no token %d>", id)
	}
	return t.bytesOf(id)
}

func (t *Tokenizer) has(id int32) bool {
	return id >= 0 && int(id) < len(t.tokens) && t.tokens[id] != ""
}

// Spelling returns a token as the vocabulary spells it.
func (t *Tokenizer) Spelling(id int32) string {
	if !t.has(id) {
		return ""
	}
	return t.tokens[id]
}

// spelling is a token as the decoder sees it: of an added token, what is looked for in the normalised text.
func (t *Tokenizer) spelling(id int32) string {
	if s, ok := t.normalised[id]; ok {
		return s
	}
	return t.tokens[id]
}

// hidden tells whether DecodePlain leaves a token out. As in the tokenizers library, the list of special tokens goes by
// their content, so that one which normalisation changes is not found in it.
func (t *Tokenizer) hidden(id int32) bool {
	_, other := t.normalised[id]
	return t.added[id].Special && !other
}

// bytesOf is the text of a token.
func (t *Tokenizer) bytesOf(id int32) string {
	tok := t.spelling(id)
	if t.bytewise {
		raw, _ := rawOf(tok)
		return raw
	}
	if _, ok := t.added[id]; ok {
		return tok
	}
	if b, ok := byteToken(tok); ok && t.model.fallback {
		return string([]byte{b})
	}
	return strings.ReplaceAll(tok, "▁", " ")
}

// Tokens returns the text of each token.
func (t *Tokenizer) Tokens(ids []int32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = t.Token(id)
	}
	return out
}

// Special returns the id of a special token.
func (t *Tokenizer) Special(text string) (int32, bool) {
	id, ok := t.ids[text]
	return id, ok && t.added[id].Special
}

// IsSpecial tells whether a token is special: DecodePlain leaves it out.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.added[id].Special }

// Added returns the added token with an id.
func (t *Tokenizer) Added(id int32) (AddedToken, bool) {
	a, ok := t.added[id]
	return a, ok
}

// ID returns the id of a token as the vocabulary spells it.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.ids[token]
	return id, ok
}
