package datasets

import "lyceum/lib/tokenize/jinja"

// forTemplates reports whether a column is handed to chat templates, which may write it down: then the order of keys and the kinds
// of numbers count.
func forTemplates(column string) bool { return column == "tools" || column == "chat_template_kwargs" }

// ordered reads JSON, of which v is what Go makes, so that objects below the first level keep the order of their keys and whole
// numbers stay whole: they become what jinja.FromJSON makes.
func ordered(text []byte, v any) (any, error) {
	x, err := jinja.FromJSON(text)
	if err != nil {
		return nil, err
	}
	return loose(x, v), nil
}

// loose is a value of jinja's as the kinds of Go at the first level; v stands for what is neither a list nor an object.
func loose(x, v any) any {
	switch x := x.(type) {
	case *jinja.List:
		return x.Items
	case *jinja.Dict:
		out := map[string]any{}
		for _, k := range x.Keys() {
			if name, ok := k.(string); ok {
				out[name], _ = x.Get(k)
			}
		}
		return out
	}
	return v
}
