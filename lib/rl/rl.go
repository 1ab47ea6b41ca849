// Package rl is what reinforcement learning from rewards has beside its losses: completions drawn from the model and their
// rewards, advantages, environments of several turns, rollouts that can be saved and replayed.
package rl

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// Scale says what a group's centred rewards are divided by.
const (
	ScaleGroup = "group" // the standard deviation of the group
	ScaleBatch = "batch" // that of all rewards of the batch
	ScaleNone  = "none"  // nothing (Dr. GRPO)
)

// stdEps keeps a group of equal rewards from being divided by 0, as in TRL.
const stdEps = 1e-4

// Advantages are how much better each completion was than what it is compared with, and what there is to say of the groups.
type Advantages struct {
	Values []float64
	// ZeroStd is the share of completions whose group has equal rewards: nothing is learned from those.
	ZeroStd float64
}

// GroupAdvantages compares each reward with those of its group, group rewards one after another.
//
//	A_i = (r_i - mean_g) / (std + 1e-4)
//
// std is the group's (ScaleGroup), the batch's (ScaleBatch) or left out (ScaleNone), with n - 1 in the denominator. Shao et
// al. 2024, arXiv:2402.03300, section 4.1.2; ScaleNone is Liu et al. 2025, arXiv:2503.20783. A reward that is NaN (nothing
// could judge the completion) is left out of means and deviations and has the advantage 0. Computed in float32 as TRL does,
// so that what is equal there is equal here.
func GroupAdvantages(rewards []float64, group int, scale string) Advantages {
	checkGroup("GroupAdvantages", len(rewards), group)
	r := singles(rewards)
	out := Advantages{Values: make([]float64, len(r))}
	var batch float32
	if scale == ScaleBatch {
		batch = nanStd(r)
	} else if scale != ScaleGroup && scale != ScaleNone && scale != "" {
		panic(&tensor.Error{Op: "GroupAdvantages", Text: fmt.Sprintf("scale is %q, it must be group, batch or none", scale)})
	}
	for at := 0; at < len(r); at += group {
		g := r[at : at+group]
		mean, std := nanMean(g), batch
		if scale != ScaleBatch {
			std = nanStd(g)
		}
		if isZero(std) {
			out.ZeroStd += float64(group) / float64(len(r))
		}
		for i, x := range g {
			a := x - mean
			if scale != ScaleNone {
				a /= std + stdEps
			}
			out.Values[at+i] = numberOr0(a)
		}
	}
	return out
}

// NormalizeThenSum normalises the rewards of each function within the group, adds them up by weight, and normalises the
// sums over the batch, so that a function with small differences is heard beside one with large ones.
//
//	z_ik = (r_ik - mean_gk) / (std_gk + 1e-4),  s_i = sum_k w_k z_ik,  A_i = (s_i - mean) / (std + 1e-4)
//
// GDPO, Liu et al. 2026, arXiv:2601.05242. perFunc holds the rewards of each function, NaN where it does not apply; a row
// that none applies to has the advantage 0.
func NormalizeThenSum(perFunc [][]float64, weights []float64, group int) Advantages {
	n := len(perFunc[0])
	checkGroup("NormalizeThenSum", n, group)
	sums, known := make([]float32, n), make([]bool, n)
	for k, f := range perFunc {
		r := singles(f)
		for at := 0; at < n; at += group {
			g := r[at : at+group]
			mean, std := moments(g, func(x []float32) (float32, float32) { return laneSum(x, 4) })
			for i, x := range g {
				known[at+i] = known[at+i] || x == x
				if z := (x - mean) / (std + stdEps) * float32(weights[k]); z == z {
					sums[at+i] += z
				}
			}
		}
	}
	for i := range sums {
		if !known[i] {
			sums[i] = float32(math.NaN())
		}
	}
	out := Advantages{Values: make([]float64, n)}
	mean, std := nanMean(sums), nanStd(sums)
	if isZero(std) {
		out.ZeroStd = 1
	}
	for i, s := range sums {
		out.Values[i] = numberOr0((s - mean) / (std + stdEps))
	}
	return out
}

// LeaveOneOut compares each reward with the mean of the others of its group: the baseline of RLOO, which does not depend on
// the completion itself.
//
//	A_i = r_i - 1/(G-1) sum_{j != i} r_j
//
// Ahmadian et al. 2024, arXiv:2402.14740, eq. 7. normalize makes their mean 0 and their deviation 1 over the batch, as TRL can.
// NaN as in GroupAdvantages. ZeroStd is the share of groups, as in TRL.
func LeaveOneOut(rewards []float64, group int, normalize bool) Advantages {
	checkGroup("LeaveOneOut", len(rewards), group)
	r := singles(rewards)
	out, a := Advantages{Values: make([]float64, len(r))}, make([]float32, len(r))
	for at := 0; at < len(r); at += group {
		g := r[at : at+group]
		sum, n := nanSum(g)
		if isZero(nanStd(g)) {
			out.ZeroStd += float64(group) / float64(len(r))
		}
		for i, x := range g {
			a[at+i] = x - (sum-x)/(n-1)
		}
	}
	mean, std := nanMean(a), nanStd(a)
	for i, x := range a {
		if normalize {
			x = (x - mean) / (std + stdEps)
		}
		out.Values[i] = numberOr0(x)
	}
	return out
}

