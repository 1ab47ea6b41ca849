package tensor

import (
	"math"
	"testing"
)

func TestLogProbsGradients(t *testing.T) {
	targets := []int32{0, -1, 4, 2}
	for name, o := range map[string]LogProbsOptions{"plain": {}, "hot": {Temperature: 0.8}, "capped": {SoftCap: 2, Temperature: 1.5}, "recomputed": {Recompute: true}} {
		gradCheck(t, "LogP "+name, func(in []*Tensor) *Tensor { return LogProbs(in[0], in[1], targets, o).LogP }, rnd(16, 4, 6), rnd(17, 5, 6))
		gradCheck(t, "Entropy "+name, func(in []*Tensor) *Tensor { return LogProbs(in[0], in[1], targets, o).Entropy }, rnd(18, 4, 6), rnd(19, 5, 6))
		gradCheck(t, "both with a bias "+name, func(in []*Tensor) *Tensor {
			o.Bias = in[2]
			s := LogProbs(in[0], in[1], targets, o)
			return s.LogP.Plus(s.Entropy.Scale(0.3))
		}, rnd(20, 4, 6), rnd(21, 5, 6), rnd(22, 5))
	}
}

func TestLogProbsIsTheDefinition(t *testing.T) {
	hidden, weight, targets := rnd(1, 3, 4), rnd(2, 7, 4), []int32{3, 6, -1}
	s := LogProbs(hidden, weight, targets, LogProbsOptions{SumP2: true})
	logits := Linear(hidden, weight, nil)
	logp := logits.LogSoftmax()
	argmax := logits.Argmax()
	for i, target := range targets {
		if target < 0 {
			if s.LogP.data[i] != 0 || s.Entropy.data[i] != 0 || s.MeanLogit[i] != 0 || s.Argmax[i] != 0 || s.LogSumP2[i] != 0 {
				t.Errorf("row %d has no target but results", i)
			}
			continue
		}
		entropy, p2, mean := 0.0, 0.0, 0.0
		for j, lp := range logp.data[i*7:][:7] {
			p := math.Exp(float64(lp))
			entropy, p2, mean = entropy-p*float64(lp), p2+p*p, mean+float64(logits.At(i, j))/7
		}
		const tolerance = 1e-5
		for what, pair := range map[string][2]float64{"LogP": {float64(s.LogP.data[i]), float64(logp.At(i, int(target)))}, "Entropy": {float64(s.Entropy.data[i]), entropy},
			"LogSumP2": {float64(s.LogSumP2[i]), math.Log(p2)}, "MeanLogit": {float64(s.MeanLogit[i]), mean}} {
			if math.Abs(pair[0]-pair[1]) > tolerance {
				t.Errorf("row %d: %s is %v, want %v", i, what, pair[0], pair[1])
			}
		}
		if s.Argmax[i] != argmax[i] {
			t.Errorf("row %d: Argmax is %d, want %d", i, s.Argmax[i], argmax[i])
		}
	}
}

func TestLogProbsErrors(t *testing.T) {
	for want, f := range map[string]func(){
		"tensor.LogProbs: hidden (2,3), a weight (5,4) and 2 targets do not fit": func() { LogProbs(New(2, 3), New(5, 4), []int32{0, 0}, LogProbsOptions{}) },
		"tensor.LogProbs: target 5 of row 1 is outside the vocabulary of 5":      func() { LogProbs(New(2, 4), New(5, 4), []int32{0, 5}, LogProbsOptions{}) },
		"tensor.LogProbs: Temperature -1 and SoftCap 0 must not be negative":     func() { LogProbs(New(1, 4), New(5, 4), []int32{0}, LogProbsOptions{Temperature: -1}) },
		"tensor.LogProbs: the bias (4) does not fit a vocabulary of 5":           func() { LogProbs(New(1, 4), New(5, 4), []int32{0}, LogProbsOptions{Bias: New(4)}) },
		`tensor.Autocast: precision "fp8" is not known: use "float32" or "bf16"`: func() { Autocast("fp8", func() {}) },
	} {
		if got := panicText(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAutocastRoundsFactors(t *testing.T) {
	x, w := rnd(1, 8, 32).RequireGrad(), rnd(2, 16, 32).RequireGrad()
	exact := Linear(x, w, nil)
	var rounded *Tensor
	Autocast(BF16, func() { rounded = Linear(x, w, nil) })
	differ := false
	const tolerance = 0.15 // 32 products of normal numbers, each off by up to 2^-7
	for i, v := range rounded.data {
		differ = differ || v != exact.data[i]
		if math.Abs(float64(v-exact.data[i])) > tolerance {
			t.Fatalf("element %d is %v, exactly %v", i, v, exact.data[i])
		}
	}
	if !differ {
		t.Error("Autocast changed nothing")
	}
	rounded.Sum().Backward()
	for i := range 32 { // the gradient of x is the sum of the rounded columns of w
		want := 0.0
		for j := range 16 {
			want += float64(w.At(j, i))
		}
		if got := float64(x.grad[i]); math.Abs(got-want) > tolerance || got == want {
			t.Errorf("the gradient of x %v, exactly %v: it should be near and rounded", got, want)
		}
	}
	if lowPrecision() {
		t.Error("Autocast goes on after its function")
	}
}
