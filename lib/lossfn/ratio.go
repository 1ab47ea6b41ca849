package lossfn

import "lyceum/lib/tensor"

// LogRatio returns how much more likely each token has become since the completions were drawn, in nats.
//
//	log rho_bt = log pi(y_bt) - log pi_old(y_bt)
//
// Shapes: (B, T). old has no gradient; nil means logp itself, so that the ratio is 1 and only its gradient matters.
func LogRatio(logp, old *tensor.Tensor) *tensor.Tensor {
	if old == nil {
		old = logp
	}
	return tensor.Sub(logp, old.Detach())
}

// SequenceLogRatio returns one log-ratio for a whole completion, the mean over its tokens: the importance weight of GSPO is
// its exponential.
//
//	log s_b = 1/|y_b| sum_t log rho_bt
//
// Zheng et al. 2025, arXiv:2507.18071, eq. 7. Shapes: logRatio and mask (B, T); the result is (B, 1). A completion of which
// no token counts has 0.
func SequenceLogRatio(logRatio, mask *tensor.Tensor) *tensor.Tensor {
	return column(logRatio.Mul(mask).SumAxis(-1).Mul(tensor.From(overLengths(mask))))
}

// SequenceTokenLogRatio has the value of SequenceLogRatio at every token and the gradient of the token alone, so that
// advantages may differ from token to token (GSPO-token).
//
//	log s_bt = sg(log s_b) + log pi(y_bt) - sg(log pi(y_bt))
//
// Zheng et al. 2025, arXiv:2507.18071, eq. 14. Shapes: (B, T).
func SequenceTokenLogRatio(logp, logRatio, mask *tensor.Tensor) *tensor.Tensor {
	return logp.Sub(logp.Detach()).Add(SequenceLogRatio(logRatio, mask).Detach())
}

// ClippedSurrogate returns the loss of PPO and GRPO at each token: the ratio times the advantage, taken no further than the
// clip range allows where that would look better.
//
//	L = -min(rho A, clip(rho, 1 - low, 1 + high) A)
//
// Schulman et al. 2017, arXiv:1707.06347, eq. 7; a larger high is DAPO's clip-higher (Yu et al. 2025, arXiv:2503.14476,
// eq. 10). delta > 0 also caps the first rho, which for A < 0 is not bounded otherwise: two-sided clipping (Prime Intellect
// 2025, arXiv:2505.07291, eq. 1). Shapes: ratio (B, T) or (B, 1), advantages (B, 1) or (B, T); the result is what they
// broadcast to. Where a ratio is outside and the move would help, there is no gradient.
func ClippedSurrogate(ratio, advantages *tensor.Tensor, low, high, delta float64) *tensor.Tensor {
	free := ratio
	if delta > 0 {
		free = ratio.Clip(float32(negInf), float32(delta))
	}
	return tensor.Minimum(free.Mul(advantages), ratio.Clip(float32(1-low), float32(1+high)).Mul(advantages)).Neg()
}

// CISPO returns -sg(min(rho, cap)) A log pi: the weight is capped and every token keeps its gradient, where clipping would
// drop it (MiniMax 2025, arXiv:2506.13585, eq. 4). As in TRL the cap is the number itself and not 1 + cap, so that TRL's
// default 0.2 holds every weight down to 0.2; Khatri et al. 2025, arXiv:2510.13786, use 5.
// Shapes: as ClippedSurrogate, logp (B, T).
func CISPO(ratio, advantages, logp *tensor.Tensor, most float64) *tensor.Tensor {
	return ratio.Detach().Clip(float32(negInf), float32(most)).Mul(advantages).Mul(logp).Neg()
}

// SAPO returns the loss with a soft gate in place of clipping: its gradient falls off smoothly as the ratio leaves 1.
//
//	L = -4/tau s(tau (rho - 1)) A,  tau = pos where A > 0, neg elsewhere
//
// Gao et al. 2025, arXiv:2511.20347, eq. 6; 1 and 1.05 are its temperatures. At rho = 1 the gradient is that of the
// unclipped loss while the value is -2 A/tau. Shapes: as ClippedSurrogate.
func SAPO(ratio, advantages *tensor.Tensor, pos, neg float64) *tensor.Tensor {
	tau, scale := tensor.New(advantages.Shape()...), tensor.New(advantages.Shape()...)
	for i, a := range advantages.Data() {
		t := neg
		if a > 0 {
			t = pos
		}
		tau.Data()[i], scale.Data()[i] = float32(t), float32(4/t)
	}
	return ratio.AddScalar(-1).Mul(tau).Sigmoid().Mul(scale).Mul(advantages).Neg()
}
