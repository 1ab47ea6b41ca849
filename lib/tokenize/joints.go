package tokenize

import "unicode/utf8"

// joints are the pairs of neighbouring characters between which any merge can join. A word may be cut everywhere else
// without changing its tokens, which makes a text without pre-tokenizer (Llama 2, Gemma) many short words that a cache
// remembers, and not one long one.
type joints struct{ pairs map[[2]rune]bool }

// shortWord is what need not be cut.
const shortWord = 12

// newJoints returns nil when words may not be cut.
func newJoints(t *Tokenizer) *joints {
	m := &t.model
	if m.byteLevel || m.ignoreMerges || m.prefix != "" || m.suffix != "" {
		return nil
	}
	j := &joints{map[[2]rune]bool{}}
	for _, p := range t.order {
		a, b := t.tokens[p[0]], t.tokens[p[1]]
		if _, ok := byteToken(a); ok {
			return nil
		}
		if _, ok := byteToken(b); ok {
			return nil
		}
		last, _ := utf8.DecodeLastRuneInString(a)
		first, _ := utf8.DecodeRuneInString(b)
		j.pairs[[2]rune{last, first}] = true
	}
	return j
}

// cut gives the parts of w. After a character that is no token it does not cut, for unknown ones may fuse.
func (j *joints) cut(t *Tokenizer, w string, yield func(at, end int)) {
	at, i := 0, 0
	r, n := utf8.DecodeRuneInString(w)
	for i+n < len(w) {
		next, k := utf8.DecodeRuneInString(w[i+n:])
		if !j.pairs[[2]rune{r, next}] {
			if _, known := t.ofModel(w[i : i+n]); known {
				yield(at, i+n)
				at = i + n
			}
		}
		i, r, n = i+n, next, k
	}
	yield(at, len(w))
}
