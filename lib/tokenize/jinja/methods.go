package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type textMethod = func(r *run, s string, args []any, named *Dict) any

// textMethods are the methods of str that a template may call.
var textMethods = map[string]textMethod{}

func every(s string, f func(rune) bool) bool {
	for _, c := range s {
		if !f(c) {
			return false
		}
	}
	return s != ""
}

func init() {
	simple := func(name string, f func(string) string) {
		textMethods[name] = func(r *run, s string, _ []any, _ *Dict) any { return f(s) }
	}
	simple("upper", strings.ToUpper)
	simple("lower", strings.ToLower)
	simple("casefold", strings.ToLower)
	simple("title", title)
	simple("capitalize", capitalize)
	simple("swapcase", func(s string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsUpper(c) {
				return unicode.ToLower(c)
			}
			return unicode.ToUpper(c)
		}, s)
	})
	check := func(name string, f func(string) bool) {
		textMethods[name] = func(r *run, s string, _ []any, _ *Dict) any { return f(s) }
	}
	check("isdigit", func(s string) bool { return every(s, unicode.IsDigit) })
	check("isnumeric", func(s string) bool { return every(s, unicode.IsNumber) })
	check("isdecimal", func(s string) bool { return every(s, unicode.IsDigit) })
	check("isalpha", func(s string) bool { return every(s, unicode.IsLetter) })
	check("isalnum", func(s string) bool {
		return every(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) })
	})
	check("isspace", func(s string) bool { return every(s, isSpace) })
	check("isascii", func(s string) bool { return s == "" || every(s, func(c rune) bool { return c < 128 }) })
	check("isupper", func(s string) bool { return s == strings.ToUpper(s) && s != strings.ToLower(s) })
	check("islower", func(s string) bool { return s == strings.ToLower(s) && s != strings.ToUpper(s) })
	stripper := func(name string, l, r bool) {
		textMethods[name] = func(_ *run, s string, args []any, _ *Dict) any { return strip(s, args, l, r) }
	}
	stripper("strip", true, true)
	stripper("lstrip", true, false)
	stripper("rstrip", false, true)
	affix := func(name string, f func(s, p string) bool) {
		textMethods[name] = func(r *run, s string, args []any, _ *Dict) any {
			if len(args) > 0 {
				if l, ok := args[0].(*List); ok && l.Tuple {
					for i := range l.Items {
						if f(s, argText(l.Items, i, "")) {
							return true
						}
					}
					return false
				}
			}
			if len(args) == 0 || args[0] == nil {
				raise("TypeError", "%s first arg must be str or a tuple of str, not NoneType", name)
			}
			return f(s, argText(args, 0, ""))
		}
	}
	affix("startswith", strings.HasPrefix)
	affix("endswith", strings.HasSuffix)
	textMethods["removeprefix"] = func(_ *run, s string, a []any, _ *Dict) any { return strings.TrimPrefix(s, argText(a, 0, "")) }
	textMethods["removesuffix"] = func(_ *run, s string, a []any, _ *Dict) any { return strings.TrimSuffix(s, argText(a, 0, "")) }
	textMethods["replace"] = func(r *run, s string, a []any, named *Dict) any {
		n := argInt(a, 2, -1)
		if v, ok := named.Get("count"); ok {
			n = argInt([]any{v}, 0, -1)
		}
		return replace(r, s, argText(a, 0, ""), argText(a, 1, ""), n)
	}
	textMethods["join"] = func(r *run, s string, a []any, _ *Dict) any {
		if len(a) == 0 {
			raise("TypeError", "join() takes exactly one argument (0 given)")
		}
		items := iterate(r, a[0])
		out := make([]string, len(items))
		for i, v := range items {
			t, ok := v.(string)
			if !ok {
				raise("TypeError", "sequence item %d: expected str instance, %s found", i, typeName(v))
			}
			out[i] = t
			r.spend(len(t) + len(s))
		}
		return r.text(strings.Join(out, s))
	}
	textMethods["count"] = func(_ *run, s string, a []any, _ *Dict) any { return int64(strings.Count(s, argText(a, 0, ""))) }
	textMethods["split"] = func(r *run, s string, a []any, n *Dict) any { return split(r, s, withNames(a, n), false) }
	textMethods["rsplit"] = func(r *run, s string, a []any, n *Dict) any { return split(r, s, withNames(a, n), true) }
	textMethods["splitlines"] = func(r *run, s string, a []any, n *Dict) any {
		v, _ := n.Get("keepends")
		return splitLines(s, len(a) > 0 && truth(a[0]) || truth(v))
	}
	find := func(name string, f func(s, p string) int, must bool) {
		textMethods[name] = func(_ *run, s string, a []any, _ *Dict) any {
			i := f(s, argText(a, 0, ""))
			if i < 0 {
				if must {
					raise("ValueError", "substring not found")
				}
				return int64(-1)
			}
			return int64(utf8.RuneCountInString(s[:i]))
		}
	}
	find("find", strings.Index, false)
	find("rfind", strings.LastIndex, false)
	find("index", strings.Index, true)
	find("rindex", strings.LastIndex, true)
	part := func(name string, f func(s, p string) int, last bool) {
		textMethods[name] = func(_ *run, s string, a []any, _ *Dict) any {
			sep := argText(a, 0, "")
			if sep == "" {
				raise("ValueError", "empty separator")
			}
			if i := f(s, sep); i >= 0 {
				return &List{Items: []any{s[:i], sep, s[i+len(sep):]}, Tuple: true}
			}
			if last {
				return &List{Items: []any{"", "", s}, Tuple: true}
			}
			return &List{Items: []any{s, "", ""}, Tuple: true}
		}
	}
	part("partition", strings.Index, false)
	part("rpartition", strings.LastIndex, true)
	pad := func(name string, f func(s, fill string, n int) string) {
		textMethods[name] = func(r *run, s string, a []any, _ *Dict) any {
			n := argInt(a, 0, 0) - int64(utf8.RuneCountInString(s))
			if n > mostText/4 {
				raise("MemoryError", "the text would be too long")
			}
			if n <= 0 {
				return s
			}
			return r.text(f(s, argText(a, 1, " "), int(n)))
		}
	}
	pad("ljust", func(s, fill string, n int) string { return s + strings.Repeat(fill, n) })
	pad("rjust", func(s, fill string, n int) string { return strings.Repeat(fill, n) + s })
	pad("center", func(s, fill string, n int) string {
		return strings.Repeat(fill, n/2) + s + strings.Repeat(fill, n-n/2)
	})
	pad("zfill", func(s, _ string, n int) string {
		if s != "" && (s[0] == '-' || s[0] == '+') {
			return s[:1] + strings.Repeat("0", n) + s[1:]
		}
		return strings.Repeat("0", n) + s
	})
	textMethods["format"] = func(r *run, s string, a []any, n *Dict) any { return r.text(format(r, s, a, n)) }
}

