package sampling

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

//go:embed testdata/llamacpp.json
var llamaCPPData []byte

// scoresByToken is the table of testdata/penalties.cpp.
func scoresByToken(vocab int) [][]float32 {
	state := uint32(7)
	table := make([][]float32, vocab)
	for i := range table {
		for range vocab {
			state = state*1664525 + 1013904223
			table[i] = append(table[i], float32(int(state>>23)-256)/64)
		}
	}
	return table
}

// The scores after llama.cpp's penalties and the tokens of its greedy loop, bit for bit.
func TestPenaltiesEqualLlamaCPP(t *testing.T) {
	var cases []struct {
		LastN                       int `json:"last_n"`
		Repeat, Frequency, Presence float64
		Prompt, IDs                 []int32
		Scores                      []float32
	}
	if err := json.Unmarshal(llamaCPPData, &cases); err != nil {
		t.Fatal(err)
	}
	windowed := 0
	for _, c := range cases {
		o := Options{RepeatLastN: c.LastN, Penalty: c.Repeat, Frequency: c.Frequency, Presence: c.Presence}
		if c.LastN == 0 { // nothing is looked at: what the command makes of --repeat-last-n 0
			o = Options{}
		}
		table := scoresByToken(len(c.Scores))
		ids := slices.Clone(c.Prompt)
		var s scratch
		for n := range c.IDs {
			scores := slices.Clone(table[ids[len(ids)-1]])
			s.process(&o, scores, ids, len(c.Prompt))
			if n == 20 && !slices.Equal(scores, c.Scores) {
				t.Fatalf("%+v after %v: scores %v, llama.cpp has %v", o, c.Prompt, scores, c.Scores)
			}
			ids = append(ids, o.choose(table[ids[len(ids)-1]], place{ids: ids, prompt: len(c.Prompt)}).id)
		}
		if got := ids[len(c.Prompt):]; !slices.Equal(got, c.IDs) {
			t.Errorf("%+v after %v: %v, llama.cpp has %v", o, c.Prompt, got, c.IDs)
		}
		// The window must matter, or the test says nothing of it.
		all := o
		all.RepeatLastN = -1
		scores, wide := slices.Clone(table[0]), slices.Clone(table[0])
		s.process(&o, scores, ids, len(c.Prompt))
		s.process(&all, wide, ids, len(c.Prompt))
		if !slices.Equal(scores, wide) {
			windowed++
		}
	}
	if len(cases) != 39 || windowed < 20 {
		t.Errorf("%d cases, in %d of them the window matters", len(cases), windowed)
	}
}

func TestWhichTokensArePenalised(t *testing.T) {
	ids := []int32{0, 0, 1, 2, 1} // the prompt is 0 0
	for _, c := range []struct {
		lastN int
		want  string
	}{{0, "[4 -5 -3.5 4]"}, {-1, "[-5 -5 -3.5 4]"}, {1, "[8 -1.5 4 4]"}, {2, "[8 -1.5 -3.5 4]"}, {3, "[8 -5 -3.5 4]"}, {5, "[-5 -5 -3.5 4]"}, {9, "[-5 -5 -3.5 4]"}} {
		o := Options{RepeatLastN: c.lastN, Penalty: 2, Frequency: 3.5, Presence: 2}
		scores := []float32{8, 8, 4, 4}
		new(scratch).process(&o, scores, ids, 2)
		if got := fmt.Sprint(scores); got != c.want {
			t.Errorf("RepeatLastN %d: %s, want %s", c.lastN, got, c.want)
		}
	}
	if err := (Options{RepeatLastN: -2}).Check(); err == nil {
		t.Error("RepeatLastN -2: no error")
	}
}
