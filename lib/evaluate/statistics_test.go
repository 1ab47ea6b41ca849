package evaluate

import (
	_ "embed"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// Tolerances against scipy and NLTK. The bootstrap intervals are of other random numbers.
const (
	statisticTolerance = 1e-9
	bootstrapTolerance = 0.02
)

//go:embed testdata/statistics.json
var statisticsData []byte

type statistics struct {
	Wilson    [][4]float64
	McNemar   [][3]float64
	Bootstrap struct {
		A, B            []float64
		Low, High, Mean float64
	}
	PassAtK     [][4]float64
	Calibration struct {
		Confidence           []float64
		Right                []bool
		ECE, MCE, Brier, NLL float64
	}
	Diversity struct {
		Texts    []string
		BLEU     []float64
		Distinct []float64
		Entropy  float64
	}
}

func golden(t *testing.T) (s statistics) {
	t.Helper()
	if err := json.Unmarshal(statisticsData, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func close(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestAgainstScipy(t *testing.T) {
	g := golden(t)
	for _, w := range g.Wilson {
		lo, hi := Wilson(int(w[0]), int(w[1]))
		close(t, "Wilson, low", lo, w[2], statisticTolerance)
		close(t, "Wilson, high", hi, w[3], statisticTolerance)
	}
	for _, m := range g.McNemar {
		var a, b []bool
		for range int(m[0]) {
			a, b = append(a, true), append(b, false)
		}
		for range int(m[1]) {
			a, b = append(a, false), append(b, true)
		}
		d, err := McNemar(append(a, true, false), append(b, true, false))
		if err != nil || d.OnlyA != int(m[0]) || d.OnlyB != int(m[1]) || d.N != len(a)+2 {
			t.Errorf("%+v, %v", d, err)
		}
		close(t, "McNemar", d.P, m[2], statisticTolerance)
	}
	b, err := PairedBootstrap(g.Bootstrap.A, g.Bootstrap.B, 20000, 7)
	if err != nil {
		t.Fatal(err)
	}
	close(t, "bootstrap, difference", b.Difference, g.Bootstrap.Mean, statisticTolerance)
	close(t, "bootstrap, low", b.Low, g.Bootstrap.Low, bootstrapTolerance)
	close(t, "bootstrap, high", b.High, g.Bootstrap.High, bootstrapTolerance)
	if b.P > 0.05 {
		t.Errorf("a difference of %v with an interval above 0 has p = %v", b.Difference, b.P)
	}
	for _, p := range g.PassAtK {
		close(t, "pass@k", PassAtK(int(p[0]), int(p[1]), int(p[2])), p[3], statisticTolerance)
	}
	c := g.Calibration
	r, err := Calibration(c.Confidence, c.Right, 10)
	if err != nil {
		t.Fatal(err)
	}
	close(t, "ECE", r.ECE, c.ECE, statisticTolerance)
	close(t, "MCE", r.MCE, c.MCE, statisticTolerance)
	close(t, "Brier", r.Brier, c.Brier, statisticTolerance)
	close(t, "NLL", r.NLL, c.NLL, statisticTolerance)
	if _, err := r.Plot().PNG(); err != nil {
		t.Error(err)
	}
}

func TestAgainstNLTK(t *testing.T) {
	d := golden(t).Diversity
	mean := 0.0
	for i, x := range d.Texts {
		others := append(append([]string{}, d.Texts[:i]...), d.Texts[i+1:]...)
		close(t, "BLEU of "+x, BLEU(x, others), d.BLEU[i], statisticTolerance)
		mean += d.BLEU[i] / float64(len(d.Texts))
	}
	got := MeasureDiversity(d.Texts)
	close(t, "self-BLEU", got.SelfBLEU, mean, statisticTolerance)
	close(t, "entropy", got.Entropy, d.Entropy, statisticTolerance)
	for n, want := range d.Distinct {
		close(t, "distinct", DistinctN(d.Texts, n+1), want, statisticTolerance)
	}
}

// Numbers that can be checked in the head.
func TestByHand(t *testing.T) {
	close(t, "2 of 4, one try", PassAtK(4, 2, 1), 0.5, statisticTolerance)
	close(t, "2 of 4, two tries: 1 - 1/6", PassAtK(4, 2, 2), 5.0/6, statisticTolerance)
	m, err := PassRate([][]bool{{true, false, true, false}, {false, false, false, false}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	close(t, "mean of two problems", m.Value, 5.0/12, statisticTolerance)
	d, _ := McNemar([]bool{true, true, true}, []bool{false, false, false})
	close(t, "three against none: 2/2^3", d.P, 0.25, statisticTolerance)
	b, _ := PairedBootstrap([]float64{1, 2, 3}, []float64{2, 3, 4}, 100, 1)
	if b.Difference != 1 || b.Low != 1 || b.High != 1 {
		t.Errorf("always 1 better: %+v", b)
	}
	r, _ := Calibration([]float64{0.9, 0.9, 0.3, 0.3}, []bool{true, false, false, false}, 2)
	close(t, "ECE: half of |0.5-0.9| and half of |0-0.3|", r.ECE, 0.35, statisticTolerance)
	close(t, "Brier: (0.01+0.81+0.09+0.09)/4", r.Brier, 0.25, statisticTolerance)
	close(t, "distinct-2 of a b a b: ab ba of three", DistinctN([]string{"a b a b"}, 2), 2.0/3, statisticTolerance)
	close(t, "the same text twice", SelfBLEU([]string{"one two three four", "one two three four"}), 1, statisticTolerance)
	h, _ := WordEntropy([]string{"a b", "c d"})
	close(t, "four words: ln 4", h, math.Log(4), statisticTolerance)
	if !ExactMatch("The answer, is: 42!", "answer is 42") || ExactMatch("43", "42", "41") {
		t.Error("exact match")
	}
	close(t, "F1: 2 of 3 and 2 of 2 words", TokenF1("big red dog", "red dog"), 0.8, statisticTolerance)
	if x, ok := LastNumber("First 3, then 1,250.5 in all."); !ok || x != 1250.5 {
		t.Errorf("the last number is %v", x)
	}
}

func TestStatisticsRefuse(t *testing.T) {
	for name, err := range map[string]error{
		"bootstrap of lists": second(PairedBootstrap([]float64{1}, nil, 10, 1)), "bootstrap of nothing": second(PairedBootstrap(nil, nil, 10, 1)), "McNemar": second(McNemar([]bool{true}, nil)),
		"calibration of lists": second(Calibration([]float64{1}, nil, 5)), "calibration of nothing": second(Calibration(nil, nil, 5)), "confidence": second(Calibration([]float64{1.5}, []bool{true}, 5)),
		"pass rate": second(PassRate([][]bool{{true}}, 2)), "no problems": second(PassRate(nil, 1)), "win rate": second(MeasureWinRate([]string{"a"}, nil, nil, nil, 0)), "tasks": second(Follow([]Task{{}}, nil))} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("pass@k of 3 from 2: no panic")
			}
		}()
		PassAtK(2, 1, 3)
	}()
}

func second[T any](_ T, err error) error { return err }

func TestReport(t *testing.T) {
	r := NewReport("a <title>", Accuracy("right", []bool{true, true, false, true}), Measure{Name: "x", Value: 2.5, Low: math.NaN(), High: math.NaN(), N: 3, Note: "so"}, golden(t).diversity())
	b, err := r.Report()
	var back struct {
		Title    string
		Measures []struct {
			Name             string
			Value, Low, High *float64
			N                int
		}
	}
	if err != nil || json.Unmarshal(b, &back) != nil || len(back.Measures) != 7 || *back.Measures[0].Value != 0.75 || back.Measures[1].Low != nil || back.Title != "a <title>" {
		t.Errorf("%s, %v", b, err)
	}
	if h := r.HTML(); !strings.Contains(h, "a &lt;title&gt;") || !strings.Contains(h, "75.0%") || !strings.Contains(r.String(), "right: 75.0% (95% interval 30.1% to 95.4%), n = 4") {
		t.Errorf("%s\n%s", h, r)
	}
	if _, err := r.Plot().PNG(); err != nil {
		t.Error(err)
	}
}

func (s statistics) diversity() Diversity { return MeasureDiversity(s.Diversity.Texts) }
