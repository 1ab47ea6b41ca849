package constrain

import (
	"encoding/json"
	"math/big"
	"slices"
)

// Schemas are brought into one form before they become nodes: what $ref, allOf, oneOf, not, if and the dependent keywords
// say is merged into the keywords of one schema, and only anyOf stays as it is.

// together is several values of a keyword that all hold: pattern, format, multipleOf.
type together []any

func listed(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case together:
		return v
	}
	return []any{v}
}

// schemaOf makes a schema of keys and values.
func schemaOf(pairs ...any) *members {
	m := &members{of: map[string]any{}}
	for i := 0; i < len(pairs); i += 2 {
		m.set(pairs[i].(string), pairs[i+1])
	}
	return m
}

// both is a schema as strict as a and b together, merged when it is looked at.
func both(a, b any) any {
	switch {
	case a == true || b == false:
		return b
	case b == true || a == false || compact(a) == compact(b):
		return a
	}
	return schemaOf("allOf", []any{a, b})
}

func anyOf(list []any) any {
	list = slices.DeleteFunc(list, func(v any) bool { return v == false })
	switch {
	case slices.Contains(list, any(true)):
		return true
	case len(list) == 0:
		return false
	case len(list) == 1:
		return list[0]
	}
	return schemaOf("anyOf", list)
}

