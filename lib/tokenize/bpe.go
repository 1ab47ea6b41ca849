package tokenize

import (
	"fmt"
	"unicode/utf8"
)

// bpe is the model of a tokenizer: a vocabulary and the pairs that are joined, in order.
type bpe struct {
	pairs        *pairTable
	scores       []float32 // of a SentencePiece vocabulary: it has no list of pairs, the best-scored join goes first
	byteLevel    bool      // words are bytes, each of which is a token
	bytes        [256]int32
	fallback     bool // a character that is no token becomes its bytes, <0xE2> and so on
	ignoreMerges bool // a word that is a token stays it
	fuseUnk      bool
	unk          int32  // -1: unknown characters are dropped
	prefix       string // of what does not begin a word
	suffix       string // of what ends it
	joints       *joints
}

// A symbol is a token in the making: bytes [at, end) of its word.
type symbol struct {
	id, at, end int32
	prev, next  int32
}

// symbols cuts a word into the smallest tokens.
func (t *Tokenizer) symbols(out []symbol, w string) []symbol {
	m := &t.model
	if m.byteLevel {
		for i := range len(w) {
			out = append(out, symbol{id: m.bytes[w[i]], at: int32(i), end: int32(i + 1)})
		}
		return out
	}
	unknown := symbol{id: -1} // what waits to be written: tokenizers writes it before the next known character
	flush := func() {
		if unknown.id >= 0 {
			out = append(out, unknown)
			unknown.id = -1
		}
	}
	for i := 0; i < len(w); {
		_, n := utf8.DecodeRuneInString(w[i:])
		id, ok := t.charID(w, i, n)
		switch {
		case ok:
			flush()
			out = append(out, symbol{id: id, at: int32(i), end: int32(i + n)})
		case m.fallback && t.hasBytes(w[i:i+n]):
			for j := i; j < i+n; j++ {
				out = append(out, symbol{id: m.bytes[w[j]], at: int32(j), end: int32(j + 1)})
			}
		case m.unk >= 0:
			if unknown.id >= 0 && m.fuseUnk {
				unknown.end = int32(i + n)
			} else {
				flush()
				unknown = symbol{id: m.unk, at: int32(i), end: int32(i + n)}
			}
		}
		i += n
	}
	flush()
	return out
}

// charID is the token of the character of n bytes at i.
func (t *Tokenizer) charID(w string, i, n int) (int32, bool) {
	c := w[i : i+n]
	if m := &t.model; m.prefix != "" || m.suffix != "" {
		if i > 0 {
			c = m.prefix + c
		}
		if i+n == len(w) {
			c += m.suffix
		}
	}
	return t.ofModel(c)
}

// ofModel is the token of a text in the model's own vocabulary, which has no token that is only added.
func (t *Tokenizer) ofModel(text string) (int32, bool) {
	id, ok := t.ids[text]
	return id, ok && (int(id) < t.vocabulary || !t.onlyAdded[id])
}

func (t *Tokenizer) hasBytes(s string) bool {
	for i := range len(s) {
		if t.model.bytes[s[i]] < 0 {
			return false
		}
	}
	return true
}

// pair tells whether two tokens join, and how early.
func (t *Tokenizer) pair(a, b int32) (merge, bool) { return t.model.pairs.get(a, b) }

// word turns one word into tokens.
func (t *Tokenizer) word(out []symbol, w string) []symbol {
	from := len(out)
	if t.model.ignoreMerges {
		if id, ok := t.wordID(w); ok {
			return append(out, symbol{id: id, end: int32(len(w))})
		}
	}
	out = t.symbols(out, w)
	if len(out)-from > mostShort {
		return out[:from+t.mergeLong(out[from:])]
	}
	return out[:from+t.mergeShort(out[from:])]
}

// wordID finds a whole word in the vocabulary.
func (t *Tokenizer) wordID(w string) (int32, bool) {
	if t.model.byteLevel {
		id, ok := t.whole[w]
		return id, ok
	}
	return t.ofModel(w)
}

// mostShort is the symbols up to which looking at all of them for each join is fastest.
const mostShort = 48

const noRank = 1<<31 - 1

