package rl

import (
	"math"
)

// GAE returns generalised advantage estimates and returns of one completion.
//
//	delta_t = r_t + gamma V_{t+1} - V_t,  V past the end is 0
//	A_t     = delta_t + gamma lambda A_{t+1}
//	R_t     = A_t + V_t
//
// Schulman et al. 2015, arXiv:1506.02438, eq. 16. lambda = 0 trusts the critic for all that comes later, lambda = 1 not at
// all: then A_t is the sum of the rewards from t on less V_t (with gamma = 1).
func GAE(rewards, values []float64, gamma, lambda float64) (advantages, returns []float64) {
	advantages, returns = make([]float64, len(rewards)), make([]float64, len(rewards))
	next, last := 0.0, 0.0
	for t := len(rewards) - 1; t >= 0; t-- {
		last = rewards[t] + gamma*next - values[t] + gamma*lambda*last
		next = values[t]
		advantages[t], returns[t] = last, last+values[t]
	}
	return advantages, returns
}

// Whiten makes the mean 0 and the variance 1 over the numbers that count, in place; the others become 0. keepMean leaves
// the mean where it was, as for rewards. The variance has n - 1 in the denominator and 1e-8 added to it, as in TRL.
func Whiten(x [][]float64, counts func(row, t int) bool, keepMean bool) {
	const eps = 1e-8
	n, mean := 0.0, 0.0
	each := func(f func(v *float64)) {
		for b := range x {
			for t := range x[b] {
				if counts(b, t) {
					f(&x[b][t])
				}
			}
		}
	}
	each(func(v *float64) { n++; mean += *v })
	mean /= math.Max(1, n)
	sum := 0.0
	each(func(v *float64) { sum += (*v - mean) * (*v - mean) })
	scale := 1 / math.Sqrt(sum/math.Max(1, n-1)+eps)
	back := 0.0
	if keepMean {
		back = mean
	}
	for b := range x {
		for t := range x[b] {
			if counts(b, t) {
				x[b][t] = (x[b][t]-mean)*scale + back
			} else {
				x[b][t] = 0
			}
		}
	}
}

// KL estimates the divergence from the reference of one token, by name: "k1" log pi - log pi_ref (unbiased, may be negative),
// "k2" half its square (biased, small variance), "k3" e^-k1 - 1 + k1 (unbiased, never negative). Schulman 2020,
// "Approximating KL Divergence". In nats. lossfn.KL1 and so on are the same with gradients.
func KL(estimator string, logp, ref float64) float64 {
	d := logp - ref
	switch estimator {
	case "k2":
		return d * d / 2
	case "k3":
		return math.Exp(-d) - 1 + d
	}
	return d
}

// PPORewards returns the reward of each token of a completion in a row of the given width.
//
//	r_t = -klCoef KL_t for tokens of the completion, 0 after them;  r_end += score
//
// As in TRL 1.12 end is one place after the last token of the completion where the row has room for it, and the last token
// itself otherwise; atLast puts it at the last token always, as Ouyang et al. 2022, arXiv:2203.02155, describe it.
func PPORewards(kl []float64, score, klCoef float64, width int, atLast bool) []float64 {
	r := make([]float64, width)
	for t, k := range kl {
		r[t] = -klCoef * k
	}
	end := len(kl)
	if atLast || end >= width {
		end = len(kl) - 1
	}
	r[end] += score
	return r
}
