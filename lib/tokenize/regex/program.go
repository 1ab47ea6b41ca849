package regex

import (
	"unicode"

	"lyceum/lib/tokenize/characters"
)

type op int

const (
	opMatch  op = iota
	opSet       // one character of set
	opRun       // min to max characters of set, as many as there are; possessive gives none back
	opSplit     // go on at x, or, when that fails, at y; a next character outside set goes to y at once
	opJump      // go on at x
	opMark      // remember the place for opLoop
	opLoop      // go on at x unless nothing was read since opMark; then at y
	opLook      // the sub-program matches here (or not, when negative)
	opAtomic    // the sub-program's first match counts
	opAssert
)

type inst struct {
	op         op
	x, y       int
	set        *characters.Set
	min, max   int
	possessive bool
	negative   bool
	behind     bool
	lo, hi     int // of a look-behind: the characters that it may read
	assert     byte
	slot       int // of opMark and opLoop
	sub        *program
}

// A program is a list of instructions; base is how many those before it have.
type program struct {
	list []inst
	base int
}

// marks are the places that loops began at.
type marks [3]int32

// A Regex is a compiled pattern. It may be used from several goroutines.
type Regex struct {
	prog  *program
	size  int             // instructions in all
	first *characters.Set // what a match can begin with; nil: anything, or nothing
}

// mostProgram bounds the instructions of a pattern.
const mostProgram = 20000

type assembler struct {
	p     *parser
	prog  []inst
	total *int
	sets  map[string]*characters.Set
	loops int // loops around, of those that may read nothing
}

func assemble(p *parser, tree *node) *Regex {
	total := 0
	a := &assembler{p: p, total: &total, sets: map[string]*characters.Set{}}
	re := &Regex{prog: a.whole(tree, true)}
	re.size = total
	if f := firstOf(tree); !f.empty {
		re.first = a.set(f.set)
	}
	return re
}

func (a *assembler) set(list [][2]rune) *characters.Set {
	list = characters.Union(list)
	key := string(flat(list))
	s, ok := a.sets[key]
	if !ok {
		s = characters.NewSet(list)
		a.sets[key] = s
	}
	return s
}

func flat(list [][2]rune) []rune {
	out := make([]rune, 0, 2*len(list))
	for _, r := range list {
		out = append(out, r[0], r[1])
	}
	return out
}

// whole compiles a node as a program of its own; anyEnd says that it need not end at a certain place.
func (a *assembler) whole(n *node, anyEnd bool) *program {
	b := &assembler{p: a.p, total: a.total, sets: a.sets}
	b.node(n)
	b.emit(inst{op: opMatch})
	b.possess(anyEnd)
	p := &program{b.prog, *a.total}
	*a.total += len(b.prog)
	return p
}

func (a *assembler) emit(i inst) int {
	if *a.total+len(a.prog) > mostProgram {
		a.p.fail("the pattern is too large")
	}
	a.prog = append(a.prog, i)
	return len(a.prog) - 1
}

func (a *assembler) node(n *node) {
	switch n.kind {
	case kindSet:
		a.emit(inst{op: opSet, set: a.set(n.set)})
	case kindCat:
		for _, x := range n.subs {
			a.node(x)
		}
	case kindAlt:
		a.alternatives(n.subs)
	case kindRepeat:
		a.repeat(n)
	case kindAtomic:
		a.emit(inst{op: opAtomic, sub: a.whole(n.subs[0], true)})
	case kindAssert:
		a.emit(inst{op: opAssert, assert: n.assert})
	case kindLook:
		i := inst{op: opLook, negative: n.negative, behind: n.behind, sub: a.whole(n.subs[0], !n.behind)}
		if n.behind {
			if i.lo, i.hi = width(n.subs[0]); i.hi < 0 {
				a.p.fail("a look-behind has no bound")
			}
		}
		a.emit(i)
	}
}

// split emits a choice; what follows it is tried first.
func (a *assembler) split(n *node) int {
	i := inst{op: opSplit}
	if f := firstOf(n); !f.empty {
		i.set = a.set(f.set)
	}
	at := a.emit(i)
	a.prog[at].x = at + 1
	return at
}

func (a *assembler) alternatives(list []*node) {
	var jumps []int
	for k, x := range list {
		if k+1 == len(list) {
			a.node(x)
			break
		}
		at := a.split(x)
		a.node(x)
		jumps = append(jumps, a.emit(inst{op: opJump}))
		a.prog[at].y = len(a.prog)
	}
	for _, j := range jumps {
		a.prog[j].x = len(a.prog)
	}
}