func withNames(a []any, named *Dict) []any {
	out := append([]any{}, a...)
	for i, k := range []string{"sep", "maxsplit"} {
		if v, ok := named.Get(k); ok {
			for len(out) <= i {
				out = append(out, nil)
			}
			out[i] = v
		}
	}
	return out
}

func replace(r *run, s, old, with string, n int64) string {
	hits := strings.Count(s, old)
	if n >= 0 {
		hits = int(min(int64(hits), n))
	}
	if grown := len(with) - len(old); grown > 0 && hits > mostText/grown {
		raise("MemoryError", "the text would be too long")
	}
	return r.text(strings.Replace(s, old, with, hits))
}

func split(r *run, s string, a []any, right bool) *List {
	r.spend(24 * len(s))
	most := int(argInt(a, 1, -1))
	l := &List{}
	if len(a) > 0 && a[0] != nil {
		sep := argText(a, 0, "")
		if sep == "" {
			raise("ValueError", "empty separator")
		}
		all := strings.Split(s, sep)
		if k := len(all) - 1 - most; most >= 0 && k > 0 {
			if right {
				all = append([]string{strings.Join(all[:k+1], sep)}, all[k+1:]...)
			} else {
				all = append(all[:most:most], strings.Join(all[most:], sep))
			}
		}
		l.Items = texts(all)
		return l
	}
	if !right {
		for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
			i := strings.IndexFunc(s, isSpace)
			if i < 0 || most >= 0 && len(l.Items) == most {
				if most < 0 || len(l.Items) < most {
					s = strings.TrimRightFunc(s, isSpace)
				}
				l.Items = append(l.Items, s)
				break
			}
			l.Items = append(l.Items, s[:i])
			s = s[i:]
		}
		return l
	}
	for s = strings.TrimRightFunc(s, isSpace); s != ""; s = strings.TrimRightFunc(s, isSpace) {
		i := strings.LastIndexFunc(s, isSpace)
		if i < 0 || most >= 0 && len(l.Items) == most {
			if most < 0 || len(l.Items) < most {
				s = strings.TrimLeftFunc(s, isSpace)
			}
			l.Items = append(l.Items, s)
			break
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		l.Items = append(l.Items, s[i+n:])
		s = s[:i]
	}
	for i, j := 0, len(l.Items)-1; i < j; i, j = i+1, j-1 {
		l.Items[i], l.Items[j] = l.Items[j], l.Items[i]
	}
	return l
}

