package jinja

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// goldens is the file that testdata/make.py writes.
type goldens struct {
	Now   string
	Cases []struct {
		Name, Messages, Tools string
		Kwargs                map[string]any
	}
	Templates []struct {
		Name, Source string
		Rows         []struct {
			Case                 int
			More                 bool
			Text, Error, Message string
			Spans                [][2]int
		}
	}
}

// TestAsTransformers compares text, spans and errors with Transformers. LYCEUM_TEMPLATES may name a larger file, made by
// testdata/make.py from a folder of templates.
func TestAsTransformers(t *testing.T) {
	files := []string{"testdata/golden.json"}
	if f := os.Getenv("LYCEUM_TEMPLATES"); f != "" {
		files = append(files, f)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g goldens
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse("2006-01-02T15:04:05", g.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, tm := range g.Templates {
			t.Run(tm.Name, func(t *testing.T) { compareWith(t, g, tm.Name, now) })
		}
	}
}

func compareWith(t *testing.T, g goldens, name string, now time.Time) {
	for _, tm := range g.Templates {
		if tm.Name != name {
			continue
		}
		parsed, parseErr := Parse(tm.Source)
		for _, row := range tm.Rows {
			c := g.Cases[row.Case]
			messages, err1 := FromJSON([]byte(c.Messages))
			tools, err2 := FromJSON([]byte(c.Tools))
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			v := map[string]any{"messages": AliasReasoning(messages), "tools": tools, "documents": nil, "add_generation_prompt": row.More, "bos_token": "<s>", "eos_token": "</s>"}
			for k, x := range c.Kwargs {
				v[k] = x
			}
			var text string
			var spans []Span
			err := parseErr
			if err == nil {
				text, spans, err = parsed.Render(v, now)
			}
			switch {
			case row.Error != "":
				e, ok := err.(*Error)
				if !ok || e.Kind != row.Error || e.Kind == "TemplateError" && e.Message != row.Message {
					t.Errorf("%s, %v: got %v, want %s: %s", c.Name, row.More, err, row.Error, row.Message)
				}
			case err != nil:
				t.Errorf("%s, %v: %v", c.Name, row.More, err)
			case text != row.Text:
				t.Errorf("%s, %v:\n got %q\nwant %q", c.Name, row.More, text, row.Text)
			case len(spans) != len(row.Spans):
				t.Errorf("%s, %v: spans %v, want %v", c.Name, row.More, spans, row.Spans)
			default:
				runes := []rune(text)
				for i, s := range row.Spans {
					if got, want := text[spans[i].Begin:spans[i].End], string(runes[s[0]:s[1]]); got != want {
						t.Errorf("%s, %v: span %q, want %q", c.Name, row.More, got, want)
					}
				}
			}
		}
	}
}

// TestBounds: what does not end, or grows without end, is an error.
func TestBounds(t *testing.T) {
	for source, kind := range map[string]string{
		"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}":                                "RecursionError",
		"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}": "TimeoutError",
		"{{ 'a' * 10 ** 12 }}": "MemoryError",
		"{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}": "MemoryError",
		"{{ range(10 ** 9) }}":                        "OverflowError",
		"{{ 'a'.ljust(10 ** 12) }}":                   "MemoryError",
		"{{ ('a' * 9999).replace('a', 'b' * 9999) }}": "MemoryError",
		"{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}":      "MemoryError",
		"{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}": "RecursionError",
		"{{ " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + " }}":                            "TemplateSyntaxError",
		"{{ messages.append(1) }}":   "SecurityError",
		"{{ ''.__class__.__mro__ }}": "UndefinedError",
		"{{ 1 // 0 }}":               "ZeroDivisionError",
		"{{ x.y.z }}":                "UndefinedError",
		"{% include 'a' %}":          "TemplateSyntaxError",
		"{% if %}":                   "TemplateSyntaxError",
	} {
		parsed, err := Parse(source)
		if err == nil {
			_, _, err = parsed.Render(map[string]any{"messages": []any{}}, time.Time{})
		}
		e, ok := err.(*Error)
		if !ok || e.Kind != kind {
			t.Errorf("%.60s: got %v, want %s", source, err, kind)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{% for m in messages %}{{ m.role|upper }}{% endfor %}", "{%- set ns = namespace(a=1) -%}{{ ns.a + 1 }}", "{{ 'a,b'.split(',')[::-1]|join('-') }}",
		"{% macro f(a, b=2) %}{{ a ~ b }}{% endmacro %}{{ f(1) }}", "{% raw %}{{ x }}{% endraw %}", "{{ {'a': [1, (2,)]} | tojson(indent=2) }}", "{{ '%5.2f' % 1.5 }}{{ '{:>3}'.format(1) }}"} {
		f.Add(s)
	}
	messages := []any{map[string]any{"role": "user", "content": "hi"}}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 500 {
			return
		}
		if parsed, err := Parse(source); err == nil {
			_, _, _ = parsed.Render(map[string]any{"messages": messages}, time.Time{})
		}
	})
}
