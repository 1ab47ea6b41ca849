package compute

import (
	"math"
	"testing"
)

// stepModel is a Llama-style language model reduced to its arithmetic: all buffers exist, nothing is recorded. Its training
// step is the bound for what a tape over these kernels can reach.
type stepModel struct {
	layers, dim, heads, kv, headDim, hidden, vocab, batch, context int

	params, grads, m, v []float32
	used                int
	embed, norm         span2
	blocks              []stepLayer
	cos, sin            []float32
	ids, targets        []int32
	x, dx               []float32 // residual stream between layers, (layers+1, tokens, dim), and its gradient (tokens, dim)
	final, dfinal       []float32
	scale               []float32
	nll, lse, weights   []float32
	temp                []float32
	steps               int
}

// span2 is a parameter and its gradient.
type span2 struct{ w, g []float32 }

type stepLayer struct {
	norm1, qkv, out, norm2, gateUp, down span2

	scale1, scale2, lse                            []float32
	normed1, q, att, mid, normed2, wide, activated []float32
}

func (s *stepModel) tokens() int { return s.batch * s.context }
func (s *stepModel) qkvDim() int { return (s.heads + 2*s.kv) * s.headDim }

func (s *stepModel) param(n int) span2 {
	p := span2{s.params[s.used : s.used+n], s.grads[s.used : s.used+n]}
	s.used += n
	return p
}

func (s *stepModel) build() {
	n, t := s.vocab*s.dim+s.dim+s.layers*(2*s.dim+s.qkvDim()*s.dim+s.heads*s.headDim*s.dim+3*s.hidden*s.dim), s.tokens()
	r := source(1)
	s.used, s.blocks = 0, nil // a benchmark may be run again
	s.params, s.grads, s.m, s.v = normals(r, n), make([]float32, n), make([]float32, n), make([]float32, n)
	Scale(0.02, s.params)
	s.embed, s.norm = s.param(s.vocab*s.dim), s.param(s.dim)
	buffer := func(cols int) []float32 { return Aligned(t * cols) }
	for range s.layers {
		s.blocks = append(s.blocks, stepLayer{
			norm1: s.param(s.dim), qkv: s.param(s.qkvDim() * s.dim), out: s.param(s.heads * s.headDim * s.dim),
			norm2: s.param(s.dim), gateUp: s.param(2 * s.hidden * s.dim), down: s.param(s.hidden * s.dim),
			scale1: buffer(1), scale2: buffer(1), lse: buffer(s.heads), normed1: buffer(s.dim), q: buffer(s.qkvDim()),
			att: buffer(s.heads * s.headDim), mid: buffer(s.dim), normed2: buffer(s.dim), wide: buffer(2 * s.hidden), activated: buffer(s.hidden),
		})
	}
	for _, norm := range s.norms() {
		for i := range norm {
			norm[i] = 1
		}
	}
	s.cos, s.sin = RotaryTable(s.context, s.headDim, 10000)
	s.ids, s.targets = make([]int32, t), make([]int32, t)
	for i := range s.ids {
		s.ids[i], s.targets[i] = int32(r.IntN(s.vocab)), int32(r.IntN(s.vocab))
	}
	s.x, s.dx = Aligned((s.layers+1)*t*s.dim), buffer(s.dim)
	s.final, s.dfinal, s.scale = buffer(s.dim), buffer(s.dim), buffer(1)
	s.nll, s.lse, s.weights = buffer(1), buffer(1), buffer(1)
	for i := range s.weights {
		s.weights[i] = -1 / float32(t)
	}
	s.temp = buffer(max(2*s.hidden, s.qkvDim()) + s.hidden + 2*s.dim)
}

func (s *stepModel) norms() [][]float32 {
	all := [][]float32{s.norm.w}
	for _, l := range s.blocks {
		all = append(all, l.norm1.w, l.norm2.w)
	}
	return all
}

