package constrain

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

func (s *schemas) objectOf(m *members, path string) (node, error) {
	properties, ok := m.of["properties"].(*members)
	if m.has("properties") && !ok {
		return nil, at(path, "properties must be an object")
	}
	patterns, ok := m.of["patternProperties"].(*members)
	if m.has("patternProperties") && !ok {
		return nil, at(path, "patternProperties must be an object")
	}
	o := objectNodes{s: s, path: path, patterns: patterns, absent: negatedOf(m).absent, names: m.of["propertyNames"]}
	var err error
	if o.least, o.most, err = limits(m, "minProperties", "maxProperties", path); err != nil {
		return nil, err
	}
	others := firstOf(m, "additionalProperties", "unevaluatedProperties")
	required, err := o.declare(m, properties, others)
	if err != nil {
		return nil, err
	}
	if others == nil && len(keysOf(properties)) == 0 && len(required) == 0 && patterns == nil {
		others = true
	}
	if others == true && len(o.list) == 0 && patterns == nil && o.absent == nil && o.names == nil && o.least == 0 && o.most < 0 {
		return s.object, nil
	}
	if err := o.undeclared(others); err != nil {
		return nil, err
	}
	if o.least > len(o.list)+1 && o.other != nil {
		return nil, at(path, "minProperties is %d: with more than one name that the schema does not list this is not supported, since one name could come twice", o.least)
	}
	return enclosed("{", o.from(0, 0), "}"), nil
}

type property struct {
	node
	required bool
}

// objectNodes are the properties of an object, each of which is there or not.
type objectNodes struct {
	s           *schemas
	path        string
	patterns    *members
	names       any // of propertyNames
	absent      []string
	least, most int
	list        []property
	listed      []string // names that are declared, or must be absent
	other       node
	rules       map[[2]int]*rule
}

// declare fills list with the properties that the schema names, in its order, and those that it only requires.
func (o *objectNodes) declare(m, properties *members, others any) (required []any, err error) {
	required, ok := m.of["required"].([]any)
	if m.has("required") && !ok {
		return nil, at(o.path, "required must be a list of names")
	}
	all := schemaOf()
	for _, k := range keysOf(properties) {
		all.set(k, properties.of[k])
	}
	for _, r := range required {
		name, ok := r.(string)
		if !ok {
			return nil, at(o.path, "required has %v, which is no name", r)
		}
		if !all.has(name) {
			of := ofName(name, nil, o.patterns, orTrue(others))
			if of == false {
				o.s.why = at(o.path, "%q is required, and not among the properties", name)
			}
			all.set(name, of)
		}
	}
	o.listed = slices.Concat(all.keys, o.absent)
	for _, k := range all.keys {
		schema, err := o.ofPatterns(k, all.of[k])
		if err != nil {
			return nil, err
		}
		if o.names != nil {
			ok, err := o.s.valid(k, o.names, o.path+"/propertyNames")
			if err != nil {
				return nil, err
			}
			if !ok {
				schema = false
			}
		}
		needed := slices.Contains(required, any(k))
		if slices.Contains(o.absent, k) {
			schema = false
		}
		if schema == false && !needed {
			continue
		}
		n, err := o.s.node(schema, o.path+"/properties/"+k)
		if err != nil {
			return nil, err
		}
		o.list = append(o.list, property{sequence{text(string(plainJSON(k))), space(), text(":"), space(), n}, needed})
	}
	return required, nil
}

// ofPatterns adds to the schema of the property k what the patterns that it matches say.
func (o *objectNodes) ofPatterns(k string, schema any) (any, error) {
	for _, p := range keysOf(o.patterns) {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, at(o.path, "patternProperties: the pattern %q: %v", p, err)
		}
		if re.MatchString(k) {
			schema = both(schema, o.patterns.of[p])
		}
	}
	return schema, nil
}

// mostPatterns bounds patternProperties, whose every combination is a set of names by itself.
const mostPatterns = 5