// mergeShort joins the earliest pair again and again, looking at all of them each time.
func (t *Tokenizer) mergeShort(s []symbol) int {
	var ranks [mostShort]merge
	n := len(s)
	look := func(i int) {
		ranks[i] = merge{rank: noRank}
		if i+1 < n {
			if m, ok := t.pair(s[i].id, s[i+1].id); ok {
				ranks[i] = m
			}
		}
	}
	for i := range n {
		look(i)
	}
	for n > 1 {
		best := 0
		for i := 1; i < n-1; i++ {
			if ranks[i].rank < ranks[best].rank {
				best = i
			}
		}
		if ranks[best].rank == noRank {
			break
		}
		s[best].id, s[best].end = ranks[best].id, s[best+1].end
		copy(s[best+1:n-1], s[best+2:n])
		copy(ranks[best+1:n-1], ranks[best+2:n])
		n--
		look(best)
		if best > 0 {
			look(best - 1)
		}
	}
	return n
}

// A candidate is a pair that could be joined: of the symbol at and the next, when they still are left and right.
type candidate struct {
	merge
	at, left, right int32
}

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// mergeLong does the same with a heap and a linked list: a word of a megabyte takes no quadratic time.
func (t *Tokenizer) mergeLong(s []symbol) int {
	q := make(queue, 0, len(s))
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
	}
	candidateAt := func(i int32) (candidate, bool) {
		j := s[i].next
		if int(j) >= len(s) {
			return candidate{}, false
		}
		m, ok := t.pair(s[i].id, s[j].id)
		return candidate{m, i, s[i].id, s[j].id}, ok
	}
	for i := range s {
		if c, ok := candidateAt(int32(i)); ok {
			q = append(q, c)
		}
	}
	q.init()
	for len(q) > 0 {
		c := q.pop()
		l := &s[c.at]
		if l.id != c.left || int(l.next) >= len(s) || s[l.next].id != c.right {
			continue
		}
		gone := l.next
		l.id, l.end, l.next = c.id, s[gone].end, s[gone].next
		s[gone].id = -1
		if int(l.next) < len(s) {
			s[l.next].prev = c.at
		}
		if n, ok := candidateAt(c.at); ok {
			q.push(n)
		}
		if l.prev >= 0 {
			if n, ok := candidateAt(l.prev); ok {
				q.push(n)
			}
		}
	}
	n := 0
	for i := range s {
		if s[i].id >= 0 {
			s[n] = s[i]
			n++
		}
	}
	return n
}

// queue is a heap of candidates; the standard library's boxes every element.
type queue []candidate

func (q queue) init() {
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

func (q queue) down(i int) {
	for {
		j := 2*i + 1
		if j >= len(q) {
			return
		}
		if j+1 < len(q) && q[j+1].before(q[j]) {
			j++
		}
		if !q[j].before(q[i]) {
			return
		}
		q[i], q[j] = q[j], q[i]
		i = j
	}
}

func (q *queue) push(c candidate) {
	*q = append(*q, c)
	h := *q
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (q *queue) pop() candidate {
	h := *q
	top := h[0]
	h[0] = h[len(h)-1]
	*q = h[:len(h)-1]
	q.down(0)
	return top
}

// setModel fills the look-up tables from the tokens and the merges.
func (t *Tokenizer) setModel(order [][2]int32) error {
	m := &t.model
	for b := range 256 {
		m.bytes[b] = -1
		name := alphabetText[b]
		if !m.byteLevel {
			name = fmt.Sprintf("<0x%02X>", b)
		}
		if id, ok := t.ids[name]; ok {
			m.bytes[b] = id
		}
	}
	if m.byteLevel && m.ignoreMerges {
		t.whole = make(map[string]int32, len(t.ids))
		for tok, id := range t.ids {
			if raw, ok := rawOf(tok); ok {
				t.whole[raw] = id
			}
		}
	}
	m.pairs, t.order = newPairTable(len(order)), order
	var room []byte
	for rank, p := range order {
		left, right := t.tokens[p[0]], t.tokens[p[1]]
		if len(right) < len(m.prefix) {
			return fmt.Errorf("merge %d (%q and %q) has no %q to join at", rank, left, right, m.prefix)
		}
		room = append(append(room[:0], left...), right[len(m.prefix):]...)
		c, ok := t.ids[string(room)]
		if !ok {
			return fmt.Errorf("merge %d (%q and %q) names a token that is not in the vocabulary", rank, left, right)
		}
		m.pairs.set(p[0], p[1], merge{int32(rank), c})
	}
	m.joints = newJoints(t)
	return nil
}
