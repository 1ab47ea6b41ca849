package constrain

import "slices"

// negated is the part of "not" that other keywords cannot say.
type negated struct {
	enum      []any    // null, booleans, numbers and strings that the value is not
	patterns  []any    // a string does not match them
	multiples []any    // a number is no multiple of them
	absent    []string // an object does not have them
}

func (n *negated) and(o *negated) *negated {
	return &negated{slices.Concat(n.enum, o.enum), slices.Concat(n.patterns, o.patterns), slices.Concat(n.multiples, o.multiples), slices.Concat(n.absent, o.absent)}
}

func negatedOf(m *members) *negated {
	if n, ok := m.of["not"].(*negated); ok {
		return n
	}
	return new(negated)
}

// not returns a schema of values that are not valid under v. By De Morgan's laws a value fails if one keyword fails, so
// the schema is an anyOf of what the failure of each keyword is. Keywords whose failure no schema can say are left out,
// which only takes values away; if nothing is left, the error names the keyword.
func (s *schemas) not(v any, path string) (any, error) {
	if s.depth++; s.depth > mostNested {
		return nil, at(path, "the schema refers to itself without end")
	}
	defer func() { s.depth-- }()
	if b, ok := v.(bool); ok {
		return !b, nil
	}
	m, ok := v.(*members)
	if !ok {
		return nil, at(path, "a schema is an object, true or false, not %v", v)
	}
	n := negation{s: s, m: m, path: path}
	for _, k := range m.keys {
		n.keyword(k, m.of[k])
	}
	if out := anyOf(n.list); out != false || n.left == "" {
		return out, nil
	}
	if n.err != nil {
		return nil, n.err
	}
	return nil, at(path, "the keyword %q is not supported where a schema must fail (in not, if or oneOf)", n.left)
}

type negation struct {
	s    *schemas
	m    *members
	path string
	list []any
	left string // a keyword that was left out
	err  error  // why
}

func (n *negation) add(v any) { n.list = append(n.list, v) }

func (n *negation) leave(key string, err error) { n.left, n.err = key, err }

// all adds that none of the schemas holds.
func (n *negation) all(key string, list []any) {
	var out any = true
	for _, v := range list {
		no, err := n.s.not(v, n.path)
		if err != nil {
			n.leave(key, err)
			return
		}
		out = both(out, no)
	}
	n.add(out)
}

func (n *negation) one(key string, v any) (any, bool) {
	no, err := n.s.not(v, n.path)
	if err != nil {
		n.leave(key, err)
		return nil, false
	}
	return no, true
}

// opposite is the keyword that a value obeys when it fails another; by is what is added to the bound.
var opposite = map[string]struct {
	kind, key string
	by        int64
}{
	"minimum": {"number", "exclusiveMaximum", 0}, "maximum": {"number", "exclusiveMinimum", 0}, "exclusiveMinimum": {"number", "maximum", 0}, "exclusiveMaximum": {"number", "minimum", 0},
	"minLength": {"string", "maxLength", -1}, "maxLength": {"string", "minLength", 1}, "minItems": {"array", "maxItems", -1}, "maxItems": {"array", "minItems", 1},
	"minProperties": {"object", "maxProperties", -1}, "maxProperties": {"object", "minProperties", 1},
}

