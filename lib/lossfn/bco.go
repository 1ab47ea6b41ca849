package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// BCOPair returns the loss of Binary Classifier Optimization on pairs (TRL's "bco_pair"): each completion is judged for itself,
// good or bad.
//
//	L = -log s(beta d_c) - log s(-beta d_r)
//
// Jung et al. 2024, arXiv:2404.04656, eq. 11, without the shift delta, as TRL has it. Shapes: as DPO. Equal policies give
// 2 ln 2.
func BCOPair(p Pairs, beta float64) *tensor.Tensor {
	p.check("BCOPair", beta)
	return logistic(p.ChosenRatio().Scale(float32(beta))).Add(logistic(p.RejectedRatio().Scale(-float32(beta))))
}

// BCO returns the loss of Binary Classifier Optimization for completions with a verdict each.
//
//	L = -log s(beta d - delta) if desirable, else -log s(-(beta d - delta))
//
// Jung et al. 2024, arXiv:2404.04656, eq. 12. delta shifts the rewards beta d so that good and bad ones lie on both
// sides of 0: TRL takes the running mean of all rewards so far.
// Shapes: ratio (B), log pi - log pi_ref of each completion, in nats; desirable (B); the result is (B). beta > 0.
func BCO(ratio *tensor.Tensor, desirable []bool, beta, delta float64) *tensor.Tensor {
	positive("BCO", "beta", beta)
	if len(desirable) != ratio.Len() {
		panic(&tensor.Error{Op: "BCO", Text: fmt.Sprintf("%d verdicts for %d completions", len(desirable), ratio.Len())})
	}
	return logistic(ratio.Scale(float32(beta)).AddScalar(float32(-delta)).Mul(signs(desirable)))
}

// signs is 1 where true and -1 where false.
func signs(b []bool) *tensor.Tensor {
	out := tensor.Full(-1, len(b))
	for i, x := range b {
		if x {
			out.Data()[i] = 1
		}
	}
	return out
}
