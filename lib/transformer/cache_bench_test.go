package transformer

import (
	"fmt"
	"testing"
)

// The shapes of a character model of 10.8 million weights, and of SmolLM2-135M.
var (
	gptShape  = Config{Vocab: 65, Dim: 384, Layers: 6, Heads: 6, KVHeads: 6, HeadDim: 64, Hidden: 1024, Context: 256, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	smolShape = Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 8192, RopeTheta: 100000, NormEps: 1e-5, Tied: true}
)

// BenchmarkDecode is one token for each of a number of sequences, after 63 tokens each; GB/s is the weights over the time.
func BenchmarkDecode(b *testing.B) {
	for name, config := range map[string]Config{"gpt": gptShape, "smol": smolShape} {
		m := New(config, 1)
		for _, weights := range []string{"float32", "bf16", "int8"} {
			d, err := m.Decoder(DecodeOptions{Weights: weights})
			if err != nil {
				b.Fatal(err)
			}
			for _, n := range []int{1, 16, 64} {
				b.Run(fmt.Sprintf("%s/%s/%d", name, weights, n), func(b *testing.B) {
					c := d.NewCache(n, 128)
					runs := make([]Run, n)
					for i := range runs {
						c.Extend([]Run{{Slot: i, IDs: make([]int32, 63)}})
						runs[i] = Run{Slot: i, IDs: []int32{int32(i)}, Logits: true}
					}
					b.ReportAllocs()
					for b.Loop() {
						c.Extend(runs)
						for i := range runs {
							c.Truncate(i, 63)
						}
					}
					seconds := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(float64(n)/seconds, "tok/s")
					b.ReportMetric(float64(d.WeightBytes())/seconds/1e9, "GB/s")
				})
			}
		}
	}
}

// BenchmarkPrefill is a prompt of 256 tokens.
func BenchmarkPrefill(b *testing.B) {
	m := New(smolShape, 1)
	for _, weights := range []string{"float32", "bf16", "int8"} {
		b.Run(weights, func(b *testing.B) {
			d, err := m.Decoder(DecodeOptions{Weights: weights})
			if err != nil {
				b.Fatal(err)
			}
			c := d.NewCache(1, 256)
			runs := []Run{{IDs: make([]int32, 256), Logits: true}}
			for b.Loop() {
				c.Truncate(0, 0)
				c.Extend(runs)
			}
			b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "tok/s")
		})
	}
}