func (s *stepModel) attention() AttentionShape {
	return AttentionShape{Batch: s.batch, Queries: s.context, Keys: s.context, Heads: s.heads, KVHeads: s.kv, Dim: s.headDim,
		QStride: s.qkvDim(), KStride: s.qkvDim(), VStride: s.qkvDim(), OStride: s.heads * s.headDim,
		Scale: float32(1 / math.Sqrt(float64(s.headDim))), Causal: true}
}

func (s *stepModel) rotary(x []float32, inverse bool) {
	Rotary(x, RotaryShape{Tokens: s.tokens(), Heads: s.heads + s.kv, Dim: s.headDim, Stride: s.qkvDim(), Period: s.context}, s.cos, s.sin, inverse)
}

// linear computes y (+)= x w^T; linearBack adds to dx and dw.
func linear(y, x, w []float32, tokens, in, out int, beta float32) {
	Gemm(false, true, tokens, out, in, 1, x, in, w, in, beta, y, out)
}

func linearBack(dx []float32, beta float32, dw, dy, x, w []float32, tokens, in, out int) {
	Gemm(false, false, tokens, in, out, 1, dy, out, w, in, beta, dx, in)
	Gemm(true, false, out, in, tokens, 1, dy, out, x, in, 1, dw, in)
}

func (s *stepModel) step() float64 {
	t, size := s.tokens(), s.tokens()*s.dim
	Fill(s.grads, 0)
	GatherRows(s.x[:size], s.embed.w, s.ids, s.dim)
	for i := range s.blocks {
		s.forward(&s.blocks[i], s.x[i*size:(i+1)*size], s.x[(i+1)*size:(i+2)*size])
	}
	last := s.x[s.layers*size:]
	RMSNorm(s.final, s.scale, last, s.norm.w, t, s.dim, 1e-5)
	Fill(s.dfinal, 0)
	head := OutputHead{Weight: NewFloatMatrix(s.embed.w, s.vocab, s.dim), Hidden: s.final, Targets: s.targets, DHidden: s.dfinal,
		DWeight: s.embed.g, LogSumExp: s.lse, LogP: s.nll}
	head.ForwardBackward(s.weights)
	Fill(s.dx, 0)
	RMSNormBackward(s.dx, s.norm.g, s.dfinal, last, s.norm.w, s.scale, t, s.dim)
	for i := len(s.blocks) - 1; i >= 0; i-- {
		s.backward(&s.blocks[i], s.x[i*size:(i+1)*size])
	}
	ScatterAddRows(s.embed.g, s.dx, s.ids, s.dim)
	s.steps++
	clip := min(1, 1/GlobalNorm(s.grads))
	AdamW(s.params, s.grads, s.m, s.v, AdamWStep{LearningRate: 3e-3, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Step: s.steps, GradScale: clip})
	return -Sum(s.nll) / float64(t)
}

func (s *stepModel) forward(l *stepLayer, x, next []float32) {
	t, kAt, vAt := s.tokens(), s.heads*s.headDim, (s.heads+s.kv)*s.headDim
	RMSNorm(l.normed1, l.scale1, x, l.norm1.w, t, s.dim, 1e-5)
	linear(l.q, l.normed1, l.qkv.w, t, s.dim, s.qkvDim(), 0)
	s.rotary(l.q, false)
	Attention(l.att, l.lse, l.q, l.q[kAt:], l.q[vAt:], s.attention())
	Copy(l.mid, x)
	linear(l.mid, l.att, l.out.w, t, s.heads*s.headDim, s.dim, 1)
	RMSNorm(l.normed2, l.scale2, l.mid, l.norm2.w, t, s.dim, 1e-5)
	linear(l.wide, l.normed2, l.gateUp.w, t, s.dim, 2*s.hidden, 0)
	SwiGLURows(l.activated, l.wide, t, s.hidden)
	Copy(next, l.mid)
	linear(next, l.activated, l.down.w, t, s.hidden, s.dim, 1)
}

