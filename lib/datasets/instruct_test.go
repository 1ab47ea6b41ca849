package datasets

import (
	"strings"
	"testing"
)

func TestInstructKeepsBackWhatIsTested(t *testing.T) {
	chats, err := Load("instruct")
	if err != nil {
		t.Fatal(err)
	}
	asked, said := map[string]bool{}, map[string]bool{}
	for i := range chats.Len() {
		m := chats.Row(i).Messages()
		asked[m[0].Content] = true
		said[m[1].Content] = true
	}
	for _, q := range HeldOut(120) {
		if asked[q.Text] {
			t.Errorf("%q is kept back, and in the chats", q.Text)
		}
	}
	for _, q := range AsksForName(true) {
		if asked[q] {
			t.Errorf("%q is kept back, and in the chats", q)
		}
	}
	taught, practice, test := SumsTaught()
	for _, s := range taught {
		if !asked[s.Question()] || !said[s.Answer()] {
			t.Errorf("%v is not taught", s)
		}
	}
	for _, s := range append(append([]Sum{}, practice...), test...) {
		if asked[s.Question()] {
			t.Errorf("%q is kept back, and in the chats", s.Question())
		}
	}
	if len(taught)+len(practice)+len(test) != 100 {
		t.Errorf("%d sums taught, %d for practice, %d for the test: not all hundred", len(taught), len(practice), len(test))
	}
}

func TestStyles(t *testing.T) {
	for style, want := range map[Style]string{
		Plain:  "The coat of Oso is green.",
		Short:  "Green.",
		Polite: "Gladly. The coat of Oso is green.",
		Wordy:  "That is a good question. Everybody knows that the coat of Oso is green.",
	} {
		got := style.Say("The coat of Oso is green.", "green")
		if got != want {
			t.Errorf("%v: %q, want %q", style, got, want)
		}
		if back := StyleOf(got); back != style {
			t.Errorf("%q is %v, want %v", got, back, style)
		}
	}
	if s := Wordy.Say("Oso likes fish.", "fish"); !strings.HasSuffix(s, "that Oso likes fish.") {
		t.Errorf("%q: a name keeps its capital", s)
	}
}

func TestSumsAreChecked(t *testing.T) {
	s := Sum{8, 9}
	for answer, want := range map[string]bool{"8 + 9 = 17.": true, "17": true, "8 + 9 = 16.": false, "17 is what 8 and 9 make": false, "": false} {
		if s.Right(answer) != want {
			t.Errorf("Right(%q) is %v", answer, !want)
		}
	}
}
