package tokenize

import (
	"encoding/json"
	"fmt"
	"sort"

	"lyceum/lib/stop"
)

// Train learns a vocabulary of size tokens from text: the special tokens first, then the 256 bytes, then the pair of
// neighbours that is most frequent, again and again. Of equally frequent pairs the one that is first in order of
// its texts is taken, so that the result does not depend on anything else. digits makes every digit a word of its own.
func Train(text string, size int, special []string, digits bool) (*Tokenizer, error) {
	var tokens []string
	var added []AddedToken
	var order [][2]string
	for _, s := range special {
		added = append(added, AddedToken{ID: int32(len(tokens)), Content: s, Special: true})
		tokens = append(tokens, s)
	}
	for b := range 256 {
		tokens = append(tokens, string(alphabet[b]))
	}
	if size < len(tokens) {
		return nil, fmt.Errorf("tokenize.Train: a vocabulary of %d tokens has no room for %d bytes and special tokens", size, len(tokens))
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
	for len(tokens) < size {
		if stop.Requested() {
			return nil, stop.ErrInterrupted
		}
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
		order = append(order, best)
		tokens = append(tokens, best[0]+best[1])
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
	return fromParts(tokens, added, order, digits)
}

// fromParts makes a byte-level tokenizer with GPT-2's pattern.
func fromParts(tokens []string, added []AddedToken, order [][2]string, digits bool) (*Tokenizer, error) {
	const level = `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`
	split := level
	if digits {
		split = `{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},` + level + `]}`
	}
	t := &Tokenizer{ids: map[string]int32{}, tokens: tokens, file: map[string]json.RawMessage{"pre_tokenizer": json.RawMessage(split), "decoder": json.RawMessage(level), "model": json.RawMessage("{}")}}
	for i, tok := range tokens {
		if _, twice := t.ids[tok]; twice {
			return nil, fmt.Errorf("the token %q is there twice", tok)
		}
		t.ids[tok] = int32(i)
	}
	t.model.unk = -1
	pairs := make([][2]int32, len(order))
	for i, p := range order {
		pairs[i] = [2]int32{t.ids[p[0]], t.ids[p[1]]}
	}
	return t, t.build(pairs, added)
}
