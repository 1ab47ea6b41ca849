package posttrain

import (
	"math"

	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/tensor"
)

// grpo is the task of GRPO.
type grpo struct {
	run    *Run
	s      settings
	c      GRPOConfig
	source *source
	ref    *reference
	exam

	gen         *generation
	coef        float64 // of the entropy bonus now
	lastEntropy float64 // of the step before
	entropySum  float64 // of this step's tokens
	entropyN    float64
	learned     bool // a loss of this run had a gradient
}

func (t *grpo) params() []nn.Param { return t.run.trainable() }

// perGeneration is how many micro-batches learn from a generation.
func (t *grpo) perGeneration() int { return t.c.StepsPerGeneration * t.c.Iterations }

func (t *grpo) size() int { return t.source.order.batches() * t.perGeneration() }

func (t *grpo) window(epoch, first, n int) ([]micro, error) {
	var out []micro
	for k := first; k < first+n; k++ {
		last := k == first+n-1
		at := k % t.perGeneration()
		fresh := at == 0 || t.gen == nil
		if fresh {
			g, err := t.source.next(epoch, k/t.perGeneration(), t.run.done+1)
			if err != nil {
				return nil, err
			}
			if err := t.prepare(g, n); err != nil {
				return nil, err
			}
			t.gen = g
		}
		g := t.gen
		rows := g.computed(at, t.s.BatchSize)
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor {
			if fresh {
				g.write(log)
			}
			loss := t.loss(g, rows, n, log)
			if parts := t.c.StepsPerGeneration; g.together != nil && at%parts == parts-1 {
				for k := at - parts + 1; k <= at; k++ {
					t.measure(g, k, n, log)
				}
			}
			if last && (t.c.EntropyCoef != 0 || t.c.Adaptive.On) {
				t.adapt()
				addNumber(log, "entropy_coef", t.coef)
			}
			return loss
		}})
	}
	return out, nil
}

// prepare gives a generation its advantages, and the log-probabilities that the loss compares with. n is the number of
// micro-batches in a step.
func (t *grpo) prepare(g *generation, n int) error {
	t.source.equal(t.compare(t.source, g))
	t.source.samples(g)
	onPolicy := t.s.Accumulation%t.perGeneration() == 0
	if onPolicy && !t.source.replays {
		for _, e := range g.rows { // every step learns from completions of the model as it is: the ratio is 1
			e.old = nil
		}
	}
	if t.grouped(g) {
		g.together = &together{map[*episode]said{}}
	}
	t.source.knownLogProbs(g, !onPolicy || g.rows[0].old != nil, t.ref, t.c.Temperature)
	return t.source.save(g, t.run.done+1, t.s.BatchSize*t.perGeneration())
}

// compare gives a generation of a source its advantages, and returns the share of completions that have none.
func (t *grpo) compare(o *source, g *generation) (zeroStd float64) {
	per := g.perFunc()
	weights := o.weights(len(per))
	var a rl.Advantages
	switch {
	case o.group == 1: // of an evaluation
		a = alone(rl.WeightedSum(per, weights), t.c.Scale)
	case t.c.NormalizeThenSum:
		a = rl.NormalizeThenSum(per, weights, o.group)
	default:
		a = rl.GroupAdvantages(rl.WeightedSum(per, weights), o.group, t.c.Scale)
	}
	g.note("frac_reward_zero_std", a.ZeroStd)
	for i, e := range g.rows {
		e.advantage = a.Values[i]
		e.masked = t.c.MaskTruncated && e.truncated
		for k := range e.ids {
			if e.counts(k) {
				g.tokens++
			}
		}
	}
	return a.ZeroStd
}

// options are those of the objective for a window of n micro-batches of a generation that is cut into parts.
func (t *grpo) options(g *generation, n, parts int) lossfn.GRPOOptions {
	c := t.c
	o := lossfn.GRPOOptions{Loss: c.Loss, Level: c.Level, ClipEps: c.ClipEps, ClipEpsHigh: c.ClipEpsHigh, Delta: c.Delta, Beta: c.Beta, PaperKL: c.PaperKL, SAPOPos: c.SAPOPos, SAPONeg: c.SAPONeg,
		VESPOPos: c.VESPOPos, VESPONeg: c.VESPONeg, OffPolicyThreshold: c.OffPolicyThreshold, TopEntropy: c.TopEntropy, MaxLength: c.MaxNewTokens, Accumulation: n,
		Tokens: math.Max(1, g.tokens) * float64(n) / float64(parts)}
	if t.coef != 0 && (!c.Adaptive.On || t.lastEntropy <= c.Adaptive.Target.Or(0.2)) {
		o.EntropyCoef = t.coef
	}
	return o
}

