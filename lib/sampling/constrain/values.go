package constrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// listed is enum: the values that the other keywords allow too.
func (s *schemas) listed(m *members, path string) (node, error) {
	values, ok := m.of["enum"].([]any)
	if !ok {
		return nil, at(path, "enum must be a list")
	}
	var out choice
	for _, v := range values {
		ok, err := s.valid(v, m, path)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, literal(v))
		}
	}
	return out, nil
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
	case together:
		return "together " + compact([]any(v))
	case *negated:
		return "not " + compact([]any{v.enum, v.patterns, v.multiples, fmt.Sprintf("%q", v.absent)})
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