// MeanBaseline returns the rewards less their mean over the batch, for lossfn.REINFORCE.
func MeanBaseline(rewards []float64) []float64 {
	x := singles(rewards)
	mean := nanMean(x)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = numberOr0(v - mean)
	}
	return out
}

// A RunningBaseline is an exponential mean of the rewards seen so far, a baseline that does not depend on the batch itself.
type RunningBaseline struct {
	Decay float64 // of the old mean in each batch; 0: 0.9
	mean  float64
	seen  bool
}

// Subtract returns the rewards less the mean of earlier batches (of this one at first), and takes this batch into it.
func (b *RunningBaseline) Subtract(rewards []float64) []float64 {
	mean := float64(nanMean(singles(rewards)))
	if !b.seen {
		b.mean, b.seen = mean, true
	}
	out := make([]float64, len(rewards))
	for i, r := range rewards {
		out[i] = r - b.mean
		if r != r {
			out[i] = 0
		}
	}
	decay := b.Decay
	if decay == 0 {
		decay = 0.9
	}
	if mean == mean {
		b.mean = decay*b.mean + (1-decay)*mean
	}
	return out
}

// WeightedSum adds up the rewards of several functions by weight, row by row; a row for which all are NaN is NaN.
func WeightedSum(perFunc [][]float64, weights []float64) []float64 {
	n := len(perFunc[0])
	sums, known := make([]float32, n), make([]bool, n)
	for k, f := range perFunc {
		for i, r := range f {
			if r == r {
				sums[i] += float32(r) * float32(weights[k])
				known[i] = true
			}
		}
	}
	out := make([]float64, n)
	for i, s := range sums {
		out[i] = float64(s)
		if !known[i] {
			out[i] = math.NaN()
		}
	}
	return out
}

// Mean is the mean of what is not NaN; NaN if nothing is.
func Mean(x []float64) float64 { return float64(nanMean(singles(x))) }

// Std is the standard deviation of what is not NaN, with n - 1 in the denominator; NaN if fewer than two numbers are left.
func Std(x []float64) float64 { return float64(nanStd(singles(x))) }

func checkGroup(op string, n, group int) {
	if group < 2 || n%group != 0 {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%d rewards in groups of %d: a group needs two completions at least to be compared, and groups must come out even", n, group)})
	}
}

func singles(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// nanSum adds up what is not NaN in the order of PyTorch's short sums: where rewards are equal, the rounding of their mean is
// all that is left of the difference. Neighbours go eight at a time if there are as many, columns of a table four.
func nanSum(x []float32) (sum, n float32) {
	if len(x) >= 8 {
		return laneSum(x, 8)
	}
	return laneSum(x, 4)
}

func laneSum(x []float32, lanes int) (sum, n float32) {
	part := make([]float32, lanes)
	whole := len(x) / lanes * lanes
	for i, v := range x {
		if v != v {
			continue
		}
		n++
		switch {
		case i < whole:
			part[i%lanes] += v
		case lanes == 4: // the rest joins the first lane
			part[0] += v
		default: // the rest comes before the lanes
			sum += v
		}
	}
	for _, p := range part {
		sum += p
	}
	return sum, n
}

func nanMean(x []float32) float32 {
	sum, n := nanSum(x)
	return sum / n
}

func nanStd(x []float32) float32 {
	_, std := moments(x, nanSum)
	return std
}

// moments are mean and standard deviation with a way to add up.
func moments(x []float32, add func([]float32) (sum, n float32)) (mean, std float32) {
	sum, n := add(x)
	mean = sum / n
	square := make([]float32, len(x))
	for i, v := range x {
		square[i] = (v - mean) * (v - mean)
	}
	sum, _ = add(square)
	if n < 2 {
		return mean, float32(math.NaN())
	}
	return mean, float32(math.Sqrt(float64(sum / n * (n / (n - 1)))))
}

// isZero is torch.isclose to 0.
func isZero(x float32) bool { return x == x && math.Abs(float64(x)) <= 1e-8 }

func numberOr0(x float32) float64 {
	if x != x {
		return 0
	}
	return float64(x)
}
