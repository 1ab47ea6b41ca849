package jinja

import (
	"math"
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

// repeat is sequence * count.
func repeat(r *run, a, n any) (any, bool) {
	k, ok := integer(n)
	if !ok {
		return nil, false
	}
	switch x := a.(type) {
	case string:
		if k > 0 && len(x) > 0 && k > int64(mostText/len(x)) {
			raise("MemoryError", "the text would be too long")
		}
		r.spend(len(x) * int(max(k, 0)))
		return strings.Repeat(x, int(max(k, 0))), true
	case *List:
		if k > 0 && len(x.Items) > 0 && k > int64(mostText/64/len(x.Items)) {
			raise("MemoryError", "the list would be too long")
		}
		l := &List{Tuple: x.Tuple}
		for range max(k, 0) {
			r.spend(16 * len(x.Items))
			l.Items = append(l.Items, x.Items...)
		}
		return l, true
	}
	return nil, false
}

func calculate(op string, a, b any) any {
	x, ok1 := number(a)
	y, ok2 := number(b)
	if !ok1 || !ok2 {
		name := op
		if op == "**" {
			name = "** or pow()"
		}
		raise("TypeError", "unsupported operand type(s) for %s: '%s' and '%s'", name, typeName(a), typeName(b))
	}
	i, ok1 := integer(a)
	j, ok2 := integer(b)
	if ok1 && ok2 && op != "/" && !(op == "**" && j < 0) {
		return whole(op, i, j)
	}
	if y == 0 && (op == "/" || op == "//" || op == "%") {
		raise("ZeroDivisionError", "division by zero")
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	case "//":
		return math.Floor(x / y)
	case "%":
		m := math.Mod(x, y)
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m
	}
	return math.Pow(x, y)
}

// whole calculates with integers; where Python would go on with more than 64 bits it is an error here.
func whole(op string, a, b int64) any {
	var v int64
	over := false
	switch op {
	case "+":
		v = a + b
		over = (v > a) != (b > 0) && b != 0
	case "-":
		v = a - b
		over = (v < a) != (b > 0) && b != 0
	case "*":
		v = a * b
		over = a != 0 && (v/a != b || a == -1 && b == math.MinInt64)
	case "//", "%":
		if b == 0 {
			raise("ZeroDivisionError", "integer division or modulo by zero")
		}
		q, m := a/b, a%b
		if m != 0 && (m < 0) != (b < 0) {
			q, m = q-1, m+b
		}
		if v = q; op == "%" {
			v = m
		}
	case "**":
		v = 1
		for range min(b, 64) {
			if p := whole("*", v, a).(int64); p == v && b > 64 {
				return v
			} else {
				v = p
			}
		}
		over = b > 64 && a != -1 && a != 0 && a != 1
		if a == -1 && b%2 != 0 {
			v = -1
		}
	}
	if over {
		raise("OverflowError", "an integer leaves 64 bits")
	}
	return v
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

func (e *member) eval(r *run, s *scope) any {
	r.step(e.line)
	v := e.on.eval(r, s)
	key := e.key.eval(r, s)
	r.line = e.line
	if e.dot {
		return attribute(r, v, key.(string))
	}
	return item(r, v, key)
}

func (e *slice) eval(r *run, s *scope) any {
	r.step(e.line)
	v := e.on.eval(r, s)
	var part [3]*int64
	for i, p := range e.part {
		if p == nil {
			continue
		}
		x := p.eval(r, s)
		if x == nil {
			continue
		}
		n, ok := integer(x)
		if !ok {
			use(x)
			raise("TypeError", "slice indices must be integers or None or have an __index__ method")
		}
		part[i] = &n
	}
	r.line = e.line
	switch v := v.(type) {
	case string:
		runes := []rune(v)
		r.spend(4 * len(runes))
		var out []rune
		for _, i := range indices(len(runes), part) {
			out = append(out, runes[i])
		}
		return string(out)
	case *List:
		l := &List{Tuple: v.Tuple}
		r.spend(16 * len(v.Items))
		for _, i := range indices(len(v.Items), part) {
			l.Items = append(l.Items, v.Items[i])
		}
		return l
	}
	use(v)
	return &undefined{objectName(v) + " has no element slice"}
}

// indices are the places that a Python slice of n elements picks.
func indices(n int, part [3]*int64) []int {
	step := 1
	if part[2] != nil {
		if *part[2] == 0 {
			raise("ValueError", "slice step cannot be zero")
		}
		step = int(max(min(*part[2], int64(n)+1), -int64(n)-1))
	}
	lo, hi := 0, n
	if step < 0 {
		lo, hi = -1, n-1
	}
	at := func(p *int64, absent int) int {
		if p == nil {
			return absent
		}
		v := *p
		if v < 0 {
			v = max(v, -int64(n)-1) + int64(n)
		}
		return int(max(int64(lo), min(v, int64(hi))))
	}
	var out []int
	if step > 0 {
		for i, end := at(part[0], 0), at(part[1], n); i < end; i += step {
			out = append(out, i)
		}
		return out
	}
	for i, end := at(part[0], n-1), at(part[1], -1); i > end; i += step {
		out = append(out, i)
	}
	return out
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
