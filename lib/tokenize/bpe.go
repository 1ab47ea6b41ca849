// Package tokenize is byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909, on bytes as in Radford et al.
// 2019): trained, used both ways, and kept as a Hugging Face tokenizer.json; and the chat template of a model.
package tokenize

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// A Tokenizer turns text into token ids and back.
type Tokenizer struct {
	tokens  []string         // by id, in the alphabet of Hugging Face's ByteLevel, or a special token's own text
	ids     map[string]int32 // the reverse
	merges  map[[2]int32]merge
	order   [][2]string // the merges as they are written
	special map[string]int32
	digits  bool // every digit is a word of its own

	mu    sync.Mutex
	cache map[string][]int32
}

type merge struct {
	rank int
	id   int32
}

// mostCached bounds the words whose encoding is remembered.
const mostCached = 1 << 16

// alphabet maps every byte to a printable character, as GPT-2 does: printable Latin-1 stays, the rest moves above U+0100.
var alphabet, fromAlphabet = func() (to [256]rune, from map[rune]byte) {
	from = map[rune]byte{}
	next := rune(256)
	for b := range 256 {
		r := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
			r = next
			next++
		}
		to[b] = r
		from[r] = byte(b)
	}
	return to, from
}()

func toAlphabet(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(alphabet[s[i]])
	}
	return b.String()
}

// bytesOf is the text of a token.
func (t *Tokenizer) bytesOf(id int32) string {
	tok := t.tokens[id]
	if _, ok := t.special[tok]; ok {
		return tok
	}
	b := make([]byte, 0, len(tok))
	for _, r := range tok {
		b = append(b, fromAlphabet[r])
	}
	return string(b)
}

// Size is the number of tokens.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// Token returns the text of one token; it may be part of a character.
func (t *Tokenizer) Token(id int32) string {
	if id < 0 || int(id) >= len(t.tokens) {
		return fmt.Sprintf("<no token %d>", id)
	}
	return t.bytesOf(id)
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
	id, ok := t.special[text]
	return id, ok
}

// Decode returns the text of ids. Bytes that make no character become U+FFFD.
func (t *Tokenizer) Decode(ids []int32) string {
	return strings.ToValidUTF8(t.join(ids, true), "\ufffd")
}

// DecodePlain is Decode without special tokens.
func (t *Tokenizer) DecodePlain(ids []int32) string {
	return strings.ToValidUTF8(t.join(ids, false), "\ufffd")
}

func (t *Tokenizer) join(ids []int32, specials bool) string {
	var b strings.Builder
	for _, id := range ids {
		if id < 0 || int(id) >= len(t.tokens) {
			continue
		}
		if _, ok := t.special[t.tokens[id]]; ok && !specials {
			continue
		}
		b.WriteString(t.bytesOf(id))
	}
	return b.String()
}

// Encode returns the ids of a text. Special tokens that stand in it are recognised.
func (t *Tokenizer) Encode(text string) []int32 {
	var out []int32
	for text != "" {
		at, tok := t.nextSpecial(text)
		for _, w := range words(text[:at], t.digits) {
			out = append(out, t.word(w)...)
		}
		if tok == "" {
			break
		}
		out = append(out, t.special[tok])
		text = text[at+len(tok):]
	}
	return out
}

// nextSpecial finds the first special token; of two at the same place, the longer.
func (t *Tokenizer) nextSpecial(text string) (at int, tok string) {
	at = len(text)
	for s := range t.special {
		if i := strings.Index(text, s); i >= 0 && (i < at || i == at && len(s) > len(tok)) {
			at, tok = i, s
		}
	}
	return at, tok
}

