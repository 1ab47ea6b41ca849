package datasets

import (
	"strings"
	"testing"

	"lyceum/lib/tokenize"
)

func TestPairsSayTheSameInTwoStyles(t *testing.T) {
	s := Preferences(Polite, Short)
	if s.Len() != 960 {
		t.Fatalf("%d pairs, want one for each of the 960 questions", s.Len())
	}
	held := map[string]bool{}
	for _, q := range HeldOut(120) {
		held[q.Text] = true
	}
	for i := range s.Len() {
		c := s.Row(i).Columns
		text := func(column string) string { return c[column].([]tokenize.Message)[0].Content }
		if StyleOf(text("chosen")) != Polite || StyleOf(text("rejected")) != Short {
			t.Fatalf("row %d: %q before %q", i, text("chosen"), text("rejected"))
		}
		if word := strings.ToLower(strings.TrimSuffix(text("rejected"), ".")); !strings.Contains(strings.ToLower(text("chosen")), word) {
			t.Errorf("row %d: %q and %q say different things", i, text("chosen"), text("rejected"))
		}
		if held[text("prompt")] {
			t.Errorf("%q is kept back", text("prompt"))
		}
	}
}

func TestTheReaderDecides(t *testing.T) {
	longer := PreferencesBy(func(a, b string) bool { return len(a) > len(b) }, 1)
	for i := range longer.Len() {
		c := longer.Row(i).Columns
		if a, b := c["chosen"].([]tokenize.Message)[0].Content, c["rejected"].([]tokenize.Message)[0].Content; len(a) <= len(b) {
			t.Fatalf("row %d: %q is preferred to %q", i, a, b)
		}
	}
}

func TestNamedSetsOfTheCourse(t *testing.T) {
	for name, rows := range map[string]int{"preferences": 960, "identity": 12, "questions": 960, "sums": 30} {
		s, err := Load(name)
		if err != nil || s.Len() != rows || !s.Has("prompt") {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}