// The keywords that plain takes away.
var merging = []string{"$ref", "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "additionalItems", "const"}

// plain returns v in the one form: true, false, or a schema of keywords that speak of the value itself, and of anyOf.
func (s *schemas) plain(v any, path string) (any, error) {
	if s.depth++; s.depth > mostNested {
		return nil, at(path, "the schema refers to itself without end")
	}
	defer func() { s.depth-- }()
	if _, ok := v.(bool); ok {
		return v, nil
	}
	m, ok := v.(*members)
	if !ok {
		return nil, at(path, "a schema is an object, true or false, not %v", v)
	}
	for _, k := range notPossible {
		if m.has(k) && m.of[k] != true {
			return nil, at(path, "the keyword %q is not supported", k)
		}
	}
	rest := m.without(slices.Concat(remarks, merging, notPossible)...)
	if no, ok := m.of["not"].(*negated); ok {
		rest.set("not", no)
	}
	if first, ok := m.of["items"].([]any); ok { // as drafts before 2020-12 wrote prefixItems
		rest.set("prefixItems", first)
		if rest = rest.without("items"); m.has("additionalItems") {
			rest.set("items", m.of["additionalItems"])
		}
	}
	if !rest.has("contains") {
		rest = rest.without("minContains", "maxContains")
	}
	parts, err := s.parts(m, path)
	if err != nil {
		return nil, err
	}
	if rest.has("unevaluatedProperties") && m.has("oneOf", "not", "if", "dependentRequired", "dependentSchemas", "dependencies") {
		return nil, at(path, `"unevaluatedProperties" beside other keywords than properties, $ref, allOf and anyOf is not supported`)
	}
	var out any = rest
	if len(rest.keys) == 0 {
		out = true
	}
	for _, p := range parts {
		if out, err = s.merge(out, p, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// parts are the schemas that must hold beside the plain keywords.
func (s *schemas) parts(m *members, path string) (parts []any, err error) {
	if c, ok := m.of["const"]; ok {
		parts = append(parts, schemaOf("enum", []any{c}))
	}
	if ref, ok := m.of["$ref"]; ok {
		name, _ := ref.(string)
		target, err := s.lookUp(name, path)
		if err != nil {
			return nil, err
		}
		parts = append(parts, target)
	}
	for _, k := range []string{"allOf", "oneOf", "anyOf"} {
		if list, ok := m.of[k].([]any); m.has(k) && (!ok || len(list) == 0) {
			return nil, at(path, "%s must be a list of schemas", k)
		} else if k == "allOf" {
			parts = append(parts, list...)
		} else if k == "oneOf" && len(list) > 0 {
			one, err := s.exactlyOne(list, path)
			if err != nil {
				return nil, err
			}
			parts = append(parts, one)
		}
	}
	if no, ok := m.of["not"]; ok {
		if _, done := no.(*negated); !done {
			v, err := s.not(no, path+"/not")
			if err != nil {
				return nil, err
			}
			parts = append(parts, v)
		}
	}
	if m.has("if") && m.has("then", "else") {
		no, err := s.not(m.of["if"], path+"/if")
		if err != nil && m.has("else") {
			return nil, err
		}
		if err != nil { // without a way to say that "if" fails, it holds
			no = false
		}
		parts = append(parts, anyOf([]any{both(m.of["if"], given(m, "then")), both(no, given(m, "else"))}))
	}
	return s.dependent(m, path, parts)
}

func given(m *members, key string) any { return orTrue(m.of[key]) }

// dependent is dependentRequired, dependentSchemas and their older form: the property is absent, or the rest holds too.
func (s *schemas) dependent(m *members, path string, parts []any) ([]any, error) {
	for _, key := range []string{"dependentRequired", "dependentSchemas", "dependencies"} {
		deps, ok := m.of[key].(*members)
		if m.has(key) && !ok {
			return nil, at(path, "%s must be an object", key)
		} else if !ok {
			continue
		}
		for _, k := range deps.keys {
			then := deps.of[k]
			if names, isList := then.([]any); isList {
				then = schemaOf("required", names)
			}
			there := schemaOf("type", "object", "required", []any{k})
			absent := schemaOf("type", []any{"object"}, "not", &negated{absent: []string{k}})
			list := []any{absent, both(there, then)}
			if types := without(kindsOf(m), "object"); len(types) > 0 {
				list = append(list, schemaOf("type", types))
			}
			parts = append(parts, anyOf(list))
		}
	}
	return parts, nil
}

// exactlyOne is oneOf: each alternative with the negation of those that are not known to exclude it.
func (s *schemas) exactlyOne(list []any, path string) (any, error) {
	var out []any
	for i, v := range list {
		for j, other := range list {
			if i == j || s.disjoint(v, other, 0) {
				continue
			}
			no, err := s.not(other, path+"/oneOf")
			if err != nil {
				return nil, err
			}
			v = both(v, no)
		}
		out = append(out, v)
	}
	return anyOf(out), nil
}

// merge returns a schema that is as strict as both, in the plain form.
func (s *schemas) merge(a, b any, path string) (any, error) {
	pa, err := s.plain(a, path)
	if err != nil {
		return nil, err
	}
	pb, err := s.plain(b, path)
	if err != nil {
		return nil, err
	}
	if pa == true || pb == false {
		return pb, nil
	}
	if pb == true || pa == false {
		return pa, nil
	}
	x, y := pa.(*members), pb.(*members)
	if y.has("unevaluatedProperties") && len(x.keys) > 0 {
		return nil, at(path, `"unevaluatedProperties" in a part of another schema is not supported`)
	}
	out := x.without()
	if err := s.mergeProperties(out, x, y, path); err != nil {
		return nil, err
	}
	if err := mergeItems(out, x, y, path); err != nil {
		return nil, err
	}
	for _, k := range y.keys {
		switch k {
		case "properties", "patternProperties", "additionalProperties", "items", "prefixItems":
			continue
		}
		if !out.has(k) || compact(out.of[k]) == compact(y.of[k]) {
			out.set(k, y.of[k])
			continue
		}
		v, err := mergeKey(k, out.of[k], y.of[k], path)
		if err != nil {
			return nil, err
		}
		out.set(k, v)
	}
	return out, nil
}

// mostBranches bounds the alternatives that two anyOf make together.
const mostBranches = 256

func mergeKey(key string, a, b any, path string) (any, error) {
	x, xList := a.([]any)
	y, yList := b.([]any)
	switch key {
	case "anyOf":
		if !xList || !yList || len(x)*len(y) > mostBranches {
			break
		}
		out := []any{}
		for _, v := range x {
			for _, w := range y {
				out = append(out, both(v, w))
			}
		}
		return out, nil
	case "required":
		if xList && yList {
			return append(slices.Clone(x), y...), nil
		}
	case "type":
		return sharedTypes(a, b), nil
	case "enum":
		return slices.DeleteFunc(slices.Clone(x), func(v any) bool {
			return !slices.ContainsFunc(y, func(w any) bool { return equal(v, w) })
		}), nil
	case "not":
		p, ok := a.(*negated)
		q, ok2 := b.(*negated)
		if ok && ok2 {
			return p.and(q), nil
		}
	case "pattern", "format", "multipleOf":
		return append(slices.Clone(together(listed(a))), listed(b)...), nil
	case "propertyNames":
		return both(a, b), nil
	case "uniqueItems":
		return a == true || b == true, nil
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
	if !slices.Contains(known, key) {
		return a, nil
	}
	return nil, at(path, "two values of %q in allOf, or beside $ref, anyOf, oneOf or if, are not supported", key)
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
