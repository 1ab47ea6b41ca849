package jinja

import (
	"math"
	"strings"
)

// The filters safe and escape give what Python calls Markup: a text that is safe in HTML. Templates of chats print it as it
// is, but + has a consequence: it escapes the other text. The mark is kept through sums and lost when a name is given to
// the text.

// operand evaluates one side of a sum, and tells whether it is marked.
func operand(e expr, r *run, s *scope) (v any, safe bool) {
	switch e := e.(type) {
	case *filterExpr:
		v = e.eval(r, s)
		_, text := v.(string)
		return v, text && (e.name == "safe" || e.name == "escape" || e.name == "e" || e.name == "forceescape")
	case *arithmetic:
		if e.op == "+" {
			r.step(e.line)
			return e.sum(r, s)
		}
	}
	return e.eval(r, s), false
}

// sum adds, with texts escaped that meet a marked one.
func (e *arithmetic) sum(r *run, s *scope) (v any, safe bool) {
	a, safeA := operand(e.l, r, s)
	b, safeB := operand(e.r, r, s)
	r.line = e.line
	x, text1 := a.(string)
	y, text2 := b.(string)
	if !text1 || !text2 || !safeA && !safeB {
		return e.apply(r, a, b), false
	}
	if !safeA {
		x = escape(x)
	}
	if !safeB {
		y = escape(y)
	}
	r.spend(len(x) + len(y))
	return r.text(x + y), true
}

func (e *arithmetic) eval(r *run, s *scope) any {
	r.step(e.line)
	if e.op == "+" {
		v, _ := e.sum(r, s)
		return v
	}
	a := e.l.eval(r, s)
	b := e.r.eval(r, s)
	r.line = e.line
	return e.apply(r, a, b)
}

func (e *arithmetic) apply(r *run, a, b any) any {
	if e.op == "~" {
		return r.text(str(a) + str(b))
	}
	use(a)
	use(b)
	switch x := a.(type) {
	case string:
		if e.op == "%" {
			return r.text(percent(x, b))
		}
		if y, ok := b.(string); ok && e.op == "+" {
			r.spend(len(x) + len(y))
			return r.text(x + y)
		}
		if e.op == "+" {
			raise("TypeError", "can only concatenate str (not \"%s\") to str", typeName(b))
		}
	case *List:
		if y, ok := b.(*List); ok && e.op == "+" && x.Tuple == y.Tuple {
			r.spend(16 * (len(x.Items) + len(y.Items)))
			return &List{Items: append(append([]any{}, x.Items...), y.Items...), Tuple: x.Tuple}
		}
		if e.op == "+" {
			raise("TypeError", "can only concatenate %s (not \"%s\") to %s", typeName(a), typeName(b), typeName(a))
		}
	}
	if e.op == "*" {
		if v, ok := repeat(r, a, b); ok {
			return v
		}
		if v, ok := repeat(r, b, a); ok {
			return v
		}
	}
	return calculate(e.op, a, b)
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
