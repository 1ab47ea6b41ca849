package lossfn

import (
	"math"

	"lyceum/lib/tensor"
)

// ORPO returns the odds-ratio part of Odds Ratio Preference Optimization, and the log of the odds ratio.
//
//	odds(p) = p / (1 - p),  o = log odds(p_c) - log odds(p_r),  L = -beta log s(o)
//
// p is the geometric mean probability of a token, exp(mean log pi(y_t)). Hong et al. 2024, arXiv:2403.07691, eq. 7; the whole loss
// (eq. 6) adds the negative log-likelihood of the chosen row. TRL calls the weight beta, the paper lambda.
// Shapes: chosen and rejected (B) are means over the tokens of a completion, in nats, below 0; both results are (B). Completions
// that are equally likely give beta ln 2.
func ORPO(chosen, rejected *tensor.Tensor, beta float64) (loss, logOdds *tensor.Tensor) {
	logOdds = margin("ORPO", chosen, rejected, beta).Sub(log1mExp(chosen).Sub(log1mExp(rejected)))
	return logistic(logOdds).Scale(float32(beta)), logOdds
}

// log1mExp is log(1 - e^x) for x < 0, without loss of digits at either end. Derivative: -e^x/(1 - e^x) = 1/(1 - e^-x).
func log1mExp(x *tensor.Tensor) *tensor.Tensor {
	out := make([]float32, x.Len())
	for i, v := range x.Data() {
		if f := float64(v); f > -math.Ln2 {
			out[i] = float32(math.Log(-math.Expm1(f)))
		} else {
			out[i] = float32(math.Log1p(-math.Exp(f)))
		}
	}
	return tensor.Custom("Log1mExp", out, x.Shape(), []*tensor.Tensor{x}, func(grad []float32) {
		g := x.GradBuffer()
		for i, v := range x.Data() {
			g[i] += float32(float64(grad[i]) / -math.Expm1(-float64(v)))
		}
	})
}
