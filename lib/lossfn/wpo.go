package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// WPOWeights returns the weight of each completion by how likely the policy itself would have said it (WPO): pairs that are far
// from what the policy says count for less.
//
//	w = exp(1/|y| sum_t [log pi(y_t) - log sum_v pi(v)^2])
//
// Zhou et al. 2024, arXiv:2406.11827, eq. 2. The loss of a pair is multiplied by the weights of both its completions, through
// which no gradient flows.
// Shapes: logp and logSumP2 (rows) belong to the tokens of the completions one after another, tokens (B) is how many each has;
// the result is (B), each above 0; 1 where every token is drawn from a uniform distribution.
func WPOWeights(logp, logSumP2 []float32, tokens []int) *tensor.Tensor {
	out := tensor.New(len(tokens))
	mean := make([]float32, len(tokens))
	at := 0
	for b, n := range tokens {
		if at+n > len(logp) || at+n > len(logSumP2) {
			panic(&tensor.Error{Op: "WPOWeights", Text: fmt.Sprintf("completion %d ends at token %d of %d", b, at+n, len(logp))})
		}
		sum := 0.0
		for t := at; t < at+n; t++ {
			sum += float64(logp[t]) - float64(logSumP2[t])
		}
		mean[b] = float32(sum / float64(max(n, 1)))
		at += n
	}
	copy(out.Data(), tensor.From(mean).Exp().Data())
	return out
}
