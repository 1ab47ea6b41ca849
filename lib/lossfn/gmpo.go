package lossfn

import (
	"lyceum/lib/tensor"
)

// GMPO returns -A times the geometric mean of a completion's ratios, each held on the side on which it would help: outliers
// among the tokens count for less than in GRPO's arithmetic mean.
//
//	L_b = -A_b exp(1/|y_b| sum_t c_bt),  c = min(log rho, clip(log rho, -low, high)) where A_b > 0, max(...) elsewhere
//
// Zhao et al. 2025, arXiv:2507.20673, eq. 4; the range is of the logarithm, 0.4 to both sides in the paper. Shapes: logRatio
// and mask (B, T), advantages (B, 1); the result is (B, 1).
func GMPO(logRatio, advantages, mask *tensor.Tensor, low, high float64) *tensor.Tensor {
	held := logRatio.Clip(float32(-low), float32(high))
	up, down := tensor.Minimum(logRatio, held), tensor.Maximum(logRatio, held)
	positive := tensor.New(advantages.Shape()...)
	for i, a := range advantages.Data() {
		if a > 0 {
			positive.Data()[i] = 1
		}
	}
	c := up.Mul(positive).Add(down.Mul(positive.Neg().AddScalar(1)))
	return SequenceLogRatio(c, mask).Exp().Mul(advantages).Neg()
}
