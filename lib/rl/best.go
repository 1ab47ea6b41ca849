package rl

import (
	"cmp"
	"slices"
)

// BestOfN returns, for each group of n rewards that stand one after another, the place of the largest: what to answer with
// when a judge can tell the better of n completions (Stiennon et al. 2020, arXiv:2009.01325, section 4.1). The divergence
// from the policy is at most log n - (n-1)/n nats. NaN never wins; -1 where all are NaN. The first of equals wins.
func BestOfN(rewards []float64, n int) []int {
	checkGroup("BestOfN", len(rewards), max(n, 2))
	var out []int
	for at := 0; at < len(rewards); at += n {
		best := -1
		for i := at; i < at+n; i++ {
			if r := rewards[i]; r == r && (best < 0 || r > rewards[best]) {
				best = i
			}
		}
		out = append(out, best)
	}
	return out
}

// Accept returns the places of all completions whose reward is at least threshold: the data of rejection-sampling
// fine-tuning, SFT on what a judge has accepted (Touvron et al. 2023, arXiv:2307.09288, section 3.2.3; RAFT, Dong et al.
// 2023, arXiv:2304.06767).
func Accept(rewards []float64, threshold float64) []int {
	var out []int
	for i, r := range rewards {
		if r >= threshold {
			out = append(out, i)
		}
	}
	return out
}

// TopShare returns the places of the best share of all completions, in their order; at least one if any reward is a number.
func TopShare(rewards []float64, share float64) []int {
	var known []int
	for i, r := range rewards {
		if r == r {
			known = append(known, i)
		}
	}
	if len(known) == 0 {
		return nil
	}
	slices.SortStableFunc(known, func(a, b int) int { return cmp.Compare(rewards[b], rewards[a]) })
	out := known[:min(len(known), max(1, int(share*float64(len(rewards)))))]
	slices.Sort(out)
	return out
}