func (s *stepModel) backward(l *stepLayer, x []float32) {
	t, kAt, vAt := s.tokens(), s.heads*s.headDim, (s.heads+s.kv)*s.headDim
	wide, rest := s.temp[:t*max(2*s.hidden, s.qkvDim())], s.temp[t*max(2*s.hidden, s.qkvDim()):]
	dact, dnormed := rest[:t*s.hidden], rest[t*s.hidden:][:t*s.dim]
	datt := dact[:t*s.heads*s.headDim]
	linearBack(dact, 0, l.down.g, s.dx, l.activated, l.down.w, t, s.hidden, s.dim)
	dwide := wide[:t*2*s.hidden]
	Fill(dwide, 0)
	SwiGLURowsBackward(dwide, dact, l.wide, t, s.hidden)
	linearBack(dnormed, 0, l.gateUp.g, dwide, l.normed2, l.gateUp.w, t, s.dim, 2*s.hidden)
	RMSNormBackward(s.dx, l.norm2.g, dnormed, l.mid, l.norm2.w, l.scale2, t, s.dim)
	linearBack(datt, 0, l.out.g, s.dx, l.att, l.out.w, t, s.heads*s.headDim, s.dim)
	dq := wide[:t*s.qkvDim()]
	Fill(dq, 0)
	AttentionBackward(dq, dq[kAt:], dq[vAt:], datt, l.att, l.lse, l.q, l.q[kAt:], l.q[vAt:], s.attention())
	s.rotary(dq, true)
	linearBack(dnormed, 0, l.qkv.g, dq, l.normed1, l.qkv.w, t, s.dim, s.qkvDim())
	RMSNormBackward(s.dx, l.norm1.g, dnormed, x, l.norm1.w, l.scale1, t, s.dim)
}

// flops counts the multiply-adds of all products of a step, as two operations each; attention counts visible pairs only.
func (s *stepModel) flops() float64 {
	t := float64(s.tokens())
	weights := float64(s.used - s.layers*2*s.dim - s.dim)
	pairs := t * float64(s.context+1) / 2
	return 6*t*weights + float64(s.layers)*pairs*float64(s.heads*s.headDim)*2*2*3
}

func stepModels() map[string]*stepModel {
	return map[string]*stepModel{
		"course": {layers: 6, dim: 192, heads: 6, kv: 3, headDim: 32, hidden: 512, vocab: 2048, batch: 16, context: 128},
		"gpt":    {layers: 6, dim: 384, heads: 6, kv: 6, headDim: 64, hidden: 1024, vocab: 65, batch: 8, context: 256},
		"smol":   {layers: 30, dim: 576, heads: 9, kv: 3, headDim: 64, hidden: 1536, vocab: 49152, batch: 2, context: 256},
	}
}

// TestStepLearns holds the benchmark to its word: the loss on one batch must fall from ln(vocab) far down.
func TestStepLearns(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		s := &stepModel{layers: 2, dim: 32, heads: 4, kv: 2, headDim: 8, hidden: 40, vocab: 50, batch: 2, context: 12}
		s.build()
		first := s.step()
		if math.Abs(first-math.Log(50)) > 0.1 {
			t.Errorf("first loss %v, want about %v", first, math.Log(50))
		}
		loss := first
		for range 150 {
			loss = s.step()
		}
		if !(loss < 0.6*first) {
			t.Errorf("loss went from %v to %v", first, loss)
		}
	})
}

// BenchmarkStep reports tokens a second and the share of the peak that the products alone account for.
func BenchmarkStep(b *testing.B) {
	for name, s := range stepModels() {
		b.Run(name, func(b *testing.B) {
			s.build()
			s.step()
			peak := PeakFlops() * float64(Workers())
			for b.Loop() {
				s.step()
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(float64(s.tokens())/seconds, "tok/s")
			b.ReportMetric(100*s.flops()/seconds/peak, "%peak")
			b.ReportMetric(0, "ns/op")
		})
	}
}
