package constrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// JSONSchema returns the JSON texts that are valid under a schema (JSON Schema draft 2020-12, and what older drafts write
// the same way). All keywords that say something of a value are kept to, but for unevaluatedItems, $dynamicRef and $recursiveRef;
// format is date, time, date-time, uuid, email and ipv4, and $ref leads within the schema, also to itself.
//
// Every text of the grammar is valid; the reverse does not hold: properties come in the order of the schema, others only
// where additionalProperties, patternProperties or the lack of any properties allows them, numbers have at most 18 digits, and
// space between the parts is short. uniqueItems needs items of few values; with more than ten of them they come in order.
// What cannot be kept to is an error that names the place and the keyword, never ignored.
func JSONSchema(schema []byte) (g *Grammar, err error) {
	bad := func(err error) (*Grammar, error) { return nil, fmt.Errorf("constrain.JSONSchema: %w", err) }
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber()
	root, err := decode(d, 0)
	if err != nil {
		return bad(fmt.Errorf("the schema is not JSON: %w", err))
	}
	if _, err := d.Token(); err != io.EOF {
		return bad(fmt.Errorf("the schema is not JSON: something follows it"))
	}
	defer func() {
		if v := recover(); v == errTooLarge {
			g, err = bad(errTooLarge)
		} else if v != nil {
			panic(v)
		}
	}()
	s := schemas{root: root, refs: map[string]*rule{}, character: &rule{name: "character", body: anyCharacter()}}
	s.value, s.object = anyValue()
	n, err := s.node(root, "#")
	if err != nil {
		return bad(err)
	}
	if g, err = compile("the JSON schema", n); err != nil && s.why != nil {
		err = fmt.Errorf("%w; %v", err, s.why)
	}
	return g, err
}

// members is a JSON object that remembers the order of its keys.
type members struct {
	keys []string
	of   map[string]any
}

func (m *members) set(k string, v any) {
	if _, there := m.of[k]; !there {
		m.keys = append(m.keys, k)
	}
	m.of[k] = v
}

func (m *members) without(keys ...string) *members {
	out := &members{of: map[string]any{}}
	for _, k := range m.keys {
		if !slices.Contains(keys, k) {
			out.set(k, m.of[k])
		}
	}
	return out
}

func (m *members) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := m.of[k]; return ok })
}

// mostNested bounds the depth of a schema, and of references that lead only to references.
const mostNested = 200

func decode(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth > mostNested {
		return nil, fmt.Errorf("it is nested more than %d deep", mostNested)
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	m := &members{of: map[string]any{}}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		m.set(k.(string), v)
	}
	_, err = d.Token()
	return m, err
}

// schemas turns the parts of a schema into nodes.
type schemas struct {
	root          any
	refs          map[string]*rule // by pointer, and of merged schemas by their text
	value, object *rule
	character     *rule
	depth         int
	why           error // a likely reason if no text matches
}

func at(path, format string, args ...any) error {
	return fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
}

// What a schema may say beside the keywords that are known: nothing about the text.
var remarks = []string{"$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary", "title", "description", "default", "examples", "example",
	"deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema", "discriminator", "xml", "externalDocs"}

var notPossible = []string{"unevaluatedItems", "$dynamicRef", "$recursiveRef"}

// The keywords of the plain form; what stands beside them and is in no other list says nothing.
var known = []string{"type", "enum", "anyOf", "not", "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "required", "minProperties", "maxProperties",
	"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "minLength", "maxLength", "pattern", "format",
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}

