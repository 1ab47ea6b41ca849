package jinja

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
