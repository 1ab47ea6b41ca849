package regex

import (
	"sync"
	"unicode/utf8"

	"lyceum/lib/tokenize/characters"
)

// A frame is where to go on when what is tried fails: at pc with place pos, and for a run also with every place down to
// low, a character back each time.
type frame struct {
	pc, pos, low int
	mark         marks
}

// machine matches one text.
type machine struct {
	s     string
	stack []frame
	steps int
	most  int
	seen  []uint64 // the states that failed: a bit for every instruction and place
	size  int      // instructions
	marks []int    // the bits that sub-programs set and that a success takes back
	exact int      // depth of look-behinds: what fails in one may match from another place
	inner int      // depth of sub-programs
}

// The work for a text: states that failed are remembered after memoAfter steps for every byte, and from then on a pattern
// needs at most as many steps for a byte as it has instructions, unless look-ahead reads the same text again and again. That
// is what the bound is for.
const (
	memoAfter    = 64
	stepsPerByte = 256
	mostMemo     = 1 << 28 // bytes
)

func (re *Regex) machine(s string) *machine {
	return &machine{s: s, most: (stepsPerByte + 4*re.size) * (len(s) + 64), size: re.size}
}

// FindAll returns the matches in s, from left to right, without overlaps; they may be empty. A pattern that takes too long
// on a text matches no more of it.
func (re *Regex) FindAll(s string) [][2]int {
	var out [][2]int
	re.Each(s, func(at, end int) { out = append(out, [2]int{at, end}) })
	return out
}

// Each calls f for every match that FindAll returns.
func (re *Regex) Each(s string, f func(at, end int)) {
	m := re.machine(s)
	last := -1 // the end of the last match
	for at := 0; at <= len(s); {
		if re.first != nil {
			for at < len(s) && !has(re.first, s, at) {
				at += size(s, at)
			}
			if at == len(s) {
				return
			}
		}
		end := m.run(re.prog, at, -1)
		if m.steps > m.most {
			return
		}
		if end < 0 || end == at && at == last { // an empty match right after a match does not count
			if at == len(s) {
				return
			}
			at += size(s, at)
			continue
		}
		f(at, end)
		m.forget(end)
		if last = end; end > at {
			at = end
		} else if at < len(s) {
			at += size(s, at)
		} else {
			return
		}
	}
}

func size(s string, at int) int {
	if s[at] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[at:])
	return n
}

// before is the size of the character before at.
func before(s string, at int) int {
	_, n := utf8.DecodeLastRuneInString(s[:at])
	return n
}

func has(set *characters.Set, s string, at int) bool {
	if s[at] < utf8.RuneSelf {
		return set.Has(rune(s[at]))
	}
	r, _ := utf8.DecodeRuneInString(s[at:])
	return set.Has(r)
}

// memo reports whether a state has failed before, and marks it.
func (m *machine) memo(state, pos int) bool {
	if m.exact > 0 || m.steps < memoAfter*(len(m.s)+64) {
		return false
	}
	if m.seen == nil {
		words := (m.size*(len(m.s)+1) + 63) / 64
		if words > mostMemo/8 {
			return false
		}
		m.seen = make([]uint64, words)
	}
	bit := pos*m.size + state
	if m.seen[bit>>6]>>(bit&63)&1 != 0 {
		return true
	}
	m.seen[bit>>6] |= 1 << (bit & 63)
	if m.inner > 0 {
		m.marks = append(m.marks, bit)
	}
	return false
}

// forget takes back the marks at a place where a match ended: those states did not fail.
func (m *machine) forget(pos int) {
	if m.seen == nil {
		return
	}
	for bit := pos * m.size; bit < (pos+1)*m.size; bit++ {
		m.seen[bit>>6] &^= 1 << (bit & 63)
	}
}

// inside runs a sub-program. When it matches, the states on its way did not fail.
func (m *machine) inside(p *program, pos, exact int) int {
	from := len(m.marks)
	m.inner++
	end := m.run(p, pos, exact)
	m.inner--
	if end >= 0 {
		for _, bit := range m.marks[from:] {
			m.seen[bit>>6] &^= 1 << (bit & 63)
		}
	}
	if end >= 0 || m.inner == 0 {
		m.marks = m.marks[:from]
	}
	return end
}

