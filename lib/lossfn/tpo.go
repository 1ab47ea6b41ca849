package lossfn

import "lyceum/lib/tensor"

// TPO returns the preference part of Triple Preference Optimization: a chosen and a rejected completion are compared under the
// policy alone, while the third one, the gold reference of the row, is learned by its likelihood.
//
//	L = -(1-e) log s(beta (log pi(y_c|x) - log pi(y_r|x))) - e log s(-beta (...)),  whole loss: mean L + alpha NLL(y_gold)
//
// Saeidi et al. 2024, arXiv:2405.16681, eq. 8 (TRL's "sigmoid").
// Shapes: chosen and rejected (B), summed over the tokens of the completion, in nats; the result is (B). beta > 0 (0.01 in TRL)
// and 0 <= e < 0.5; it panics otherwise. Completions that are equally likely give ln 2.
func TPO(chosen, rejected *tensor.Tensor, beta, e float64) *tensor.Tensor {
	fraction("TPO", "label smoothing", e, 0.5)
	return smoothed(margin("TPO", chosen, rejected, beta).Scale(float32(beta)), e)
}

// TPOL is TPO with log-probabilities per token and a margin gamma (TRL's "tpo-l").
//
//	L = -log s(beta (1/|y_c| log pi(y_c|x) - 1/|y_r| log pi(y_r|x)) - gamma)
//
// Saeidi et al. 2024, arXiv:2405.16681, section 4.3. It is SimPO's preference part; shapes as there.
func TPOL(chosen, rejected *tensor.Tensor, beta, gamma, e float64) *tensor.Tensor {
	fraction("TPOL", "label smoothing", e, 0.5)
	return smoothed(margin("TPOL", chosen, rejected, beta).Scale(float32(beta)).AddScalar(float32(-gamma)), e)
}
