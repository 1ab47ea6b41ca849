package constrain

import "fmt"

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

func (s *schemas) array(m *members, path string) (node, error) {
	least, most, err := limits(m, "minItems", "maxItems", path)
	if err != nil {
		return nil, err
	}
	prefix, ok := m.of["prefixItems"].([]any)
	items, hasItems := m.of["items"]
	if m.has("prefixItems") && !ok {
		return nil, at(path, "prefixItems must be a list of schemas")
	}
	if m.of["uniqueItems"] == true && (most < 0 || most > 1) {
		return s.distinct(m, least, most, path)
	}
	if m.has("contains") {
		return s.containing(m, prefix, least, most, path)
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
