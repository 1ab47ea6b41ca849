package constrain

// A dfa is a regular language as a complete table: what JSON Schema combines (a pattern, a length, what "not" forbids) is
// intersected and subtracted here, which a network cannot do. State 0 is the beginning.
type dfa struct {
	next   [][256]int32 // dead: no text goes on
	accept []bool
}

const dead = -1

// mostDFA bounds the states of one table.
const mostDFA = 20_000

// automatonOf returns the language of a node that does not contain itself.
func automatonOf(n node) *dfa {
	net := network{}
	b := builder{net: &net, seen: map[*rule]bool{}}
	net.root = b.enter(&rule{body: n})
	for len(b.todo) > 0 {
		r := b.todo[0]
		b.todo = b.todo[1:]
		b.rule = r
		b.build(r.body, r.start, r.end)
	}
	m := newMachine(&net, nil)
	bytes, class := net.classes()
	return tabled(m.start(), func(s *state, number func(*state) int32) (row [256]int32) {
		to := make([]int32, len(bytes))
		for i, c := range bytes {
			to[i] = dead
			if next := m.step(s, c); next != nil {
				to[i] = number(next)
			}
		}
		for c := range row {
			row[c] = to[class[c]]
		}
		return row
	}, func(s *state) bool { return s.accept })
}

// tabled makes the table of an automaton: states are numbered as they are found, from start on. row says where the bytes lead from
// one, with the number of each state that is not dead.
func tabled[S comparable](start S, row func(s S, number func(S) int32) [256]int32, accept func(s S) bool) *dfa {
	d, ids, list := new(dfa), map[S]int32{}, []S(nil)
	number := func(s S) int32 {
		id, ok := ids[s]
		if !ok {
			if len(list) >= mostDFA {
				panic(errTooLarge)
			}
			id = int32(len(list))
			ids[s] = id
			list = append(list, s)
		}
		return id
	}
	number(start)
	for i := 0; i < len(list); i++ {
		d.next = append(d.next, row(list[i], number))
		d.accept = append(d.accept, accept(list[i]))
	}
	return d.trimmed()
}

// classes cuts the bytes into classes that no edge tells apart, and returns one byte of each.
func (n *network) classes() (bytes []byte, class [256]int) {
	count := 1
	for i := range n.states {
		for j := range n.states[i].edges {
			on := &n.states[i].edges[j].on
			split := map[int]int{}
			var inside, outside [256]bool
			for c, k := range class {
				if on.has(byte(c)) {
					inside[k] = true
				} else {
					outside[k] = true
				}
			}
			for c, k := range class {
				if !on.has(byte(c)) || !inside[k] || !outside[k] {
					continue
				}
				if _, ok := split[k]; !ok {
					split[k] = count
					count++
				}
				class[c] = split[k]
			}
		}
	}
	bytes = make([]byte, count)
	for c := 255; c >= 0; c-- {
		bytes[class[c]] = byte(c)
	}
	return bytes, class
}

// and returns the texts of both; without, those of d that are not texts of other.
func (d *dfa) and(other *dfa) *dfa {
	return d.product(other, func(a, b bool) bool { return a && b })
}

func (d *dfa) without(other *dfa) *dfa {
	return d.product(other, func(a, b bool) bool { return a && !b })
}

// product runs both at once; accept, of a text of d or not and of other or not, is false where d has no text.
func (d *dfa) product(other *dfa, accept func(a, b bool) bool) *dfa {
	type pair struct{ a, b int32 }
	return tabled(pair{}, func(p pair, number func(pair) int32) (row [256]int32) {
		for c := range row {
			q := pair{d.next[p.a][c], dead}
			if p.b != dead {
				q.b = other.next[p.b][c]
			}
			if row[c] = dead; q.a != dead && (q.b != dead || accept(true, false)) {
				row[c] = number(q)
			}
		}
		return row
	}, func(p pair) bool { return accept(d.accept[p.a], p.b != dead && other.accept[p.b]) })
}

// trimmed makes the states dead from which no text ends.
func (d *dfa) trimmed() *dfa {
	alive := append([]bool(nil), d.accept...)
	for changed := true; changed; {
		changed = false
		for i := len(d.next) - 1; i >= 0; i-- {
			for c := 0; c < 256 && !alive[i]; c++ {
				if to := d.next[i][c]; to != dead && alive[to] {
					alive[i], changed = true, true
				}
			}
		}
	}
	for i := range d.next {
		for c, to := range d.next[i] {
			if to != dead && !alive[to] {
				d.next[i][c] = dead
			}
		}
	}
	return d
}

// none reports whether no text is in the language.
func (d *dfa) none() bool {
	for _, to := range d.next[0] {
		if to != dead {
			return false
		}
	}
	return !d.accept[0]
}

// lay puts the table between two states of the network.
func (d *dfa) lay(b *builder, from, to int32) {
	at := make([]int32, len(d.next))
	for i := range at {
		at[i] = b.state()
	}
	b.join(from, at[0])
	for i := range d.next {
		sets := map[int32]*byteSet{}
		var order []int32
		for c, t := range d.next[i] {
			if t == dead {
				continue
			}
			if sets[t] == nil {
				sets[t] = new(byteSet)
				order = append(order, t)
			}
			sets[t].add(byte(c), byte(c))
		}
		s := &b.net.states[at[i]]
		for _, t := range order {
			s.edges = append(s.edges, edge{*sets[t], at[t]})
		}
		if d.accept[i] {
			b.join(at[i], to)
		}
	}
}
