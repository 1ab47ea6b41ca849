package jinja

import (
	"strconv"
	"strings"
)

// path is the value of an attribute such as "function.name" or "0".
func path(r *run, v, by any) any {
	name, ok := by.(string)
	if !ok {
		return item(r, v, by)
	}
	for _, p := range strings.Split(name, ".") {
		if n, err := strconv.ParseInt(p, 10, 64); err == nil {
			v = item(r, v, n)
		} else {
			v = item(r, v, p)
		}
	}
	return v
}

func fold(sensitive bool) func(any) any {
	return func(v any) any {
		if s, ok := v.(string); ok && !sensitive {
			return strings.ToLower(s)
		}
		return v
	}
}

func copied(r *run, v any) []any {
	items := iterate(r, v)
	r.spend(32 * len(items))
	return append([]any{}, items...)
}

func init() {
	for name, f := range map[string]filter{
		"reverse": func(r *run, v any, _ []any, _ *Dict) any {
			items := copied(r, v)
			for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
				items[i], items[j] = items[j], items[i]
			}
			if _, ok := v.(string); ok {
				return joinFilter(r, &List{Items: items}, nil, NewDict())
			}
			return &List{Items: items, lazy: true}
		},
		"sort": func(r *run, v any, a []any, n *Dict) any {
			items := copied(r, v)
			by := arg(a, n, 2, "attribute", nil)
			f := fold(truth(arg(a, n, 1, "case_sensitive", false)))
			sortValues(items, func(e any) any {
				if by != nil {
					e = path(r, e, by)
				}
				return f(e)
			}, truth(arg(a, n, 0, "reverse", false)))
			return &List{Items: items}
		},
		"dictsort": func(r *run, v any, a []any, n *Dict) any {
			d, ok := use(v).(*Dict)
			if !ok {
				raise("AttributeError", "'%s' object has no attribute 'items'", typeName(v))
			}
			l := view(r, d, "items")
			at := 0
			if arg(a, n, 1, "by", "key") == "value" {
				at = 1
			}
			f := fold(truth(arg(a, n, 0, "case_sensitive", false)))
			sortValues(l.Items, func(e any) any { return f(e.(*List).Items[at]) }, truth(arg(a, n, 2, "reverse", false)))
			return l
		},
		"unique": func(r *run, v any, a []any, n *Dict) any {
			f := fold(truth(arg(a, n, 0, "case_sensitive", false)))
			by := arg(a, n, 1, "attribute", nil)
			seen, out := NewDict(), &List{lazy: true}
			for _, e := range iterate(r, v) {
				k := e
				if by != nil {
					k = path(r, e, by)
				}
				if _, ok := seen.Get(f(k)); !ok {
					seen.Set(f(k), true)
					out.Items = append(out.Items, e)
				}
			}
			return out
		},
		"min": func(r *run, v any, a []any, n *Dict) any { return extreme(r, v, a, n, true) },
		"max": func(r *run, v any, a []any, n *Dict) any { return extreme(r, v, a, n, false) },
		"sum": func(r *run, v any, a []any, n *Dict) any {
			total := arg(a, n, 1, "start", int64(0))
			by := arg(a, n, 0, "attribute", nil)
			for _, e := range iterate(r, v) {
				if by != nil {
					e = path(r, e, by)
				}
				total = calculate("+", total, use(e))
			}
			return total
		},
		"batch":   batch,
		"groupby": groupBy,
		"map":     mapFilter,
	} {
		filterTable[name] = f
	}
	for name, want := range map[string]bool{"select": true, "reject": false} {
		filterTable[name] = func(r *run, v any, a []any, _ *Dict) any { return pick(r, v, nil, a, want) }
		filterTable[name+"attr"] = func(r *run, v any, a []any, _ *Dict) any {
			if len(a) == 0 {
				raise("FilterArgumentError", "Missing parameter for attribute name")
			}
			return pick(r, v, a[0], a[1:], want)
		}
	}
}

func pick(r *run, v, by any, a []any, want bool) any {
	test := func(e any) bool { return truth(e) }
	if len(a) > 0 {
		name := argText(a, 0, "")
		f := testTable[name]
		if f == nil {
			raise("TemplateRuntimeError", "No test named '%s'.", name)
		}
		test = func(e any) bool { return f(r, e, a[1:]) }
	}
	out := &List{lazy: true}
	if !truth(v) {
		return out
	}
	for _, e := range iterate(r, v) {
		r.step(r.line)
		x := e
		if by != nil {
			x = path(r, e, by)
		}
		if test(x) == want {
			out.Items = append(out.Items, e)
		}
	}
	return out
}

func mapFilter(r *run, v any, a []any, n *Dict) any {
	out := &List{lazy: true}
	by, hasBy := n.Get("attribute")
	var f filter
	if !hasBy {
		if len(a) == 0 {
			raise("FilterArgumentError", "map requires a filter argument")
		}
		if f = filterTable[argText(a, 0, "")]; f == nil {
			raise("TemplateRuntimeError", "No filter named '%s'.", str(a[0]))
		}
		a = a[1:]
	}
	if !truth(v) {
		return out
	}
	for _, e := range iterate(r, v) {
		r.step(r.line)
		if hasBy {
			x := path(r, e, by)
			if d, ok := n.Get("default"); ok {
				if _, missing := x.(*undefined); missing {
					x = d
				}
			}
			out.Items = append(out.Items, x)
		} else {
			out.Items = append(out.Items, f(r, e, a, n))
		}
	}
	return out
}

