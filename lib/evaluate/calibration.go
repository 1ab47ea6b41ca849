package evaluate

import (
	"fmt"
	"math"

	"lyceum/lib/sampling"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// A Bin is the predictions whose confidence lies in (Low, High].
type Bin struct {
	Low, High  float64
	N          int
	Confidence float64 // mean
	Accuracy   float64
}

// A Reliability says how well confidences agree with how often they are right.
type Reliability struct {
	Bins []Bin
	// ECE and MCE are the mean (by number) and largest difference between accuracy and confidence over the bins.
	ECE, MCE float64
	Brier    float64 // mean (confidence - right)^2
	NLL      float64 // mean -log of the probability given to what happened, nats
	Accuracy float64
	Mean     float64 // of the confidences
	N        int
}

// Calibration compares confidences in [0, 1] with whether they were right, in equal bins (Naeini et al. 2015; Guo et al.
// 2017, arXiv:1706.04599, eq. 2 and 3; Brier 1950):
//
//	ECE = sum_b n_b/n |acc_b - conf_b|,  MCE = max_b |acc_b - conf_b|
//
// The error is lists of different lengths, none at all, or a confidence outside [0, 1].
func Calibration(confidence []float64, right []bool, bins int) (*Reliability, error) {
	n := len(confidence)
	switch {
	case n != len(right):
		return nil, fmt.Errorf("evaluate.Calibration: %d confidences and %d answers", n, len(right))
	case n == 0 || bins < 1:
		return nil, fmt.Errorf("evaluate.Calibration: %d predictions in %d bins: at least one of each is needed", n, bins)
	}
	r := &Reliability{Bins: make([]Bin, bins), N: n}
	for i := range r.Bins {
		r.Bins[i].Low, r.Bins[i].High = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for i, c := range confidence {
		if !(c >= 0 && c <= 1) {
			return nil, fmt.Errorf("evaluate.Calibration: confidence %d is %v, it must be between 0 and 1", i, c)
		}
		hit := 0.0
		if right[i] {
			hit = 1
		}
		b := &r.Bins[max(0, min(bins-1, int(math.Ceil(c*float64(bins)))-1))]
		b.N++
		b.Confidence += c
		b.Accuracy += hit
		r.Accuracy += hit / float64(n)
		r.Mean += c / float64(n)
		r.Brier += (c - hit) * (c - hit) / float64(n)
		r.NLL -= math.Log(math.Max(1e-15, hit*c+(1-hit)*(1-c))) / float64(n)
	}
	for i := range r.Bins {
		b := &r.Bins[i]
		if b.N == 0 {
			continue
		}
		b.Confidence /= float64(b.N)
		b.Accuracy /= float64(b.N)
		gap := math.Abs(b.Accuracy - b.Confidence)
		r.ECE += gap * float64(b.N) / float64(n)
		r.MCE = math.Max(r.MCE, gap)
	}
	return r, nil
}

// TokenCalibration is how far a model's probability for the token that it finds the most likely one agrees with how often
// that token comes next in the texts.
func TokenCalibration(m *zoo.Model, texts []string, bins int) (*Reliability, error) {
	d, err := m.Decoder("")
	if err != nil {
		return nil, err
	}
	var confidence []float64
	var right []bool
	for _, t := range texts {
		ids := m.Prompt(t)
		ids = ids[:min(len(ids), m.LM.Config.Context)]
		if len(ids) < 2 {
			continue
		}
		s, err := sampling.Score(d, ids, 1)
		if err != nil {
			return nil, err
		}
		for i, top := range s.Top {
			confidence = append(confidence, math.Min(1, math.Exp(top[0].LogProb)))
			right = append(right, top[0].ID == ids[i+1])
		}
	}
	return Calibration(confidence, right, bins)
}

// Measures is what a table shows.
func (r *Reliability) Measures() []Measure {
	shared := func(name string, x float64) Measure { m := number(name, x, r.N); m.Share = true; return m }
	acc := Share("accuracy", int(math.Round(r.Accuracy*float64(r.N))), r.N)
	return []Measure{acc, shared("mean confidence", r.Mean), shared("calibration error (ECE)", r.ECE), shared("largest error of a bin (MCE)", r.MCE), number("Brier score", r.Brier, r.N)}
}

// HTML is the table of the measures.
func (r *Reliability) HTML() string { return NewReport("calibration", r).HTML() }

// String is a line for each measure.
func (r *Reliability) String() string { return NewReport("calibration", r).String() }

// Plot draws accuracy over confidence, a point for each bin, and the diagonal of perfect calibration.
func (r *Reliability) Plot() *plotting.Figure {
	var x, y []float64
	for _, b := range r.Bins {
		if b.N > 0 {
			x, y = append(x, b.Confidence), append(y, b.Accuracy)
		}
	}
	return plotting.New(fmt.Sprintf("calibration, ECE %.1f%%, n = %d", 100*r.ECE, r.N), "confidence", "accuracy").
		LineXY("perfect", []float64{0, 1}, []float64{0, 1}).LineXY("model", x, y).Points("", x, y).XRange(0, 1).YRange(0, 1)
}