// undeclared makes the node of a property that the schema does not name: what the patterns that its name matches say, or
// others, if it matches none.
func (o *objectNodes) undeclared(others any) error {
	keys := keysOf(o.patterns)
	if len(keys) > mostPatterns {
		return at(o.path, "patternProperties with more than %d patterns is not supported", mostPatterns)
	}
	add := func(names node, schema any, path string) error {
		n, err := o.s.node(schema, o.path+path)
		if err != nil {
			return err
		}
		n = &rule{name: o.path + path, body: sequence{names, space(), text(":"), space(), n}}
		if o.other != nil {
			n = choice{o.other, n}
		}
		o.other = n
		return nil
	}
	open := others != nil && others != false
	names := quoted(otherNames(o.listed))
	if len(keys) == 0 && o.names == nil {
		if !open {
			return nil
		}
		return add(names, others, "/additionalProperties")
	}
	base := automatonOf(names)
	if o.names != nil {
		only, err := o.s.merge(schemaOf("type", "string"), o.names, o.path+"/propertyNames")
		if err != nil {
			return err
		}
		n, err := o.s.node(only, o.path+"/propertyNames")
		if err != nil {
			return err
		}
		base = base.and(automatonOf(n))
	}
	var tables []*dfa
	for _, p := range keys {
		n, err := patternOf(p, o.path+"/patternProperties")
		if err != nil {
			return err
		}
		tables = append(tables, automatonOf(quoted(n)))
	}
	for set := range 1 << len(keys) {
		var schema any = true
		path := "/patternProperties"
		d := base
		for i, t := range tables {
			if set>>i&1 != 0 {
				d, schema = d.and(t), both(schema, o.patterns.of[keys[i]])
			} else {
				d = d.without(t)
			}
		}
		if set == 0 {
			if schema, path = others, "/additionalProperties"; !open {
				continue
			}
		}
		if schema != false && !d.none() {
			if err := add(d, schema, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// from is the properties from the i-th on, after n others, which are counted as far as it matters.
func (o *objectNodes) from(i, n int) node {
	n = min(n, max(1, o.least, o.most))
	if i == len(o.list) {
		return o.rest(n)
	}
	key := [2]int{i, n}
	if r := o.rules[key]; r != nil {
		return r
	}
	if len(o.rules) > mostDFA {
		panic(errTooLarge)
	}
	r := &rule{name: fmt.Sprintf("%s, from property %d on", o.path, i)}
	if o.rules == nil {
		o.rules = map[[2]int]*rule{}
	}
	o.rules[key] = r
	var out choice
	if o.most < 0 || n < o.most {
		here := sequence{o.list[i].node, space(), o.from(i+1, n+1)}
		if n > 0 {
			here = append(sequence{comma()}, here...)
		}
		out = append(out, here)
	}
	if !o.list[i].required {
		out = append(out, o.from(i+1, n))
	}
	r.body = out
	return r
}

// rest is the properties that the schema does not name, after n that it does. Two of them could have one name: they count
// as one where there must be many.
func (o *objectNodes) rest(n int) node {
	least := max(0, o.least-n)
	switch {
	case o.other == nil && least == 0:
		return empty
	case o.other == nil || least > 1:
		return choice{}
	case n == 0:
		return separated(o.other, least, o.most)
	}
	return repeat{sequence{comma(), o.other, space()}, least, more(o.most, n)}
}

func orTrue(v any) any {
	if v == nil {
		return true
	}
	return v
}

// otherNames is the contents of a JSON string that is none of the names, without escapes.
func otherNames(names []string) node {
	next := map[rune][]string{}
	var first []rune
	ends := false
	for _, n := range names {
		if n == "" {
			ends = true
			continue
		}
		r, size := utf8.DecodeRuneInString(n)
		if next[r] == nil {
			first = append(first, r)
		}
		next[r] = append(next[r], n[size:])
	}
	slices.Sort(first)
	plain := []rune{' ', '!', '#', '[', ']', utf8.MaxRune}
	if len(names) == 0 {
		return repeat{runes(plain), 0, -1}
	}
	out := choice{sequence{runes(except(plain, first)), repeat{runes(plain), 0, -1}}}
	if !ends {
		out = append(out, empty)
	}
	for _, r := range first {
		if r >= ' ' && r != '"' && r != '\\' {
			out = append(out, sequence{runes([]rune{r, r}), otherNames(next[r])})
		}
	}
	return out
}

// except takes single characters, which are sorted, out of ranges.
func except(pairs, without []rune) (out []rune) {
	for i := 0; i+1 < len(pairs); i += 2 {
		lo, hi := pairs[i], pairs[i+1]
		for _, r := range without {
			if lo <= r && r <= hi {
				if lo < r {
					out = append(out, lo, r-1)
				}
				lo = r + 1
			}
		}
		if lo <= hi {
			out = append(out, lo, hi)
		}
	}
	return out
}
