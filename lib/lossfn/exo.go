package lossfn

import (
	"math"

	"lyceum/lib/tensor"
)

// EXO returns the loss of Efficient Exact Optimization for pairs (TRL's "exo_pair"): the reverse KL from the policy's
// preference to the labels, smoothed by e.
//
//	q = s(beta D),  L = q (log q - log(1-e)) + (1-q) (log(1-q) - log e)
//
// Ji et al. 2024, arXiv:2402.00856, eq. 16. Shapes: as DPO. 0 < e < 1, 0.001 in the paper; EXO panics otherwise: with e = 0
// the loss is infinite. Equal policies give -ln 2 - (log(1-e) + log e)/2.
func EXO(p Pairs, beta, e float64) *tensor.Tensor {
	p.check("EXO", beta)
	positive("EXO", "label smoothing", e)
	fraction("EXO", "label smoothing", e, 1)
	x := p.delta().Scale(float32(beta))
	chosen := x.Sigmoid().Mul(x.LogSigmoid().AddScalar(float32(-math.Log1p(-e))))
	rejected := x.Neg().Sigmoid().Mul(x.Neg().LogSigmoid().AddScalar(float32(-math.Log(e))))
	return chosen.Add(rejected)
}
