package sampling

import (
	"math"
	"testing"

	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

func TestScoreEqualsTheWholePass(t *testing.T) {
	c := tiny
	c.Context = 200
	m := transformer.New(c, 4)
	for _, p := range m.Params() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] *= 6
		}
	}
	d, err := m.Decoder(transformer.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rng := tensor.NewRand(3)
	for _, n := range []int{1, 2, 63, 64, 65, 130, 200} {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = int32(rng.IntN(c.Vocab))
		}
		s, err := Score(d, ids, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.LogProbs) != n-1 || len(s.Top) != n-1 {
			t.Fatalf("%d tokens: %d log-probabilities and %d tops", n, len(s.LogProbs), len(s.Top))
		}
		z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: n}).Data()
		want := make([]float64, c.Vocab)
		total := 0.0
		for i, got := range s.LogProbs {
			if err := LogSoftmax(want, z[i*c.Vocab:(i+1)*c.Vocab]); err != nil {
				t.Fatal(err)
			}
			if math.Abs(got-want[ids[i+1]]) > 1e-4 {
				t.Errorf("%d tokens, number %d: %v, the whole pass gives %v", n, i+1, got, want[ids[i+1]])
			}
			if top := s.Top[i]; math.Abs(top[0].LogProb-want[top[0].ID]) > 1e-4 || top[0].LogProb < top[1].LogProb {
				t.Errorf("%d tokens, number %d: top %v", n, i+1, top)
			}
			total += want[ids[i+1]]
		}
		if math.Abs(s.Total()-total) > 1e-2 {
			t.Errorf("total %v, want %v", s.Total(), total)
		}
	}
	for name, ids := range map[string][]int32{"none": nil, "too many": make([]int32, 201), "outside": {1, 13}} {
		if _, err := Score(d, ids, 0); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
