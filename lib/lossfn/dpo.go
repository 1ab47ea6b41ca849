package lossfn

import "lyceum/lib/tensor"

// DPO returns the Direct Preference Optimization loss of each pair.
//
//	L = -log s(beta [(log pi(y_c|x) - log pi_ref(y_c|x)) - (log pi(y_r|x) - log pi_ref(y_r|x))])
//
// s is the logistic function, y_c the chosen and y_r the rejected completion.
// Rafailov et al. 2023, arXiv:2305.18290, eq. 7.
// Shapes: as Pairs; the result is (B), whose mean is the loss of the batch. beta > 0 (typical 0.1 to 0.5); DPO panics
// otherwise. Gradients flow to the policy only. Equal policies give ln 2, and so does a pair of equal completions for ever.
func DPO(p Pairs, beta float64) *tensor.Tensor {
	p.check("DPO", beta)
	return logistic(p.delta().Scale(float32(beta)))
}

// SmoothDPO is DPO for labels of which the share e is the wrong way round (conservative DPO).
//
//	L = -(1-e) log s(beta D) - e log s(-beta D),   D = d_c - d_r
//
// Mitchell 2023, "A note on DPO with noisy preferences", eq. 3. In TRL it is the loss "sigmoid" of CPO and TPO with
// label_smoothing; TRL's DPO takes Robust instead. 0 <= e < 0.5; it panics otherwise. The loss cannot reach 0.
func SmoothDPO(p Pairs, beta, e float64) *tensor.Tensor {
	p.check("SmoothDPO", beta)
	fraction("SmoothDPO", "label smoothing", e, 0.5)
	return smoothed(p.delta().Scale(float32(beta)), e)
}

// Robust returns the loss of DPO made unbiased for labels of which the share e is the wrong way round.
//
//	L = [-(1-e) log s(beta D) + e log s(-beta D)] / (1 - 2e)
//
// Ray Chowdhury et al. 2024, arXiv:2403.00409, eq. 6 (TRL's "robust").
// Shapes: as DPO. 0 <= e < 0.5; Robust panics otherwise. With e = 0 it is DPO; single losses may be negative.
func Robust(p Pairs, beta, e float64) *tensor.Tensor {
	p.check("Robust", beta)
	fraction("Robust", "label smoothing", e, 0.5)
	x := p.delta().Scale(float32(beta))
	return logistic(x).Scale(float32(1 - e)).Sub(logistic(x.Neg()).Scale(float32(e))).Scale(float32(1 / (1 - 2*e)))
}

// NormalizedDPO returns the loss of DPO on log-ratios per token (TRL's "sigmoid_norm"), so that a longer completion does not
// count for more.
//
//	L = -log s(beta (d_c/|y_c| - d_r/|y_r|))
//
// Lambert et al. 2024, arXiv:2411.15124, section 5 (length-normalised DPO).
// Shapes: as DPO, and Pairs has the lengths. Equal policies give ln 2.
func NormalizedDPO(p Pairs, beta float64) *tensor.Tensor {
	p.check("NormalizedDPO", beta)
	return logistic(p.perToken("NormalizedDPO").Scale(float32(beta)))
}