// run matches a program at a place and returns where the match ends, or -1. With exact >= 0 it must end there.
func (m *machine) run(p *program, pos, exact int) int {
	prog := p.list
	base := len(m.stack)
	pc, mark := 0, marks{}
	for {
		ok := true
		if m.steps++; m.steps > m.most {
			m.stack = m.stack[:base]
			return -1
		}
		switch i := &prog[pc]; i.op {
		case opMatch:
			if exact < 0 || pos == exact {
				m.stack = m.stack[:base]
				return pos
			}
			ok = false
		case opSet:
			if ok = pos < len(m.s) && has(i.set, m.s, pos); ok {
				pos += size(m.s, pos)
				pc++
			}
		case opRun:
			pos, ok = m.repeat(i, pc, pos, mark)
			pc++
		case opSplit:
			if i.set != nil && (pos >= len(m.s) || !has(i.set, m.s, pos)) {
				pc = i.y
				break
			}
			m.stack = append(m.stack, frame{i.y, pos, pos, mark})
			pc = i.x
		case opJump:
			pc = i.x
		case opMark:
			mark[i.slot] = int32(pos)
			pc++
		case opLoop:
			if pc = i.x; int32(pos) == mark[i.slot] {
				pc = i.y
			}
		case opLook:
			ok = m.look(i, pos) != i.negative
			pc++
		case opAtomic:
			end := m.inside(i.sub, pos, -1)
			if ok = end >= 0; ok {
				pos = end
				pc++
			}
		case opAssert:
			ok = assertion(i.assert, m.s, pos)
			pc++
		}
		for !ok {
			n := len(m.stack) - 1
			if n < base {
				return -1
			}
			f := &m.stack[n]
			pc, pos, mark = f.pc, f.pos, f.mark
			if pos > f.low {
				f.pos -= before(m.s, pos)
			} else {
				m.stack = m.stack[:n]
			}
			m.steps++
			ok = !m.memo(p.base+pc, pos)
		}
	}
}

// repeat reads as many characters as it may.
func (m *machine) repeat(i *inst, pc, pos int, mark marks) (int, bool) {
	n, low := 0, pos
	for pos < len(m.s) && n != i.max && has(i.set, m.s, pos) {
		pos += size(m.s, pos)
		if n++; n <= i.min {
			low = pos
		}
	}
	m.steps += n / 8
	if n < i.min {
		return pos, false
	}
	if !i.possessive && pos > low {
		m.stack = append(m.stack, frame{pc + 1, pos - before(m.s, pos), low, mark})
	}
	return pos, true
}

func (m *machine) look(i *inst, pos int) bool {
	if !i.behind {
		return m.inside(i.sub, pos, -1) >= 0
	}
	m.exact++
	defer func() { m.exact-- }()
	at := pos
	for n := 0; n <= i.hi; n++ {
		if n >= i.lo && m.inside(i.sub, at, pos) >= 0 {
			return true
		}
		if at == 0 {
			break
		}
		at -= before(m.s, at)
	}
	return false
}

// words is \w.
var words = sync.OnceValue(func() *characters.Set {
	list, _ := (&parser{}).shorthand('w')
	return characters.NewSet(list)
})

func assertion(kind byte, s string, at int) bool {
	word := func(at int) bool {
		if at < 0 || at >= len(s) {
			return false
		}
		r, _ := utf8.DecodeRuneInString(s[at:])
		return words().Has(r)
	}
	switch kind {
	case '^':
		return at == 0 || s[at-1] == '\n' && at < len(s)
	case '$':
		return at == len(s) || s[at] == '\n'
	case 'A':
		return at == 0
	case 'z':
		return at == len(s)
	case 'Z':
		return at == len(s) || at == len(s)-1 && s[at] == '\n'
	}
	left := at > 0 && word(at-before(s, at))
	return (left != word(at)) == (kind == 'b')
}
