package posttrain

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
)

// A said is what the policy said of a completion's tokens when its loss was computed.
type said struct{ logp, entropy []float32 }

// together are the rows of a generation as they are computed where no row's loss depends on its neighbours: those of a prompt
// side by side, so that a micro-batch computes it once. TRL shuffles, and logs means over the tokens of a micro-batch and then
// over micro-batches: they weigh a row by its neighbours. So metrics are those of the micro-batches in the shuffled order,
// from what was said in this one.
type together struct {
	said map[*episode]said
}

// grouped reports whether rows may be computed in another order than the generation's: a step adds up the whole generation, no
// row's loss depends on its neighbours, and the numbers need not be those of another program to the last bit.
func (t *grpo) grouped(g *generation) bool {
	return t.s.Accumulation%t.perGeneration() == 0 && (!t.source.replays || g.exact) && !t.neighbourly()
}

// neighbourly reports whether the loss of a row depends on the rows beside it in a micro-batch: bnpo divides by its tokens, the
// entropy bonus is the mean over them, and the quantile of top-entropy tokens is theirs.
func (t *grpo) neighbourly() bool {
	c := t.c
	return c.Loss == "bnpo" || c.EntropyCoef != 0 || c.Adaptive.On || c.TopEntropy > 0 && c.TopEntropy < 1
}

// computed returns the rows of micro-batch k as they are computed, size rows each.
func (g *generation) computed(k, size int) []*episode {
	if g.together == nil {
		return g.micro(k, size)
	}
	at := k * size % len(g.rows)
	return g.rows[at : at+size]
}

// keep writes down what the policy said of rows.
func (x *together) keep(rows []*episode, b lossfn.GRPOBatch) {
	width := b.Mask.Dim(1)
	for i, e := range rows {
		s := said{make([]float32, len(e.ids)), make([]float32, len(e.ids))}
		copy(s.logp, b.LogProbs.Data()[i*width:])
		copy(s.entropy, b.Entropy.Data()[i*width:])
		x.said[e] = s
	}
}

// measure logs the metrics of micro-batch k in the order of the generation.
func (t *grpo) measure(g *generation, k, n int, log *meter) {
	rows := g.micro(k, t.s.BatchSize)
	width := 0
	for _, e := range rows {
		width = max(width, len(e.ids))
	}
	mask := maskMatrix(rows, width)
	logp, entropy := tensor.New(len(rows), width), tensor.New(len(rows), width)
	for i, e := range rows {
		s := g.together.said[e]
		copy(logp.Data()[i*width:], s.logp)
		copy(entropy.Data()[i*width:], s.entropy)
	}
	tensor.NoGrad(func() {
		_, m := lossfn.GRPO(t.batch(rows, policyView{logp, entropy, mask}), t.options(g, n, t.c.StepsPerGeneration))
		logOnline(log, m)
	})
}