// word encodes one pre-token: its bytes, then the merges in the order in which they were learned.
func (t *Tokenizer) word(w string) []int32 {
	t.mu.Lock()
	ids, ok := t.cache[w]
	t.mu.Unlock()
	if ok {
		return ids
	}
	for i := range len(w) {
		if id, ok := t.ids[string(alphabet[w[i]])]; ok {
			ids = append(ids, id)
		}
	}
	for len(ids) > 1 {
		best, at := merge{rank: len(t.merges)}, -1
		for i := range len(ids) - 1 {
			if m, ok := t.merges[[2]int32{ids[i], ids[i+1]}]; ok && m.rank < best.rank {
				best, at = m, i
			}
		}
		if at < 0 {
			break
		}
		left, right := ids[at], ids[at+1]
		next := ids[:0:0]
		for i := 0; i < len(ids); i++ {
			if i+1 < len(ids) && ids[i] == left && ids[i+1] == right {
				next = append(next, best.id)
				i++
				continue
			}
			next = append(next, ids[i])
		}
		ids = next
	}
	t.mu.Lock()
	if len(t.cache) >= mostCached {
		t.cache = nil
	}
	if t.cache == nil {
		t.cache = map[string][]int32{}
	}
	t.cache[w] = ids
	t.mu.Unlock()
	return ids
}

// build fills the look-up tables from tokens, order and special.
func (t *Tokenizer) build() error {
	t.ids, t.merges = map[string]int32{}, map[[2]int32]merge{}
	for i, tok := range t.tokens {
		if _, twice := t.ids[tok]; twice {
			return fmt.Errorf("the token %q is there twice", tok)
		}
		t.ids[tok] = int32(i)
	}
	for rank, m := range t.order {
		a, ok1 := t.ids[m[0]]
		b, ok2 := t.ids[m[1]]
		c, ok3 := t.ids[m[0]+m[1]]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("merge %d (%q and %q) names a token that is not in the vocabulary", rank, m[0], m[1])
		}
		t.merges[[2]int32{a, b}] = merge{rank, c}
	}
	return nil
}

// Train learns a vocabulary of size tokens from text: the special tokens first, then the 256 bytes, then the pair of
// neighbours that is most frequent, again and again. Of equally frequent pairs the one that is first in order of
// its texts is taken, so that the result does not depend on anything else. digits makes every digit a word of its own.
func Train(text string, size int, special []string, digits bool) (*Tokenizer, error) {
	t := &Tokenizer{special: map[string]int32{}, digits: digits}
	for _, s := range special {
		t.special[s] = int32(len(t.tokens))
		t.tokens = append(t.tokens, s)
	}
	for b := range 256 {
		t.tokens = append(t.tokens, string(alphabet[b]))
	}
	if size < len(t.tokens) {
		return nil, fmt.Errorf("tokenize.Train: a vocabulary of %d tokens has no room for %d bytes and special tokens", size, len(t.tokens))
	}
	counts := map[string]int{}
	for _, w := range words(text, digits) {
		counts[w]++
	}
	type entry struct {
		parts []string
		count int
	}
	var list []entry
	var keys []string
	for w := range counts {
		keys = append(keys, w)
	}
	sort.Strings(keys)
	for _, w := range keys {
		var parts []string
		for i := range len(w) {
			parts = append(parts, string(alphabet[w[i]]))
		}
		list = append(list, entry{parts, counts[w]})
	}
	pairs := map[[2]string]int{}
	for _, e := range list {
		for i := range len(e.parts) - 1 {
			pairs[[2]string{e.parts[i], e.parts[i+1]}] += e.count
		}
	}
	for len(t.tokens) < size {
		var best [2]string
		most := 0
		for p, n := range pairs {
			if n > most || n == most && (p[0] < best[0] || p[0] == best[0] && p[1] < best[1]) {
				best, most = p, n
			}
		}
		if most < 2 {
			break // nothing repeats any more
		}
		t.order = append(t.order, best)
		t.tokens = append(t.tokens, best[0]+best[1])
		for i := range list {
			e := &list[i]
			for j := 0; j+1 < len(e.parts); j++ {
				if e.parts[j] != best[0] || e.parts[j+1] != best[1] {
					continue
				}
				for k := range len(e.parts) - 1 {
					pairs[[2]string{e.parts[k], e.parts[k+1]}] -= e.count
				}
				e.parts = append(append(append([]string{}, e.parts[:j]...), best[0]+best[1]), e.parts[j+2:]...)
				for k := range len(e.parts) - 1 {
					pairs[[2]string{e.parts[k], e.parts[k+1]}] += e.count
				}
			}
		}
		delete(pairs, best)
	}
	return t, t.build()
}
