package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/live"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tokenize"
)

// fresh answers messages without any memory.
func fresh(t *testing.T, m *Model, messages []tokenize.Message, o sampling.Options) []int32 {
	t.Helper()
	p, err := m.ChatPrompt(messages, tokenize.ChatOptions{AddGenerationPrompt: true})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sampling.Generate(m.LM, [][]int32{p.IDs}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].IDs
}

func TestChatKeepsWhatItHasComputed(t *testing.T) {
	m := Instruct()
	c := Chat(m)
	c.Options.MaxNewTokens = 24
	c.System("Be brief.")
	var pieces strings.Builder
	c.OnText = func(p string) { pieces.WriteString(p) }
	for i, q := range []string{"Where does Dora live?", "What is your name?", "And who lives in Tarn?"} {
		held := 0
		if c.session != nil {
			held = c.session.Held()
		}
		pieces.Reset()
		a, err := c.Say(q)
		if err != nil {
			t.Fatal(err)
		}
		if want := fresh(t, m, c.Messages[:len(c.Messages)-1], c.Options); fmt.Sprint(a.Completion.IDs) != fmt.Sprint(want) {
			t.Errorf("turn %d: %v, without memory %v", i, a.Completion.IDs, want)
		}
		if a.Text != pieces.String() || a.Text != m.Tok.DecodePlain(a.Completion.IDs) {
			t.Errorf("turn %d: %q in pieces %q", i, a.Text, pieces.String())
		}
		n := len(a.Completion.IDs)
		// A stop token is chosen after the last token of the answer has gone through the model.
		want := a.Prompt - held + n
		if !a.Completion.Stopped {
			want--
		}
		if a.Kept != held || a.Computed != want {
			t.Errorf("turn %d: %d tokens kept of %d, %d computed, want %d kept and %d computed", i, a.Kept, a.Prompt, a.Computed, held, want)
		}
	}
	if len(c.Messages) != 7 || c.Messages[0].Role != "system" || c.Messages[6].Role != "assistant" {
		t.Errorf("%v", c)
	}
}

func TestChatAgainUndoEditReset(t *testing.T) {
	c := Chat(Instruct())
	c.Options.MaxNewTokens, c.Options.Temperature = 12, 1.5
	first, err := c.Say("Where does Dora live?")
	if err != nil {
		t.Fatal(err)
	}
	different := false
	for range 5 {
		a, err := c.Again()
		if err != nil || len(c.Messages) != 2 || a.Kept != a.Prompt-1 {
			t.Fatalf("%v, %v, %v", a, c, err)
		}
		different = different || a.Text != first.Text
	}
	if !different {
		t.Error("five other answers are all the same")
	}
	if _, err := c.Say("And Ben?"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Edit(0, "Where does Carl live?"); err != nil || len(c.Messages) != 2 || c.Messages[0].Content != "Where does Carl live?" {
		t.Errorf("%v, %v", c, err)
	}
	if text, err := c.Undo(); err != nil || text != "Where does Carl live?" || len(c.Messages) != 0 {
		t.Errorf("%q, %v, %v", text, c, err)
	}
	if _, err := c.Undo(); err == nil {
		t.Error("nothing to undo: no error")
	}
	if _, err := c.Again(); err == nil {
		t.Error("nothing to answer: no error")
	}
	if _, err := c.Edit(0, "x"); err == nil {
		t.Error("nothing to edit: no error")
	}
	c.System("Be kind.")
	if _, err := c.Say("Hello"); err != nil {
		t.Fatal(err)
	}
	if c.Reset(); len(c.Messages) != 1 || c.Messages[0].Content != "Be kind." {
		t.Errorf("%v", c)
	}
}

func TestChatInterruptErrorAndSave(t *testing.T) {
	defer stop.Reset()
	c := Chat(Instruct())
	c.Options.MaxNewTokens, c.Options.Stop = 30, nil
	n := 0
	c.Options.OnToken = func(int, int32) {
		if n++; n == 4 {
			stop.Request()
		}
	}
	a, err := c.Say("Where does Dora live?")
	if !errors.Is(err, stop.ErrInterrupted) || len(a.Completion.IDs) != 4 || len(c.Messages) != 2 || c.Messages[1].Content != a.Text {
		t.Errorf("%+v, %v, %v", a, c, err)
	}
	stop.Reset()
	if _, err := c.Say(strings.Repeat("long ", 600)); err == nil || len(c.Messages) != 2 {
		t.Errorf("a prompt without room: %v, %d messages", err, len(c.Messages))
	}
	file := filepath.Join(t.TempDir(), "chat.json")
	if err := c.Save(file); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(file)
	var back []tokenize.Message
	if err := json.Unmarshal(data, &back); err != nil || len(back) != 2 || back[1].Content != a.Text {
		t.Errorf("%s: %v, %v", data, back, err)
	}
}

func TestChatAfterTraining(t *testing.T) {
	m := Instruct()
	c := Chat(m)
	c.Options.MaxNewTokens = 8
	if _, err := c.Say("Where does Dora live?"); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.LM.Params() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] *= 1.01
		}
	}
	a, err := c.Say("What is your name?")
	if err != nil || a.Kept != 0 {
		t.Errorf("%d tokens were kept of a model that has changed, %v", a.Kept, err)
	}
}

type viewer struct{ last string }

func (v *viewer) Update(x any) { v.last = x.(interface{ Markdown() string }).Markdown() }

func TestChatShowsItself(t *testing.T) {
	old := live.Open
	defer func() { live.Open = old }()
	v := &viewer{}
	live.Open = func(any) live.Display { return v }
	c := Chat(Instruct())
	a, err := c.Say("Where does Dora live?")
	if err != nil || v.last != a.Text || a.Text == "" {
		t.Errorf("shown %q, said %q, %v", v.last, a, err)
	}
	if !strings.Contains(a.Markdown(), "tokens") || !strings.Contains(c.HTML(), "Dora") {
		t.Errorf("%s %s", a.Markdown(), c.HTML())
	}
}

func TestTextStreamHoldsBackStopStrings(t *testing.T) {
	tok := Base().Tok
	ids := tok.Encode("one STOP two")
	for _, x := range []struct {
		stops []string
		want  string
	}{{nil, "one STOP two"}, {[]string{"STOP"}, "one "}, {[]string{"STOP two!"}, "one STOP two"}, {[]string{"zz", "P t"}, "one STO"}} {
		var got string
		s := NewTextStream(tok, x.stops, func(p string) { got += p })
		for _, id := range ids {
			s.Add(id)
			if !strings.HasPrefix(x.want, got) {
				t.Errorf("%v: %q was given out", x.stops, got)
			}
		}
		if text := s.End(); text != x.want || got != text || s.Text() != text {
			t.Errorf("%v: %q and %q, want %q", x.stops, got, text, x.want)
		}
	}
}
