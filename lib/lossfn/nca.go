package lossfn

import "lyceum/lib/tensor"

// NCA returns the loss of Noise Contrastive Alignment for pairs (TRL's "nca_pair"), which holds the likelihood of the chosen
// completion up where DPO only widens the gap.
//
//	L = -log s(beta d_c) - 1/2 log s(-beta d_c) - 1/2 log s(-beta d_r)
//
// Chen et al. 2024, arXiv:2402.05369, eq. 15. Shapes: as DPO. Equal policies give 2 ln 2.
func NCA(p Pairs, beta float64) *tensor.Tensor {
	p.check("NCA", beta)
	c, r := p.ChosenRatio().Scale(float32(beta)), p.RejectedRatio().Scale(float32(beta))
	return logistic(c).Add(logistic(c.Neg()).Scale(0.5)).Add(logistic(r.Neg()).Scale(0.5))
}
