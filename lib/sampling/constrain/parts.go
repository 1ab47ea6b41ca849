package constrain

import (
	"regexp"
	"slices"
)

// mergeProperties merges what two schemas say of the properties of objects: what one of them does not name falls under its
// additionalProperties.
func (s *schemas) mergeProperties(out, x, y *members, path string) error {
	p, _ := x.of["properties"].(*members)
	q, _ := y.of["properties"].(*members)
	px, _ := x.of["patternProperties"].(*members)
	py, _ := y.of["patternProperties"].(*members)
	ax, ay := given(x, "additionalProperties"), given(y, "additionalProperties")
	if ax != true && !subset(py, px) || ay != true && !subset(px, py) {
		return at(path, `"patternProperties" beside "additionalProperties" of another part is not supported`)
	}
	if p != nil || q != nil {
		all := schemaOf()
		for _, m := range []*members{p, q} {
			for _, k := range keysOf(m) {
				if !all.has(k) {
					all.set(k, both(ofName(k, p, px, ax), ofName(k, q, py, ay)))
				}
			}
		}
		out.set("properties", all)
	}
	if px != nil || py != nil {
		all := schemaOf()
		for _, m := range []*members{px, py} {
			for _, k := range keysOf(m) {
				if all.has(k) {
					all.set(k, both(all.of[k], m.of[k]))
				} else {
					all.set(k, m.of[k])
				}
			}
		}
		out.set("patternProperties", all)
	}
	if x.has("additionalProperties") || y.has("additionalProperties") {
		out.set("additionalProperties", both(ax, ay))
	}
	return nil
}

func keysOf(m *members) []string {
	if m == nil {
		return nil
	}
	return m.keys
}

func subset(a, b *members) bool {
	return !slices.ContainsFunc(keysOf(a), func(k string) bool { return b == nil || !b.has(k) })
}

// ofName is what a schema says of the property k, its patternProperties aside.
func ofName(k string, properties, patterns *members, others any) any {
	if properties != nil && properties.has(k) {
		return properties.of[k]
	}
	for _, p := range keysOf(patterns) {
		if re, err := regexp.Compile(p); err == nil && re.MatchString(k) {
			return true
		}
	}
	return others
}

// mergeItems merges prefixItems and items position by position.
func mergeItems(out, x, y *members, path string) error {
	if !y.has("prefixItems", "items") {
		return nil
	}
	p, ok := x.of["prefixItems"].([]any)
	q, ok2 := y.of["prefixItems"].([]any)
	if x.has("prefixItems") && !ok || y.has("prefixItems") && !ok2 {
		return at(path, "prefixItems must be a list of schemas")
	}
	var all []any
	for i := range max(len(p), len(q)) {
		a, b := given(x, "items"), given(y, "items")
		if i < len(p) {
			a = p[i]
		}
		if i < len(q) {
			b = q[i]
		}
		all = append(all, both(a, b))
	}
	if all != nil {
		out.set("prefixItems", all)
	}
	if x.has("items") || y.has("items") {
		out.set("items", both(given(x, "items"), given(y, "items")))
	}
	return nil
}