func extreme(r *run, v any, a []any, n *Dict, smallest bool) any {
	f := fold(truth(arg(a, n, 0, "case_sensitive", false)))
	by := arg(a, n, 1, "attribute", nil)
	key := func(e any) any {
		if by != nil {
			e = path(r, e, by)
		}
		return f(e)
	}
	items := iterate(r, v)
	if len(items) == 0 {
		return &undefined{"No aggregated item, sequence was empty."}
	}
	best := items[0]
	for _, e := range items[1:] {
		if smallest && less(key(e), key(best), "<") || !smallest && less(key(best), key(e), ">") {
			best = e
		}
	}
	return best
}

func batch(r *run, v any, a []any, n *Dict) any {
	size := argInt([]any{arg(a, n, 0, "linecount", nil)}, 0, 0)
	if size < 1 {
		raise("ValueError", "batch needs a positive size")
	}
	out := &List{lazy: true}
	var part *List
	for i, e := range iterate(r, v) {
		if int64(i)%size == 0 {
			part = &List{}
			out.Items = append(out.Items, part)
		}
		part.Items = append(part.Items, e)
	}
	if fill := arg(a, n, 1, "fill_with", nil); fill != nil && part != nil && size < mostText/64 {
		for int64(len(part.Items)) < size {
			r.spend(16)
			part.Items = append(part.Items, fill)
		}
	}
	return out
}

func groupBy(r *run, v any, a []any, n *Dict) any {
	by := arg(a, n, 0, "attribute", nil)
	f := fold(truth(arg(a, n, 2, "case_sensitive", false)))
	items := copied(r, v)
	sortValues(items, func(e any) any { return f(path(r, e, by)) }, false)
	out := &List{}
	var last any
	for i, e := range items {
		k := path(r, e, by)
		if i == 0 || !equal(f(k), f(last)) {
			out.Items = append(out.Items, &List{Items: []any{k, &List{}}, Tuple: true})
			last = k
		}
		group := out.Items[len(out.Items)-1].(*List).Items[1].(*List)
		group.Items = append(group.Items, e)
	}
	return out
}

var testTable map[string]func(r *run, v any, args []any) bool

func init() {
	type test = func(r *run, v any, args []any) bool
	is := func(f func(v any) bool) test { return func(_ *run, v any, _ []any) bool { return f(v) } }
	op := func(name string) test {
		return func(r *run, v any, a []any) bool {
			if len(a) == 0 {
				raise("TypeError", "the test '%s' needs a value to compare with", name)
			}
			return compare(r, name, v, a[0])
		}
	}
	parity := func(want int64) test {
		return is(func(v any) bool {
			i, ok := integer(use(v))
			if !ok {
				raise("TypeError", "an integer is expected, not '%s'", typeName(v))
			}
			return i&1 == want
		})
	}
	defined := func(v any) bool { _, u := v.(*undefined); return !u }
	isString := func(v any) bool { _, ok := v.(string); return ok }
	testTable = map[string]test{
		"defined": is(defined), "undefined": is(func(v any) bool { return !defined(v) }),
		"none": is(func(v any) bool { return v == nil }), "true": is(func(v any) bool { return v == true }), "false": is(func(v any) bool { return v == false }),
		"boolean": is(func(v any) bool { _, ok := v.(bool); return ok }), "integer": is(func(v any) bool { _, ok := v.(int64); return ok }),
		"float": is(func(v any) bool { _, ok := v.(float64); return ok }), "number": is(func(v any) bool { _, ok := number(v); return ok }),
		"string": is(isString), "mapping": is(func(v any) bool { _, ok := v.(*Dict); return ok }),
		"callable": is(func(v any) bool { _, ok := v.(*function); return ok }),
		"iterable": is(func(v any) bool {
			switch v.(type) {
			case string, *List, *Dict, *undefined, *loopVar:
				return true
			}
			return false
		}),
		"sequence": is(func(v any) bool {
			switch v.(type) {
			case string, *List, *Dict, *undefined:
				return true
			}
			return false
		}),
		"lower":   is(func(v any) bool { s := str(v); return s == strings.ToLower(s) && s != strings.ToUpper(s) }),
		"upper":   is(func(v any) bool { s := str(v); return s == strings.ToUpper(s) && s != strings.ToLower(s) }),
		"escaped": is(func(any) bool { return false }), "odd": parity(1), "even": parity(0),
		"sameas": func(_ *run, v any, a []any) bool { return len(a) > 0 && typeName(v) == typeName(a[0]) && v == a[0] },
		"divisibleby": func(_ *run, v any, a []any) bool {
			if len(a) == 0 {
				raise("TypeError", "divisibleby needs a number")
			}
			return equal(calculate("%", use(v), use(a[0])), int64(0))
		},
		"filter": is(func(v any) bool { return filterTable[str(v)] != nil }), "test": is(func(v any) bool { return testTable[str(v)] != nil }),
	}
	for name, o := range map[string]string{"eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<", "<": "<",
		"le": "<=", "<=": "<=", "gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=", "in": "in"} {
		testTable[name] = op(o)
	}
}
