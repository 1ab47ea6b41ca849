package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// PPOBatch is what the losses of PPO see: completions of a rollout, padded to (B, T), with what was known when they were
// drawn. Old, Advantages, OldValues and Returns are constants.
type PPOBatch struct {
	LogProbs   *tensor.Tensor // of the policy; gradients flow here
	Old        *tensor.Tensor // of the policy that drew the completions
	Advantages *tensor.Tensor // rl.GAE, whitened
	Mask       *tensor.Tensor // 1 for tokens of the completion

	Values    *tensor.Tensor // of the critic; gradients flow here
	OldValues *tensor.Tensor // of the critic at the rollout
	Returns   *tensor.Tensor // advantages before whitening + OldValues
	ValueMask *tensor.Tensor // 1 where a value counts: in TRL one position more than Mask, if there is room; nil: Mask

	Entropy *tensor.Tensor // of the policy's predictions, in nats; needed for EntropyCoef only
}

// PPOOptions are the coefficients of PPO; TRL's defaults are ClipEps 0.2, ClipEpsValue 0.2 and ValueCoef 0.1.
type PPOOptions struct {
	ClipEps      float64 // of the policy's ratio
	ClipEpsValue float64 // of the value around its old one
	ValueCoef    float64
	EntropyCoef  float64 // TRL has no entropy bonus: 0
}

// PPO returns the whole loss of proximal policy optimization and its metrics by TRL's names. Where LogProbs is nil, or Values,
// it is the part of the other and its metrics: policy and critic may be learned from one after the other.
//
//	L = L_policy + ValueCoef L_value - EntropyCoef mean H
//
// Schulman et al. 2017, arXiv:1707.06347, eq. 9. Shapes: all (B, T); the result is (). The means run over the tokens that
// count; policy/approxkl_avg, val/ratio and policy/entropy_avg run over padding too, as in TRL, where it adds 0, 1 and
// whatever Entropy holds there.
func PPO(b PPOBatch, o PPOOptions) (loss *tensor.Tensor, metrics map[string]float64) {
	if b.ValueMask == nil {
		b.ValueMask = b.Mask
	}
	if b.LogProbs == nil {
		value, metrics := PPOValue(b.Values, b.OldValues, b.Returns, b.ValueMask, o.ClipEpsValue)
		return value.Scale(float32(o.ValueCoef)), metrics
	}
	loss, metrics = PPOPolicy(b.LogProbs, b.Old, b.Advantages, b.Mask, o.ClipEps)
	if b.Values != nil {
		value, more := PPOValue(b.Values, b.OldValues, b.Returns, b.ValueMask, o.ClipEpsValue)
		for k, v := range more {
			metrics[k] = v
		}
		loss = loss.Add(value.Scale(float32(o.ValueCoef)))
	}
	if b.Entropy != nil {
		metrics["policy/entropy_avg"] = mean(b.Entropy.Data())
	}
	if o.EntropyCoef != 0 {
		if b.Entropy == nil {
			panic(&tensor.Error{Op: "PPO", Text: fmt.Sprintf("EntropyCoef is %v, and PPOBatch.Entropy is nil", o.EntropyCoef)})
		}
		loss = loss.Sub(TokenMean(b.Entropy, b.Mask).Scale(float32(o.EntropyCoef)))
	}
	return loss, metrics
}

// PPOPolicy returns the clipped policy loss.
//
//	L = mean_bt max(-A rho, -A clip(rho, 1 - eps, 1 + eps)),  rho = exp(log pi - log pi_old)
//
// Schulman et al. 2017, arXiv:1707.06347, eq. 7. Shapes: all (B, T), the result (). On fresh completions the value is the
// mean of -A, 0 if A is whitened; its gradient is that of -A log pi.
func PPOPolicy(logp, old, advantages, mask *tensor.Tensor, eps float64) (loss *tensor.Tensor, metrics map[string]float64) {
	sameShape("PPOPolicy", []string{"logp", "old", "advantages", "mask"}, logp, old, advantages, mask)
	if mask == nil {
		panic(&tensor.Error{Op: "PPOPolicy", Text: "there is no mask: it says which tokens count"})
	}
	diff := LogRatio(logp, old).Mul(mask) // what padding holds plays no part
	ratio := diff.Exp()
	free, clipped := ratio.Mul(advantages).Neg(), ratio.Clip(float32(1-eps), float32(1+eps)).Mul(advantages).Neg()
	loss = TokenMean(tensor.Maximum(free, clipped), mask)
	kl := 0.0
	for _, d := range diff.Data() {
		kl += 0.5 * float64(d) * float64(d) / float64(diff.Len())
	}
	return loss, map[string]float64{"loss/policy_avg": float64(loss.Item()), "policy/approxkl_avg": kl,
		"policy/clipfrac_avg": share(clipped, free, mask), "val/ratio": mean(ratio.Data())}
}

// PPOValue returns the clipped loss of the critic: as far from the returns as the worse of the value and of the value that
// has moved no further than eps.
//
//	L = 1/2 mean_bt max((v - R)^2, (clip(v, v_old - eps, v_old + eps) - R)^2)
//
// The clipping is not in the paper but in its authors' code; Engstrom et al. 2020, arXiv:2005.12729, section 3, and TRL
// have it. Shapes: all (B, T), the result (). eps <= 0 turns it off: half the mean squared error.
func PPOValue(values, old, returns, mask *tensor.Tensor, eps float64) (loss *tensor.Tensor, metrics map[string]float64) {
	sameShape("PPOValue", []string{"values", "old", "returns", "mask"}, values, old, returns, mask)
	if mask == nil {
		panic(&tensor.Error{Op: "PPOValue", Text: "there is no mask: it says which tokens count"})
	}
	square := func(v *tensor.Tensor) *tensor.Tensor { d := v.Sub(returns.Detach()); return d.Mul(d) }
	free := square(values)
	worse, clipped := free, free
	if eps > 0 {
		clipped = square(clipAround(values, old, float32(eps)))
		worse = tensor.Maximum(free, clipped)
	}
	loss = TokenMean(worse, mask).Scale(0.5)
	return loss, map[string]float64{"loss/value_avg": float64(loss.Item()), "val/clipfrac_avg": share(clipped, free, mask)}
}

// clipAround limits each element to center - eps .. center + eps; the gradient flows where it is inside, by half at a bound, and
// where both bounds are the element itself, as in PyTorch.
func clipAround(x, center *tensor.Tensor, eps float32) *tensor.Tensor {
	out, flows := tensor.New(x.Shape()...), tensor.New(x.Shape()...)
	for i, v := range x.Data() {
		low, high := center.Data()[i]-eps, center.Data()[i]+eps
		out.Data()[i] = min(max(v, low), high)
		switch {
		case v < low || v > high:
		case low != high && (v == low || v == high):
			flows.Data()[i] = 0.5
		default:
			flows.Data()[i] = 1
		}
	}
	return x.Sub(x.Detach()).Mul(flows).Add(out)
}

// share is how often a is more than b, among the tokens that count.
func share(a, b, mask *tensor.Tensor) float64 {
	n, hits := 0.0, 0.0
	for i, m := range mask.Data() {
		n += float64(m)
		if a.Data()[i] > b.Data()[i] {
			hits += float64(m)
		}
	}
	return hits / math.Max(1, n)
}

func mean(x []float32) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v)
	}
	return s / float64(len(x))
}
