package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// iterate returns what a for loop goes over.
func iterate(r *run, v any) []any {
	switch v := v.(type) {
	case *List:
		return v.Items
	case *Dict:
		return v.keys
	case string:
		var out []any
		r.spend(24 * len(v))
		for _, c := range v {
			out = append(out, string(c))
		}
		return out
	case *undefined:
		return nil
	case *loopVar:
		return v.items
	}
	raise("TypeError", "'%s' object is not iterable", typeName(v))
	return nil
}

// objectName is what Jinja calls a value in its errors.
func objectName(v any) string {
	if v == nil {
		return "'None'"
	}
	if n, ok := v.(*namespace); ok {
		_ = n
		return "'jinja2.utils.Namespace object'"
	}
	return "'" + typeName(v) + " object'"
}

// attribute is v.name: a method, else an item.
func attribute(r *run, v any, name string) any {
	use(v)
	if strings.HasPrefix(name, "__") {
		return &undefined{"access to attribute '" + name + "' of '" + typeName(v) + "' object is unsafe."}
	}
	switch o := v.(type) {
	case *namespace:
		if x, ok := o.Get(name); ok {
			return x
		}
	case *loopVar:
		if x, ok := o.attribute(name); ok {
			return x
		}
	case *function:
		if name == "name" {
			return o.name
		}
	default:
		if m := method(v, name); m != nil {
			return m
		}
	}
	if d, ok := v.(*Dict); ok {
		if x, ok := d.Get(name); ok {
			return x
		}
	}
	return &undefined{objectName(v) + " has no attribute '" + name + "'"}
}

// item is v[key]: an item, else, when key is a text, an attribute.
func item(r *run, v, key any) any {
	use(v)
	switch o := v.(type) {
	case *Dict:
		if x, ok := o.Get(key); ok {
			return x
		}
	case *List:
		if i, ok := integer(key); ok {
			if i < 0 {
				i += int64(len(o.Items))
			}
			if i >= 0 && i < int64(len(o.Items)) {
				return o.Items[i]
			}
		}
	case string:
		if i, ok := integer(key); ok {
			return character(r, o, i)
		}
	}
	if name, ok := key.(string); ok {
		return attribute(r, v, name)
	}
	return &undefined{objectName(v) + " has no element " + repr(key)}
}

func character(r *run, s string, i int64) any {
	n := int64(utf8.RuneCountInString(s))
	r.spend(len(s) / 8)
	at := i
	if at < 0 {
		at += n
	}
	if at >= 0 && at < n {
		for _, c := range s {
			if at == 0 {
				return string(c)
			}
			at--
		}
	}
	return &undefined{"'str object' has no element " + repr(i)}
}

// changing are methods that would change a value: the sandbox refuses them.
var changing = map[string]bool{"append": true, "extend": true, "insert": true, "pop": true, "remove": true, "clear": true, "update": true,
	"setdefault": true, "popitem": true, "reverse": true, "sort": true}

func method(v any, name string) any {
	var f func(r *run, args []any, named *Dict) any
	switch o := v.(type) {
	case string:
		if m := textMethods[name]; m != nil {
			f = func(r *run, args []any, named *Dict) any {
				r.spend(len(o))
				return m(r, o, args, named)
			}
		}
	case *Dict:
		f = dictMethod(o, name)
	case *List:
		f = listMethod(o, name)
	}
	_, d := v.(*Dict)
	_, l := v.(*List)
	if f == nil && changing[name] && (l || d && name != "append" && name != "extend" && name != "insert" && name != "remove" && name != "reverse" && name != "sort") {
		what := typeName(v)
		f = func(*run, []any, *Dict) any {
			raise("SecurityError", "access to attribute '%s' of '%s' object is unsafe.", name, what)
			return nil
		}
	}
	if f == nil {
		return nil
	}
	return &function{name, f}
}

func dictMethod(d *Dict, name string) func(r *run, args []any, named *Dict) any {
	switch name {
	case "get":
		return func(r *run, args []any, named *Dict) any {
			if len(args) == 0 {
				raise("TypeError", "get expected at least 1 argument, got 0")
			}
			if v, ok := d.Get(args[0]); ok {
				return v
			}
			if len(args) > 1 {
				return args[1]
			}
			return nil
		}
	case "keys", "values", "items":
		return func(r *run, _ []any, _ *Dict) any { return view(r, d, name) }
	case "copy":
		return func(r *run, _ []any, _ *Dict) any { return makeDict(r, []any{d}, NewDict()) }
	}
	return nil
}

func view(r *run, d *Dict, what string) *List {
	l := &List{}
	r.spend(64 * d.Len())
	for _, k := range d.keys {
		v, _ := d.Get(k)
		switch what {
		case "keys":
			l.Items = append(l.Items, k)
		case "values":
			l.Items = append(l.Items, v)
		default:
			l.Items = append(l.Items, &List{Items: []any{k, v}, Tuple: true})
		}
	}
	return l
}

func listMethod(l *List, name string) func(r *run, args []any, named *Dict) any {
	switch name {
	case "count", "index":
		return func(r *run, args []any, _ *Dict) any {
			n := int64(0)
			for i, v := range l.Items {
				if len(args) > 0 && equal(v, args[0]) {
					if name == "index" {
						return int64(i)
					}
					n++
				}
			}
			if name == "index" {
				raise("ValueError", "the value is not in list")
			}
			return n
		}
	case "copy":
		return func(r *run, _ []any, _ *Dict) any {
			r.spend(16 * len(l.Items))
			return &List{Items: append([]any{}, l.Items...)}
		}
	}
	return nil
}

// argText is a text argument; absent when it is not given or None.
func argText(args []any, i int, absent string) string {
	if i >= len(args) || args[i] == nil {
		return absent
	}
	s, ok := args[i].(string)
	if !ok {
		use(args[i])
		raise("TypeError", "a str is expected, not '%s'", typeName(args[i]))
	}
	return s
}

func argInt(args []any, i int, absent int64) int64 {
	if i >= len(args) || args[i] == nil {
		return absent
	}
	n, ok := integer(args[i])
	if !ok {
		use(args[i])
		raise("TypeError", "'%s' object cannot be interpreted as an integer", typeName(args[i]))
	}
	return n
}

func strip(s string, args []any, left, right bool) string {
	in := isSpace
	if len(args) > 0 && args[0] != nil {
		set := argText(args, 0, "")
		in = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, in)
	}
	if right {
		s = strings.TrimRightFunc(s, in)
	}
	return s
}

func title(s string) string {
	var b strings.Builder
	inside := false
	for _, c := range s {
		if inside {
			b.WriteRune(unicode.ToLower(c))
		} else {
			b.WriteRune(unicode.ToTitle(c))
		}
		inside = unicode.IsLetter(c)
	}
	return b.String()
}

func capitalize(s string) string {
	c, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(c)) + strings.ToLower(s[n:])
}
