package posttrain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lyceum/lib/internal/golden"
	"lyceum/lib/tokenize"
	"lyceum/lib/tokenize/jinja"
)

// templates is the folder with chat templates of models: TRL's, of which LYCEUM_TEMPLATES can name the folder, has all that
// marking.go knows; llama.cpp's some.
func templates(t *testing.T) string {
	if folder := os.Getenv("LYCEUM_TEMPLATES"); folder != "" {
		return folder
	}
	return filepath.Join(golden.Vocabularies(t), "templates")
}

// The edited templates write what TRL's training templates write, and mark the same spans (testdata/marking.py).
func TestMarkedTemplatesAreTRLs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(templates(t), "*.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/marking.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Chats     []json.RawMessage
		Templates map[string]struct {
			Name  string
			Cases []*struct {
				Text  string
				Spans [][2]int
			}
		}
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Templates) != len(markings) {
		t.Errorf("TRL's values are of %d templates, there are edits of %d", len(g.Templates), len(markings))
	}
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(source)
		want, ok := g.Templates[hex.EncodeToString(sum[:])]
		if !ok {
			if marked(string(source)) != "" {
				t.Errorf("%s: there are edits, and TRL's values are missing", file)
			}
			continue
		}
		found++
		p, err := jinja.Parse(marked(string(source)))
		if err != nil {
			t.Errorf("%s: %v", want.Name, err)
			continue
		}
		for i, c := range want.Cases {
			chat, err := jinja.FromJSON(g.Chats[i])
			if err != nil {
				t.Fatal(err)
			}
			text, spans, err := p.Render(map[string]any{"messages": jinja.AliasReasoning(chat), "tools": nil, "add_generation_prompt": false, "bos_token": "<s>", "eos_token": "</s>"}, time.Time{})
			if c == nil { // the template refuses the conversation
				if err == nil {
					t.Errorf("%s: conversation %d is written, TRL refuses it", want.Name, i)
				}
				continue
			}
			var got [][2]int
			for _, s := range spans {
				got = append(got, [2]int{s.Begin, s.End})
			}
			if err != nil || text != c.Text || fmt.Sprint(got) != fmt.Sprint(c.Spans) {
				t.Errorf("%s, conversation %d: %q %v, want %q %v (%v)", want.Name, i, text, got, c.Text, c.Spans, err)
			}
		}
	}
	if found == 0 {
		t.Errorf("none of %d templates is one that TRL knows", len(files))
	}
}

func TestUnknownTemplatesAreLeftAlone(t *testing.T) {
	if m := marked(tokenize.ChatTemplate); m != "" {
		t.Errorf("an unknown template was changed: %s", m)
	}
}
