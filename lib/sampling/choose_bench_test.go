package sampling

import (
	"fmt"
	"math"
	"testing"

	"lyceum/lib/sampling/constrain"
	"lyceum/lib/tensor"
)

// BenchmarkChoose is what choosing one token costs over 49152 scores, on one core.
func BenchmarkChoose(b *testing.B) {
	rng := tensor.NewRand(1)
	scores := make([]float32, 49152)
	for i := range scores {
		scores[i] = float32(2 * rng.NormFloat64())
	}
	for i := range 40 { // a few likely tokens, as a model has them
		scores[rng.IntN(len(scores))] = float32(12 - 0.2*float64(i))
	}
	ids := make([]int32, 600)
	for i := range ids {
		ids[i] = int32(rng.IntN(len(scores)))
	}
	texts := make([]string, len(scores))
	for i := range texts {
		texts[i] = fmt.Sprintf("%x", i)
		if i < 256 {
			texts[i] = string([]byte{byte(i)})
		}
	}
	c, err := constrain.New(constrain.JSON(false), constrain.NewVocabulary(len(texts), func(id int32) string { return texts[id] }))
	if err != nil {
		b.Fatal(err)
	}
	at, _ := c.Begin().After('"')
	for _, x := range []struct {
		name string
		o    Options
	}{{"greedy", Options{}}, {"temperature", Options{Temperature: 0.8}}, {"top-k", Options{Temperature: 0.8, TopK: 50}}, {"top-p", Options{Temperature: 0.8, TopP: 0.9}}, {"min-p", Options{Temperature: 0.8, MinP: 0.05}},
		{"typical", Options{Temperature: 1, Typical: 0.9}}, {"penalties", Options{Penalty: 1.1, Frequency: 0.1}}, {"all", Options{Temperature: 0.8, TopK: 50, TopP: 0.9, MinP: 0.05, Penalty: 1.1}},
		{"logprobs", Options{TopLogProbs: 5}}, {"constraint", Options{Temperature: 1, Constraint: c}}} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := x.o.choose(scores, place{ids: ids, prompt: 300, rng: rng, left: 1000, at: at}); d.err != nil || math.IsNaN(d.drawn) {
					b.Fatal(d.err)
				}
			}
		})
	}
}