// node returns the texts that are valid under v, which stands at path.
func (s *schemas) node(v any, path string) (node, error) {
	if s.depth++; s.depth > mostNested {
		return nil, at(path, "the schema refers to itself without end")
	}
	defer func() { s.depth-- }()
	m, ok := v.(*members)
	if !ok {
		switch v {
		case true:
			return s.value, nil
		case false:
			return choice{}, nil
		}
		return nil, at(path, "a schema is an object, true or false, not %v", v)
	}
	if name, ok := m.of["$ref"].(string); ok && len(m.without(remarks...).keys) == 1 {
		return s.reference(name, path)
	}
	p, err := s.plain(m, path)
	if err != nil {
		return nil, err
	}
	if b, ok := p.(bool); ok {
		return s.node(b, path)
	}
	if m.has(merging...) {
		// Merged schemas that come again, as they do where one refers to itself, are one rule.
		key := compact(p)
		if r := s.refs[key]; r != nil {
			return r, nil
		}
		r := &rule{name: path}
		s.refs[key] = r
		r.body, err = s.plainNode(p.(*members), path)
		return r, err
	}
	return s.plainNode(p.(*members), path)
}

func (s *schemas) plainNode(m *members, path string) (node, error) {
	if list, ok := m.of["anyOf"].([]any); ok {
		rest := m.without("anyOf")
		var out choice
		for _, branch := range list {
			if len(rest.keys) > 0 {
				branch = both(rest, branch)
			}
			n, err := s.node(branch, path+"/anyOf")
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		}
		return out, nil
	}
	if m.has("enum") {
		return s.listed(m, path)
	}
	types, err := typesOf(m, path)
	if err != nil {
		return nil, err
	}
	var out choice
	for _, t := range types {
		n, err := s.typed(m, t, path)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return out, nil
}

func (s *schemas) typed(m *members, name, path string) (node, error) {
	switch name {
	case "null", "boolean":
		var out choice
		for _, v := range []any{nil, true, false} {
			if typeOf(v) == name && !slices.Contains(negatedOf(m).enum, v) {
				out = append(out, text(compact(v)))
			}
		}
		return out, nil
	case "integer", "number", fraction:
		return s.number(m, name, path)
	case "string":
		return s.str(m, path)
	case "array":
		return s.array(m, path)
	case "object":
		return s.objectOf(m, path)
	case "any":
		return s.value, nil
	}
	return nil, at(path, "there is no type %q", name)
}

// Which keywords speak of which type.
var keywords = []struct {
	name string
	keys []string
}{
	{"object", []string{"properties", "required", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "minProperties", "maxProperties"}},
	{"array", []string{"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}},
	{"string", []string{"minLength", "maxLength", "pattern", "format"}},
	{"number", []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
}

// typesOf is the types that the schema names or, if it names none, those that its keywords speak of.
func typesOf(m *members, path string) ([]string, error) {
	switch t := m.of["type"].(type) {
	case string:
		return []string{t}, nil
	case []any:
		var out []string
		for _, x := range t {
			name, ok := x.(string)
			if !ok {
				return nil, at(path, "type has %v, which is no name", x)
			}
			out = append(out, name)
		}
		return out, nil
	case nil:
	default:
		return nil, at(path, "type is %v, it must be a name or a list of names", t)
	}
	var out []string
	for _, k := range keywords {
		if m.has(k.keys...) {
			out = append(out, k.name)
		}
	}
	switch {
	case out == nil && m.has("not"):
		return names(joined(basic)), nil
	case out == nil:
		return []string{"any"}, nil
	}
	return out, nil
}

func (s *schemas) reference(name, path string) (node, error) {
	if r := s.refs[name]; r != nil {
		return r, nil
	}
	target, err := s.lookUp(name, path)
	if err != nil {
		return nil, err
	}
	r := &rule{name: name}
	s.refs[name] = r
	r.body, err = s.node(target, name)
	return r, err
}

// lookUp finds what a reference within the schema points to (JSON Pointer, RFC 6901).
func (s *schemas) lookUp(name, path string) (any, error) {
	rest, ok := strings.CutPrefix(name, "#")
	if !ok || rest != "" && rest[0] != '/' {
		return nil, at(path, "$ref is %q: only references within the schema are possible, as #/$defs/name", name)
	}
	v := s.root
	for _, key := range strings.Split(rest, "/")[1:] {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		m, ok := v.(*members)
		if !ok || !m.has(key) {
			return nil, at(path, "$ref is %q, and there is no %q", name, key)
		}
		v = m.of[key]
	}
	return v, nil
}
