package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// LDWeights returns the weight of every token of length-desensitised DPO: of the longer completion of a pair, the tokens beyond
// the length of the shorter one count alpha times.
//
//	log pi_LD(y) = sum_{t <= m} log pi(y_t) + alpha sum_{t > m} log pi(y_t),  m = min(|y_c|, |y_r|)
//
// Liu et al. 2024, arXiv:2409.06411, eq. 9. Shapes: chosen and rejected (B) are the lengths; the result has, for each chosen and
// then for each rejected completion, as many weights as it has tokens. 0 <= alpha <= 1: 1 is DPO, 0 forgets the tail; LDWeights
// panics otherwise.
func LDWeights(chosen, rejected []int, alpha float64) [][]float32 {
	if !(alpha >= 0 && alpha <= 1) || len(chosen) != len(rejected) {
		panic(&tensor.Error{Op: "LDWeights", Text: fmt.Sprintf("alpha is %v, it must lie from 0 to 1, and %d chosen need as many rejected completions, not %d", alpha, len(chosen), len(rejected))})
	}
	out := make([][]float32, 2*len(chosen))
	for side, lengths := range [][]int{chosen, rejected} {
		for b, n := range lengths {
			w := make([]float32, n)
			for t := range w {
				w[t] = 1
				if t >= min(chosen[b], rejected[b]) {
					w[t] = float32(alpha)
				}
			}
			out[side*len(chosen)+b] = w
		}
	}
	return out
}
