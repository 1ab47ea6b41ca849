package jinja

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lyceum/lib/internal/golden"
)

// TestTemplatesOfModels renders the templates of published models over all conversations, and compares the checksums of text,
// spans and errors with Transformers'.
func TestTemplatesOfModels(t *testing.T) {
	folder := golden.Vocabularies(t)
	data, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		goldens
		Templates []struct{ Name, Sum string }
	}
	if err := json.Unmarshal(data, &g); err != nil || len(g.Templates) < 50 {
		t.Fatalf("%d templates, %v", len(g.Templates), err)
	}
	now, err := time.Parse("2006-01-02T15:04:05", g.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range g.Templates {
		source, err := os.ReadFile(filepath.Join(folder, "templates", want.Name))
		if err != nil {
			t.Fatal(err)
		}
		if got := digest(t, g.goldens, string(source), now); got != want.Sum {
			t.Errorf("%s: text, spans or errors differ; testdata/make.py writes them, LYCEUM_TEMPLATES compares them one by one", want.Name)
		}
	}
}

// digest is the checksum that testdata/make.py --digests computes.
func digest(t *testing.T, g goldens, source string, now time.Time) string {
	t.Helper()
	parsed, parseErr := Parse(source)
	h := sha256.New()
	for i, c := range g.Cases {
		messages, err1 := FromJSON([]byte(c.Messages))
		tools, err2 := FromJSON([]byte(c.Tools))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for more := range 2 {
			v := map[string]any{"messages": AliasReasoning(messages), "tools": tools, "documents": nil, "add_generation_prompt": more == 1, "bos_token": "<s>", "eos_token": "</s>"}
			for k, x := range c.Kwargs {
				v[k] = x
			}
			var text, kind, message string
			var spans []string
			err := parseErr
			if err == nil {
				var at []Span
				text, at, err = parsed.Render(v, now)
				for _, s := range at {
					spans = append(spans, fmt.Sprintf("%d-%d", utf8.RuneCountInString(text[:s.Begin]), utf8.RuneCountInString(text[:s.End])))
				}
			}
			if e, ok := err.(*Error); ok {
				if kind = e.Kind; kind == "TemplateError" {
					message = e.Message
				}
				text, spans = "", nil
			}
			fmt.Fprintf(h, "%d\x00%d\x00%s\x00%s\x00%s\x00%s\n", i, more, kind, message, text, strings.Join(spans, " "))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
