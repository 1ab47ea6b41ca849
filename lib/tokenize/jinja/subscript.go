package jinja

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
