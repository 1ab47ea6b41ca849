package constrain

import (
	"encoding/binary"
	"slices"
)

// A machine runs a network: it makes the states of the deterministic automaton as they are needed, and remembers them.
type machine struct {
	net    *network
	ends   []int // by state of the network: the fewest bytes to the end of its rule
	only   *byteSet
	frames map[frameKey]*frame
	states map[string]*state
}

// unreachable stands for an end that cannot be reached.
const unreachable = 1 << 40

// A frame is where a rule goes on when the one that it called has ended.
type frame struct {
	frameKey
	id    int
	least int // the fewest bytes from there to the end of everything
}

type frameKey struct {
	after  int32
	parent *frame
}

// A config is one way in which the text so far can be read: a place in the network and the calls that are open.
type config struct {
	at    int32
	frame *frame
}

// A state is all ways in which the text so far can be read.
type state struct {
	configs []config
	accept  bool
	last    bool // no byte can follow
	least   int  // the fewest bytes to an end
	next    *[256]*state
	known   [4]uint64
	needs   int // tokens, plus one; 0: not computed
	mask    *mask
}

// kept bounds the states that are remembered; what is forgotten is made again.
const kept = 1 << 15

// newMachine returns a machine; only is the bytes that are counted on for the way to an end, nil for all.
func newMachine(net *network, only *byteSet) *machine {
	m := &machine{net: net, only: only}
	m.forget()
	m.measure()
	return m
}

func (m *machine) forget() { m.frames, m.states = map[frameKey]*frame{}, map[string]*state{} }

// measure fills ends: shortest paths, where a call is as long as the shortest way through its rule.
func (m *machine) measure() {
	n := m.net
	m.ends = make([]int, len(n.states))
	for i := range m.ends {
		m.ends[i] = unreachable
	}
	for _, r := range n.rules {
		m.ends[r.end] = 0
	}
	for changed := true; changed; {
		changed = false
		for i := len(n.states) - 1; i >= 0; i-- {
			s, best := &n.states[i], m.ends[i]
			for _, e := range s.edges {
				if m.counts(&e.on) {
					best = min(best, 1+m.ends[e.to])
				}
			}
			for _, t := range s.empty {
				best = min(best, m.ends[t])
			}
			for _, c := range s.calls {
				best = min(best, m.ends[c.rule.start]+m.ends[c.after])
			}
			if best < m.ends[i] {
				m.ends[i], changed = best, true
			}
		}
	}
}

// counts reports whether a byte of the set may be counted on.
func (m *machine) counts(s *byteSet) bool {
	if m.only == nil {
		return *s != byteSet{}
	}
	for i := range s {
		if s[i]&m.only[i] != 0 {
			return true
		}
	}
	return false
}

func (m *machine) finishable() bool { return m.ends[m.net.root.start] < unreachable }

func (m *machine) start() *state { return m.closed([]config{{m.net.root.start, nil}}) }

// step returns the state after a byte; nil if the text cannot be one of the grammar any more.
func (m *machine) step(s *state, b byte) *state {
	if s.known[b>>6]>>(b&63)&1 != 0 {
		return s.next[b]
	}
	if s.next == nil {
		s.next = new([256]*state)
	}
	var to []config
	for _, c := range s.configs {
		for i := range m.net.states[c.at].edges {
			if e := &m.net.states[c.at].edges[i]; e.on.has(b) {
				to = append(to, config{e.to, c.frame})
			}
		}
	}
	s.known[b>>6] |= 1 << (b & 63)
	if len(to) > 0 {
		s.next[b] = m.closed(to)
	}
	return s.next[b]
}

func (m *machine) push(after int32, parent *frame) *frame {
	// A rule that ends where the one that it called ends leaves nothing to come back to.
	if m.net.states[after].rule.end == after {
		return parent
	}
	k := frameKey{after, parent}
	f := m.frames[k]
	if f == nil {
		f = &frame{frameKey: k, id: len(m.frames) + 1, least: min(unreachable, m.ends[after]+m.rest(parent))}
		m.frames[k] = f
	}
	return f
}

func (m *machine) rest(f *frame) int {
	if f == nil {
		return 0
	}
	return f.least
}

// closed follows everything that takes no byte and returns the state of what is reached.
func (m *machine) closed(list []config) *state {
	seen := make(map[config]bool, 2*len(list))
	queue := make([]config, 0, 4*len(list))
	add := func(c config) {
		if !seen[c] {
			seen[c] = true
			queue = append(queue, c)
		}
	}
	for _, c := range list {
		add(c)
	}
	s := &state{least: unreachable}
	for i := 0; i < len(queue); i++ {
		c := queue[i]
		n := &m.net.states[c.at]
		for _, t := range n.empty {
			add(config{t, c.frame})
		}
		for _, l := range n.calls {
			add(config{l.rule.start, m.push(l.after, c.frame)})
		}
		if n.rule.end == c.at {
			if c.frame != nil {
				add(config{c.frame.after, c.frame.parent})
			} else {
				s.accept = true
			}
		}
		if len(n.edges) > 0 {
			s.configs = append(s.configs, c)
			s.least = min(s.least, m.ends[c.at]+m.rest(c.frame))
		}
	}
	return m.shared(s)
}

// shared returns the state that was made before of the same configs, if there is one.
func (m *machine) shared(s *state) *state {
	slices.SortFunc(s.configs, func(a, b config) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return frameID(a.frame) - frameID(b.frame)
	})
	key := make([]byte, 1, 1+12*len(s.configs))
	if s.accept {
		key[0], s.least = 1, 0
	}
	for _, c := range s.configs {
		key = binary.LittleEndian.AppendUint32(key, uint32(c.at))
		key = binary.LittleEndian.AppendUint64(key, uint64(frameID(c.frame)))
	}
	if old := m.states[string(key)]; old != nil {
		return old
	}
	if len(m.states) >= kept {
		m.states = map[string]*state{}
	}
	s.last = len(s.configs) == 0
	m.states[string(key)] = s
	return s
}

func frameID(f *frame) int {
	if f == nil {
		return 0
	}
	return f.id
}