func splitLines(s string, keep bool) *List {
	l := &List{}
	for s != "" {
		i := strings.IndexFunc(s, func(c rune) bool {
			return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
		})
		if i < 0 {
			l.Items = append(l.Items, s)
			break
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		if keep {
			l.Items = append(l.Items, s[:i+n])
		} else {
			l.Items = append(l.Items, s[:i])
		}
		s = s[i+n:]
	}
	return l
}

// format is str.format with {}, {0}, {name} and simple numeric forms such as {:.2f}.
func format(r *run, s string, args []any, named *Dict) string {
	var b strings.Builder
	for next := 0; s != ""; {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		if strings.HasPrefix(s[i+1:], s[i:i+1]) {
			b.WriteByte(s[i])
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if s[i] == '}' || end < 0 {
			raise("ValueError", "Single '%c' encountered in format string", s[i])
		}
		name, spec, _ := strings.Cut(s[i+1:i+end], ":")
		s = s[i+end+1:]
		var v any
		if name == "" {
			name = strconv.Itoa(next)
			next++
		}
		if n, err := strconv.Atoi(name); err == nil {
			if n < 0 || n >= len(args) {
				raise("IndexError", "Replacement index %d out of range for positional args tuple", n)
			}
			v = args[n]
		} else if x, ok := named.Get(name); ok {
			v = x
		} else {
			raise("KeyError", "%s", repr(name))
		}
		if spec != "" {
			v = formatted(spec, v)
		}
		b.WriteString(r.text(str(v)))
	}
	return b.String()
}

func formatted(spec string, v any) string {
	if len(spec) > 8 {
		raise("ValueError", "the format %s is not known", repr(spec))
	}
	verb := spec[len(spec)-1]
	width := spec[:len(spec)-1]
	for _, c := range width {
		if !strings.ContainsRune("0123456789.+-", c) {
			raise("ValueError", "the format %s is not known", repr(spec))
		}
	}
	if n, _ := strconv.Atoi(strings.Split(strings.Trim(width, "+-"), ".")[0]); n > 10000 {
		raise("MemoryError", "the text would be too long")
	}
	switch verb {
	case 'f', 'e', 'g':
		f, ok := number(use(v))
		if !ok {
			raise("ValueError", "Unknown format code '%c' for object of type '%s'", verb, typeName(v))
		}
		return fmt.Sprintf("%"+width+string(verb), f)
	case 'd', 'x', 'X', 'o', 'b':
		n, ok := integer(use(v))
		if f, isFloat := v.(float64); isFloat {
			n, ok = int64(f), true
		}
		if !ok {
			raise("TypeError", "%%%c format: a real number is required, not %s", verb, typeName(v))
		}
		return fmt.Sprintf("%"+width+string(verb), n)
	case 's':
		return fmt.Sprintf("%"+width+"s", str(v))
	}
	raise("ValueError", "the format %s is not known", repr(spec))
	return ""
}

// percent is the old "%s" formatting.
func percent(s string, v any) string {
	args := []any{v}
	if l, ok := v.(*List); ok && l.Tuple {
		args = l.Items
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		j := i + 1
		for j < len(s)-1 && strings.IndexByte("0123456789.+- ", s[j]) >= 0 {
			j++
		}
		spec := s[i+1 : j+1]
		s = s[j+1:]
		if spec == "%" {
			b.WriteByte('%')
			continue
		}
		if len(args) == 0 {
			raise("TypeError", "not enough arguments for format string")
		}
		if spec == "r" {
			b.WriteString(repr(args[0]))
		} else {
			b.WriteString(formatted(strings.Replace(spec, "i", "d", 1), args[0]))
		}
		args = args[1:]
		if b.Len() > mostText {
			raise("MemoryError", "the text would be too long")
		}
	}
	return b.String()
}
