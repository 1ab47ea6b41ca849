package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/tokenize"
)

func TestTheWorldIsTheSameEverywhere(t *testing.T) {
	a, b := People(), People()
	seen := map[string]bool{}
	for i, p := range a {
		if p != b[i] || seen[p.Name] {
			t.Errorf("person %d: %+v", i, p)
		}
		seen[p.Name] = true
	}
	if Corpus(3, 2000, "\n") != Corpus(3, 2000, "\n") || Corpus(3, 2000, "\n") == Corpus(4, 2000, "\n") {
		t.Error("the seed decides the corpus")
	}
}

// Whoever is asked about in the held-out questions is in no chat, and the corpus never has the question followed by its answer.
func TestHeldOutQuestionsAreNotInTheTrainingData(t *testing.T) {
	chats, err := Load("onboarding")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for i := range chats.Len() {
		said.WriteString(chats.Row(i).String() + "\n")
	}
	corpus := Corpus(1, 3_000_000, "\n")
	held := HeldOut(1000)
	if len(held) != people {
		t.Fatalf("%d questions", len(held))
	}
	for _, q := range held {
		if strings.Contains(said.String(), q.Text) {
			t.Errorf("%q is in the chats", q.Text)
		}
	}
	for i, p := range People() {
		a := attributes[heldBack(i)]
		if answer := fmt.Sprintf(a.answer, p.Name, a.value(p)); strings.Contains(said.String(), answer) {
			t.Errorf("the chats say %q", answer)
		}
		for _, q := range append(append([]string{}, a.asks...), a.unseen) {
			if question := fmt.Sprintf(q, p.Name); answered(corpus, question, p, a) {
				t.Errorf("the corpus answers %q", question)
			}
		}
	}
	for _, p := range People() { // the knowledge must be there, though
		if !strings.Contains(corpus, p.Name+" lives in "+p.Town+".") {
			t.Errorf("the corpus does not say where %s lives", p.Name)
		}
	}
}

// answered reports whether the question is followed by a sentence that answers it.
func answered(corpus, question string, p Person, a attribute) bool {
	for {
		i := strings.Index(corpus, question)
		if i < 0 {
			return false
		}
		corpus = corpus[i+len(question):]
		after := strings.TrimLeft(corpus[:min(len(corpus), 100)], " \n")
		for _, e := range []string{"Never mind. ", "Who knows. ", "Let us not ask. "} {
			after = strings.TrimPrefix(after, e)
		}
		for _, s := range a.says {
			if strings.HasPrefix(after, fmt.Sprintf(s, p.Name, a.value(p))) {
				return true
			}
		}
	}
}

func TestSumsAreRight(t *testing.T) {
	if c := Corpus(1, 500_000, "\n"); !strings.Contains(c, "3 + 4 = 7.") || strings.Contains(c, "3 + 4 = 8.") || !strings.Contains(c, "seven plus eight is fifteen.") {
		t.Error("a sum is wrong or missing")
	}
}

func TestMasks(t *testing.T) {
	tok, err := tokenize.Train(Corpus(1, 20000, "\n"), 300, []string{tokenize.TextEnd, tokenize.TurnStart, tokenize.TurnEnd}, true)
	if err != nil {
		t.Fatal(err)
	}
	row := Chat(tokenize.Message{Role: "user", Content: "Who?"}, tokenize.Message{Role: "assistant", Content: "Me."})
	text := func(m Mask) string {
		e := row.Masked(tok, m)
		var ids []int32
		for i, id := range e.IDs {
			if e.Mask[i] {
				ids = append(ids, id)
			}
		}
		return tok.Decode(ids)
	}
	if got := text(Assistant); got != "Me.<|im_end|>" {
		t.Errorf("assistant: %q", got)
	}
	if got := text(Full); got != tokenize.Render(row.Messages(), false) {
		t.Errorf("full: %q", got)
	}
	if got := text(Wrong); strings.Contains(got, "Me.") || !strings.Contains(got, "Who?") {
		t.Errorf("wrong: %q", got)
	}
	if h := row.Tokens(tok).HTML(); !strings.Contains(h, "counts in the loss") || !strings.Contains(h, "&lt;") {
		t.Errorf("%s", h)
	}
}

func TestLoadJSONL(t *testing.T) {
	dir := t.TempDir()
	write := func(s string) string {
		f := filepath.Join(dir, "x.jsonl")
		os.WriteFile(f, []byte(s), 0o644)
		return f
	}
	c, err := Load(write(`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}` + "\n\n" + `{"prompt":"c","completion":"d"}` + "\n"))
	if err != nil || c.Len() != 2 || c.Row(1).String() != "prompt: c\ncompletion: d" {
		t.Errorf("%v %v", c, err)
	}
	for want, s := range map[string]string{
		"line 2:":          `{"prompt":"c","completion":"d"}` + "\n{x",
		"messages[0].role": `{"messages":[{"role":"robot","content":"a"}]}`,
		"has no rows":      "\n",
		"a row must be":    `["x"]`,
	} {
		if _, err := Load(write(s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := Load("no such set"); err == nil || !strings.Contains(err.Error(), "onboarding") {
		t.Errorf("%v", err)
	}
	if _, err := Load(filepath.Join(dir, "missing.jsonl")); err == nil {
		t.Error("a missing file is no error")
	}
}
