package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/tokenize"
)

func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	f := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryKindOfFile(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{
		file(t, dir, "a.jsonl", "\xef\xbb\xbf"+`{"prompt":"p","completion":"c","label":true,"n":2}`+"\n\n"+`{"prompt":"q","completion":"d","label":false,"n":3}`),
		file(t, dir, "a.json", ` [{"prompt":"p","completion":"c","label":true,"n":2}, {"prompt":"q","completion":"d","label":false,"n":3}]`),
		file(t, dir, "b.json", `{"prompt":"p","completion":"c","label":true,"n":2}`+"\n"+`{"prompt":"q","completion":"d","label":false,"n":3}`+"\n"),
		file(t, dir, "a.csv", "prompt,completion,label,n\np,c,true,2\n\"q\",d,0,3\n"),
		file(t, dir, "a.tsv", "prompt\tcompletion\tlabel\tn\np\tc\tTrue\t2\nq\td\tFALSE\t3\n"),
	} {
		s, err := Load(f)
		if err != nil || s.Len() != 2 {
			t.Errorf("%s: %v %v", f, s, err)
			continue
		}
		for i, want := range []string{"p c true 2", "q d false 3"} {
			r := s.Row(i)
			p, _ := r.Text("prompt")
			c, _ := r.Text("completion")
			l, err := r.Bool("label")
			n, _, err2 := r.Number("n")
			if got := fmt.Sprint(p, " ", c, " ", l, " ", n); got != want || err != nil || err2 != nil {
				t.Errorf("%s: row %d is %s (%v, %v)", f, i, got, err, err2)
			}
		}
	}
}

// The file was written by the datasets library 5.2.0.
func TestParquet(t *testing.T) {
	s, err := Load("testdata/pairs.parquet")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Row(0).Turns("chosen")
	if err != nil || len(m) != 2 || m[1].Role != "user" || m[1].Content != "c" {
		t.Errorf("%v %v", m, err)
	}
	if ids, err := s.Row(0).IDs("ids"); err != nil || fmt.Sprint(ids) != "[1 2]" || s.Row(0).Has("none") || !s.Row(1).Has("none") {
		t.Errorf("%v %v", ids, err)
	}
	if _, err := Load(file(t, t.TempDir(), "x.parquet", "PAR1 no")); err == nil || !strings.Contains(err.Error(), "x.parquet") {
		t.Errorf("%v", err)
	}
}

func TestSplitsOfAFolder(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "data/train-00000-of-00002.jsonl", `{"text":"a"}`)
	file(t, dir, "data/train-00001-of-00002.jsonl", `{"text":"b"}`)
	file(t, dir, "test.jsonl", `{"text":"c"}`)
	file(t, dir, "README.md", "x")
	for split, want := range map[string]string{"train": "2 a", "test": "1 c"} {
		s, err := LoadSplit(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := s.Row(0).Text("text")
		if got := fmt.Sprint(s.Len(), " ", text); got != want {
			t.Errorf("%s: %s, want %s", split, got, want)
		}
	}
	if _, err := LoadSplit(dir, "validation"); err == nil || !strings.Contains(err.Error(), `it has "test", "train"`) {
		t.Errorf("%v", err)
	}
	if s, err := LoadSplit(filepath.Join(dir, "test.jsonl"), "train"); err != nil || s.Where(0) != "test.jsonl, line 1" {
		t.Errorf("%v %v", s, err)
	}
}

func TestRowsStreamAndStop(t *testing.T) {
	f := file(t, t.TempDir(), "x.jsonl", strings.Repeat(`{"text":"a"}`+"\n", 3)+"{broken")
	n := 0
	for _, err := range Stream(f) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break // what comes later is not looked at
		}
	}
	var last error
	for _, err := range Stream(f) {
		last = err
	}
	if n != 2 || last == nil || !strings.Contains(last.Error(), "line 4") {
		t.Errorf("%d rows, %v", n, last)
	}
}

func TestErrorsNameFileRowAndColumn(t *testing.T) {
	dir := t.TempDir()
	for want, text := range map[string]string{
		"x.jsonl, line 1, column chosen[1].role: \"robot\"":      `{"chosen":[{"role":"user","content":"a"},{"role":"robot","content":"b"}]}`,
		"x.jsonl, line 2: column messages[0].content is missing": `{"text":"a"}` + "\n" + `{"messages":[{"role":"user"}]}`,
		"x.jsonl, line 1: the line is not UTF-8":                 "{\"text\":\"\xff\"}",
		"x.jsonl, line 1: this is a list":                        `["a"]`,
		"x.jsonl, line 1: not JSON":                              `{"text":`,
	} {
		_, err := Load(file(t, dir, "x.jsonl", text))
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), ", column", ": column"), strings.ReplaceAll(want, ", column", ": column")) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Tables say the same of their rows and columns.
func TestErrorsOfTables(t *testing.T) {
	for want, text := range map[string]string{
		"x.csv, line 2, column chosen: the text is not UTF-8": "prompt,chosen\na,\xff\n",
		"x.csv: record on line 3: wrong number of fields":     "prompt,chosen\na,b\nc\n",
		"x.csv, line 2, column chosen[0].role: \"robot\"":     "prompt,chosen\na,\"[{\"\"role\"\":\"\"robot\"\",\"\"content\"\":\"\"b\"\"}]\"\n",
	} {
		if _, err := Load(file(t, t.TempDir(), "x.csv", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s, err := Load(file(t, t.TempDir(), "x.json", `[{"chosen":[{"content":"b"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Row(0).Turns("chosen"); err == nil || !strings.Contains(err.Error(), "column chosen[0].role is missing") {
		t.Errorf("%v", err)
	}
}

// The values are those of trl.data_utils.extract_prompt, TRL 1.16.0.
func TestThePromptOfAPair(t *testing.T) {
	for _, c := range [][5]string{
		{"The sky is blue.", "The sky is green.", "The sky is", " blue.", " green."},
		{"Who? A.", "Who? B.", "Who?", " A.", " B."},
		{"same", "same", "sam", "e", "e"},
		{"äb", "äc", "ä", "b", "c"},
	} {
		r, err := Row{map[string]any{"chosen": c[0], "rejected": c[1]}}.SplitPrompt()
		if err != nil || r.Columns["prompt"] != c[2] || r.Columns["chosen"] != c[3] || r.Columns["rejected"] != c[4] {
			t.Errorf("%q, %q: %v %v", c[0], c[1], r, err)
		}
	}
	u, a, b := tokenize.Message{Role: "user", Content: "q"}, tokenize.Message{Role: "assistant", Content: "a"}, tokenize.Message{Role: "assistant", Content: "b"}
	r, err := Row{map[string]any{"chosen": []tokenize.Message{u, a}, "rejected": []tokenize.Message{u, b}, "extra": 1.0}}.SplitPrompt()
	if p, _ := r.Turns("prompt"); err != nil || len(p) != 1 || p[0].Content != "q" || r.Columns["extra"] != 1.0 {
		t.Errorf("%v %v", r, err)
	}
	if c, _ := r.Turns("chosen"); len(c) != 1 || c[0].Content != "a" {
		t.Errorf("%v", r)
	}
}

func TestPairsTakenApart(t *testing.T) {
	s := NewSet("pairs", []Row{{map[string]any{"prompt": "p", "chosen": "a", "rejected": "b", "id": 1.0}}, {map[string]any{"prompt": "q", "chosen": "c", "rejected": "d", "id": 2.0}}})
	u, err := s.Unpaired()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i := range u.Len() {
		r := u.Row(i).Columns
		got += fmt.Sprint(r["prompt"], r["completion"], r["label"], r["id"], " ", u.Where(i), "; ")
	}
	if want := "patrue 1 pairs, row 0; qctrue 2 pairs, row 1; pbfalse 1 pairs, row 0; qdfalse 2 pairs, row 1; "; got != want {
		t.Errorf("%s", got)
	}
}
