package jinja

import (
	"strings"
)

type expr interface{ eval(r *run, s *scope) any }

type (
	constant struct{ v any }
	variable struct{ name string }
	listExpr struct {
		items []expr
		tuple bool
	}
	dictExpr struct {
		keys, values []expr
		line         int
	}
	condition struct {
		test, yes, no expr
		line          int
	}
	logic struct {
		l, r expr
		or   bool
	}
	negation   struct{ e expr }
	comparison struct {
		first expr
		ops   []string
		rest  []expr
		line  int
	}
	arithmetic struct {
		op   string
		l, r expr
		line int
	}
	sign struct {
		e     expr
		minus bool
		line  int
	}
	member struct {
		on, key expr
		dot     bool
		line    int
	}
	slice struct {
		on   expr
		part [3]expr
		line int
	}
	arguments struct {
		list           []expr
		names          []string
		named          []expr
		star, starstar expr
	}
	call struct {
		f    expr
		args arguments
		line int
	}
	filterExpr struct {
		on   expr
		name string
		args arguments
		line int
	}
	testExpr struct {
		on   expr
		name string
		args arguments
		not  bool
		line int
	}
)

func (e *constant) eval(*run, *scope) any { return e.v }

func (e *variable) eval(r *run, s *scope) any {
	if v, ok := s.get(e.name); ok {
		return v
	}
	return &undefined{"'" + e.name + "' is undefined"}
}

func (e *listExpr) eval(r *run, s *scope) any {
	l := &List{Items: make([]any, len(e.items)), Tuple: e.tuple}
	r.spend(16 * len(e.items))
	for i, x := range e.items {
		l.Items[i] = x.eval(r, s)
	}
	return l
}

func (e *dictExpr) eval(r *run, s *scope) any {
	r.step(e.line)
	d := NewDict()
	for i, k := range e.keys {
		key := k.eval(r, s)
		d.Set(key, e.values[i].eval(r, s))
	}
	return d
}

func (e *condition) eval(r *run, s *scope) any {
	r.step(e.line)
	if truth(e.test.eval(r, s)) {
		return e.yes.eval(r, s)
	}
	if e.no == nil {
		return &undefined{"the inline if-expression evaluated to false and no else section was defined."}
	}
	return e.no.eval(r, s)
}

func (e *logic) eval(r *run, s *scope) any {
	l := e.l.eval(r, s)
	if truth(l) == e.or {
		return l
	}
	return e.r.eval(r, s)
}

func (e *negation) eval(r *run, s *scope) any { return !truth(e.e.eval(r, s)) }

func (e *comparison) eval(r *run, s *scope) any {
	r.step(e.line)
	l := e.first.eval(r, s)
	for i, op := range e.ops {
		right := e.rest[i].eval(r, s)
		if !compare(r, op, l, right) {
			return false
		}
		l = right
	}
	return true
}

func compare(r *run, op string, a, b any) bool {
	switch op {
	case "==":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	case "<":
		return less(a, b, op)
	case ">":
		return less(b, a, op)
	case "<=":
		return equal(a, b) && orderable(a) || less(a, b, op)
	case ">=":
		return equal(a, b) && orderable(a) || less(b, a, op)
	case "in":
		return contains(r, b, a)
	}
	return !contains(r, b, a)
}

func orderable(v any) bool {
	_, n := number(v)
	_, s := v.(string)
	_, l := v.(*List)
	return n || s || l
}

func contains(r *run, in, v any) bool {
	switch c := in.(type) {
	case string:
		s, ok := v.(string)
		if !ok {
			use(v)
			raise("TypeError", "'in <string>' requires string as left operand, not %s", typeName(v))
		}
		return strings.Contains(c, s)
	case *Dict:
		_, ok := c.Get(v)
		return ok
	case *List:
		r.spend(len(c.Items))
		for _, e := range c.Items {
			if equal(e, v) {
				return true
			}
		}
		return false
	case *undefined:
		return false
	}
	raise("TypeError", "argument of type '%s' is not iterable", typeName(in))
	return false
}

func (e *sign) eval(r *run, s *scope) any {
	v := use(e.e.eval(r, s))
	r.line = e.line
	if i, ok := integer(v); ok {
		if e.minus {
			return -i
		}
		return i
	}
	f, ok := v.(float64)
	if !ok {
		raise("TypeError", "bad operand type for unary %s: '%s'", map[bool]string{true: "-", false: "+"}[e.minus], typeName(v))
	}
	if e.minus {
		return -f
	}
	return f
}

func (a *arguments) eval(r *run, s *scope) ([]any, *Dict) {
	var list []any
	named := NewDict()
	for _, e := range a.list {
		list = append(list, e.eval(r, s))
	}
	if a.star != nil {
		list = append(list, iterate(r, a.star.eval(r, s))...)
	}
	for i, n := range a.names {
		named.Set(n, a.named[i].eval(r, s))
	}
	if a.starstar != nil {
		d, ok := a.starstar.eval(r, s).(*Dict)
		if !ok {
			raise("TypeError", "argument after ** must be a mapping")
		}
		for _, k := range d.keys {
			v, _ := d.Get(k)
			named.Set(k, v)
		}
	}
	return list, named
}

func (e *call) eval(r *run, s *scope) any {
	r.step(e.line)
	f := e.f.eval(r, s)
	args, named := e.args.eval(r, s)
	r.line = e.line
	switch f := f.(type) {
	case *function:
		return f.call(r, args, named)
	case *loopVar:
		return f.again(r, args)
	}
	use(f)
	raise("TypeError", "'%s' object is not callable", typeName(f))
	return nil
}

func (e *filterExpr) eval(r *run, s *scope) any {
	r.step(e.line)
	v := e.on.eval(r, s)
	args, named := e.args.eval(r, s)
	r.line = e.line
	f := filterTable[e.name]
	if f == nil {
		raise("TemplateRuntimeError", "No filter named '%s' found.", e.name)
	}
	return f(r, v, args, named)
}

func (e *testExpr) eval(r *run, s *scope) any {
	r.step(e.line)
	v := e.on.eval(r, s)
	args, _ := e.args.eval(r, s)
	r.line = e.line
	return testTable[e.name](r, v, args) != e.not
}
