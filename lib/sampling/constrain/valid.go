package constrain

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// valid reports whether a value of the schema itself (of enum and const) is valid under v. Where a schema cannot be taken
// into the plain form it is an error.
func (s *schemas) valid(x, v any, path string) (bool, error) {
	p, err := s.plain(v, path)
	if err != nil {
		return false, err
	}
	if b, ok := p.(bool); ok {
		return b, nil
	}
	m := p.(*members)
	t := typeOf(x)
	if m.has("type") && !slices.Contains(split(names(m.of["type"])), t) {
		return false, nil
	}
	same := func(w any) bool { return equal(x, w) }
	if list, ok := m.of["enum"].([]any); ok && !slices.ContainsFunc(list, same) || slices.ContainsFunc(negatedOf(m).enum, same) {
		return false, nil
	}
	if list, ok := m.of["anyOf"].([]any); ok {
		some := false
		for _, w := range list {
			ok, err := s.valid(x, w, path)
			if err != nil {
				return false, err
			}
			some = some || ok
		}
		if !some {
			return false, nil
		}
	}
	switch x := x.(type) {
	case string:
		return validString(x, m, path)
	case json.Number:
		return validNumber(x, m), nil
	case []any:
		return s.validArray(x, m, path)
	case *members:
		return s.validObject(x, m, path)
	}
	return true, nil
}

func validString(x string, m *members, path string) (bool, error) {
	least, most, err := limits(m, "minLength", "maxLength", path)
	if n := utf8.RuneCountInString(x); err != nil || n < least || most >= 0 && n > most {
		return false, err
	}
	check := func(list []any, want bool) (bool, error) {
		for _, p := range list {
			pattern, _ := p.(string)
			re, err := regexp.Compile(pattern)
			if err != nil {
				return false, at(path, "the pattern %q: %v", pattern, err)
			}
			if re.MatchString(x) != want {
				return false, nil
			}
		}
		return true, nil
	}
	if ok, err := check(listed(m.of["pattern"]), true); !ok {
		return false, err
	}
	if ok, err := check(negatedOf(m).patterns, false); !ok {
		return false, err
	}
	for _, f := range listed(m.of["format"]) {
		name, _ := f.(string)
		if form, ok := formats[name]; ok && !regexp.MustCompile("^(?:"+form+`)\z`).MatchString(x) {
			return false, nil
		}
	}
	return true, nil
}

func validNumber(n json.Number, m *members) bool {
	x, ok := ratOf(n)
	if !ok {
		return false
	}
	for _, k := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		b, ok := ratOf(m.of[k])
		if !ok {
			continue
		}
		c := x.Cmp(b)
		if strings.HasSuffix(strings.ToLower(k), "maximum") {
			c = -c
		}
		if c < 0 || c == 0 && k[:2] == "ex" {
			return false
		}
	}
	multiple := func(v any) bool {
		of, ok := ratOf(v)
		return ok && of.Sign() > 0 && new(big.Rat).Quo(x, of).IsInt()
	}
	return !slices.ContainsFunc(listed(m.of["multipleOf"]), func(v any) bool { return !multiple(v) }) && !slices.ContainsFunc(negatedOf(m).multiples, multiple)
}

func (s *schemas) validArray(x []any, m *members, path string) (bool, error) {
	least, most, err := limits(m, "minItems", "maxItems", path)
	if err != nil || len(x) < least || most >= 0 && len(x) > most {
		return false, err
	}
	prefix, _ := m.of["prefixItems"].([]any)
	for i, item := range x {
		of := given(m, "items")
		if i < len(prefix) {
			of = prefix[i]
		}
		if ok, err := s.valid(item, of, path); !ok {
			return false, err
		}
		if m.of["uniqueItems"] == true && slices.ContainsFunc(x[:i], func(y any) bool { return equal(item, y) }) {
			return false, nil
		}
	}
	if !m.has("contains") {
		return true, nil
	}
	least, most, err = containsLimits(m, path)
	if err != nil {
		return false, err
	}
	n := 0
	for _, item := range x {
		ok, err := s.valid(item, m.of["contains"], path)
		if err != nil {
			return false, err
		}
		if ok {
			n++
		}
	}
	return n >= least && (most < 0 || n <= most), nil
}

func (s *schemas) validObject(x, m *members, path string) (bool, error) {
	least, most, err := limits(m, "minProperties", "maxProperties", path)
	if err != nil || len(x.keys) < least || most >= 0 && len(x.keys) > most {
		return false, err
	}
	required, _ := m.of["required"].([]any)
	if slices.ContainsFunc(required, func(k any) bool { name, _ := k.(string); return !x.has(name) }) || x.has(negatedOf(m).absent...) {
		return false, nil
	}
	properties, _ := m.of["properties"].(*members)
	patterns, _ := m.of["patternProperties"].(*members)
	for _, k := range x.keys {
		of := []any{ofName(k, properties, patterns, orTrue(firstOf(m, "additionalProperties", "unevaluatedProperties")))}
		for _, p := range keysOf(patterns) {
			re, err := regexp.Compile(p)
			if err != nil {
				return false, at(path, "patternProperties: the pattern %q: %v", p, err)
			}
			if re.MatchString(k) {
				of = append(of, patterns.of[p])
			}
		}
		for _, v := range of {
			if ok, err := s.valid(x.of[k], v, path); !ok {
				return false, err
			}
		}
		if names, ok := m.of["propertyNames"]; ok {
			if ok, err := s.valid(k, names, path); !ok {
				return false, err
			}
		}
	}
	return true, nil
}

func firstOf(m *members, keys ...string) any {
	for _, k := range keys {
		if m.has(k) {
			return m.of[k]
		}
	}
	return nil
}

// equal compares values as JSON Schema does: 1 is 1.0, and the order of properties says nothing.
func equal(a, b any) bool {
	switch x := a.(type) {
	case json.Number:
		y, ok := b.(json.Number)
		if !ok {
			return false
		}
		p, ok := ratOf(x)
		q, ok2 := ratOf(y)
		if ok && ok2 {
			return p.Cmp(q) == 0
		}
		return x == y
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, equal)
	case *members:
		y, ok := b.(*members)
		return ok && len(x.keys) == len(y.keys) && !slices.ContainsFunc(x.keys, func(k string) bool { return !y.has(k) || !equal(x.of[k], y.of[k]) })
	}
	switch b.(type) {
	case json.Number, []any, *members:
		return false
	}
	return a == b
}

func wholeNumber(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }
