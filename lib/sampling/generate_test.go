package sampling

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// sharp returns a model whose distributions are far from flat, so that texts do not hang on rounding.
func sharp(c transformer.Config, seed uint64) *transformer.LM {
	m := transformer.New(c, seed)
	for _, p := range m.Params() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] *= 6
		}
	}
	return m
}

// uncached continues one prompt by running the whole sequence through the model for each token.
func uncached(m *transformer.LM, prompt []int32, row int, o Options) (c Completion) {
	ids := append([]int32(nil), prompt...)
	rng := tensor.NewRand(o.Seed + uint64(row)*0x9e3779b9)
	for len(c.IDs) < o.MaxNewTokens && len(ids) < m.Config.Context {
		z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)})
		t := o.choose(z.Data()[(len(ids)-1)*m.Config.Vocab:], place{row: row, ids: ids, prompt: len(prompt), rng: rng})
		if slices.Contains(o.Stop, t.id) {
			c.Stopped = true
			break
		}
		c.add(t)
		ids = append(ids, t.id)
	}
	return c
}

func TestUncachedEqualsBatchedEqualsContinuous(t *testing.T) {
	m := sharp(tiny, 4)
	rng := tensor.NewRand(1)
	for trial := range 30 {
		prompts := make([][]int32, 1+rng.IntN(9))
		for i := range prompts {
			prompts[i] = make([]int32, 1+rng.IntN(14))
			for j := range prompts[i] {
				prompts[i][j] = int32(rng.IntN(tiny.Vocab))
			}
		}
		o := Options{MaxNewTokens: 1 + rng.IntN(12), Seed: uint64(trial), Stop: []int32{3}, Samples: 1 + rng.IntN(3)}
		if trial%3 > 0 {
			o.Temperature, o.TopP, o.Penalty = 0.9, 0.95, 1.1
		}
		if trial%5 == 0 {
			o.NoRepeatNGram, o.MinNewTokens = 3, 2
		}
		for _, slots := range []int{0, 1, 2, 5} {
			o.Slots = slots
			got, err := Generate(m, prompts, o)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range got {
				want := uncached(m, prompts[i/o.Samples], i, o)
				if fmt.Sprint(c.IDs, c.Stopped) != fmt.Sprint(want.IDs, want.Stopped) {
					t.Fatalf("trial %d, %d slots, completion %d: %v %v, without cache %v %v", trial, slots, i, c.IDs, c.Stopped, want.IDs, want.Stopped)
				}
				for j := range c.IDs {
					for k, pair := range [][2]float64{{c.LogProbs[j], want.LogProbs[j]}, {c.ModelLogProbs[j], want.ModelLogProbs[j]}, {c.PolicyLogProbs[j], want.PolicyLogProbs[j]}} {
						if math.Abs(pair[0]-pair[1]) > 1e-4 {
							t.Fatalf("trial %d, %d slots, completion %d, token %d, log-probability %d: %v and %v", trial, slots, i, j, k, pair[0], pair[1])
						}
					}
				}
			}
		}
	}
}

func TestLogProbabilities(t *testing.T) {
	m := sharp(tiny, 4)
	o := Options{MaxNewTokens: 6, Temperature: 0.7, TopK: 4, Penalty: 1.2, TopLogProbs: 3}
	got, err := Generate(m, [][]int32{{1, 2}}, o)
	if err != nil {
		t.Fatal(err)
	}
	c := got[0]
	ids := append([]int32{1, 2}, c.IDs...)
	z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)}).Data()
	for j, id := range c.IDs {
		row := z[(j+1)*tiny.Vocab:][:tiny.Vocab]
		norm := func(temperature float64) float64 {
			sum := 0.0
			for _, x := range row {
				sum += math.Exp(float64(x) / temperature)
			}
			return math.Log(sum)
		}
		if want := float64(row[id]) - norm(1); math.Abs(c.ModelLogProbs[j]-want) > 1e-4 {
			t.Errorf("token %d: the model's log-probability %v, want %v", j, c.ModelLogProbs[j], want)
		}
		if want := float64(row[id])/0.7 - norm(0.7); math.Abs(c.PolicyLogProbs[j]-want) > 1e-4 {
			t.Errorf("token %d: the policy's log-probability %v, want %v", j, c.PolicyLogProbs[j], want)
		}
		if c.LogProbs[j] < c.PolicyLogProbs[j]-3 || c.LogProbs[j] > 0 {
			t.Errorf("token %d: log-probability of the draw %v", j, c.LogProbs[j])
		}
		order := slices.Clone(row)
		slices.SortFunc(order, func(a, b float32) int { return int(math.Copysign(1, float64(b-a))) })
		for k, top := range c.Top[j] {
			if len(c.Top[j]) != 3 || row[top.ID] != order[k] || math.Abs(top.LogProb-(float64(order[k])-norm(1))) > 1e-4 {
				t.Errorf("token %d: top %v of %v", j, c.Top[j], row)
			}
		}
	}
}

// letters decodes token i as the i-th letter.
func letters(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteByte(byte('a' + id))
	}
	return b.String()
}

func TestStopStrings(t *testing.T) {
	m := sharp(tiny, 4)
	o := Options{MaxNewTokens: 16, Temperature: 1, Seed: 5, Text: letters}
	free, err := Generate(m, [][]int32{{1, 2}}, o)
	if err != nil {
		t.Fatal(err)
	}
	text := letters(free[0].IDs)
	end := text[4:6]
	at := strings.Index(text, end)
	o.StopStrings = []string{"zz", end}
	got, err := Generate(m, [][]int32{{1, 2}}, o)
	if c := got[0]; err != nil || !c.Stopped || c.StopString != end || c.Text != text[:at] || len(c.IDs) != at+2 || c.StopToken != -1 {
		t.Errorf("%q with stop %q: %+v, %v", text, end, c, err)
	}
	o.StopStrings = []string{"zz"}
	got, _ = Generate(m, [][]int32{{1, 2}}, o)
	if c := got[0]; c.Stopped || c.Text != text {
		t.Errorf("a stop string that does not occur: %+v, want %q", c, text)
	}
}

func TestKeepStopAndMinNewTokens(t *testing.T) {
	m := sharp(tiny, 4)
	free, _ := Generate(m, [][]int32{{1, 2}}, Options{MaxNewTokens: 8})
	first := free[0].IDs[0]
	kept, _ := Generate(m, [][]int32{{1, 2}}, Options{MaxNewTokens: 8, Stop: []int32{first}, KeepStop: true})
	if c := kept[0]; len(c.IDs) != 1 || c.IDs[0] != first || len(c.LogProbs) != 1 || !c.Stopped || c.StopToken != first {
		t.Errorf("the stop token must be part of the completion: %+v", c)
	}
	longer, _ := Generate(m, [][]int32{{1, 2}}, Options{MaxNewTokens: 8, Stop: []int32{first}, MinNewTokens: 4})
	if c := longer[0]; len(c.IDs) < 4 || slices.Contains(c.IDs, first) {
		t.Errorf("MinNewTokens 4: %+v", c)
	}
}

func TestProcessorsAndPenalties(t *testing.T) {
	m := sharp(tiny, 4)
	only := func(row int, ids []int32, scores []float32) {
		for i := range scores {
			if i != (len(ids)+row)%tiny.Vocab {
				scores[i] = minusInf
			}
		}
	}
	got, err := Generate(m, [][]int32{{1, 2}, {3}}, Options{MaxNewTokens: 4, Processors: []LogitsProcessor{only}})
	if err != nil || fmt.Sprint(got[0].IDs, got[1].IDs) != "[2 3 4 5] [2 3 4 5]" || got[0].LogProbs[0] != 0 || got[0].ModelLogProbs[0] == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	none := func(_ int, _ []int32, scores []float32) {
		for i := range scores {
			scores[i] = minusInf
		}
	}
	for _, temperature := range []float64{0, 1} {
		if _, err := Generate(m, [][]int32{{1}}, Options{Temperature: temperature, Processors: []LogitsProcessor{none}}); err == nil || !strings.Contains(err.Error(), "forbidden") {
			t.Errorf("all tokens forbidden: %v", err)
		}
	}
	scores := []float32{1, 1, 1, 1}
	o := Options{Frequency: 0.5, Presence: 0.25}
	new(scratch).process(&o, scores, []int32{0, 0, 1, 2, 1}, 2)
	if want := []float32{1, 1 - 1.25, 1 - 0.75, 1}; !slices.Equal(scores, want) {
		t.Errorf("frequency and presence: %v, want %v", scores, want)
	}
}

