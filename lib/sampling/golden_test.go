package sampling

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"lyceum/lib/internal/golden"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// Tolerances against Transformers: log-probabilities and beam scores, absolute.
const (
	logProbTolerance = 2e-5
	scoreTolerance   = 1e-4
)

//go:embed testdata/transformers.json
var goldenData []byte

type goldenValues struct {
	Processors struct {
		IDs    []int32
		Prompt int
		Scores []float32
		EOS    []int32
		Cases  []struct {
			Options Options
			LogP    []*float64
		}
	}
	Runs []struct {
		Prompt    []int32
		Options   Options
		Sequences [][]int32
		Scores    []float64
	}
}

func loadGolden(t *testing.T) (g goldenValues) {
	t.Helper()
	if err := json.Unmarshal(goldenData, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestProcessorsEqualTransformers(t *testing.T) {
	g := loadGolden(t).Processors
	for n, c := range g.Cases {
		o := c.Options
		o.Stop = g.EOS
		if o.Temperature == 0 {
			o.Temperature = 1
		}
		got := distribution(&o, g.Scores, g.IDs, g.Prompt)
		name := fmt.Sprintf("case %d of make.py", n)
		for id, want := range c.LogP {
			switch {
			case want == nil && !math.IsInf(got[id], -1):
				t.Errorf("%s: token %d has log-probability %v, Transformers leaves it out", name, id, got[id])
			case want != nil && !(math.Abs(got[id]-*want) <= logProbTolerance):
				t.Errorf("%s: token %d has log-probability %v, Transformers %v", name, id, got[id], *want)
			}
		}
		for seed := range uint64(200) {
			d := o.choose(g.Scores, place{ids: g.IDs, prompt: g.Prompt, rng: tensor.NewRand(seed)})
			if d.err != nil || c.LogP[d.id] == nil || math.Abs(d.drawn-*c.LogP[d.id]) > logProbTolerance {
				t.Fatalf("%s: drew %d with %v, %v", name, d.id, d.drawn, d.err)
			}
		}
	}
}

// distribution returns the log-probabilities that tokens are drawn with.
func distribution(o *Options, raw []float32, ids []int32, prompt int) []float64 {
	scores := append([]float32(nil), raw...)
	s := new(scratch)
	s.process(o, scores, ids, prompt)
	for i := range scores {
		scores[i] /= float32(o.Temperature)
	}
	probs := grown(&s.probs, len(scores))
	softmax(probs, scores)
	list := s.filter(scores, probs, o)
	sum := total(list)
	out := make([]float64, len(scores))
	for i := range out {
		out[i] = math.Inf(-1)
	}
	for _, c := range list {
		out[c.id] = math.Log(float64(c.p) / sum)
	}
	return out
}

func goldenModel(t *testing.T) *transformer.LM {
	t.Helper()
	m := transformer.New(transformer.Config{Vocab: 17, Dim: 16, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 16, RopeTheta: 10000, NormEps: 1e-5, Tied: true}, 1)
	weights := golden.Load().Model.Weights
	for _, p := range m.Params() {
		at := 0
		if len(p.Parts) == 0 {
			at = copy(p.Value.Data(), weights[p.Name])
		}
		for _, part := range p.Parts {
			at += copy(p.Value.Data()[at:], weights[part.Name])
		}
		if at != p.Value.Len() {
			t.Fatalf("%s: %d of %d values", p.Name, at, p.Value.Len())
		}
	}
	return m
}

func TestGreedyAndBeamSearchEqualTransformers(t *testing.T) {
	m := goldenModel(t)
	for _, r := range loadGolden(t).Runs {
		o := r.Options
		o.MaxNewTokens, o.KeepStop = 8, true
		got, err := Generate(m, [][]int32{r.Prompt}, o)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := json.Marshal(r.Options.Beam)
		for i, want := range r.Sequences {
			// Transformers fills up with the first stop token after the end.
			if n := len(got[i].IDs); n > len(want) || fmt.Sprint(got[i].IDs) != fmt.Sprint(want[:n]) || n < len(want) && !(got[i].Stopped && want[n] == o.Stop[0]) {
				t.Errorf("%s after %v, number %d: %v, Transformers has %v", name, r.Prompt, i, got[i].IDs, want)
			}
			if r.Scores != nil && math.Abs(got[i].Score-r.Scores[i]) > scoreTolerance {
				t.Errorf("%s after %v, number %d: score %v, Transformers has %v", name, r.Prompt, i, got[i].Score, r.Scores[i])
			}
			sum := 0.0
			for _, p := range got[i].LogProbs {
				sum += p
			}
			if l := math.Pow(float64(len(got[i].IDs)), o.Beam.LengthPenalty); r.Scores != nil && math.Abs(sum/l-got[i].Score) > scoreTolerance {
				t.Errorf("%s after %v, number %d: LogProbs add up to %v, the score is %v", name, r.Prompt, i, sum, got[i].Score)
			}
		}
	}
}