func (a *assembler) repeat(n *node) {
	x := n.subs[0]
	for x.kind == kindCat && len(x.subs) == 1 {
		x = x.subs[0]
	}
	if n.possessive && x.kind != kindSet {
		plain := *n
		plain.possessive = false
		a.emit(inst{op: opAtomic, sub: a.whole(&plain, true)})
		return
	}
	if x.kind == kindSet && !n.lazy {
		a.emit(inst{op: opRun, set: a.set(x.set), min: n.min, max: n.max, possessive: n.possessive})
		return
	}
	for range n.min {
		a.node(x)
	}
	if n.max >= 0 {
		var splits []int
		for range n.max - n.min {
			splits = append(splits, a.choice(x, n.lazy))
			a.node(x)
		}
		for _, at := range splits {
			a.leave(at, n.lazy)
		}
		return
	}
	at := a.choice(x, n.lazy)
	if f := firstOf(x); !f.empty {
		a.node(x)
		a.emit(inst{op: opJump, x: at})
		a.leave(at, n.lazy)
		return
	}
	slot := a.loops
	if a.loops++; a.loops > len(marks{}) {
		a.p.fail("loops that may read nothing are nested deeper than %d", len(marks{}))
	}
	a.emit(inst{op: opMark, slot: slot})
	a.node(x)
	loop := a.emit(inst{op: opLoop, x: at, slot: slot})
	a.prog[loop].y = len(a.prog)
	a.leave(at, n.lazy)
	a.loops--
}

// choice emits the choice between once more and no more.
func (a *assembler) choice(x *node, lazy bool) int {
	if !lazy {
		return a.split(x)
	}
	at := a.emit(inst{op: opSplit})
	a.prog[at].y = at + 1
	return at
}

// leave sets where a choice goes for no more.
func (a *assembler) leave(at int, lazy bool) {
	if lazy {
		a.prog[at].x = len(a.prog)
	} else {
		a.prog[at].y = len(a.prog)
	}
}

// possess makes runs possessive where giving back cannot help: at the end, and before a character that is not in them.
func (a *assembler) possess(anyEnd bool) {
	for i := range a.prog {
		if a.prog[i].op != opRun {
			continue
		}
		next := i + 1
		for a.prog[next].op == opJump {
			next = a.prog[next].x
		}
		switch n := &a.prog[next]; {
		case n.op == opMatch && anyEnd, n.op == opSet && disjoint(a.prog[i].set, n.set), n.op == opRun && n.min > 0 && disjoint(a.prog[i].set, n.set):
			a.prog[i].possessive = true
		}
	}
}

func disjoint(a, b *characters.Set) bool {
	for r := rune(0); r <= unicode.MaxRune; r += 256 {
		if a.Meets(b, r) {
			return false
		}
	}
	return true
}

// firsts is what a node can begin with; empty says that it may read nothing, and then set has no meaning.
type firsts struct {
	set   [][2]rune
	empty bool
}

func firstOf(n *node) firsts {
	switch n.kind {
	case kindSet:
		return firsts{set: n.set}
	case kindCat:
		var list [][2]rune
		for _, x := range n.subs {
			if x.kind == kindLook || x.kind == kindAssert {
				continue // it reads nothing, and can only forbid
			}
			f := firstOf(x)
			if !f.empty {
				return firsts{set: append(list, f.set...)}
			}
			if f.set == nil {
				return f
			}
			list = append(list, f.set...)
		}
		return firsts{set: list, empty: true}
	case kindAlt:
		var f firsts
		for _, x := range n.subs {
			g := firstOf(x)
			if g.empty && g.set == nil {
				return g
			}
			f.set, f.empty = append(f.set, g.set...), f.empty || g.empty
		}
		return f
	case kindRepeat:
		f := firstOf(n.subs[0])
		if n.max == 0 {
			return firsts{set: [][2]rune{}, empty: true}
		}
		f.empty = f.empty || n.min == 0
		return f
	case kindAtomic:
		return firstOf(n.subs[0])
	}
	return firsts{set: [][2]rune{}, empty: true}
}

// width is how many characters a node reads, at least and at most; -1 is no bound.
func width(n *node) (lo, hi int) {
	switch n.kind {
	case kindSet:
		return 1, 1
	case kindCat, kindAtomic:
		for _, x := range n.subs {
			a, b := width(x)
			lo += a
			if b < 0 || hi < 0 {
				hi = -1
			} else {
				hi += b
			}
		}
	case kindAlt:
		for i, x := range n.subs {
			a, b := width(x)
			if i == 0 {
				lo, hi = a, b
				continue
			}
			lo = min(lo, a)
			if b < 0 || hi < 0 {
				hi = -1
			} else {
				hi = max(hi, b)
			}
		}
	case kindRepeat:
		a, b := width(n.subs[0])
		lo = a * n.min
		if hi = -1; n.max >= 0 && b >= 0 {
			hi = b * n.max
		}
		if lo > mostRepeat || hi > mostRepeat {
			hi = -1
		}
	}
	return lo, hi
}
