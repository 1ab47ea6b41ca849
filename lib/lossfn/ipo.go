package lossfn

import "lyceum/lib/tensor"

// IPO returns the loss of Identity Preference Optimization: the margin is to be 1/(2 beta), neither less nor more, so that it
// does not grow for ever on pairs that are always ordered the same way.
//
//	L = (d_c/|y_c| - d_r/|y_r| - 1/(2 beta))^2
//
// Azar et al. 2023, arXiv:2310.12036, eq. 17, with log-ratios per token, as its authors advise and TRL has it.
// Shapes: as DPO, and Pairs has the lengths. Equal policies give 1/(4 beta^2).
func IPO(p Pairs, beta float64) *tensor.Tensor {
	p.check("IPO", beta)
	return square(p.perToken("IPO").AddScalar(float32(-1 / (2 * beta))))
}

func square(x *tensor.Tensor) *tensor.Tensor { return x.Mul(x) }
