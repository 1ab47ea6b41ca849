package lossfn

import (
	"math"

	"lyceum/lib/tensor"
)

// RLOO returns the loss of REINFORCE leave-one-out for completions whose advantage is their reward less the mean reward of
// the others of their group (rl.LeaveOneOut).
//
//	rho_b = exp(sum_t log pi(y_bt) - sum_t log pi_old(y_bt))
//	L     = -mean_b min(rho_b A_b, clip(rho_b, 1 - eps, 1 + epsHigh) A_b)
//
// Ahmadian et al. 2024, arXiv:2402.14740, eq. 7, with the ratio of whole completions and its clipping that TRL adds; the
// paper's own loss is REINFORCE. On fresh completions rho is 1 and both have the same gradient.
// Shapes: logp and mask (B, T), old (B): the sum over the tokens that count, in nats, or nil for logp itself; advantages
// (B). The result is (). Gradients flow to logp only. The metrics have TRL's names: clip_ratio/low_mean and so on.
func RLOO(logp, old, advantages, mask *tensor.Tensor, eps, epsHigh float64) (loss *tensor.Tensor, metrics map[string]float64) {
	sameShape("RLOO", []string{"logp", "mask"}, logp, mask)
	sum := logp.Mul(mask).SumAxis(-1)
	if old == nil {
		old = sum
	}
	sameShape("RLOO", []string{"the rows of logp", "old", "advantages"}, sum, old, advantages)
	ratio := sum.Sub(old.Detach()).Exp()
	loss = ClippedSurrogate(ratio, advantages, eps, epsHigh, 0).Mean()
	b := ratio.Len()
	return loss, clipMetrics(ratio.Data(), 1, advantages.Data(), 1, b, nil, eps, epsHigh)
}

// clipMetrics counts where clipping holds: low where the ratio is under 1 - eps and the advantage negative, high where it is
// over 1 + epsHigh and positive. ratio has width values a row, advantages wa; with a width of 1 rows are counted, else the
// tokens of mask, (rows, width).
func clipMetrics(ratio []float32, width int, advantages []float32, wa, rows int, mask *tensor.Tensor, eps, epsHigh float64) map[string]float64 {
	var n, low, high float64
	lowMin, highMax := math.NaN(), math.NaN()
	under, over := float32(1-eps), float32(1+epsHigh)
	for b := range rows {
		var rn, rl, rh float64
		for t := range width {
			w := 1.0
			if width > 1 {
				w = float64(mask.Data()[b*width+t])
			}
			a := advantages[b*wa+t%wa]
			rn += w
			if r := ratio[b*width+t]; r < under && a < 0 {
				rl += w
			} else if r > over && a > 0 {
				rh += w
			}
		}
		n, low, high = n+rn, low+rl, high+rh
		if rn > 0 {
			lowMin, highMax = minNaN(lowMin, rl/rn), maxNaN(highMax, rh/rn)
		}
	}
	n = math.Max(1, n)
	return map[string]float64{"clip_ratio/low_mean": low / n, "clip_ratio/high_mean": high / n, "clip_ratio/region_mean": (low + high) / n,
		"clip_ratio/low_min": lowMin, "clip_ratio/high_max": highMax}
}

func minNaN(a, b float64) float64 {
	if math.IsNaN(a) || b < a {
		return b
	}
	return a
}

func maxNaN(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}
