package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"unicode/utf8"
)

// FromJSON reads JSON with the order of its keys kept, as Python does.
func FromJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readJSON(d, 0)
	if err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("there is more after the JSON value")
	}
	return v, nil
}

// deepestJSON bounds how values are nested in each other.
const deepestJSON = 1000

func readJSON(d *json.Decoder, depth int) (any, error) {
	if depth > deepestJSON {
		return nil, fmt.Errorf("JSON is nested deeper than %d", deepestJSON)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		if i, err := t.Int64(); err == nil {
			return i, nil
		}
		return t.Float64()
	case json.Delim:
		if t == '[' {
			l := &List{}
			for d.More() {
				v, err := readJSON(d, depth+1)
				if err != nil {
					return nil, err
				}
				l.Items = append(l.Items, v)
			}
			_, err = d.Token()
			return l, err
		}
		m := NewDict()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			m.Set(k, v)
		}
		_, err = d.Token()
		return m, err
	}
	return t, nil
}

// FromGo makes a value for a template from nil, bool, numbers, strings, slices, maps with string keys (sorted, because Go
// keeps no order), *List and *Dict. Anything else goes by way of its JSON.
func FromGo(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, *List, *Dict:
		return v
	case int:
		return int64(v)
	case []any:
		l := &List{}
		for _, e := range v {
			l.Items = append(l.Items, FromGo(e))
		}
		return l
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		d := NewDict()
		for _, k := range keys {
			d.Set(k, FromGo(v[k]))
		}
		return d
	}
	data, err := json.Marshal(v)
	if err == nil {
		var out any
		if out, err = FromJSON(data); err == nil {
			return out
		}
	}
	raise("TypeError", "a %s cannot be used in a template", reflect.TypeOf(v))
	return nil
}

// dumper writes JSON as Python's json.dumps.
type dumper struct {
	b           strings.Builder
	ascii, sort bool
	indent      string
	item, colon string
	lines       bool
}

func dumps(v any, args []any, named *Dict) string {
	d := &dumper{item: ", ", colon: ": "}
	get := func(i int, name string) any {
		if i < len(args) {
			return args[i]
		}
		v, _ := named.Get(name)
		return v
	}
	d.ascii = truth(get(0, "ensure_ascii"))
	switch in := get(1, "indent").(type) {
	case int64:
		d.lines, d.indent = true, strings.Repeat(" ", int(max(0, min(in, 64))))
	case string:
		d.lines, d.indent = true, in
	}
	if d.lines {
		d.item = ","
	}
	if l, ok := get(2, "separators").(*List); ok && len(l.Items) == 2 {
		d.item, d.colon = str(l.Items[0]), str(l.Items[1])
	}
	d.sort = truth(get(3, "sort_keys"))
	d.value(v, 0)
	return d.b.String()
}

func (d *dumper) newline(depth int) {
	if d.lines {
		d.b.WriteByte('\n')
		for range depth {
			d.b.WriteString(d.indent)
		}
	}
}

func (d *dumper) value(v any, depth int) {
	if depth > mostNested || d.b.Len() > mostText {
		raise("RecursionError", "a value is nested too deep or too long for JSON")
	}
	switch v := v.(type) {
	case nil:
		d.b.WriteString("null")
	case bool:
		fmt.Fprint(&d.b, v)
	case int64:
		fmt.Fprint(&d.b, v)
	case float64:
		switch {
		case math.IsNaN(v):
			d.b.WriteString("NaN")
		case math.IsInf(v, 0):
			d.b.WriteString(map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0])
		default:
			d.b.WriteString(formatFloat(v))
		}
	case string:
		d.str(v)
	case *List:
		if v.lazy {
			raise("TypeError", "Object of type generator is not JSON serializable")
		}
		d.b.WriteByte('[')
		for i, e := range v.Items {
			if i > 0 {
				d.b.WriteString(d.item)
			}
			d.newline(depth + 1)
			d.value(e, depth+1)
		}
		if len(v.Items) > 0 {
			d.newline(depth)
		}
		d.b.WriteByte(']')
	case *namespace:
		raise("TypeError", "Object of type Namespace is not JSON serializable")
	case *Dict:
		keys := v.keys
		if d.sort {
			keys = append([]any{}, keys...)
			sortValues(keys, func(k any) any { return k }, false)
		}
		d.b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				d.b.WriteString(d.item)
			}
			d.newline(depth + 1)
			d.key(k)
			d.b.WriteString(d.colon)
			e, _ := v.Get(k)
			d.value(e, depth+1)
		}
		if len(keys) > 0 {
			d.newline(depth)
		}
		d.b.WriteByte('}')
	default:
		raise("TypeError", "Object of type %s is not JSON serializable", typeName(v))
	}
}

func (d *dumper) key(k any) {
	switch k := k.(type) {
	case string:
		d.str(k)
	case nil, bool, int64, float64:
		d.b.WriteByte('"')
		d.value(k, 0)
		d.b.WriteByte('"')
	default:
		raise("TypeError", "keys must be str, int, float, bool or None, not %s", typeName(k))
	}
}

func (d *dumper) str(s string) {
	d.b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			d.b.WriteByte('\\')
			d.b.WriteByte(byte(r))
		case r == '\n':
			d.b.WriteString(`\n`)
		case r == '\r':
			d.b.WriteString(`\r`)
		case r == '\t':
			d.b.WriteString(`\t`)
		case r == '\f':
			d.b.WriteString(`\f`)
		case r == '\b':
			d.b.WriteString(`\b`)
		case r < 0x20 || d.ascii && r >= 0x7f && r < 0x10000 && r != 0x7f:
			fmt.Fprintf(&d.b, `\u%04x`, r)
		case d.ascii && r >= 0x10000:
			fmt.Fprintf(&d.b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			d.b.WriteString(s[i : i+n])
		}
		i += n
	}
	d.b.WriteByte('"')
}

// ToJSON writes a value as JSON, with its keys in their order.
func ToJSON(v any) (data []byte, err error) {
	defer func() {
		if e, ok := recover().(*Error); ok {
			data, err = nil, e
		}
	}()
	return []byte(dumps(FromGo(v), nil, NewDict())), nil
}

// MarshalJSON writes the keys in their order.
func (d *Dict) MarshalJSON() ([]byte, error) { return ToJSON(d) }

// MarshalJSON writes a list.
func (l *List) MarshalJSON() ([]byte, error) { return ToJSON(l) }
