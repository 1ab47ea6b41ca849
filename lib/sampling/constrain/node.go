package constrain

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// A node is a part of a grammar: byteSet, sequence, choice, repeat, *dfa or *rule.
type node interface{}

// byteSet is one byte out of a set.
type byteSet [4]uint64

func (s *byteSet) add(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s[b>>6] |= 1 << (b & 63)
	}
}

func (s *byteSet) has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }

// firstOf returns the first byte that both sets have; 256 if there is none.
func (s *byteSet) firstOf(other *byteSet) int {
	for i := range s {
		if both := s[i] & other[i]; both != 0 {
			return 64*i + bits.TrailingZeros64(both)
		}
	}
	return 256
}

func oneByte(lo, hi byte) byteSet {
	var s byteSet
	s.add(lo, hi)
	return s
}

type (
	sequence []node
	choice   []node // none: nothing matches
	repeat   struct {
		body     node
		min, max int // max < 0: without end
	}
	// A rule is a part that may contain itself.
	rule struct {
		name       string
		body       node
		start, end int32 // in the network
	}
)

var empty = sequence{}

// text is exactly these bytes.
func text(s string) node {
	out := make(sequence, len(s))
	for i := range len(s) {
		out[i] = oneByte(s[i], s[i])
	}
	return out
}

func optional(n node) node { return repeat{n, 0, 1} }

// A network is the grammar as states with edges by bytes, empty edges, and calls of rules.
type network struct {
	states []netState
	rules  []*rule
	root   *rule
}

type netState struct {
	edges []edge
	empty []int32
	calls []call
	rule  *rule
}

type edge struct {
	on byteSet
	to int32
}

// A call goes through a rule and on at the state after.
type call struct {
	rule  *rule
	after int32
}

// mostStates bounds what a grammar with large repeats may grow to.
const mostStates = 400_000

var errTooLarge = errors.New("the grammar is too large: smaller repeats are needed")

// compile makes the network of root and of all rules that it reaches.
func compile(name string, root node) (g *Grammar, err error) {
	defer func() {
		if v := recover(); v == errTooLarge {
			g, err = nil, fmt.Errorf("constrain: %s: %w", name, errTooLarge)
		} else if v != nil {
			panic(v)
		}
	}()
	g = &Grammar{name: name}
	b := builder{net: &g.net, seen: map[*rule]bool{}}
	g.net.root = b.enter(&rule{name: name, body: root})
	for len(b.todo) > 0 {
		r := b.todo[0]
		b.todo = b.todo[1:]
		b.rule = r
		b.build(r.body, r.start, r.end)
	}
	if r := g.net.leftRecursive(); r != nil {
		return nil, fmt.Errorf("constrain: %s: %s begins with itself", name, r.name)
	}
	if g.m = newMachine(&g.net, nil); !g.m.finishable() {
		return nil, fmt.Errorf("constrain: %s: no text matches, or none that ends", name)
	}
	g.net.prune(g.m.ends)
	return g, nil
}

// prune takes away what leads to no end.
func (n *network) prune(ends []int) {
	lost := func(i int32) bool { return ends[i] >= unreachable }
	for i := range n.states {
		s := &n.states[i]
		s.edges = slices.DeleteFunc(s.edges, func(e edge) bool { return lost(e.to) })
		s.empty = slices.DeleteFunc(s.empty, lost)
		s.calls = slices.DeleteFunc(s.calls, func(c call) bool { return lost(c.rule.start) || lost(c.after) })
	}
}

type builder struct {
	net  *network
	rule *rule
	seen map[*rule]bool
	todo []*rule
}

func (b *builder) state() int32 {
	if len(b.net.states) >= mostStates {
		panic(errTooLarge)
	}
	b.net.states = append(b.net.states, netState{rule: b.rule})
	return int32(len(b.net.states) - 1)
}

func (b *builder) enter(r *rule) *rule {
	if !b.seen[r] {
		b.seen[r] = true
		was := b.rule
		b.rule = r
		r.start, r.end = b.state(), b.state()
		b.rule = was
		b.net.rules = append(b.net.rules, r)
		b.todo = append(b.todo, r)
	}
	return r
}

// build lays n between two states (Thompson's construction).
func (b *builder) build(n node, from, to int32) {
	switch n := n.(type) {
	case byteSet:
		s := &b.net.states[from]
		s.edges = append(s.edges, edge{n, to})
	case sequence:
		if len(n) == 0 {
			b.join(from, to)
			return
		}
		for _, part := range n[:len(n)-1] {
			next := b.state()
			b.build(part, from, next)
			from = next
		}
		b.build(n[len(n)-1], from, to)
	case choice:
		for _, part := range n {
			b.build(part, from, to)
		}
	case repeat:
		b.repeat(n, from, to)
	case *dfa:
		n.lay(b, from, to)
	case *rule:
		b.enter(n)
		s := &b.net.states[from]
		s.calls = append(s.calls, call{n, to})
	default:
		panic(fmt.Sprintf("constrain: a node of type %T", n))
	}
}

func (b *builder) join(from, to int32) {
	s := &b.net.states[from]
	s.empty = append(s.empty, to)
}

func (b *builder) repeat(n repeat, from, to int32) {
	for range n.min {
		next := b.state()
		b.build(n.body, from, next)
		from = next
	}
	if n.max < 0 {
		hub := b.state()
		b.join(from, hub)
		b.build(n.body, hub, hub)
		b.join(hub, to)
		return
	}
	for range n.max - n.min {
		b.join(from, to)
		next := b.state()
		b.build(n.body, from, next)
		from = next
	}
	b.join(from, to)
}

// nullable marks the rules that match the empty text.
func (n *network) nullable() map[*rule]bool {
	out := map[*rule]bool{}
	for changed := true; changed; {
		changed = false
		for _, r := range n.rules {
			if !out[r] && n.silent(r, out, nil) {
				out[r], changed = true, true
			}
		}
	}
	return out
}

// silent reports whether the end of r can be reached without a byte, and calls each rule that can begin there.
func (n *network) silent(r *rule, nullable map[*rule]bool, begins func(*rule)) bool {
	seen := map[int32]bool{r.start: true}
	list := []int32{r.start}
	for i := 0; i < len(list); i++ {
		s := &n.states[list[i]]
		next := append([]int32(nil), s.empty...)
		for _, c := range s.calls {
			if begins != nil {
				begins(c.rule)
			}
			if nullable[c.rule] {
				next = append(next, c.after)
			}
		}
		for _, t := range next {
			if !seen[t] {
				seen[t] = true
				list = append(list, t)
			}
		}
	}
	return seen[r.end]
}

// leftRecursive returns a rule that can come to itself without a byte.
func (n *network) leftRecursive() *rule {
	nullable := n.nullable()
	begins := map[*rule][]*rule{}
	for _, r := range n.rules {
		n.silent(r, nullable, func(c *rule) { begins[r] = append(begins[r], c) })
	}
	colour := map[*rule]int{}
	var visit func(r *rule) *rule
	visit = func(r *rule) *rule {
		colour[r] = 1
		for _, c := range begins[r] {
			if colour[c] == 1 {
				return c
			}
			if colour[c] == 0 {
				if found := visit(c); found != nil {
					return found
				}
			}
		}
		colour[r] = 2
		return nil
	}
	for _, r := range n.rules {
		if colour[r] == 0 {
			if found := visit(r); found != nil {
				return found
			}
		}
	}
	return nil
}
