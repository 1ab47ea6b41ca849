package constrain

import "sort"

// A Vocabulary is the bytes that the tokens of a tokenizer spell, as a tree. It may be shared.
type Vocabulary struct {
	size    int
	bytes   string // of all tokens
	at      []int32
	nodes   []treeNode
	ids     []int32 // sorted by text
	singles byteSet // bytes that are a token by themselves
	longest int
}

// A treeNode is a beginning of tokens.
type treeNode struct {
	child, sibling int32 // 0: none
	first, end     int32 // in ids: the tokens that are exactly this
	b              byte
}

// NewVocabulary returns the vocabulary of n tokens. spell is the bytes of a token, empty for one that must not stand in
// a constrained text, as special tokens.
func NewVocabulary(n int, spell func(id int32) string) *Vocabulary {
	v := &Vocabulary{size: n, at: make([]int32, n+1)}
	var all []byte
	for i := range n {
		s := spell(int32(i))
		all = append(all, s...)
		v.at[i+1] = int32(len(all))
		if s != "" {
			v.ids = append(v.ids, int32(i))
			v.longest = max(v.longest, len(s))
		}
		if len(s) == 1 {
			v.singles.add(s[0], s[0])
		}
	}
	v.bytes = string(all)
	sort.SliceStable(v.ids, func(i, j int) bool { return v.text(v.ids[i]) < v.text(v.ids[j]) })
	v.nodes = make([]treeNode, 1, len(all)/2+1)
	v.grow(0, 0, 0, len(v.ids))
	return v
}

func (v *Vocabulary) text(id int32) string { return v.bytes[v.at[id]:v.at[id+1]] }

// grow hangs the tokens ids[lo:hi], which agree in depth bytes, under a node.
func (v *Vocabulary) grow(node int32, depth, lo, hi int) {
	last := int32(0)
	for lo < hi {
		b := v.text(v.ids[lo])[depth]
		end := lo
		exact := lo
		for end < hi && v.text(v.ids[end])[depth] == b {
			if len(v.text(v.ids[end])) == depth+1 {
				exact = end + 1
			}
			end++
		}
		at := int32(len(v.nodes))
		v.nodes = append(v.nodes, treeNode{b: b, first: int32(lo), end: int32(exact)})
		if last == 0 {
			v.nodes[node].child = at
		} else {
			v.nodes[last].sibling = at
		}
		last = at
		v.grow(at, depth+1, exact, end)
		lo = end
	}
}

// A mask is the tokens that may come at a state.
type mask struct {
	bits    []uint64
	longest int // the most tokens that are needed after one of them
}

func (c *Constraint) maskOf(s *state) *mask {
	if s.mask == nil {
		s.mask = &mask{bits: make([]uint64, words(c.v.size))}
		c.walk(s, s.mask.bits, unreachable, &s.mask.longest)
		if s.mask.longest >= unreachable {
			// Some tokens lead where no end can be spelled for certain: they are left out if there are others.
			if safe := c.maskWithin(s, unreachable-1); safe != nil {
				s.mask.bits, s.mask.longest = safe, 0
				c.walk(s, make([]uint64, len(safe)), unreachable-1, &s.mask.longest)
			}
		}
	}
	return s.mask
}

// maskWithin returns the tokens after which at most left more are needed; nil if there is none.
func (c *Constraint) maskWithin(s *state, left int) []uint64 {
	bits := make([]uint64, words(c.v.size))
	if !c.walk(s, bits, left, new(int)) && !s.accept {
		return nil
	}
	return bits
}

// walk sets the bits of the tokens that lead from s to states that need at most left tokens, and reports whether there are
// any; longest becomes the most that is needed.
func (c *Constraint) walk(s *state, bits []uint64, left int, longest *int) (any bool) {
	var down func(node int32, s *state)
	down = func(node int32, s *state) {
		for n := c.v.nodes[node].child; n != 0; n = c.v.nodes[n].sibling {
			t := &c.v.nodes[n]
			next := c.m.step(s, t.b)
			if next == nil {
				continue
			}
			if t.first < t.end {
				if need := c.needs(next); need <= left {
					any = true
					*longest = max(*longest, need)
					for _, id := range c.v.ids[t.first:t.end] {
						bits[id>>6] |= 1 << (uint(id) & 63)
					}
				}
			}
			down(n, next)
		}
	}
	down(0, s)
	return any
}

// needs is how many tokens the shortest text from s to an end takes, at least: the text is the shortest in bytes, of
// those the first in order, cut into as few tokens as possible. After the first of these tokens one fewer is needed.
func (c *Constraint) needs(s *state) int {
	switch {
	case s.accept:
		return 0
	case s.needs > 0:
		return s.needs - 1
	case s.least >= unreachable:
		return unreachable
	}
	rest := make([]byte, 0, s.least)
	for t := s; !t.accept; {
		b, next := c.towards(t)
		rest = append(rest, b)
		t = next
	}
	fewest := make([]int, len(rest)+1) // from there to the end
	for i := len(rest) - 1; i >= 0; i-- {
		fewest[i] = 1 + fewest[i+1] // every byte that is counted on is a token
		node := int32(0)
		for j := i; j < len(rest); j++ {
			if node = c.v.childOf(node, rest[j]); node == 0 {
				break
			}
			if t := &c.v.nodes[node]; t.first < t.end {
				fewest[i] = min(fewest[i], 1+fewest[j+1])
			}
		}
	}
	s.needs = 1 + fewest[0]
	return fewest[0]
}

func (v *Vocabulary) childOf(node int32, b byte) int32 {
	n := v.nodes[node].child
	for n != 0 && v.nodes[n].b != b {
		n = v.nodes[n].sibling
	}
	return n
}

// towards returns the first byte that brings s nearer to an end, and the state there.
func (c *Constraint) towards(s *state) (byte, *state) {
	best := 256
	for _, k := range s.configs {
		n, rest := &c.m.net.states[k.at], c.m.rest(k.frame)
		for i := range n.edges {
			if e := &n.edges[i]; c.m.ends[e.to]+rest == s.least-1 {
				best = min(best, e.on.firstOf(&c.v.singles))
			}
		}
	}
	return byte(best), c.m.step(s, byte(best))
}
