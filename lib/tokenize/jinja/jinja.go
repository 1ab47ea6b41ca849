// Package jinja renders chat templates as Hugging Face Transformers does: Jinja 3.1 in a sandbox, with trim_blocks,
// lstrip_blocks, break and continue, and {% generation %} blocks, whose places in the text are returned.
//
// A template comes with a model and is not trusted: it reaches no files and no Go values, and its steps, its memory, its
// text and its depth are bounded.
package jinja

import (
	"fmt"
	"strings"
	"time"

	"lyceum/lib/stop"
)

// The bounds of one rendering.
const (
	mostSteps  = 1_000_000
	mostText   = 16 << 20         // bytes of the result, or of one value
	mostSpent  = 256 << 20        // bytes of all values that are made
	mostSource = 1 << 20          // bytes of a template
	mostTime   = 30 * time.Second // steps over long texts are slow ones
)

// An Error is why a template could not be parsed or rendered. Kind is the name of Python's exception; TemplateError is
// what a template's own raise_exception gives.
type Error struct {
	Kind, Message string
	Line          int
}

// Error is "line 3: TemplateError: ...".
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s: %s", e.Line, e.Kind, e.Message) }

func fail(kind string, line int, format string, args ...any) {
	panic(&Error{kind, fmt.Sprintf(format, args...), line})
}

// raise is fail where the line is not known; Render adds it.
func raise(kind, format string, args ...any) { fail(kind, 0, format, args...) }

// A Template is a parsed template. It may be rendered from several goroutines.
type Template struct{ body []stmt }

// A Span is a part of the rendered text, in bytes.
type Span struct{ Begin, End int }

// Parse reads a template.
func Parse(source string) (t *Template, err error) {
	if len(source) > mostSource {
		return nil, fmt.Errorf("a template of %d bytes is longer than the %d allowed", len(source), mostSource)
	}
	defer func() {
		if e, ok := recover().(*Error); ok {
			t, err = nil, e
		}
	}()
	p := &parser{toks: lex(source)}
	body, _ := p.body()
	return &Template{body}, nil
}

type run struct {
	out   *strings.Builder
	root  *strings.Builder
	spans []Span
	steps int
	spent int
	depth int
	line  int
	now   time.Time
	end   time.Time // when the rendering is given up
}

func (r *run) step(line int) {
	r.line = line
	if r.steps++; r.steps > mostSteps {
		raise("TimeoutError", "the template does not end: %d steps are allowed", mostSteps)
	}
	if r.steps&0xff != 0 {
		return
	}
	if stop.Requested() {
		raise("KeyboardInterrupt", "interrupted")
	}
	if time.Now().After(r.end) {
		raise("TimeoutError", "the template does not end: %v are allowed", mostTime)
	}
}

// spend counts bytes of new values.
func (r *run) spend(n int) {
	if r.spent += n; r.spent > mostSpent {
		raise("MemoryError", "the template makes more than %d MB of values", mostSpent>>20)
	}
}

func (r *run) text(s string) string {
	r.spend(len(s))
	if len(s) > mostText {
		raise("MemoryError", "a text is longer than %d MB", mostText>>20)
	}
	return s
}

func (r *run) write(s string) {
	r.spend(len(s))
	if r.out.Len()+len(s) > mostText {
		raise("MemoryError", "the result is longer than %d MB", mostText>>20)
	}
	r.out.WriteString(s)
}

// Render fills the template. The variables are what FromGo takes; now is what strftime_now sees. It returns the text and
// the spans of its generation blocks in the order in which they were written.
func (t *Template) Render(variables map[string]any, now time.Time) (text string, spans []Span, err error) {
	var b strings.Builder
	r := &run{out: &b, root: &b, now: now, end: time.Now().Add(mostTime)}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			if e.Line == 0 {
				e.Line = r.line
			}
			text, spans, err = "", nil, e
		default:
			panic(e)
		}
	}()
	globals := &scope{names: map[string]any{}}
	for name, f := range globalTable {
		globals.set(name, &function{name, f})
	}
	top := &scope{up: globals}
	for k, v := range variables {
		top.set(k, FromGo(v))
	}
	r.all(t.body, top)
	return b.String(), r.spans, nil
}

var globalTable = map[string]func(r *run, args []any, named *Dict) any{
	"raise_exception": func(_ *run, args []any, _ *Dict) any {
		if len(args) == 0 {
			args = []any{""}
		}
		raise("TemplateError", "%s", str(args[0]))
		return nil
	},
	"strftime_now": func(r *run, args []any, _ *Dict) any { return strftime(r.now, argText(args, 0, "")) },
	"namespace": func(r *run, args []any, named *Dict) any {
		return &namespace{makeDict(r, args, named)}
	},
	"dict": func(r *run, args []any, named *Dict) any { return makeDict(r, args, named) },
	"range": func(r *run, args []any, _ *Dict) any {
		v := [3]int64{0, 0, 1}
		if len(args) == 0 || len(args) > 3 {
			raise("TypeError", "range expected 1 to 3 arguments, got %d", len(args))
		}
		for i, a := range args {
			n, ok := integer(a)
			if !ok {
				use(a)
				raise("TypeError", "'%s' object cannot be interpreted as an integer", typeName(a))
			}
			v[i] = n
		}
		if len(args) == 1 {
			v[0], v[1] = 0, v[0]
		}
		if v[2] == 0 {
			raise("ValueError", "range() arg 3 must not be zero")
		}
		l := &List{}
		for i := v[0]; v[2] > 0 && i < v[1] || v[2] < 0 && i > v[1]; i += v[2] {
			if len(l.Items) >= 100_000 {
				raise("OverflowError", "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
			}
			l.Items = append(l.Items, i)
		}
		r.spend(24 * len(l.Items))
		return l
	},
}

func makeDict(r *run, args []any, named *Dict) *Dict {
	d := NewDict()
	if len(args) > 0 {
		if from, ok := args[0].(*Dict); ok {
			for _, k := range from.keys {
				v, _ := from.Get(k)
				d.Set(k, v)
			}
		} else {
			for _, pair := range iterate(r, args[0]) {
				kv := iterate(r, pair)
				if len(kv) != 2 {
					raise("ValueError", "dictionary update sequence element has length %d; 2 is required", len(kv))
				}
				d.Set(kv[0], kv[1])
			}
		}
	}
	for _, k := range named.keys {
		v, _ := named.Get(k)
		d.Set(k, v)
	}
	return d
}

// strftime formats a time as C and Python do, in English.
func strftime(t time.Time, format string) string {
	codes := map[byte]string{'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon",
		'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04",
		'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05", 'e': "_2", 'f': "000000"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		c := format[i]
		bare := false
		if c == '-' && i+1 < len(format) {
			i++
			c, bare = format[i], true
		}
		var s string
		switch {
		case c == '%':
			s = "%"
		case c == 'j':
			s = fmt.Sprintf("%03d", t.YearDay())
		case c == 'f':
			s = fmt.Sprintf("%06d", t.Nanosecond()/1000)
		case c == 'w':
			s = fmt.Sprint(int(t.Weekday()))
		case c == 'u':
			s = fmt.Sprint((int(t.Weekday())+6)%7 + 1)
		case c == 'Z' || c == 'z': // the time is a naive one
		case codes[c] != "":
			s = t.Format(codes[c])
		default:
			s = "%" + string(c)
		}
		if bare {
			if s = strings.TrimLeft(s, "0 "); s == "" {
				s = "0"
			}
		}
		b.WriteString(s)
	}
	return b.String()
}
