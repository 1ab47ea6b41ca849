package constrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// listed is enum and const.
func (s *schemas) listed(m *members, path string) (node, error) {
	values, ok := m.of["enum"].([]any)
	if m.has("enum") && !ok {
		return nil, at(path, "enum must be a list")
	}
	if c, isConst := m.of["const"]; isConst {
		if m.has("enum") && !slices.ContainsFunc(values, func(v any) bool { return compact(v) == compact(c) }) {
			return choice{}, nil
		}
		values = []any{c}
	}
	if more := m.without("enum", "const", "type"); len(more.keys) > 0 {
		return nil, at(path, "%q beside enum or const is not supported: leave out the values that it forbids", more.keys[0])
	}
	types, err := typesOf(m, path)
	if err != nil {
		return nil, err
	}
	var out choice
	for _, v := range values {
		if t := typeOf(v); slices.Contains(types, "any") || slices.Contains(types, t) || t == "integer" && slices.Contains(types, "number") {
			out = append(out, literal(v))
		}
	}
	return out, nil
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
	return "number"
}

// literal is one value, with or without space between its parts.
func literal(v any) node {
	switch v := v.(type) {
	case []any:
		out := sequence{text("[")}
		for i, x := range v {
			if i > 0 {
				out = append(out, comma())
			}
			out = append(out, literal(x))
		}
		return append(out, text("]"))
	case *members:
		out := sequence{text("{")}
		for i, k := range v.keys {
			if i > 0 {
				out = append(out, comma())
			}
			out = append(out, text(compact(k)), text(":"), space(), literal(v.of[k]))
		}
		return append(out, text("}"))
	}
	return text(compact(v))
}

// compact writes a value without space.
func compact(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case string:
		return string(plainJSON(v))
	case json.Number:
		return v.String()
	case []any:
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(compact(x))
		}
		return "[" + b.String() + "]"
	case *members:
		for i, k := range v.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(compact(k) + ":" + compact(v.of[k]))
		}
		return "{" + b.String() + "}"
	}
	return fmt.Sprint(orNull(v))
}

func orNull(v any) any {
	if v == nil {
		return "null"
	}
	return v
}

// plainJSON writes a string without the escapes that HTML would need.
func plainJSON(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string into memory: no error
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
