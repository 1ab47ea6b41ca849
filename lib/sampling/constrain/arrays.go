package constrain

import (
	"fmt"
	"math/big"
	"math/bits"
)

func containsLimits(m *members, path string) (least, most int, err error) {
	if least, err = limit(m, "minContains", path, 1); err != nil {
		return
	}
	most, err = limit(m, "maxContains", path, -1)
	return
}

// containing is the arrays of which some items are valid under contains: a place in the array is how many items there were
// and how many of those, each as far as it matters.
func (s *schemas) containing(m *members, prefix []any, least, most int, path string) (node, error) {
	c := containingNodes{s: s, path: path, m: m, prefix: prefix, least: least, most: most, rules: map[[2]int]*rule{}, items: map[[2]int]node{}}
	var err error
	if c.some, c.limit, err = containsLimits(m, path); err != nil {
		return nil, err
	}
	n := c.from(0, 0)
	if c.err != nil {
		return nil, c.err
	}
	return enclosed("[", n, "]"), nil
}

type containingNodes struct {
	s           *schemas
	path        string
	m           *members
	prefix      []any
	least, most int // items
	some, limit int // of those that are valid under contains
	rules       map[[2]int]*rule
	items       map[[2]int]node
	err         error
}

func (c *containingNodes) from(i, n int) node {
	i, n = min(i, max(1, len(c.prefix), c.least, c.most)), min(n, max(c.some, c.limit))
	key := [2]int{i, n}
	if r := c.rules[key]; r != nil {
		return r
	}
	if len(c.rules) > mostDFA {
		panic(errTooLarge)
	}
	r := &rule{name: fmt.Sprintf("%s, from item %d on", c.path, i)}
	c.rules[key] = r
	var out choice
	if i >= c.least && n >= c.some {
		out = append(out, empty)
	}
	next := func(kind, n int) {
		if item := c.item(min(i, len(c.prefix)), kind); c.err == nil {
			here := sequence{item, space(), c.from(i+1, n)}
			if i > 0 {
				here = append(sequence{comma()}, here...)
			}
			out = append(out, here)
		}
	}
	if (c.most < 0 || i < c.most) && c.err == nil {
		if c.limit < 0 || n < c.limit {
			next(1, n+1)
		}
		if c.limit < 0 {
			next(0, n)
		} else {
			next(-1, n)
		}
	}
	r.body = out
	return r
}

// item is an item at a place: kind 1 if it is valid under contains, -1 if it is not, 0 if that does not matter.
func (c *containingNodes) item(i, kind int) node {
	key := [2]int{i, kind}
	if n := c.items[key]; n != nil {
		return n
	}
	schema := given(c.m, "items")
	if i < len(c.prefix) {
		schema = c.prefix[i]
	}
	switch kind {
	case 1:
		schema = both(schema, c.m.of["contains"])
	case -1:
		schema = both(schema, schemaOf("not", c.m.of["contains"]))
	}
	n, err := c.s.node(schema, c.path+"/contains")
	if err != nil {
		c.err = err
		return nil
	}
	c.items[key] = &rule{name: c.path + "/contains", body: n}
	return c.items[key]
}

// The most values of items that may be in any order, and the most at all, when each may come once.
const (
	mostShuffled = 10
	mostDistinct = 200
)

// distinct is uniqueItems, for items of few values: up to mostShuffled in any order, more in the order of the schema.
func (s *schemas) distinct(m *members, least, most int, path string) (node, error) {
	if m.has("contains", "prefixItems") {
		return nil, at(path, `the keyword "uniqueItems" is not supported beside contains and prefixItems`)
	}
	values, err := s.finite(given(m, "items"), path)
	if err != nil {
		return nil, err
	}
	if values == nil {
		return nil, at(path, `the keyword "uniqueItems" is only supported for items of at most %d values: an enum, booleans, or integers between two bounds`, mostDistinct)
	}
	if len(values) < least {
		s.why = at(path, "minItems is %d, and the items have %d different values", least, len(values))
		return choice{}, nil
	}
	if most < 0 || most > len(values) {
		most = len(values)
	}
	items := make([]*rule, len(values))
	for i, v := range values {
		items[i] = &rule{name: path + "/items", body: literal(v)}
	}
	rules := map[[2]int]*rule{}
	var from func(used, n int) node
	from = func(used, n int) node { // used: a bit for each value, or the first that may still come
		key := [2]int{used, n}
		if r := rules[key]; r != nil {
			return r
		}
		r := &rule{name: fmt.Sprintf("%s, %d items on", path, n)}
		rules[key] = r
		var out choice
		if n >= least {
			out = append(out, empty)
		}
		for i, item := range items {
			next := i + 1
			if len(items) <= mostShuffled {
				next = used | 1<<i
			}
			if n == most || len(items) <= mostShuffled && bits.OnesCount(uint(next)) == n || len(items) > mostShuffled && i < used {
				continue
			}
			here := sequence{item, space(), from(next, n+1)}
			if n > 0 {
				here = append(sequence{comma()}, here...)
			}
			out = append(out, here)
		}
		r.body = out
		return r
	}
	return enclosed("[", from(0, 0), "]"), nil
}

// finite returns the values of a schema if they are few, else nil.
func (s *schemas) finite(v any, path string) ([]any, error) {
	p, err := s.plain(v, path)
	if err != nil {
		return nil, err
	}
	m, ok := p.(*members)
	if !ok {
		return nil, nil
	}
	list, listed := m.of["enum"].([]any)
	for _, t := range names(m.of["type"]) {
		switch lo, hi := wholeBounds(m); {
		case listed:
		case t == "null":
			list = append(list, nil)
		case t == "boolean":
			list = append(list, true, false)
		case t == "integer" && lo != nil && hi != nil && new(big.Int).Sub(hi, lo).Cmp(big.NewInt(mostDistinct)) < 0:
			for x := lo.Int64(); x <= hi.Int64(); x++ {
				list = append(list, wholeNumber(x))
			}
		default:
			return nil, nil
		}
	}
	var out []any
	for _, x := range list {
		ok, err := s.valid(x, m, path)
		if err != nil {
			return nil, err
		}
		for _, y := range out {
			ok = ok && !equal(x, y)
		}
		if ok {
			out = append(out, x)
		}
	}
	if len(out) > mostDistinct {
		return nil, nil
	}
	return out, nil
}

// wholeBounds are the bounds of an integer, open ones as if they were closed; nil: none.
func wholeBounds(m *members) (lo, hi *big.Int) {
	b, err := boundsOf(m, "")
	if err != nil {
		return nil, nil
	}
	if b.lo != nil && b.lo.Num().BitLen() < 60 {
		lo = floor(b.lo)
	}
	if b.hi != nil && b.hi.Num().BitLen() < 60 {
		hi = floor(b.hi)
	}
	return lo, hi
}
