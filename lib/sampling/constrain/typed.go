package constrain

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// limit reads a keyword that is a number of things.
func limit(m *members, key, path string, without int) (int, error) {
	v, ok := m.of[key]
	if !ok {
		return without, nil
	}
	r, ok := ratOf(v)
	if !ok || !r.IsInt() || r.Sign() < 0 || !r.Num().IsInt64() || r.Num().Int64() > 1e6 {
		return 0, at(path, "%s is %v, it must be a whole number from 0 to 1000000", key, v)
	}
	return int(r.Num().Int64()), nil
}

// limits reads a pair of them; most is -1 if there is none.
func limits(m *members, low, high, path string) (least, most int, err error) {
	if least, err = limit(m, low, path, 0); err != nil {
		return
	}
	if most, err = limit(m, high, path, -1); err != nil {
		return
	}
	if most >= 0 && least > most {
		err = at(path, "%s is %d and %s %d", low, least, high, most)
	}
	return
}

func number(m *members, kind, path string) (node, error) {
	var b bounds
	for _, k := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		v, ok := m.of[k]
		if !ok {
			continue
		}
		r, ok := ratOf(v)
		if !ok {
			return nil, at(path, "%s is %v, it must be a number of moderate size", k, v)
		}
		open := k[:2] == "ex"
		if k == "minimum" || k == "exclusiveMinimum" {
			if b.lo == nil || r.Cmp(b.lo) >= 0 {
				b.lo, b.loOpen = r, open
			}
		} else if b.hi == nil || r.Cmp(b.hi) <= 0 {
			b.hi, b.hiOpen = r, open
		}
	}
	switch {
	case b.none() && kind == "integer":
		return anyInteger(), nil
	case b.none():
		return anyNumber(), nil
	case kind == "integer":
		return integers(b), nil
	}
	return numbers(b), nil
}

// The formats whose texts are known; others say nothing about the text, as the standard has it.
var formats = map[string]string{
	"date":      datePattern,
	"time":      timePattern,
	"date-time": "(?:" + datePattern + ")T" + timePattern,
	"uuid":      "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
	"ipv4":      `(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`,
	"email":     `[a-z0-9_+-]{1,30}(?:\.[a-z0-9_+-]{1,30}){0,3}@[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?(?:\.[a-z]{2,20}){1,3}`,
}

const (
	datePattern = `[1-9]\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`
	timePattern = `(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)`
)

func (s *schemas) str(m *members, path string) (node, error) {
	least, most, err := limits(m, "minLength", "maxLength", path)
	if err != nil {
		return nil, err
	}
	pattern, isPattern := m.of["pattern"].(string)
	if m.has("pattern") && !isPattern {
		return nil, at(path, "pattern is %v, it must be a string", m.of["pattern"])
	}
	format, _ := m.of["format"].(string)
	form, isFormat := formats[format]
	if isPattern && isFormat || (isPattern || isFormat) && (least > 0 || most >= 0) {
		return nil, at(path, "of pattern, format and lengths only one is supported: put the lengths into the pattern")
	}
	if isPattern || isFormat {
		if isFormat {
			pattern = form
		}
		n, err := patternNode(pattern, !isFormat, quotedRunes)
		if err != nil {
			return nil, at(path, "%v", err)
		}
		return quoted(n), nil
	}
	return quoted(repeat{s.character, least, most}), nil
}

func (s *schemas) array(m *members, path string) (node, error) {
	least, most, err := limits(m, "minItems", "maxItems", path)
	if err != nil {
		return nil, err
	}
	prefix, ok := m.of["prefixItems"].([]any)
	items, hasItems := m.of["items"]
	if old, isList := items.([]any); isList { // as drafts before 2020-12 wrote prefixItems
		prefix, hasItems, ok = old, false, true
	}
	if m.has("prefixItems") && !ok {
		return nil, at(path, "prefixItems must be a list of schemas")
	}
	var item node = s.value
	if hasItems {
		n, err := s.node(items, path+"/items")
		if err != nil {
			return nil, err
		}
		item = &rule{name: path + "/items", body: n}
	}
	if items == false {
		if most < 0 || most > len(prefix) {
			most = len(prefix)
		}
		if least > most {
			return choice{}, nil
		}
	}
	if len(prefix) == 0 {
		return enclosed("[", separated(item, least, most), "]"), nil
	}
	// From the last to the first: what may follow item i.
	var rest node = repeat{sequence{comma(), item, space()}, max(0, least-len(prefix)), more(most, len(prefix))}
	for i := len(prefix) - 1; i >= 0; i-- {
		n, err := s.node(prefix[i], fmt.Sprintf("%s/prefixItems/%d", path, i))
		if err != nil {
			return nil, err
		}
		if most >= 0 && i >= most {
			rest = empty
			continue
		}
		here := sequence{n, space(), rest}
		if i > 0 {
			here = append(sequence{comma()}, here...)
		}
		if rest = here; i >= least {
			rest = optional(here)
		}
	}
	return enclosed("[", rest, "]"), nil
}

