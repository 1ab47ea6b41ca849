package transformer

import (
	"testing"

	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

// smol is the shape of SmolLM2-135M.
var smol = Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 8192, RopeTheta: 100000, NormEps: 1e-5, Tied: true}

// BenchmarkStep is a whole step of training: forward, backward, clipping, AdamW.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name         string
		config       Config
		rows, length int
	}{{"smol", smol, 2, 256}} {
		b.Run(c.name, func(b *testing.B) {
			m := New(c.config, 1)
			rng := tensor.NewRand(2)
			batch := Batch{Rows: c.rows, Length: c.length}
			targets := make([]int32, c.rows*c.length)
			for i := range targets {
				batch.IDs = append(batch.IDs, int32(rng.IntN(c.config.Vocab)))
				targets[i] = int32(rng.IntN(c.config.Vocab))
			}
			opt := optim.NewAdamW(m.Params())
			step := func() {
				tensor.Scope(func() { m.NLL(batch, targets).Mean().Backward() })
				_, scale := optim.Clip(m.Params(), 1)
				opt.Step(1e-4, scale)
				opt.ZeroGrad()
			}
			step()
			b.ResetTimer()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(len(targets)*b.N)/b.Elapsed().Seconds(), "tok/s")
		})
	}
}
