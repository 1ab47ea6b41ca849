package transformer

import (
	"fmt"
	"math"
)

// RopeScaling stretches the slow rotary angles of a model whose context was lengthened after pre-training, as Llama 3.1
// does ("rope_type": "llama3" in a Hugging Face config.json). A Factor of 0 means no scaling.
//
// With the wavelength l = 2 pi / f of a pair that turns by f a position:
//
//	f' = f                        l < Original/HighFreq
//	f' = f / Factor               l > Original/LowFreq
//	f' = (1-s) f / Factor + s f   between, s = (Original/l - LowFreq) / (HighFreq - LowFreq)
type RopeScaling struct {
	Factor   float64 // how much longer the context became; above 1
	LowFreq  float64 // pairs with fewer turns in Original positions than this are stretched by Factor
	HighFreq float64 // pairs with more turns than this stay
	Original int     // the context before
}

func (s RopeScaling) check() error {
	switch {
	case s == RopeScaling{}:
		return nil
	case !(s.Factor >= 1) || math.IsInf(s.Factor, 0):
		return fmt.Errorf("transformer.Config: RopeScaling.Factor is %v, it must be at least 1", s.Factor)
	case !(s.LowFreq > 0 && s.HighFreq > s.LowFreq):
		return fmt.Errorf("transformer.Config: RopeScaling needs 0 < LowFreq < HighFreq, not %v and %v", s.LowFreq, s.HighFreq)
	case s.Original <= 0:
		return fmt.Errorf("transformer.Config: RopeScaling.Original is %d, it must be positive", s.Original)
	}
	return nil
}

// apply returns the frequency that takes the place of f.
func (s RopeScaling) apply(f float64) float64 {
	if s.Factor == 0 {
		return f
	}
	turns := float64(s.Original) * f / (2 * math.Pi)
	switch {
	case turns > s.HighFreq:
		return f
	case turns < s.LowFreq:
		return f / s.Factor
	}
	keep := (turns - s.LowFreq) / (s.HighFreq - s.LowFreq)
	return (1-keep)*f/s.Factor + keep*f
}

// rotaryTable returns the cosines and sines for tensor.Rotary, (Context, HeadDim/2): pair i turns by
// p RopeTheta^(-2i/HeadDim) at position p, scaled by RopeScaling.
func (c Config) rotaryTable() (cos, sin []float32) {
	half := c.HeadDim / 2
	cos, sin = make([]float32, c.Context*half), make([]float32, c.Context*half)
	for i := range half {
		f := c.RopeScaling.apply(math.Pow(c.RopeTheta, -2*float64(i)/float64(c.HeadDim)))
		for p := range c.Context {
			s, k := math.Sincos(float64(p) * f)
			cos[p*half+i], sin[p*half+i] = float32(k), float32(s)
		}
	}
	return cos, sin
}
