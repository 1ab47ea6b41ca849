package lossfn

import "lyceum/lib/tensor"

// Hinge returns the hinge loss on the margin of each pair (TRL's "hinge"): pairs that are apart by 1/beta are done with.
//
//	L = max(0, 1 - beta (d_c - d_r))
//
// Zhao et al. 2023, arXiv:2305.10425, eq. 8 (SLiC), on DPO's rewards as Liu et al. 2023, arXiv:2309.06657, have it.
// Shapes: as DPO. Equal policies give 1.
func Hinge(p Pairs, beta float64) *tensor.Tensor {
	p.check("Hinge", beta)
	return p.delta().Scale(-float32(beta)).AddScalar(1).Relu()
}
