package compute

import (
	"math"
	"testing"
)

// perElement runs f and reports its time per element of work.
func perElement(b *testing.B, name string, elements int, f func()) {
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			f()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
	})
}

// BenchmarkRows times the row kernels on a batch of a small model: 2048 rows of 1024, and a vocabulary of 49152.
func BenchmarkRows(b *testing.B) {
	const rows, cols, n = 2048, 1024, 2048 * 1024
	r := source(1)
	x, y, z, g, h := normals(r, n), normals(r, n), normals(r, n), make([]float32, n), make([]float32, n)
	w, dw, scale := normals(r, cols), make([]float32, cols), make([]float32, rows)
	perElement(b, "exp", n, func() { Exp(y, x) })
	perElement(b, "add", n, func() { Add(y, x, z) })
	perElement(b, "sumSquares", n, func() { SumSquares(x) })
	perElement(b, "softmax", n, func() { SoftmaxRows(y, x, rows, cols) })
	perElement(b, "softmaxBackward", n, func() { SoftmaxBackwardRows(g, y, x, rows, cols) })
	perElement(b, "rmsnorm", n, func() { RMSNorm(y, scale, x, w, rows, cols, 1e-5) })
	perElement(b, "rmsnormBackward", n, func() { RMSNormBackward(g, dw, z, x, w, scale, rows, cols) })
	perElement(b, "swiglu", n, func() { SwiGLU(y, x, z) })
	perElement(b, "swigluBackward", n, func() { SwiGLUBackward(g, h, z, x, y) })
	perElement(b, "gelu", n, func() { GELU(y, x) })
	perElement(b, "geluBackward", n, func() { GELUBackward(g, z, x) })
	clear(g)
	step := AdamWStep{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.1, Step: 10, GradScale: 1}
	perElement(b, "adamw", n, func() { AdamW(y, z, g, h, step) })
	half := make([]uint16, n)
	perElement(b, "toBF16", n, func() { ToBF16(half, x) })
	perElement(b, "fromBF16", n, func() { FromBF16(y, half) })
	perElement(b, "fromF16", n, func() { FromF16(y, half) })
	cos, sin := RotaryTable(256, 64, 10000)
	perElement(b, "rotary", n, func() {
		Rotary(x, RotaryShape{Tokens: rows, Heads: 16, Dim: 64, Stride: cols, Period: 256}, cos, sin, false)
	})
	const vocab, tokens = 49152, 64
	logits, targets := normals(r, vocab*tokens), make([]int32, tokens)
	nll, lse := make([]float32, tokens), make([]float32, tokens)
	perElement(b, "crossEntropy", vocab*tokens, func() {
		CrossEntropyRows(nll, lse, logits, targets, tokens, vocab)
		CrossEntropyRowsBackward(logits, logits, lse, nll, targets, tokens, vocab)
	})
}

// BenchmarkAttention reports time per multiply-add of the two forward products, causal (half of all pairs).
func BenchmarkAttention(b *testing.B) {
	for _, c := range []struct {
		name                   string
		batch, t, heads, kv, d int
	}{{"gpt", 8, 256, 6, 6, 64}, {"smol", 2, 256, 9, 3, 64}, {"long", 1, 2048, 9, 3, 64}, {"small", 16, 128, 4, 2, 32}} {
		s := AttentionShape{Batch: c.batch, Queries: c.t, Keys: c.t, Heads: c.heads, KVHeads: c.kv, Dim: c.d, Causal: true,
			QStride: c.heads * c.d, KStride: c.kv * c.d, VStride: c.kv * c.d, OStride: c.heads * c.d, Scale: float32(1 / math.Sqrt(float64(c.d)))}
		r := source(1)
		q, k, v := normals(r, c.batch*c.t*s.QStride), normals(r, c.batch*c.t*s.KStride), normals(r, c.batch*c.t*s.VStride)
		out, lse := make([]float32, len(q)), make([]float32, c.batch*c.t*c.heads)
		work := c.batch * c.heads * c.t * c.t * c.d // multiply-adds of two products over half the pairs
		perElement(b, c.name+"/forward", work, func() { Attention(out, lse, q, k, v, s) })
		dq, dk, dv := make([]float32, len(q)), make([]float32, len(k)), make([]float32, len(v))
		perElement(b, c.name+"/backward", work, func() { AttentionBackward(dq, dk, dv, out, out, lse, q, k, v, s) })
	}
}

// BenchmarkForkJoin times an empty job on the pool.
func BenchmarkForkJoin(b *testing.B) {
	for b.Loop() {
		Parallel(2, 1, func(_, _ int) {})
	}
}
