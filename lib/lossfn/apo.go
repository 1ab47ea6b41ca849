package lossfn

import "lyceum/lib/tensor"

// APOZero returns the loss of Anchored Preference Optimization for chosen completions that are better than what the model says
// by itself (TRL's "apo_zero"): the chosen become likelier and the rejected less likely, each against the reference.
//
//	L = 1 - s(beta d_c) + s(beta d_r)
//
// D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7. Shapes: as DPO. Equal policies give 1.
func APOZero(p Pairs, beta float64) *tensor.Tensor {
	p.check("APOZero", beta)
	c, r := p.ChosenRatio().Scale(float32(beta)).Sigmoid(), p.RejectedRatio().Scale(float32(beta)).Sigmoid()
	return r.Sub(c).AddScalar(1)
}

// APODown is APOZero for chosen completions that are worse than what the model says by itself (TRL's "apo_down"): both become
// less likely, the rejected more so.
//
//	L = s(beta d_c) + 1 - s(beta (d_c - d_r))
//
// D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 8. Shapes: as DPO. Equal policies give 1.
func APODown(p Pairs, beta float64) *tensor.Tensor {
	p.check("APODown", beta)
	c, r := p.ChosenRatio(), p.RejectedRatio()
	return c.Scale(float32(beta)).Sigmoid().Sub(c.Sub(r).Scale(float32(beta)).Sigmoid()).AddScalar(1)
}