func TestWeightsInOtherTypes(t *testing.T) {
	m := sharp(tiny, 4)
	prompts := [][]int32{{1, 2, 3}, {4, 5}}
	want, _ := Generate(m, prompts, Options{MaxNewTokens: 3})
	for _, w := range []string{"float32", "bf16", "int8", "int4"} {
		got, err := Generate(m, prompts, Options{MaxNewTokens: 3, Weights: w})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			most := 0.3
			if w == "int4" {
				most = 0.8
			}
			if math.Abs(got[i].ModelLogProbs[0]-want[i].ModelLogProbs[0]) > most {
				t.Errorf("%s: %v, float32 %v", w, got[i].ModelLogProbs, want[i].ModelLogProbs)
			}
		}
	}
	if _, err := Generate(m, prompts, Options{Weights: "int3"}); err == nil {
		t.Error("unknown weights: no error")
	}
}

func TestBadOptions(t *testing.T) {
	m := transformer.New(tiny, 4)
	for name, o := range map[string]Options{"typical": {Typical: 2}, "stop strings without Text": {StopStrings: []string{"a"}}, "empty stop string": {StopStrings: []string{""}, Text: letters},
		"bad word": {BadWords: [][]int32{{}}}, "bad word's token": {BadWords: [][]int32{{99}}}, "suppress": {Suppress: []int32{-1}}, "samples": {Samples: -1}, "slots": {Slots: -1},
		"frequency": {Frequency: math.NaN()}, "beam and temperature": {Temperature: 1, Beam: BeamSearch(2)}, "more samples than beams": {Samples: 3, Beam: BeamSearch(2)},
		"length penalty": {Beam: Beam{Width: 2, LengthPenalty: math.Inf(1)}}, "early": {Beam: Beam{Width: 2, Early: 7}}, "n-gram": {NoRepeatNGram: -1}} {
		if _, err := Generate(m, [][]int32{{1}}, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Generate(m, [][]int32{{1, 99}}, Options{}); err == nil {
		t.Error("token outside the vocabulary: no error")
	}
}

// An interrupt from outside must not wait for the end of a pass over a model that is large, and the next run must be as if
// nothing had been.
func TestInterruptWithinAPass(t *testing.T) {
	defer stop.Reset()
	c := transformer.Config{Vocab: 2000, Dim: 256, Layers: 8, Heads: 4, KVHeads: 2, HeadDim: 64, Hidden: 512, Context: 4096, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	m := transformer.New(c, 1)
	cache := m.NewCache(2, 4096)
	cache.Prefill(1, []int32{1, 2, 3})
	go func() {
		time.Sleep(5 * time.Millisecond)
		stop.Request()
	}()
	func() {
		defer func() {
			if v := recover(); v != nil && v != stop.ErrInterrupted {
				panic(v)
			}
		}()
		for {
			cache.Truncate(0, 0)
			cache.Extend([]transformer.Run{{Slot: 0, IDs: make([]int32, 2000), Logits: true}, {Slot: 1, IDs: []int32{4}}})
			cache.Truncate(1, 3)
		}
	}()
	if cache.Length(0) != 0 || cache.Length(1) != 3 {
		t.Errorf("after an interrupt the slots hold %d and %d tokens, want 0 and 3", cache.Length(0), cache.Length(1))
	}
	if _, err := Generate(m, [][]int32{make([]int32, 2000)}, Options{}); !errors.Is(err, stop.ErrInterrupted) {
		t.Errorf("%v", err)
	}
	stop.Reset()
	again := cache.Step([]int{1}, []int32{4}).Data()
	fresh := m.NewCache(1, 8).Prefill(0, []int32{1, 2, 3, 4}).Data()
	for i := range again {
		if math.Abs(float64(again[i]-fresh[i])) > 1e-4 {
			t.Fatalf("logit %d after an interrupt: %v, want %v", i, again[i], fresh[i])
		}
	}
}
