package constrain

import (
	"encoding/json"
	"math/big"
	"slices"
)

// combined is allOf, anyOf and oneOf, together with what stands beside them.
func (s *schemas) combined(m *members, key string, v any, path string) (node, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, at(path, "%s must be a list of schemas", key)
	}
	rest := m.without(key)
	if key == "allOf" {
		var both any = rest
		for _, branch := range list {
			var err error
			if both, err = s.merge(both, branch, path); err != nil {
				return nil, err
			}
		}
		return s.node(both, path)
	}
	if key == "oneOf" {
		for i := range list {
			for j := range i {
				if !s.disjoint(list[j], list[i], 0) {
					return nil, at(path, "oneOf: %d and %d are not known to exclude one another; write anyOf if both may hold", j, i)
				}
			}
		}
	}
	var out choice
	for _, branch := range list {
		both := branch
		if len(rest.keys) > 0 {
			var err error
			if both, err = s.merge(rest, branch, path); err != nil {
				return nil, err
			}
		}
		n, err := s.node(both, path+"/"+key)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// merge returns a schema that is as strict as both.
func (s *schemas) merge(a, b any, path string) (any, error) {
	if s.depth++; s.depth > mostNested {
		return nil, at(path, "the schema refers to itself without end")
	}
	defer func() { s.depth-- }()
	if a == true {
		return b, nil
	}
	if b == true || a == false {
		return a, nil
	}
	if b == false {
		return b, nil
	}
	x, err := s.resolved(a, path)
	if err != nil {
		return nil, err
	}
	y, err := s.resolved(b, path)
	if err != nil {
		return nil, err
	}
	if closed(x) && extra(y, x) || closed(y) && extra(x, y) {
		return nil, at(path, "properties beside additionalProperties false of another part of allOf are not supported")
	}
	out := x.without(remarks...)
	for _, k := range y.without(remarks...).keys {
		if !out.has(k) || compact(out.of[k]) == compact(y.of[k]) {
			out.set(k, y.of[k])
			continue
		}
		v, err := s.mergeKey(k, out.of[k], y.of[k], path)
		if err != nil {
			return nil, err
		}
		out.set(k, v)
	}
	return out, nil
}

func closed(m *members) bool { return m.of["additionalProperties"] == false }

// extra reports whether a has properties that b does not have.
func extra(a, b *members) bool {
	p, _ := a.of["properties"].(*members)
	q, _ := b.of["properties"].(*members)
	return p != nil && slices.ContainsFunc(p.keys, func(k string) bool { return q == nil || !q.has(k) })
}

// resolved is a schema whose reference is replaced by what it points to.
func (s *schemas) resolved(v any, path string) (*members, error) {
	m, ok := v.(*members)
	if !ok {
		return nil, at(path, "a schema is an object, true or false, not %v", v)
	}
	ref, ok := m.of["$ref"].(string)
	if !ok {
		return m, nil
	}
	target, err := s.lookUp(ref, path)
	if err != nil {
		return nil, err
	}
	both, err := s.merge(target, m.without("$ref"), path)
	if err != nil {
		return nil, err
	}
	if m, ok = both.(*members); !ok {
		return nil, at(path, "%s is %v, which cannot be combined with others", ref, both)
	}
	return m, nil
}

func (s *schemas) mergeKey(key string, a, b any, path string) (any, error) {
	switch key {
	case "properties":
		p, ok := a.(*members)
		q, ok2 := b.(*members)
		if ok && ok2 {
			out := p.without()
			for _, k := range q.keys {
				v := q.of[k]
				if p.has(k) {
					v = &members{keys: []string{"allOf"}, of: map[string]any{"allOf": []any{p.of[k], q.of[k]}}}
				}
				out.set(k, v)
			}
			return out, nil
		}
	case "required":
		x, ok := a.([]any)
		y, ok2 := b.([]any)
		if ok && ok2 {
			return append(slices.Clone(x), y...), nil
		}
	case "type":
		return sharedTypes(a, b), nil
	case "enum":
		x, _ := a.([]any)
		y, _ := b.([]any)
		return slices.DeleteFunc(slices.Clone(x), func(v any) bool {
			return !slices.ContainsFunc(y, func(w any) bool { return compact(v) == compact(w) })
		}), nil
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
		x, ok := ratOf(a)
		y, ok2 := ratOf(b)
		if ok && ok2 {
			if larger := x.Cmp(y) > 0; larger == (key[:2] == "mi" || key == "exclusiveMinimum") {
				return a, nil
			}
			return b, nil
		}
	}
	return nil, at(path, "two values of %q in allOf, or beside $ref, anyOf or oneOf, are not supported", key)
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

func sharedTypes(a, b any) []any {
	out := []any{}
	for _, x := range names(a) {
		for _, y := range names(b) {
			switch {
			case x == y, x == "integer" && y == "number":
				out = append(out, x)
			case x == "number" && y == "integer":
				out = append(out, y)
			}
		}
	}
	return out
}

// disjoint reports whether no value can be valid under both, as far as types, listed values and required properties show.
func (s *schemas) disjoint(a, b any, depth int) bool {
	if a == false || b == false {
		return true
	}
	if depth > 8 || a == true || b == true {
		return false
	}
	x, err := s.resolved(a, "")
	if err != nil {
		return false
	}
	y, err := s.resolved(b, "")
	if err != nil {
		return false
	}
	if p, q := listOf(x), listOf(y); p != nil && q != nil {
		return !slices.ContainsFunc(p, func(v any) bool {
			return slices.ContainsFunc(q, func(w any) bool { return compact(v) == compact(w) })
		})
	}
	if p, q := kinds(x), kinds(y); p != nil && q != nil && len(sharedTypes(p, q)) == 0 {
		return true
	}
	p, _ := x.of["properties"].(*members)
	q, _ := y.of["properties"].(*members)
	if p == nil || q == nil {
		return false
	}
	for _, k := range p.keys {
		if q.has(k) && requires(x, k) && requires(y, k) && s.disjoint(p.of[k], q.of[k], depth+1) {
			return true
		}
	}
	return false
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

func ratOf(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok || len(n) > 60 {
		return nil, false
	}
	if f, err := n.Float64(); err != nil || f > 1e40 || f < -1e40 || f != 0 && f < 1e-40 && f > -1e-40 {
		return nil, false
	}
	return new(big.Rat).SetString(n.String())
}
