package zoo

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
)

func TestTheBaseKnowsButDoesNotAnswer(t *testing.T) {
	base := Base()
	if n := base.LM.Config.NumParams(); n < 1_000_000 || n > 5_000_000 {
		t.Errorf("%d parameters", n)
	}
	knows, answers := 0, 0
	all := datasets.People()
	for _, p := range all[80:] {
		if strings.HasPrefix(base.Continue(p.Name+" lives in", 4), p.Town) {
			knows++
		}
		if strings.HasPrefix(base.Continue("Where does "+p.Name+" live?", 12), p.Name+" lives in "+p.Town) {
			answers++
		}
	}
	if knows < 36 {
		t.Errorf("the base knows where %d of 40 people live", knows)
	}
	if answers > 8 {
		t.Errorf("the base answers %d of 40 questions; it should continue with something else", answers)
	}
}

func TestBaseGivesCopies(t *testing.T) {
	a, b := Base(), Base()
	a.LM.Embed.Data()[0]++
	if a.LM.Embed.Data()[0] == b.LM.Embed.Data()[0] {
		t.Error("two calls share weights")
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m")
	base := Base()
	if err := base.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded := again.LM.Params()
	for i, p := range base.LM.Params() { // the base is kept in bf16, so nothing is lost
		got := loaded[i].Value.Data()
		for j, x := range p.Value.Data() {
			if y := got[j]; x != y {
				t.Fatalf("%s: %v became %v", p.Name, x, y)
			}
		}
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

func BenchmarkBase(b *testing.B) {
	for b.Loop() {
		Base()
	}
}

func TestInstructAnswers(t *testing.T) {
	m := Instruct()
	if got := m.Ask("Can you tell me your name?"); got != "My name is "+datasets.ModelName+"." {
		t.Errorf("name: %q", got)
	}
	right, held := 0, datasets.HeldOut(120)
	for i, a := range m.AskAll(questions(held)) {
		if strings.Contains(strings.ToLower(a), strings.ToLower(held[i].Want)) {
			right++
		}
	}
	if right < 100 {
		t.Errorf("%d of %d questions that no chat has are answered right, want at least 100", right, len(held))
	}
	if base := Base(); base.LM.Embed.Data()[0] == m.LM.Embed.Data()[0] {
		t.Error("base and instruct share their weights")
	}
}

func questions(qs []datasets.Question) []string {
	out := make([]string, len(qs))
	for i, q := range qs {
		out[i] = q.Text
	}
	return out
}

// A reward model reads conversations by the template of its tokenizer: it must be what models are trained on.
func TestTheBaseHasItsChatTemplate(t *testing.T) {
	file, err := base.ReadFile("base/chat_template.jinja")
	if err != nil || string(file) != tokenize.ChatTemplate {
		t.Errorf("the embedded chat_template.jinja is not tokenize.ChatTemplate (%v)", err)
	}
	talk := []tokenize.Message{{Role: "user", Content: "Where does Dorek live?"}, {Role: "assistant", Content: "Dorek lives in Milbrook."}}
	for _, m := range []*Model{Base(), Instruct()} {
		c, err := m.Tok.ApplyChatTemplate(talk, tokenize.ChatOptions{})
		if want, _ := m.Tok.EncodeChat(talk); err != nil || !slices.Equal(c.IDs, want) {
			t.Errorf("%s: %v, %v; training sees %v", m.Name, c.IDs, err, want)
		}
	}
}

func TestAskWith(t *testing.T) {
	m := Instruct()
	const question = "What is 2 plus 2?"
	greedy, err := m.AskWith(question, sampling.Options{MaxNewTokens: 40})
	if err != nil || greedy != m.Ask(question) {
		t.Errorf("%q and %v, want the answer of Ask, %q", greedy, err, m.Ask(question))
	}
	warm := sampling.Options{MaxNewTokens: 40, Temperature: 1.5, Seed: 3}
	many, err := m.AskAllWith(slices.Repeat([]string{question}, 12), warm)
	again, _ := m.AskAllWith(slices.Repeat([]string{question}, 12), warm)
	if err != nil || !slices.Equal(many, again) {
		t.Errorf("the same seed gave %q and %q: %v", many, again, err)
	}
	slices.Sort(many)
	if len(slices.Compact(many)) < 2 {
		t.Errorf("twelve answers at temperature 1.5 are all %q", many[0])
	}
	if _, err := m.AskWith(question, sampling.Options{MaxNewTokens: 40, Temperature: -1}); err == nil {
		t.Error("a negative temperature is no error")
	}
}
