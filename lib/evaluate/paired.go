package evaluate

import (
	"fmt"
	"math"
	"slices"

	"lyceum/lib/tensor"
)

// Accuracy is the share of right answers with Wilson's 95% interval.
func Accuracy(name string, right []bool) Measure {
	k := 0
	for _, r := range right {
		if r {
			k++
		}
	}
	return Share(name, k, len(right))
}

// A Bootstrap is how two systems compare on the same examples.
type Bootstrap struct {
	Difference float64 // mean of b - a
	Low, High  float64 // its 95% interval: the 2.5% and 97.5% percentiles of the resampled differences
	P          float64 // two-sided: how often resampling about no difference gives one as large
	N          int
}

// PairedBootstrap compares the scores of two systems on the same n examples by drawing n examples with replacement, samples
// times (Efron 1979; Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"):
//
//	d* = mean over a sample of (b - a),  interval = percentiles of d*,  p = (1 + #{|d* - d| >= |d|}) / (1 + samples)
//
// The error is lists of different lengths, or no examples.
func PairedBootstrap(a, b []float64, samples int, seed uint64) (Bootstrap, error) {
	n := len(a)
	switch {
	case n != len(b):
		return Bootstrap{}, fmt.Errorf("evaluate.PairedBootstrap: %d scores and %d: they must be of the same examples", n, len(b))
	case n == 0 || samples < 1:
		return Bootstrap{}, fmt.Errorf("evaluate.PairedBootstrap: %d examples and %d samples: at least one of each is needed", n, samples)
	}
	out := Bootstrap{N: n}
	d := make([]float64, n)
	for i := range d {
		d[i] = b[i] - a[i]
		out.Difference += d[i] / float64(n)
	}
	rng := tensor.NewRand(seed)
	means := make([]float64, samples)
	extreme := 0
	for s := range means {
		sum := 0.0
		for range n {
			sum += d[rng.IntN(n)]
		}
		means[s] = sum / float64(n)
		// Rounding must not decide whether an equal difference counts.
		if math.Abs(means[s]-out.Difference) >= math.Abs(out.Difference)-1e-12 {
			extreme++
		}
	}
	slices.Sort(means)
	out.Low, out.High = quantile(means, 0.025), quantile(means, 0.975)
	out.P = float64(1+extreme) / float64(1+samples)
	return out, nil
}

// quantile interpolates in sorted values, as numpy's default does.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[lo] + (at-float64(lo))*(sorted[lo+1]-sorted[lo])
}

// Measures is the difference with its interval.
func (b Bootstrap) Measures() []Measure {
	return []Measure{{Name: "difference", Value: b.Difference, Low: b.Low, High: b.High, N: b.N, Note: fmt.Sprintf("p = %.3g", b.P)}}
}

// A Disagreement is where two systems differ on the same examples.
type Disagreement struct {
	OnlyA, OnlyB int     // examples that only one of them has right
	P            float64 // two-sided
	N            int
}

// McNemar tests whether two systems that answered the same examples have the same accuracy, by the exact binomial test on
// those that only one has right (McNemar 1947):
//
//	p = min(1, 2 sum_{i <= min(b, c)} C(b+c, i) / 2^(b+c))
//
// Examples on which they agree say nothing. The error is lists of different lengths.
func McNemar(a, b []bool) (Disagreement, error) {
	if len(a) != len(b) {
		return Disagreement{}, fmt.Errorf("evaluate.McNemar: %d answers and %d: they must be to the same questions", len(a), len(b))
	}
	d := Disagreement{N: len(a)}
	for i := range a {
		switch {
		case a[i] && !b[i]:
			d.OnlyA++
		case b[i] && !a[i]:
			d.OnlyB++
		}
	}
	d.P = signTest(d.OnlyA, d.OnlyB)
	return d, nil
}

// signTest is the two-sided binomial test of k against m at one half.
func signTest(k, m int) float64 {
	n, few := k+m, min(k, m)
	if n == 0 {
		return 1
	}
	sum := 0.0
	for i := range few + 1 {
		sum += math.Exp(logChoose(n, i) - float64(n)*math.Ln2)
	}
	return math.Min(1, 2*sum)
}

func logChoose(n, k int) float64 {
	f := func(x int) float64 { l, _ := math.Lgamma(float64(x + 1)); return l }
	return f(n) - f(k) - f(n-k)
}

// Measures is the share of examples that only one has right, of each.
func (d Disagreement) Measures() []Measure {
	a, b := Share("only the first is right", d.OnlyA, d.N), Share("only the second is right", d.OnlyB, d.N)
	b.Note = fmt.Sprintf("p = %.3g that they are equally good", d.P)
	return []Measure{a, b}
}

// PassAtK is the unbiased estimate of the probability that one of k answers is right, from n answers of which c are (Chen et
// al. 2021, arXiv:2107.03374, eq. 1):
//
//	1 - C(n-c, k) / C(n, k)
//
// It panics unless 0 <= c <= n and 1 <= k <= n.
func PassAtK(n, c, k int) float64 {
	if c < 0 || c > n || k < 1 || k > n {
		panic(fmt.Sprintf("evaluate.PassAtK: %d of %d right and k = %d: 0 <= right <= n and 1 <= k <= n are needed", c, n, k))
	}
	if n-c < k {
		return 1
	}
	miss := 1.0
	for i := n - c + 1; i <= n; i++ {
		miss *= 1 - float64(k)/float64(i)
	}
	return 1 - miss
}

// PassRate is pass@k averaged over problems, each with its answers.
func PassRate(answers [][]bool, k int) (Measure, error) {
	m := number(fmt.Sprintf("pass@%d", k), 0, len(answers))
	m.Share = true
	if len(answers) == 0 {
		return m, fmt.Errorf("evaluate.PassRate: there are no problems")
	}
	each := make([]float64, len(answers))
	for i, list := range answers {
		if k < 1 || len(list) < k {
			return m, fmt.Errorf("evaluate.PassRate: problem %d has %d answers, pass@%d needs as many as that", i, len(list), k)
		}
		c := 0
		for _, r := range list {
			if r {
				c++
			}
		}
		each[i] = PassAtK(len(list), c, k)
	}
	m.Value, m.Low, m.High = meanInterval(each)
	return m, nil
}

// meanInterval is a mean and its 95% interval by the normal approximation, m +- 1.96 s/sqrt(n).
func meanInterval(x []float64) (mean, low, high float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	if len(x) < 2 {
		return mean, math.NaN(), math.NaN()
	}
	s := 0.0
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	half := 1.959963984540054 * math.Sqrt(s/(n-1)/n)
	return mean, mean - half, mean + half
}
