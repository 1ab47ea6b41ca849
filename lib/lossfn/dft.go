package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// DFT returns the Dynamic Fine-Tuning loss: each token's negative log-likelihood weighs by its own probability, through which
// no gradient flows.
//
//	L = - sum_i sg(p_i) log p_i / count,   p_i = pi(y_i | x, y_<i)
//
// Wu et al. 2025, arXiv:2508.05629, eq. 9.
// Shapes: logp (rows) are the log-probabilities of the labels that count, in nats; the result is (). count is the number of
// labels by which the sum is divided, which may be that of a whole accumulation window; DFT panics unless it is positive.
// Tokens that the model finds impossible (p near 0) have next to no gradient, those it knows (p near 1) that of SFT.
func DFT(logp *tensor.Tensor, count int) *tensor.Tensor {
	if count <= 0 {
		panic(&tensor.Error{Op: "DFT", Text: fmt.Sprintf("%d labels count: there is nothing to learn from", count)})
	}
	return logp.Mul(logp.Detach().Exp()).Sum().Scale(-1 / float32(count))
}
