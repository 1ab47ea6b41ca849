package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// SimPO returns the loss of Simple Preference Optimization: no reference, log-probabilities per token, and a margin that the
// chosen completion must win by.
//
//	L = -log s(beta (1/|y_c| log pi(y_c|x) - 1/|y_r| log pi(y_r|x)) - gamma)
//
// Meng et al. 2024, arXiv:2405.14734, eq. 6. With label smoothing e it is -(1-e) log s(.) - e log s(-.), as TRL has it.
// Shapes: chosen and rejected (B) are means over the tokens of a completion, in nats; the result is (B). beta > 0 (2 to 2.5 in
// the paper), gamma 0.3 to 1.6 there; 0 <= e < 0.5. Completions that are equally likely give log(1 + e^gamma).
func SimPO(chosen, rejected *tensor.Tensor, beta, gamma, e float64) *tensor.Tensor {
	fraction("SimPO", "label smoothing", e, 0.5)
	return smoothed(margin("SimPO", chosen, rejected, beta).Scale(float32(beta)).AddScalar(float32(-gamma)), e)
}

// AlphaReward bends a log-probability into the reward of AlphaPO, which takes its place in SimPO, CPO and the like: with
// alpha > 0 completions that are unlikely cost more than their log-probability says.
//
//	r = (1 - pi^-alpha) / alpha;  alpha = 0: log pi
//
// Gupta et al. 2025, arXiv:2501.03884, eq. 7. Shapes: the result is that of logp, in which it is log pi or its mean per token.
func AlphaReward(logp *tensor.Tensor, alpha float64) *tensor.Tensor {
	if alpha == 0 {
		return logp
	}
	if alpha != alpha {
		panic(&tensor.Error{Op: "AlphaReward", Text: fmt.Sprintf("alpha is %v", alpha)})
	}
	return logp.Scale(float32(-alpha)).Exp().Scale(float32(-1 / alpha)).AddScalar(float32(1 / alpha))
}
