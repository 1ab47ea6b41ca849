package lossfn

import (
	"lyceum/lib/tensor"
)

// CPO returns the preference part of Contrastive Preference Optimization: DPO without a reference.
//
//	L = -(1-e) log s(beta (log pi(y_c|x) - log pi(y_r|x))) - e log s(-beta (...))
//
// Xu et al. 2024, arXiv:2401.08417, eq. 3; the paper, and TRL with cpo_alpha = 1, add the negative log-likelihood of the chosen
// completion (eq. 5), which keeps it likely.
// Shapes: chosen and rejected (B), summed over the tokens of the completion, in nats; the result is (B). beta > 0 and
// 0 <= e < 0.5; it panics otherwise. Completions that are equally likely give ln 2.
func CPO(chosen, rejected *tensor.Tensor, beta, e float64) *tensor.Tensor {
	fraction("CPO", "label smoothing", e, 0.5)
	return smoothed(margin("CPO", chosen, rejected, beta).Scale(float32(beta)), e)
}

// CPOHinge is max(0, 1 - beta (log pi(y_c) - log pi(y_r))): SLiC (Zhao et al. 2023, arXiv:2305.10425, eq. 8) without a
// reference. Shapes: as CPO.
func CPOHinge(chosen, rejected *tensor.Tensor, beta float64) *tensor.Tensor {
	return margin("CPOHinge", chosen, rejected, beta).Scale(-float32(beta)).AddScalar(1).Relu()
}

// CPOIPO is (log pi(y_c) - log pi(y_r) - 1/(2 beta))^2: IPO without a reference (TRL's "ipo" of CPO and TPO). Shapes: as CPO,
// but the log-probabilities are means over the tokens of a completion.
func CPOIPO(chosen, rejected *tensor.Tensor, beta float64) *tensor.Tensor {
	return square(margin("CPOIPO", chosen, rejected, beta).AddScalar(float32(-1 / (2 * beta))))
}

// margin is the difference of two vectors of the same length.
func margin(op string, chosen, rejected *tensor.Tensor, beta float64) *tensor.Tensor {
	sameShape(op, []string{"chosen", "rejected"}, chosen, rejected)
	positive(op, "beta", beta)
	return chosen.Sub(rejected)
}
