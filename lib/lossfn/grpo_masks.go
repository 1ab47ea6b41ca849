package lossfn

import (
	"math"
	"slices"

	"lyceum/lib/tensor"
)

// OffPolicyMask returns which completions are kept, (B, 1): 0 for those of negative advantage that the policy has moved
// away from since they were drawn, 1 for all others.
//
//	keep_b = [A_b >= 0] or [1/|y_b| sum_t (log pi_old(y_bt) - log pi(y_bt)) <= threshold]
//
// DeepSeek-AI 2025, arXiv:2512.02556, eq. 9. Shapes: logp, old and mask (B, T), advantages (B, 1). old nil: all are kept.
func OffPolicyMask(logp, old, advantages, mask *tensor.Tensor, threshold float64) *tensor.Tensor {
	rows, t := mask.Dim(0), mask.Dim(1)
	out := tensor.Full(1, rows, 1)
	if old == nil {
		return out
	}
	n := lengths(mask)
	for b := range rows {
		sum := 0.0
		for i := b * t; i < (b+1)*t; i++ {
			sum += float64(old.Data()[i]-logp.Data()[i]) * float64(mask.Data()[i])
		}
		if advantages.Data()[b*advantages.Dim(1)] < 0 && sum/math.Max(1, n[b]) > threshold {
			out.Data()[b] = 0
		}
	}
	return out
}

// HighEntropyMask returns which tokens the policy was most uncertain at, (B, T): 1 where the entropy is at least the given
// quantile of those of all tokens that count. A few forking tokens carry most of what is to be learned.
//
// Wang et al. 2025, arXiv:2506.01939, eq. 5; the quantile is taken over the micro-batch, interpolated linearly as
// torch.quantile does. Shapes: entropy and mask (B, T). quantile is in 0..1: 0.8 keeps the top fifth.
func HighEntropyMask(entropy, mask *tensor.Tensor, quantile float64) *tensor.Tensor {
	var counted []float64
	for i, m := range mask.Data() {
		if m != 0 {
			counted = append(counted, float64(entropy.Data()[i]))
		}
	}
	out := tensor.New(mask.Shape()...)
	if len(counted) == 0 {
		return out
	}
	slices.Sort(counted)
	at := quantile * float64(len(counted)-1)
	low := int(at)
	high := min(low+1, len(counted)-1)
	edge := float32(counted[low] + (counted[high]-counted[low])*(at-float64(low)))
	for i, m := range mask.Data() {
		if m != 0 && entropy.Data()[i] >= edge {
			out.Data()[i] = 1
		}
	}
	return out
}
