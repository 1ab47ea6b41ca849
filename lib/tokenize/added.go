package tokenize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/lib/tokenize/characters"
)

// An AddedToken is a token that is found in the text before the model sees it.
type AddedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter touches it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // and after it
	Normalized bool   `json:"normalized"`  // looked for in the normalised text
	Special    bool   `json:"special"`     // left out by DecodePlain
}

// addedIndex finds added tokens in a text: the first, and of two at the same place the longer. It is a tree of bytes, so
// that a text takes no longer for a vocabulary with thousands of added tokens.
type addedIndex struct {
	tokens []foundToken
	next   map[uint32]int32 // node and byte: the node that follows
	ends   []int32          // by node: which token ends there, or -1
	first  string           // the bytes with which tokens begin
	begins [256]bool        // the same as a table
}

// foundToken is an added token by the text that is looked for, which normalisation may have changed.
type foundToken struct {
	text string
	AddedToken
}

// mostAddedBytes bounds the nodes of an index, which share a number with a byte.
const mostAddedBytes = 1 << 23

func (x *addedIndex) add(text string, a AddedToken) {
	if text == "" {
		return
	}
	if x.next == nil {
		x.next, x.ends = map[uint32]int32{}, []int32{-1}
	}
	node := int32(0)
	for i := range len(text) {
		key := uint32(node)<<8 | uint32(text[i])
		to, ok := x.next[key]
		if !ok {
			to = int32(len(x.ends))
			x.ends = append(x.ends, -1)
			x.next[key] = to
		}
		node = to
	}
	if x.ends[node] >= 0 { // two are one after normalisation: the first counts
		return
	}
	x.ends[node] = int32(len(x.tokens))
	x.tokens = append(x.tokens, foundToken{text, a})
	if !x.begins[text[0]] {
		x.begins[text[0]] = true
		x.first += text[:1]
	}
}

// cut yields the parts between added tokens, with id -1, and the added tokens. It skips the special ones when plain is set.
func (x *addedIndex) cut(p source, plain bool, yield func(part source, id int32)) {
	s, begin := p.s, 0
	for i := 0; x.first != ""; {
		at, a, ok := x.find(s, i)
		if !ok {
			break
		}
		end := at + len(a.text)
		i = end
		if plain && a.Special || a.SingleWord && touchesWord(s, at, end) {
			continue
		}
		if a.LStrip {
			at = max(begin, len(strings.TrimRightFunc(s[:at], unicode.IsSpace)))
		}
		if a.RStrip {
			end = len(s) - len(strings.TrimLeftFunc(s[end:], unicode.IsSpace))
		}
		if at >= end { // the token before has taken its white space
			continue
		}
		if at > begin {
			yield(p.sub(begin, at), -1)
		}
		yield(p.sub(at, end), a.ID)
		begin = end
	}
	if begin < len(s) {
		yield(p.sub(begin, len(s)), -1)
	}
}

func touchesWord(s string, at, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return at > 0 && characters.IsWord(before) || end < len(s) && characters.IsWord(after)
}

// find looks for the first token at i or after.
func (x *addedIndex) find(s string, i int) (int, *foundToken, bool) {
	for ; i < len(s); i++ {
		if len(x.first) == 1 { // in most vocabularies all begin with '<'
			k := strings.IndexByte(s[i:], x.first[0])
			if k < 0 {
				break
			}
			i += k
		} else if !x.begins[s[i]] {
			continue
		}
		best := int32(-1)
		for j, node, ok := i, int32(0), true; j < len(s); j++ {
			if node, ok = x.next[uint32(node)<<8|uint32(s[j])]; !ok {
				break
			}
			if x.ends[node] >= 0 {
				best = x.ends[node]
			}
		}
		if best >= 0 {
			return i, &x.tokens[best], true
		}
	}
	return 0, nil, false
}
