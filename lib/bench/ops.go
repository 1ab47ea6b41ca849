package bench

import (
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// opsCases are the parts of a step that are no matrix products, in nanoseconds an element.
func opsCases(s sizes) []Case {
	rows, cols := s.rows, s.cols
	n := rows * cols
	op := func(name string, open func(x, y, z []float32) func()) Case {
		return Case{Group: "ops", Name: "ops/" + name, Precision: "float32", Work: Work{Elements: float64(n)},
			torch: spec{"op": name, "rows": rows, "cols": cols},
			open: func() (func(), error) {
				rng := tensor.NewRand(1)
				return open(normals(rng, n), normals(rng, n), normals(rng, n)), nil
			}}
	}
	out := []Case{
		op("exp", func(x, y, _ []float32) func() { return func() { compute.Exp(y, x) } }),
		op("softmax", func(x, y, _ []float32) func() { return func() { compute.SoftmaxRows(y, x, rows, cols) } }),
		op("rmsnorm", func(x, y, z []float32) func() {
			scale := make([]float32, rows)
			return func() { compute.RMSNorm(y, scale, x, z[:cols], rows, cols, 1e-5) }
		}),
		op("layernorm", func(x, y, z []float32) func() {
			stats := make([]float32, 2*rows)
			return func() { compute.LayerNorm(y, stats, x, z[:cols], z[cols:2*cols], rows, cols, 1e-5) }
		}),
		op("gelu", func(x, y, _ []float32) func() { return func() { compute.GELU(y, x) } }),
		op("swiglu", func(x, y, z []float32) func() { return func() { compute.SwiGLU(y, x, z) } }),
		op("adamw", func(x, g, m []float32) func() {
			v := make([]float32, n)
			return func() {
				compute.AdamW(x, g, m, v, compute.AdamWStep{LearningRate: 1e-4, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Step: 10, GradScale: 1})
			}
		}),
	}
	return append(out, crossEntropyCase(s), attentionCase("ops", "ops/attention/gpt", s.gptRows, s.width, s.gpt), attentionCase("ops", "ops/attention/smol", s.smolRows, s.width, s.smol))
}

// crossEntropyCase is the loss and its gradient over whole rows of scores.
func crossEntropyCase(s sizes) Case {
	rows, vocab := s.vocabRows, s.smol.Vocab
	return Case{Group: "ops", Name: "ops/crossentropy", Precision: "float32", Work: Work{Elements: float64(rows * vocab)},
		torch: spec{"op": "crossentropy", "rows": rows, "cols": vocab},
		open: func() (func(), error) {
			rng := tensor.NewRand(1)
			x, d := normals(rng, rows*vocab), make([]float32, rows*vocab)
			targets, nll, lse, dnll := tokens(rng, rows, vocab), make([]float32, rows), make([]float32, rows), make([]float32, rows)
			compute.Fill(dnll, 1/float32(rows))
			return func() {
				compute.CrossEntropyRows(nll, lse, x, targets, rows, vocab)
				compute.CrossEntropyRowsBackward(d, x, lse, dnll, targets, rows, vocab)
			}, nil
		}}
}

// attentionCase is causal attention forward and backward; an element is a multiply-add of the forward pass, two for each
// visible pair and each number of the head.
func attentionCase(group, name string, batch, length int, c shape) Case {
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	pairs := float64(batch) * float64(length) * float64(length+1) / 2
	return Case{Group: group, Name: name, Precision: "float32",
		Work:  Work{Tokens: float64(batch * length), Elements: 2 * pairs * float64(q), Flops: 12 * pairs * float64(q)},
		torch: spec{"op": "attention", "batch": batch, "length": length, "heads": c.Heads, "kv": c.KVHeads, "dim": c.HeadDim},
		open: func() (func(), error) {
			rng, n := tensor.NewRand(1), batch*length
			x, k, v, dout := normals(rng, n*q), normals(rng, n*kv), normals(rng, n*kv), normals(rng, n*q)
			out, lse := make([]float32, n*q), make([]float32, n*c.Heads)
			dx, dk, dv := make([]float32, n*q), make([]float32, n*kv), make([]float32, n*kv)
			s := compute.AttentionShape{Batch: batch, Queries: length, Keys: length, Heads: c.Heads, KVHeads: c.KVHeads, Dim: c.HeadDim,
				QStride: q, KStride: kv, VStride: kv, OStride: q, Scale: float32(1 / math.Sqrt(float64(c.HeadDim))), Causal: true}
			return func() {
				compute.Attention(out, lse, x, k, v, s)
				clear(dx)
				clear(dk)
				clear(dv)
				compute.AttentionBackward(dx, dk, dv, dout, out, lse, x, k, v, s)
			}, nil
		}}
}
