package sampling

import (
	"errors"
	"fmt"
	"testing"

	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

func TestSessionComputesOnlyNewTokens(t *testing.T) {
	c := tiny
	c.Context = 200
	m := sharp(c, 4)
	d, err := m.Decoder(transformer.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(d)
	rng := tensor.NewRand(9)
	var text []int32
	o := Options{MaxNewTokens: 6, Temperature: 0.9, KeepStop: true}
	for turn := range 8 {
		for range 1 + rng.IntN(5) {
			text = append(text, int32(rng.IntN(c.Vocab)))
		}
		o.Seed = uint64(turn)
		before, held := s.Computed, s.Held()
		got, err := s.Continue(text, o)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := Generate(m, [][]int32{text}, o)
		if err != nil || fmt.Sprint(got.IDs) != fmt.Sprint(fresh[0].IDs) {
			t.Fatalf("turn %d: %v, without the session %v, %v", turn, got.IDs, fresh[0].IDs, err)
		}
		// All but what was held; the last token of an answer is not computed before the next turn needs it.
		if n, want := s.Computed-before, len(text)-held+len(got.IDs)-1; n != want {
			t.Errorf("turn %d: %d tokens computed, want %d", turn, n, want)
		}
		// Again from the same prompt: one token for the scores after it, and the new answer.
		o.Seed += 100
		before = s.Computed
		again, err := s.Continue(text, o)
		if err != nil || s.Computed-before != len(again.IDs) {
			t.Errorf("turn %d again: %d tokens computed for %d, %v", turn, s.Computed-before, len(again.IDs), err)
		}
		if got, err = s.Continue(text, Options{MaxNewTokens: 6, KeepStop: true}); err != nil {
			t.Fatal(err)
		}
		text = append(text, got.IDs...)
	}
	// A text that differs from the middle on.
	other := append(append([]int32(nil), text[:20]...), (text[20]+1)%int32(c.Vocab), 3, 5)
	before := s.Computed
	got, err := s.Continue(other, Options{MaxNewTokens: 4})
	fresh, _ := Generate(m, [][]int32{other}, Options{MaxNewTokens: 4})
	if err != nil || fmt.Sprint(got.IDs) != fmt.Sprint(fresh[0].IDs) || s.Computed-before != 3+3 {
		t.Errorf("%v, want %v; %d tokens computed, want 6; %v", got.IDs, fresh[0].IDs, s.Computed-before, err)
	}
}

func TestSessionAfterAnInterrupt(t *testing.T) {
	defer stop.Reset()
	m := sharp(tiny, 4)
	d, _ := m.Decoder(transformer.DecodeOptions{})
	s := NewSession(d)
	n := 0
	part, err := s.Continue([]int32{1, 2, 3}, Options{MaxNewTokens: 12, OnToken: func(int, int32) {
		if n++; n == 3 {
			stop.Request()
		}
	}})
	if !errors.Is(err, stop.ErrInterrupted) || len(part.IDs) != 3 {
		t.Fatalf("%v, %v", part.IDs, err)
	}
	if _, err := s.Continue([]int32{1, 2, 3, 4}, Options{}); !errors.Is(err, stop.ErrInterrupted) {
		t.Fatal(err)
	}
	stop.Reset()
	want, _ := Generate(m, [][]int32{{1, 2, 3, 4}}, Options{MaxNewTokens: 8})
	got, err := s.Continue([]int32{1, 2, 3, 4}, Options{MaxNewTokens: 8})
	if err != nil || fmt.Sprint(got.IDs) != fmt.Sprint(want[0].IDs) {
		t.Errorf("%v, want %v, %v", got.IDs, want[0].IDs, err)
	}
	if _, err := s.Continue([]int32{1}, Options{Samples: 2}); err == nil {
		t.Error("several samples: no error")
	}
	if _, err := s.Continue(nil, Options{}); err == nil {
		t.Error("no prompt: no error")
	}
}

func TestFirstRowDividesACall(t *testing.T) {
	m := sharp(tiny, 4)
	prompts := [][]int32{{1, 2}, {1, 2}, {5}, {7, 8, 9}}
	o := Options{MaxNewTokens: 8, Temperature: 1, Seed: 3, Samples: 2}
	all, err := Generate(m, prompts, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range prompts {
		o.FirstRow = 2 * i
		part, err := Generate(m, prompts[i:i+1], o)
		for j := range part {
			if err != nil || fmt.Sprint(part[j].IDs) != fmt.Sprint(all[2*i+j].IDs) {
				t.Errorf("completion %d alone: %v, together %v, %v", 2*i+j, part[j].IDs, all[2*i+j].IDs, err)
			}
		}
	}
}
