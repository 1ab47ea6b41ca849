package posttrain

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
)

// policyLoss is the policy's part of the loss of a micro-batch.
func (t *ppo) policyLoss(x *ppoRollout, m ppoMicro) *tensor.Tensor {
	v := t.viewPolicy(x.pick(m), x.width)
	return t.partOfLoss(x, m, lossfn.PPOBatch{LogProbs: v.logp, Mask: v.mask, Entropy: v.entropy,
		Old:        x.table(m, func(i int) []float64 { return x.rows[i].old[:len(x.rows[i].ids)] }),
		Advantages: x.table(m, func(i int) []float64 { return x.advantages[i] })})
}

// valueLoss is the critic's.
func (t *ppo) valueLoss(x *ppoRollout, m ppoMicro) *tensor.Tensor {
	values, mask := t.viewValues(x.pick(m), x.width)
	return t.partOfLoss(x, m, lossfn.PPOBatch{Values: values, ValueMask: mask,
		OldValues: x.table(m, func(i int) []float64 { return x.values[i] }),
		Returns:   x.table(m, func(i int) []float64 { return x.returns[i] })})
}

// pick returns the rows of a micro-batch.
func (x *ppoRollout) pick(m ppoMicro) (rows []*episode) {
	for _, i := range x.orders[m.epoch][m.low:m.high] {
		rows = append(rows, x.rows[i])
	}
	return rows
}

// table is what of holds of each row of a micro-batch, (B, width).
func (x *ppoRollout) table(m ppoMicro, of func(i int) []float64) *tensor.Tensor {
	out := tensor.New(m.high-m.low, x.width)
	for k, i := range x.orders[m.epoch][m.low:m.high] {
		for j, v := range of(i) {
			if j < x.width {
				out.Set(float32(v), k, j)
			}
		}
	}
	return out
}

// partOfLoss counts the statistics of a part as well.
func (t *ppo) partOfLoss(x *ppoRollout, m ppoMicro, b lossfn.PPOBatch) *tensor.Tensor {
	loss, stats := lossfn.PPO(b, lossfn.PPOOptions{ClipEps: t.c.ClipEps, ClipEpsValue: t.c.ClipEpsValue, ValueCoef: t.k.value, EntropyCoef: t.c.EntropyCoef})
	for name, value := range stats {
		x.put(name, value, (m.epoch*t.c.MiniBatches+m.mini)*t.s.Accumulation+m.at, t.c.PPOEpochs*t.c.MiniBatches*t.s.Accumulation)
	}
	return loss.Scale(1 / float32(t.s.Accumulation))
}

// put keeps a statistic at its place in TRL's table of epochs x mini-batches x micro-batches, of which places that no
// micro-batch fills stay 0 and count in the means.
func (x *ppoRollout) put(name string, v float64, at, of int) {
	if x.sums[name] == nil {
		x.sums[name] = make([]float64, of)
	}
	x.sums[name][at] = v
}