// loss is the loss of a micro-batch of a window of n.
func (t *grpo) loss(g *generation, rows []*episode, n int, log *meter) (loss *tensor.Tensor) {
	if t.learned && t.indifferent(rows) {
		tensor.NoGrad(func() { loss = t.lossOf(g, rows, n, t.c.StepsPerGeneration, log) })
		return loss
	}
	t.learned = true
	return t.lossOf(g, rows, n, t.c.StepsPerGeneration, log)
}

// indifferent reports whether the loss of these rows has a gradient of nothing but zeros, which need not be computed: no
// completion was better than the others of its group, and the loss has no other part. Once it must be, so that there are
// zeros for the optimiser.
func (t *grpo) indifferent(rows []*episode) bool {
	for _, e := range rows {
		if e.advantage != 0 {
			return false
		}
	}
	return t.c.Beta == 0 && t.c.EntropyCoef == 0 && !t.c.Adaptive.On
}

func (t *grpo) lossOf(g *generation, rows []*episode, n, parts int, log *meter) *tensor.Tensor {
	b := t.batch(rows, viewPolicy(t.run.Model.LM, rows, t.c.Temperature))
	o := t.options(g, n, parts)
	loss, m := lossfn.GRPO(b, o)
	if g.together != nil {
		g.together.keep(rows, b)
		return loss
	}
	if t.c.EntropyCoef != 0 || t.c.Adaptive.On {
		t.bonus(b, o, float64(loss.Item()), m)
	}
	logOnline(log, m)
	return loss
}

// batch is what the objective sees of rows.
func (t *grpo) batch(rows []*episode, v policyView) lossfn.GRPOBatch {
	width := v.mask.Dim(1)
	b := lossfn.GRPOBatch{LogProbs: v.logp, Mask: v.mask, Entropy: v.entropy, Advantages: advantages(rows),
		Old: matrix(rows, width, func(e *episode) []float64 { return e.old })}
	if t.ref != nil {
		b.Ref = matrix(rows, width, func(e *episode) []float64 { return e.ref })
	}
	return b
}

// bonus completes the metrics of the entropy bonus and, if the coefficient adapts, counts the entropy of the step.
func (t *grpo) bonus(b lossfn.GRPOBatch, o lossfn.GRPOOptions, loss float64, m map[string]float64) {
	if _, ok := m["policy_loss"]; !ok { // the coefficient is 0 now
		m["policy_loss"] = loss
		if !oneOf(o.Loss, "dapo", "cispo", "vespo") {
			m["policy_loss"] *= float64(o.Accumulation)
		}
	}
	mask := b.Mask
	if o.TopEntropy > 0 && o.TopEntropy < 1 {
		mask = lossfn.HighEntropyMask(b.Entropy, b.Mask, 1-o.TopEntropy)
	}
	for i, k := range mask.Data() {
		t.entropySum += float64(k) * float64(b.Entropy.Data()[i])
		t.entropyN += float64(k)
	}
}

// adapt moves the coefficient of the entropy bonus at the end of a step.
func (t *grpo) adapt() {
	if a := t.c.Adaptive; a.On {
		t.lastEntropy = t.entropySum / math.Max(1, t.entropyN)
		if t.lastEntropy <= a.Target.Or(0.2) {
			t.coef = math.Min(t.coef+a.Delta.Or(0.005), a.Max.Or(1))
		} else {
			t.coef = math.Max(t.coef-a.Delta.Or(0.005), a.Min.Or(0))
		}
	}
	t.entropySum, t.entropyN = 0, 0
}

// stepped lets the reference follow.
func (t *grpo) stepped(steps int) {
	if t.c.SyncEvery > 0 && t.ref != nil && steps%t.c.SyncEvery == 0 {
		t.ref.mix(t.c.SyncMix.Or(0.6))
	}
}

func advantages(rows []*episode) *tensor.Tensor {
	a := make([]float32, len(rows))
	for i, e := range rows {
		a[i] = float32(e.advantage)
	}
	return tensor.From(a)
}

// onlineMetrics is the order in which metrics are logged.
var onlineMetrics = []string{"policy_loss", "kl", "entropy", "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean", "clip_ratio/low_min", "clip_ratio/high_max", "cispo_clip_ratio", "vespo/phi_seq_mean"}

func logOnline(log *meter, m map[string]float64) {
	for _, n := range onlineMetrics {
		if v, ok := m[n]; ok {
			addNumber(log, n, v)
		}
	}
}
