package jinja

import "strings"

type stmt interface{ exec(r *run, s *scope) jump }

// jump tells a loop that a break or continue was met.
type jump int

const (
	onward jump = iota
	toNext
	toEnd
)

type (
	textStmt   struct{ text string }
	outputStmt struct {
		e    expr
		line int
	}
	ifStmt struct {
		test    expr
		yes, no []stmt
		line    int
	}
	forStmt struct {
		target, over, filter expr
		body, none           []stmt
		recursive            bool
		line                 int
	}
	setStmt struct {
		target, value expr
		body          []stmt
		captured      *constant
		filter        *filterExpr
		line          int
	}
	macroDef struct {
		name     string
		params   []string
		defaults []expr
		body     []stmt
		line     int
	}
	macroStmt struct{ m *macroDef }
	callStmt  struct {
		m *macroDef
		c *call
	}
	filterStmt struct {
		f    expr
		body []stmt
		line int
	}
	withStmt struct {
		names  []string
		values []expr
		body   []stmt
		line   int
	}
	generationStmt struct{ body []stmt }
	jumpStmt       struct{ word string }
)

// scope is a level of names.
type scope struct {
	names map[string]any
	up    *scope
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.up {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) set(name string, v any) {
	if s.names == nil {
		s.names = map[string]any{}
	}
	s.names[name] = v
}

func (r *run) all(list []stmt, s *scope) jump {
	for _, st := range list {
		if j := st.exec(r, s); j != onward {
			return j
		}
	}
	return onward
}

// capture runs statements and returns what they write.
func (r *run) capture(list []stmt, s *scope) string {
	if r.depth++; r.depth > mostNested {
		raise("RecursionError", "maximum recursion depth exceeded")
	}
	old := r.out
	var b strings.Builder
	r.out = &b
	r.all(list, s)
	r.out = old
	r.depth--
	return b.String()
}

func (st *textStmt) exec(r *run, s *scope) jump {
	r.write(st.text)
	return onward
}

func (st *outputStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	v := st.e.eval(r, s)
	r.line = st.line
	r.write(str(v))
	return onward
}

func (st *ifStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	if truth(st.test.eval(r, s)) {
		return r.all(st.yes, s)
	}
	return r.all(st.no, s)
}

func (st *setStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	if st.value != nil {
		assign(r, s, st.target, st.value.eval(r, s))
		return onward
	}
	text := r.capture(st.body, &scope{up: s})
	var v any = text
	if st.filter != nil {
		v = replaced(st.filter, text).eval(r, s)
	}
	assign(r, s, st.target, v)
	return onward
}

// replaced is a chain of filters over text instead of over the constant with which it was parsed.
func replaced(f expr, text string) expr {
	if g, ok := f.(*filterExpr); ok {
		c := *g
		c.on = replaced(g.on, text)
		return &c
	}
	return &constant{text}
}

func assign(r *run, s *scope, target expr, v any) {
	switch t := target.(type) {
	case *variable:
		s.set(t.name, v)
	case *member:
		on := t.on.eval(r, s)
		ns, ok := on.(*namespace)
		if !ok {
			use(on)
			raise("TemplateRuntimeError", "cannot assign attribute on non-namespace object")
		}
		ns.Set(t.key.(*constant).v, v)
	case *listExpr:
		items := iterate(r, v)
		if len(items) > len(t.items) {
			raise("ValueError", "too many values to unpack (expected %d)", len(t.items))
		} else if len(items) < len(t.items) {
			raise("ValueError", "not enough values to unpack (expected %d, got %d)", len(t.items), len(items))
		}
		for i, e := range t.items {
			assign(r, s, e, items[i])
		}
	}
}

func (st *macroStmt) exec(r *run, s *scope) jump {
	s.set(st.m.name, st.m.function(s))
	return onward
}

// function makes a macro callable; its names are seen from where it was written.
func (m *macroDef) function(s *scope) *function {
	return &function{m.name, func(r *run, args []any, named *Dict) any {
		in := &scope{up: s}
		used := 0
		for i, p := range m.params {
			if i < len(args) {
				in.set(p, args[i])
			} else if v, ok := named.Get(p); ok {
				in.set(p, v)
				used++
			} else if d := i - (len(m.params) - len(m.defaults)); d >= 0 {
				in.set(p, m.defaults[d].eval(r, in))
			} else {
				in.set(p, &undefined{"parameter '" + p + "' was not provided"})
			}
		}
		rest := &List{Tuple: true}
		if len(args) > len(m.params) {
			rest.Items = args[len(m.params):]
		}
		kw := NewDict()
		for _, k := range named.keys {
			v, _ := named.Get(k)
			if k == "caller" {
				in.set("caller", v)
			} else if !contains(r, &List{Items: texts(m.params)}, k) {
				kw.Set(k, v)
			}
		}
		if m.name != "caller" {
			in.set("varargs", rest)
			in.set("kwargs", kw)
			if _, ok := named.Get("caller"); !ok {
				in.set("caller", &undefined{"No caller defined"})
			}
		}
		return r.capture(m.body, in)
	}}
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func (st *callStmt) exec(r *run, s *scope) jump {
	r.step(st.c.line)
	f := use(st.c.f.eval(r, s))
	fn, ok := f.(*function)
	if !ok {
		raise("TypeError", "'%s' object is not callable", typeName(f))
	}
	args, named := st.c.args.eval(r, s)
	named.Set("caller", st.m.function(s))
	r.write(str(fn.call(r, args, named)))
	return onward
}

func (st *filterStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	r.write(str(replaced(st.f, r.capture(st.body, &scope{up: s})).eval(r, s)))
	return onward
}

func (st *withStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	in := &scope{up: s}
	for i, n := range st.names {
		in.set(n, st.values[i].eval(r, s))
	}
	return r.all(st.body, in)
}

func (st *generationStmt) exec(r *run, s *scope) jump {
	text := r.capture(st.body, &scope{up: s})
	begin := r.root.Len()
	r.spans = append(r.spans, Span{begin, begin + len(text)})
	r.write(text)
	return onward
}

func (st *jumpStmt) exec(*run, *scope) jump {
	if st.word == "break" {
		return toEnd
	}
	return toNext
}

// loopVar is the variable "loop".
type loopVar struct {
	items []any
	at    int
	depth int
	st    *forStmt
	s     *scope
	seen  any
	begun bool
}

func (st *forStmt) exec(r *run, s *scope) jump {
	r.step(st.line)
	st.loop(r, s, st.over.eval(r, s), 0)
	return onward
}

func (st *forStmt) loop(r *run, s *scope, over any, depth int) {
	items := iterate(r, over)
	if st.filter != nil {
		var kept []any
		for _, v := range items {
			r.step(st.line)
			in := &scope{up: s}
			assign(r, in, st.target, v)
			if truth(st.filter.eval(r, in)) {
				kept = append(kept, v)
			}
		}
		items = kept
	}
	l := &loopVar{items: items, depth: depth, st: st, s: s}
	for i, v := range items {
		r.step(st.line)
		l.at = i
		in := &scope{up: s}
		in.set("loop", l)
		assign(r, in, st.target, v)
		if r.all(st.body, in) == toEnd {
			break
		}
	}
	if len(items) == 0 {
		r.all(st.none, &scope{up: s})
	}
}

// again is loop(...) of a recursive loop.
func (l *loopVar) again(r *run, args []any) any {
	if !l.st.recursive || len(args) != 1 {
		raise("TypeError", "The loop must have the 'recursive' marker to be called recursively.")
	}
	if r.depth++; r.depth > mostNested {
		raise("RecursionError", "maximum recursion depth exceeded")
	}
	old := r.out
	var b strings.Builder
	r.out = &b
	l.st.loop(r, l.s, args[0], l.depth+1)
	r.out = old
	r.depth--
	return b.String()
}

func (l *loopVar) attribute(name string) (any, bool) {
	n := int64(len(l.items))
	i := int64(l.at)
	switch name {
	case "index":
		return i + 1, true
	case "index0":
		return i, true
	case "revindex":
		return n - i, true
	case "revindex0":
		return n - i - 1, true
	case "first":
		return i == 0, true
	case "last":
		return i == n-1, true
	case "length":
		return n, true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		if i == 0 {
			return &undefined{"there is no previous item"}, true
		}
		return l.items[i-1], true
	case "nextitem":
		if i == n-1 {
			return &undefined{"there is no next item"}, true
		}
		return l.items[i+1], true
	case "cycle":
		return &function{name, func(r *run, args []any, _ *Dict) any {
			if len(args) == 0 {
				raise("TypeError", "no items for cycling given")
			}
			return args[l.at%len(args)]
		}}, true
	case "changed":
		return &function{name, func(r *run, args []any, _ *Dict) any {
			now := &List{Items: args, Tuple: true}
			same := l.begun && equal(l.seen, now)
			l.seen, l.begun = now, true
			return !same
		}}, true
	}
	return nil, false
}