// more is how many items may follow n of at most most.
func more(most, n int) int {
	if most < 0 {
		return -1
	}
	return max(0, most-n)
}

func (s *schemas) objectOf(m *members, path string) (node, error) {
	properties, ok := m.of["properties"].(*members)
	if m.has("properties") && !ok {
		return nil, at(path, "properties must be an object")
	}
	required, ok := m.of["required"].([]any)
	if m.has("required") && !ok {
		return nil, at(path, "required must be a list of names")
	}
	if properties == nil {
		properties = &members{of: map[string]any{}}
	}
	others, hasOthers := m.of["additionalProperties"]
	for _, r := range required {
		name, ok := r.(string)
		if !ok {
			return nil, at(path, "required has %v, which is no name", r)
		}
		if !properties.has(name) {
			if others == false {
				return nil, at(path, "%q is required, and not among the properties", name)
			}
			properties = properties.without()
			properties.set(name, orTrue(others))
		}
	}
	least, most, err := limits(m, "minProperties", "maxProperties", path)
	if err != nil {
		return nil, err
	}
	if len(required) < least || most >= 0 && most < len(properties.keys) || most >= 0 && others != nil && others != false {
		return nil, at(path, "minProperties and maxProperties are not supported where required and properties do not decide them")
	}
	if !hasOthers && len(properties.keys) == 0 {
		others = true
	}
	o := objectNodes{path: path}
	if others != nil && others != false {
		n, err := s.node(others, path+"/additionalProperties")
		if err != nil {
			return nil, err
		}
		if o.other = (sequence{quoted(otherNames(properties.keys)), space(), text(":"), space(), n}); len(properties.keys) == 0 && others == true {
			return s.object, nil
		}
		o.other = &rule{name: path + "/additionalProperties", body: o.other}
	}
	for _, k := range properties.keys {
		n, err := s.node(properties.of[k], path+"/properties/"+k)
		if err != nil {
			return nil, err
		}
		o.list = append(o.list, property{sequence{text(string(plainJSON(k))), space(), text(":"), space(), n}, slices.Contains(required, any(k))})
	}
	return enclosed("{", o.from(0, false), "}"), nil
}

func orTrue(v any) any {
	if v == nil {
		return true
	}
	return v
}

type property struct {
	node
	required bool
}

// objectNodes are the properties of an object, each of which is there or not.
type objectNodes struct {
	path  string
	list  []property
	other node
	rules map[[2]int]*rule
}

// from is the properties from the i-th on; begun says that there is one before them.
func (o *objectNodes) from(i int, begun bool) node {
	if i == len(o.list) {
		switch {
		case o.other == nil:
			return empty
		case begun:
			return repeat{sequence{comma(), o.other, space()}, 0, -1}
		}
		return separated(o.other, 0, -1)
	}
	key := [2]int{i, 0}
	if begun {
		key[1] = 1
	}
	if r := o.rules[key]; r != nil {
		return r
	}
	here := sequence{o.list[i].node, space(), o.from(i+1, true)}
	if begun {
		here = append(sequence{comma()}, here...)
	}
	r := &rule{name: fmt.Sprintf("%s, from property %d on", o.path, i), body: here}
	if !o.list[i].required {
		r.body = choice{here, o.from(i+1, begun)}
	}
	if o.rules == nil {
		o.rules = map[[2]int]*rule{}
	}
	o.rules[key] = r
	return r
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
