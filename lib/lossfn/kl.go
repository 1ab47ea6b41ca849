package lossfn

import "lyceum/lib/tensor"

// KL1 returns the estimator k1 of the divergence of the policy from the reference, token by token.
//
//	k1 = log pi(y) - log pi_ref(y)
//
// Its mean over y drawn from pi is KL(pi || pi_ref); a single value may well be negative, so a mean over few tokens may be
// too. Schulman 2020, "Approximating KL Divergence", http://joschu.net/blog/kl-approx.html.
// Shapes: both are equal, and the result is the same, in nats. Gradients flow to both.
func KL1(logp, ref *tensor.Tensor) *tensor.Tensor { return tensor.Sub(logp, ref) }

// KL2 returns the estimator k2: never negative, biased, with the gradient of KL(pi || pi_ref) itself.
//
//	k2 = (log pi(y) - log pi_ref(y))^2 / 2
//
// Schulman 2020, as KL1. Shapes as KL1.
func KL2(logp, ref *tensor.Tensor) *tensor.Tensor {
	d := tensor.Sub(logp, ref)
	return d.Mul(d).Scale(0.5)
}

// KL3 returns the estimator k3: never negative and unbiased, what GRPO adds to its loss.
//
//	k3 = pi_ref(y)/pi(y) - log(pi_ref(y)/pi(y)) - 1
//
// Schulman 2020, as KL1; Shao et al. 2024, arXiv:2402.03300, eq. 4. Shapes as KL1.
func KL3(logp, ref *tensor.Tensor) *tensor.Tensor {
	d := tensor.Sub(ref, logp)
	return d.Exp().Sub(d).AddScalar(-1)
}
