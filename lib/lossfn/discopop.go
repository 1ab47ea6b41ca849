package lossfn

import "lyceum/lib/tensor"

// DiscoPOP returns the log-ratio modulated loss that a language model has found (TRL's "discopop"): logistic where the pair is
// ordered the wrong way, exponential where it is ordered the right way.
//
//	x = beta D,  m = s(x/tau),  L = -(1-m) log s(x) + m e^-x
//
// Lu et al. 2024, arXiv:2406.08414, eq. 5. Shapes: as DPO. tau > 0 (0.05 in the paper); DiscoPOP panics otherwise. Equal
// policies give (ln 2 + 1)/2.
func DiscoPOP(p Pairs, beta, tau float64) *tensor.Tensor {
	p.check("DiscoPOP", beta)
	positive("DiscoPOP", "tau", tau)
	x := p.delta().Scale(float32(beta))
	m := x.Scale(float32(1 / tau)).Sigmoid()
	return logistic(x).Mul(m.Neg().AddScalar(1)).Add(x.Neg().Exp().Mul(m))
}
