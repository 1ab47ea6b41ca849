package jinja

import (
	"math"
	"sort"
)

// A List is a Python list, or a tuple.
type List struct {
	Items []any
	Tuple bool
	lazy  bool // a generator in Python: always true, and without a length
}

// A Dict keeps its keys in the order in which they came, as Python's does.
type Dict struct {
	keys   []any
	values map[any]any
}

// NewDict returns an empty Dict.
func NewDict() *Dict { return &Dict{values: map[any]any{}} }

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// Get returns the value of a key.
func (d *Dict) Get(key any) (any, bool) {
	k, ok := hash(key)
	if !ok {
		return nil, false
	}
	v, ok := d.values[k]
	return v, ok
}

// Set puts a value under a key: a string, number or bool; or nil.
func (d *Dict) Set(key, value any) {
	k, ok := hash(key)
	if !ok {
		raise("TypeError", "unhashable type: '%s'", typeName(key))
	}
	if _, there := d.values[k]; !there {
		d.keys = append(d.keys, key)
	}
	d.values[k] = value
}

// Keys returns the keys in order.
func (d *Dict) Keys() []any { return d.keys }

// hash makes equal what Python holds for equal: 1, 1.0 and True.
func hash(key any) (any, bool) {
	switch k := key.(type) {
	case bool:
		if k {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int64(k), true
		}
		return k, true
	case nil, string, int64:
		return k, true
	case *List:
		if !k.Tuple {
			return nil, false
		}
		return repr(k), true
	}
	return nil, false
}

// undefined is a name or attribute that is not there; hint is the error when it is used for more than printing.
type undefined struct{ hint string }

// namespace is what namespace() gives: attributes may be set.
type namespace struct{ *Dict }

// A function can be called by a template.
type function struct {
	name string
	call func(r *run, args []any, named *Dict) any
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *List:
		return v.lazy || len(v.Items) > 0
	case *Dict:
		return v.Len() > 0
	case *undefined:
		return false
	}
	return true
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *List:
		if v.lazy {
			return "generator"
		}
		if v.Tuple {
			return "tuple"
		}
		return "list"
	case *Dict:
		return "dict"
	case *undefined:
		return "Undefined"
	case *namespace:
		return "Namespace"
	case *loopVar:
		return "LoopContext"
	}
	return "function"
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return v, true
	}
	return 0, false
}

func equal(a, b any) bool { return equalAt(a, b, 0) }

func equalAt(a, b any, depth int) bool {
	if depth > mostNested {
		raise("RecursionError", "values are nested too deep to be compared")
	}
	if x, ok := integer(a); ok {
		if y, ok := integer(b); ok {
			return x == y
		}
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	switch x := a.(type) {
	case *undefined:
		_, ok := b.(*undefined)
		return ok
	case *List:
		y, ok := b.(*List)
		if !ok || len(x.Items) != len(y.Items) || x.Tuple != y.Tuple {
			return false
		}
		for i := range x.Items {
			if !equalAt(x.Items[i], y.Items[i], depth+1) {
				return false
			}
		}
		return true
	case *Dict:
		y, ok := b.(*Dict)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, k := range x.keys {
			v, _ := x.Get(k)
			w, ok := y.Get(k)
			if !ok || !equalAt(v, w, depth+1) {
				return false
			}
		}
		return true
	}
	return a == b
}

// less orders two values, or raises Python's TypeError.
func less(a, b any, op string) bool {
	if x, ok := integer(a); ok {
		if y, ok := integer(b); ok {
			return x < y
		}
	}
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return x < y
		}
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x < y
		}
	case *List:
		if y, ok := b.(*List); ok && x.Tuple == y.Tuple {
			for i := range min(len(x.Items), len(y.Items)) {
				if !equal(x.Items[i], y.Items[i]) {
					return less(x.Items[i], y.Items[i], op)
				}
			}
			return len(x.Items) < len(y.Items)
		}
	}
	use(a)
	use(b)
	raise("TypeError", "'%s' not supported between instances of '%s' and '%s'", op, typeName(a), typeName(b))
	return false
}

// use raises when v is undefined.
func use(v any) any {
	if u, ok := v.(*undefined); ok {
		raise("UndefinedError", "%s", u.hint)
	}
	return v
}

func sortValues(items []any, key func(any) any, reverse bool) {
	keys := make(map[int]any, len(items))
	order := make([]int, len(items))
	for i, v := range items {
		keys[i], order[i] = key(v), i
	}
	sort.SliceStable(order, func(i, j int) bool {
		if reverse {
			i, j = j, i
		}
		return less(keys[order[i]], keys[order[j]], "<")
	})
	sorted := make([]any, len(items))
	for i, o := range order {
		sorted[i] = items[o]
	}
	copy(items, sorted)
}