func (n *negation) keyword(k string, x any) {
	list, _ := x.([]any)
	of, _ := x.(*members)
	if o, ok := opposite[k]; ok {
		if r, ok := ratOf(x); ok && o.by == 0 {
			n.add(schemaOf("type", o.kind, o.key, x))
		} else if ok && r.IsInt() && (o.by > 0 || r.Sign() > 0) {
			n.add(schemaOf("type", o.kind, o.key, wholeNumber(r.Num().Int64()+o.by)))
		}
		return
	}
	switch k {
	case "$ref":
		name, _ := x.(string)
		target, err := n.s.lookUp(name, n.path)
		if err != nil {
			n.leave(k, err)
		} else if no, ok := n.one(k, target); ok {
			n.add(no)
		}
	case "type":
		n.add(schemaOf("type", otherTypes(names(x))))
	case "const":
		n.values(k, []any{x})
	case "enum":
		n.values(k, list)
	case "pattern":
		n.add(schemaOf("type", "string", "not", &negated{patterns: []any{x}}))
	case "multipleOf":
		n.add(schemaOf("type", "number", "not", &negated{multiples: []any{x}}))
	case "required":
		for _, name := range list {
			if name, ok := name.(string); ok {
				n.add(schemaOf("type", "object", "not", &negated{absent: []string{name}}))
			}
		}
	case "properties":
		for _, name := range keysOf(of) {
			if no, ok := n.one(k, of.of[name]); ok && no != false {
				n.add(schemaOf("type", "object", "properties", schemaOf(name, no), "required", []any{name}))
			}
		}
	case "allOf":
		for _, v := range list {
			if no, ok := n.one(k, v); ok {
				n.add(no)
			}
		}
	case "anyOf":
		n.all(k, list)
	case "oneOf":
		n.all(k, list)
		for i := range list {
			for j := range i {
				if !n.s.disjoint(list[i], list[j], 0) {
					n.add(both(list[j], list[i]))
				}
			}
		}
	case "not":
		n.add(x)
	case "if":
		if m := n.m; m.has("then") {
			if no, ok := n.one(k, m.of["then"]); ok {
				n.add(both(x, no))
			}
		}
		if m := n.m; m.has("else") {
			no, ok := n.one(k, m.of["else"])
			if not, ok2 := n.one(k, x); ok && ok2 {
				n.add(both(not, no))
			}
		}
	case "dependentRequired":
		for _, name := range keysOf(of) {
			needs, _ := of.of[name].([]any)
			for _, need := range needs {
				if need, ok := need.(string); ok {
					n.add(schemaOf("type", "object", "required", []any{name}, "not", &negated{absent: []string{need}}))
				}
			}
		}
	default:
		n.items(k, x)
	}
}

// items is the keywords of arrays, and what cannot be said.
func (n *negation) items(k string, x any) {
	list, _ := x.([]any)
	switch k {
	case "prefixItems":
		for i, v := range list {
			if no, ok := n.one(k, v); ok && no != false {
				prefix := make([]any, i+1)
				for j := range i {
					prefix[j] = true
				}
				prefix[i] = no
				n.add(schemaOf("type", "array", "prefixItems", prefix, "minItems", wholeNumber(int64(i)+1)))
			}
		}
	case "items":
		if list != nil || n.m.has("prefixItems") {
			n.leave(k, nil)
		} else if no, ok := n.one(k, x); ok && no != false {
			n.add(schemaOf("type", "array", "contains", no))
		}
	case "contains":
		least, hasLeast := n.m.of["minContains"]
		if !hasLeast && !n.m.has("maxContains") {
			if no, ok := n.one(k, x); ok {
				n.add(schemaOf("type", "array", "items", no))
			}
			return
		}
		if r, ok := ratOf(least); !hasLeast {
			n.add(schemaOf("type", "array", "contains", x, "minContains", wholeNumber(0), "maxContains", wholeNumber(0)))
		} else if ok && r.Sign() > 0 {
			n.add(schemaOf("type", "array", "contains", x, "minContains", wholeNumber(0), "maxContains", wholeNumber(r.Num().Int64()-1)))
		}
		if r, ok := ratOf(n.m.of["maxContains"]); ok {
			n.add(schemaOf("type", "array", "contains", x, "minContains", wholeNumber(r.Num().Int64()+1)))
		}
	default:
		if slices.Contains(known, k) && x != true && !slices.Contains([]string{"minContains", "maxContains", "then", "else"}, k) || k == "uniqueItems" && x == true || slices.Contains(notPossible, k) {
			n.leave(k, nil)
		}
	}
}

// values adds that the value is none of a list: lists and objects by their parts, the others as they are.
func (n *negation) values(key string, list []any) {
	var out any = true
	var plain []any
	for _, v := range list {
		var parts *members
		switch v := v.(type) {
		case []any:
			items := make([]any, len(v))
			for i, x := range v {
				items[i] = schemaOf("const", x)
			}
			size := wholeNumber(int64(len(v)))
			parts = schemaOf("type", "array", "prefixItems", items, "minItems", size, "maxItems", size)
		case *members:
			properties, required := schemaOf(), []any{}
			for _, k := range v.keys {
				properties.set(k, schemaOf("const", v.of[k]))
				required = append(required, k)
			}
			parts = schemaOf("type", "object", "properties", properties, "required", required, "maxProperties", wholeNumber(int64(len(v.keys))))
		default:
			plain = append(plain, v)
			continue
		}
		no, ok := n.one(key, parts)
		if !ok {
			return
		}
		out = both(out, no)
	}
	if plain != nil {
		out = both(out, schemaOf("not", &negated{enum: plain}))
	}
	n.add(out)
}
