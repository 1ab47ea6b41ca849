package jinja

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

type filter = func(r *run, v any, args []any, named *Dict) any

var filterTable = map[string]filter{}

// arg is the i-th argument, or the one with the name.
func arg(args []any, named *Dict, i int, name string, absent any) any {
	if i < len(args) {
		return args[i]
	}
	if v, ok := named.Get(name); ok {
		return v
	}
	return absent
}

func length(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(utf8.RuneCountInString(v))
	case *List:
		if v.lazy {
			raise("TypeError", "object of type 'generator' has no len()")
		}
		return int64(len(v.Items))
	case *Dict:
		return int64(v.Len())
	case *undefined:
		return 0
	case *loopVar:
		return int64(len(v.items))
	}
	raise("TypeError", "object of type '%s' has no len()", typeName(v))
	return 0
}

func init() {
	text := func(f func(string) string) filter {
		return func(r *run, v any, _ []any, _ *Dict) any { return r.text(f(str(v))) }
	}
	for name, f := range map[string]filter{
		"trim": func(r *run, v any, a []any, n *Dict) any {
			var set []any
			if c := arg(a, n, 0, "chars", nil); c != nil {
				set = []any{c}
			}
			return r.text(strip(str(v), set, true, true))
		},
		"upper": text(strings.ToUpper), "lower": text(strings.ToLower), "title": text(titleFilter), "capitalize": text(capitalize),
		"string": text(func(s string) string { return s }), "safe": text(func(s string) string { return s }),
		"escape": text(escape), "e": text(escape), "forceescape": text(escape),
		"length": func(_ *run, v any, _ []any, _ *Dict) any { return length(v) },
		"tojson": func(r *run, v any, a []any, n *Dict) any { return r.text(dumps(v, a, n)) },
		"list": func(r *run, v any, _ []any, _ *Dict) any {
			items := iterate(r, v)
			r.spend(16 * len(items))
			return &List{Items: append([]any{}, items...)}
		},
		"items": func(r *run, v any, _ []any, _ *Dict) any {
			switch d := v.(type) {
			case *Dict:
				return view(r, d, "items")
			case *undefined:
				return &List{}
			}
			raise("TypeError", "Can only get item pairs from a mapping.")
			return nil
		},
		"default": orDefault, "d": orDefault,
		"join": joinFilter, "replace": replaceFilter, "indent": indentFilter,
		"first": func(r *run, v any, _ []any, _ *Dict) any { return edge(r, v, true) },
		"last":  func(r *run, v any, _ []any, _ *Dict) any { return edge(r, v, false) },
		"int":   intFilter, "float": floatFilter, "round": roundFilter,
		"abs": func(_ *run, v any, _ []any, _ *Dict) any {
			if i, ok := integer(use(v)); ok {
				return max(i, -i)
			}
			f, ok := v.(float64)
			if !ok {
				raise("TypeError", "bad operand type for abs(): '%s'", typeName(v))
			}
			return math.Abs(f)
		},
		"attr": func(r *run, v any, a []any, _ *Dict) any { return attribute(r, v, argText(a, 0, "")) },
		"format": func(r *run, v any, a []any, _ *Dict) any {
			return r.text(percent(str(v), &List{Items: a, Tuple: true}))
		},
		"wordcount": func(r *run, v any, _ []any, _ *Dict) any {
			return int64(len(strings.Fields(str(v))))
		},
		"center": func(r *run, v any, a []any, n *Dict) any {
			return textMethods["center"](r, str(v), []any{arg(a, n, 0, "width", int64(80))}, n)
		},
		"pprint": text(func(s string) string { return s }),
		"count":  func(_ *run, v any, _ []any, _ *Dict) any { return length(v) },
	} {
		filterTable[name] = f
	}
}

func titleFilter(s string) string {
	var b strings.Builder
	begin := true
	for _, c := range s {
		if begin {
			b.WriteString(strings.ToUpper(string(c)))
		} else {
			b.WriteString(strings.ToLower(string(c)))
		}
		begin = isSpace(c) || strings.ContainsRune("-({[<", c)
	}
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(s)
}

func orDefault(_ *run, v any, a []any, n *Dict) any {
	_, missing := v.(*undefined)
	if missing || truth(arg(a, n, 1, "boolean", false)) && !truth(v) {
		return arg(a, n, 0, "default_value", "")
	}
	return v
}

func joinFilter(r *run, v any, a []any, n *Dict) any {
	sep := str(arg(a, n, 0, "d", ""))
	by := arg(a, n, 1, "attribute", nil)
	items := iterate(r, v)
	out := make([]string, len(items))
	for i, e := range items {
		if by != nil {
			e = path(r, e, by)
		}
		out[i] = str(e)
		r.spend(len(out[i]) + len(sep))
	}
	return r.text(strings.Join(out, sep))
}

func replaceFilter(r *run, v any, a []any, n *Dict) any {
	return replace(r, str(v), str(arg(a, n, 0, "old", "")), str(arg(a, n, 1, "new", "")), argInt([]any{arg(a, n, 2, "count", nil)}, 0, -1))
}

func indentFilter(r *run, v any, a []any, n *Dict) any {
	by := strings.Repeat(" ", 4)
	switch w := arg(a, n, 0, "width", int64(4)).(type) {
	case int64:
		by = strings.Repeat(" ", int(max(0, min(w, 1000))))
	case string:
		by = w
	}
	first, blank := truth(arg(a, n, 1, "first", false)), truth(arg(a, n, 2, "blank", false))
	var b strings.Builder
	lines := splitLines(str(v)+"\n", false).Items
	for i, l := range lines {
		s := l.(string)
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == 0 && first || i > 0 && (s != "" || blank) {
			b.WriteString(by)
		}
		b.WriteString(s)
		r.spend(len(by))
	}
	return r.text(b.String())
}

func edge(r *run, v any, first bool) any {
	items := iterate(r, v)
	if len(items) == 0 {
		return &undefined{"No " + map[bool]string{true: "first", false: "last"}[first] + " item, sequence was empty."}
	}
	if first {
		return items[0]
	}
	return items[len(items)-1]
}

func intFilter(_ *run, v any, a []any, n *Dict) any {
	switch x := use(v).(type) {
	case string:
		s := strings.TrimSpace(x)
		if i, err := strconv.ParseInt(s, int(argInt([]any{arg(a, n, 1, "base", nil)}, 0, 10)), 64); err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
			return int64(f)
		}
	case float64:
		if math.Abs(x) < 1<<62 {
			return int64(x)
		}
	default:
		if i, ok := integer(v); ok {
			return i
		}
	}
	return arg(a, n, 0, "default", int64(0))
}

func floatFilter(_ *run, v any, a []any, n *Dict) any {
	if s, ok := use(v).(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return f
		}
	} else if f, ok := number(v); ok {
		return f
	}
	return arg(a, n, 0, "default", 0.0)
}

func roundFilter(_ *run, v any, a []any, n *Dict) any {
	f, ok := number(use(v))
	if !ok {
		raise("TypeError", "type %s doesn't define __round__ method", typeName(v))
	}
	digits := argInt([]any{arg(a, n, 0, "precision", nil)}, 0, 0)
	p := math.Pow(10, float64(digits))
	switch arg(a, n, 1, "method", "common") {
	case "ceil":
		return math.Ceil(f*p) / p
	case "floor":
		return math.Floor(f*p) / p
	}
	if i, ok := integer(v); ok && digits >= 0 {
		return i
	}
	if digits < 0 || digits > 15 {
		return math.RoundToEven(f*p) / p
	}
	out, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
	return out
}
