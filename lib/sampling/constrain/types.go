package constrain

import (
	"encoding/json"
	"slices"
)

// fraction is the type of numbers that are not whole. No schema can name it; it is what "not integer" leaves of numbers.
const fraction = "number that is not whole"

// basic are the types that exclude one another and are all values together.
var basic = []string{"null", "boolean", "integer", fraction, "string", "array", "object"}

// split cuts number into its two halves.
func split(types []string) (out []string) {
	for _, t := range types {
		if t == "number" {
			out = append(out, "integer", fraction)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// joined is split undone.
func joined(types []string) (out []any) {
	number := slices.Contains(types, "integer") && slices.Contains(types, fraction)
	for _, t := range types {
		switch {
		case number && t == "integer":
			out = append(out, "number")
		case number && t == fraction:
		default:
			out = append(out, t)
		}
	}
	return out
}

// otherTypes is every type but these.
func otherTypes(types []string) []any {
	types = split(types)
	return joined(slices.DeleteFunc(slices.Clone(basic), func(t string) bool { return slices.Contains(types, t) }))
}

func names(t any) []string {
	var out []string
	switch t := t.(type) {
	case string:
		out = append(out, t)
	case []any:
		for _, x := range t {
			if name, ok := x.(string); ok {
				out = append(out, name)
			}
		}
	}
	return out
}

// kindsOf is the types of a schema; all of them if it names none.
func kindsOf(m *members) []string {
	if t := kinds(m); t != nil {
		return names(t)
	}
	return slices.Clone(basic)
}

// without takes one type out of a list.
func without(types []string, name string) []any {
	return joined(slices.DeleteFunc(split(types), func(t string) bool { return t == name }))
}

func sharedTypes(a, b any) []any {
	q := split(names(b))
	out := joined(slices.DeleteFunc(split(names(a)), func(t string) bool { return !slices.Contains(q, t) }))
	if out == nil {
		out = []any{}
	}
	return out
}

// disjoint reports whether no value can be valid under both, as far as types, listed values and required properties show.
func (s *schemas) disjoint(a, b any, depth int) bool {
	if a == false || b == false {
		return true
	}
	if depth > 8 {
		return false
	}
	x, y := s.looked(a), s.looked(b)
	if x == nil || y == nil {
		return false
	}
	if p, q := listOf(x), listOf(y); p != nil && q != nil {
		return !slices.ContainsFunc(p, func(v any) bool {
			return slices.ContainsFunc(q, func(w any) bool { return equal(v, w) })
		})
	}
	if p, q := kinds(x), kinds(y); p != nil && q != nil && len(sharedTypes(p, q)) == 0 {
		return true
	}
	p, _ := x.of["properties"].(*members)
	q, _ := y.of["properties"].(*members)
	if p == nil || q == nil || !slices.Equal(names(kinds(x)), []string{"object"}) && !slices.Equal(names(kinds(y)), []string{"object"}) {
		return false
	}
	for _, k := range p.keys {
		if q.has(k) && requires(x, k) && requires(y, k) && s.disjoint(p.of[k], q.of[k], depth+1) {
			return true
		}
	}
	return false
}

// looked is a schema whose references are followed; nil if that cannot be done.
func (s *schemas) looked(v any) *members {
	for range 20 {
		m, _ := v.(*members)
		if m == nil {
			return nil
		}
		ref, ok := m.of["$ref"].(string)
		if !ok {
			return m
		}
		var err error
		if v, err = s.lookUp(ref, ""); err != nil {
			return nil
		}
	}
	return nil
}

func listOf(m *members) []any {
	if v, ok := m.of["const"]; ok {
		return []any{v}
	}
	list, _ := m.of["enum"].([]any)
	return list
}

// kinds is the types of a schema; nil if it says nothing.
func kinds(m *members) []any {
	if list := listOf(m); list != nil {
		var out []any
		for _, v := range list {
			out = append(out, typeOf(v))
		}
		return out
	}
	var out []any
	for _, n := range names(m.of["type"]) {
		out = append(out, n)
	}
	return out
}

func requires(m *members, key string) bool {
	list, _ := m.of["required"].([]any)
	return slices.Contains(list, any(key))
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case *members:
		return "object"
	case json.Number:
		if r, ok := ratOf(v); ok && r.IsInt() {
			return "integer"
		}
	}
	return fraction
}
