package lossfn

import (
	"math"

	"lyceum/lib/tensor"
)

var negInf = math.Inf(-1)

// Gamma is the weighting of VESPO for one sign of the advantage: phi(w) = e^lambda w^k e^(-lambda w), which is 1 at w = 1,
// falls towards 0 for small weights with K and for large ones with Lambda.
type Gamma struct{ K, Lambda float64 }

// VESPOWeights returns phi of each completion, without gradient.
//
//	log w_b = sum_t log rho_bt, limited to log 1e-8 .. 20, each term first to -20 .. 20
//	phi_b   = exp(lambda + k log w_b - lambda w_b),  (k, lambda) = pos where A_b >= 0, neg elsewhere
//
// VESPO 2026, arXiv:2602.10693, with the limits of TRL; the usual (K, Lambda) are (2, 3) for pos and (3, 2) for neg.
// Shapes: logRatio and mask (B, T), advantages (B, 1); the result is (B, 1). A token's loss is then
// -phi_b A_b log pi(y_bt).
func VESPOWeights(logRatio, advantages, mask *tensor.Tensor, pos, neg Gamma) *tensor.Tensor {
	const each, least = 20.0, 1e-8
	rows, t := mask.Dim(0), mask.Dim(1)
	out := tensor.New(rows, 1)
	for b := range rows {
		sum := 0.0
		for i := b * t; i < (b+1)*t; i++ {
			sum += math.Min(math.Max(float64(logRatio.Data()[i]), -each), each) * float64(mask.Data()[i])
		}
		logW := math.Min(math.Max(sum, math.Log(least)), each)
		g := neg
		if advantages.Data()[b] >= 0 {
			g = pos
		}
		lambda := math.Max(g.Lambda, 1e-4)
		phi := math.Exp(lambda + g.K*logW - lambda*math.Exp(logW))
		if math.IsNaN(phi) || math.IsInf(phi, 0) {
			phi = 0
		}
		out.Data()[b] = float32(phi)
	}
	return out
}
