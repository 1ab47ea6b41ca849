package sampling

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

var tiny = transformer.Config{Vocab: 13, Dim: 16, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Context: 24, RopeTheta: 10000, NormEps: 1e-5, Tied: true}

func TestBatchedEqualsAlone(t *testing.T) {
	m := transformer.New(tiny, 4)
	for _, p := range m.Params() { // larger weights, so that the most likely token is clear
		for i := range p.Value.Data() {
			p.Value.Data()[i] *= 8
		}
	}
	prompts := [][]int32{{1, 2, 3}, {4}, {5, 6, 7, 8, 9, 10}}
	all, err := Generate(m, prompts, Options{MaxNewTokens: 8})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range prompts {
		one, err := Generate(m, prompts[i:i+1], Options{MaxNewTokens: 8})
		if err != nil || fmt.Sprint(one[0].IDs) != fmt.Sprint(all[i].IDs) {
			t.Errorf("prompt %v: alone %v, together %v, %v", p, one[0].IDs, all[i].IDs, err)
		}
		ids := append([]int32(nil), p...)
		for range 8 { // without a cache
			z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)})
			ids = append(ids, z.Index(len(ids)-1).Reshape(1, -1).Argmax()[0])
		}
		if fmt.Sprint(ids[len(p):]) != fmt.Sprint(all[i].IDs) {
			t.Errorf("prompt %v: uncached %v, cached %v", p, ids[len(p):], all[i].IDs)
		}
	}
}

func TestSeedDecides(t *testing.T) {
	m := transformer.New(tiny, 4)
	run := func(seed uint64) string {
		c, err := Generate(m, [][]int32{{1}, {2}}, Options{MaxNewTokens: 12, Temperature: 1, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(c[0].IDs, c[1].IDs)
	}
	if run(1) != run(1) || run(1) == run(2) {
		t.Error("the same seed must give the same text, another seed another")
	}
}

// draws counts what pick chooses from fixed scores.
func draws(o Options, n int) map[int32]float64 {
	scores := []float32{0, float32(math.Log(2)), float32(math.Log(5)), float32(math.Log(2))}
	out := map[int32]float64{}
	for seed := range n {
		o.Seed = uint64(seed)
		c := o.choose(scores, place{rng: tensor.NewRand(o.Seed)})
		out[c.id] += 1 / float64(n)
	}
	return out
}

func TestDistribution(t *testing.T) {
	const n = 4000
	near := func(name string, got map[int32]float64, want ...float64) {
		t.Helper()
		for i, w := range want {
			if math.Abs(got[int32(i)]-w) > 0.03 {
				t.Errorf("%s: token %d comes in %.3f of the draws, want %.3f", name, i, got[int32(i)], w)
			}
		}
	}
	near("temperature 1", draws(Options{Temperature: 1}, n), 0.1, 0.2, 0.5, 0.2)
	near("temperature 0.5", draws(Options{Temperature: 0.5}, n), 1/34.0, 4/34.0, 25/34.0, 4/34.0)
	near("top-k 1", draws(Options{Temperature: 1, TopK: 1}, n), 0, 0, 1, 0)
	near("top-k 3", draws(Options{Temperature: 1, TopK: 3}, n), 0, 2/9.0, 5/9.0, 2/9.0)
	near("top-p 0.6", draws(Options{Temperature: 1, TopP: 0.6}, n), 0, 2/7.0, 5/7.0, 0)
	near("min-p 0.5", draws(Options{Temperature: 1, MinP: 0.5}, n), 0, 0, 1, 0)
}

func TestStopTokensAndRoom(t *testing.T) {
	m := transformer.New(tiny, 4)
	free, _ := Generate(m, [][]int32{{1, 2}}, Options{MaxNewTokens: 100})
	if n := len(free[0].IDs); n == 0 || n > tiny.Context-1 || free[0].Stopped {
		t.Errorf("%d tokens in a context of %d", n, tiny.Context)
	}
	stopped, _ := Generate(m, [][]int32{{1, 2}}, Options{MaxNewTokens: 100, Stop: []int32{free[0].IDs[0]}})
	if len(stopped[0].IDs) != 0 || !stopped[0].Stopped {
		t.Errorf("a stop token must end the text and not be part of it: %v", stopped[0])
	}
}

func TestBadInput(t *testing.T) {
	m := transformer.New(tiny, 4)
	for name, o := range map[string]Options{"temperature": {Temperature: -1}, "NaN": {Temperature: math.NaN()}, "top-p": {TopP: 2}, "top-k": {TopK: -1}, "min-p": {MinP: -0.1}, "tokens": {MaxNewTokens: -1}, "penalty": {Penalty: math.NaN()}} {
		if _, err := Generate(m, [][]int32{{1}}, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, p := range map[string][]int32{"empty": {}, "too long": make([]int32, tiny.Context)} {
		if _, err := Generate(m, [][]int32{p}, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestInterrupt(t *testing.T) {
	defer stop.Reset()
	m := transformer.New(tiny, 4)
	n := 0
	_, err := Generate(m, [][]int32{{1}}, Options{MaxNewTokens: 20, OnToken: func(int, int32) {
		if n++; n == 3 {
			stop.Request()
		}
	}})
	if !errors.Is(err, stop.ErrInterrupted) || n != 3 {
		t.Errorf("%d tokens, %v", n, err)
	}
}

func TestScoresThatAreNotNumbers(t *testing.T) {
	m := transformer.New(tiny, 4)
	m.Norm.Weight.Data()[0] = float32(math.NaN())
	for _, temperature := range []float64{0, 1} {
		if out, err := Generate(m, [][]int32{{1, 2}}, Options{Temperature: temperature}); err == nil || len(out[0].IDs) != 0 {
			t.Errorf("temperature %v: %v, %v", temperature, out, err)
		}
	}
}
