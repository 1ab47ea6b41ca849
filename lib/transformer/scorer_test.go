package transformer

import (
	"testing"

	"lyceum/lib/nn"
)

func TestScorer(t *testing.T) {
	s := NewScorer(New(tiny, 1), 1, 2)
	long := Pad([][]int32{{1, 2, 3, 4}, {5, 6}}, 0)
	all, got := s.TokenScores(long), s.Scores(long)
	if got.Len() != 2 || got.Data()[0] != all.Data()[3] || got.Data()[1] != all.Data()[5] {
		t.Errorf("scores %v of %v", got.Data(), all.Data())
	}
	left := s.Scores(PadLeft([][]int32{{1, 2, 3, 4}, {5, 6}}, 0))
	if furthest(got, left) > 1e-6 {
		t.Errorf("padded on the left: %v, on the right: %v", left.Data(), got.Data())
	}
	s.Pad = 4
	if cut := s.Scores(long); cut.Data()[0] != all.Data()[2] {
		t.Error("with Pad a trailing token of that id is padding")
	}
	s.Pad = -1
	if err := s.AddAdapter("a", nn.LoRA{Rank: 2}); err != nil {
		t.Fatal(err)
	}
	ps := s.Trainable()
	if last := ps[len(ps)-1].Name; last != "base_model.model.score.weight" {
		t.Errorf("the head is trained with every adapter; the last parameter is %s", last)
	}
	ps[len(ps)-1].Value.Data()[0]++
	n := s.Clone()
	if d := furthest(n.Scores(long), s.Scores(long)); d != 0 {
		t.Errorf("a copy differs by %g", d)
	}
	s.WithoutAdapters(func() {
		if d := furthest(got, s.Scores(long)); d != 0 {
			t.Errorf("without the adapter the scores move by %g", d)
		}
	})
}
