package transformer

import (
	"fmt"
	"math"
	"sync"
)

// RopeScaling changes the rotary angles of a model whose context was lengthened after pre-training: rope_type in a Hugging
// Face config.json. With f = RopeTheta^(-2i/HeadDim), the turn of pair i in one position, and l = 2 pi / f its wavelength:
//
//	linear    f / Factor                                                       (Chen et al. 2023, arXiv:2306.15595)
//	dynamic   RopeTheta grows with the length n of a sequence beyond Original: RopeTheta (Factor n/Original - Factor + 1)^(d/(d-2))
//	llama3    f for l < Original/HighFreq, f/Factor for l > Original/LowFreq, between them in proportion of Original/l
//	yarn      f/Factor for slow pairs, f for fast ones, a ramp between (Peng et al. 2023, arXiv:2309.00071)
//	longrope  f divided by Short[i], or Long[i] in sequences longer than Original (Ding et al. 2024, arXiv:2402.13753)
//
// yarn and longrope also multiply queries and keys by Attention.
type RopeScaling struct {
	Kind     string  // "" for none, or one of the above
	Factor   float64 // how much longer the context became
	Original int     // the context before

	LowFreq, HighFreq  float64 // llama3: turns in Original positions
	BetaFast, BetaSlow float64 // yarn: turns in Original positions between which the ramp lies; 0: 32 and 1
	NoTruncate         bool    // yarn: the ramp's ends are not rounded to whole pairs
	Attention          float64 // factor of queries and keys; 0: as the method computes it
	MScale, MScaleAll  float64 // yarn: mscale and mscale_all_dim, for Attention
	Long               *LongRope
}

// LongRope are the divisors of longrope, one for each pair.
type LongRope struct{ Short, Long []float64 }

func (s RopeScaling) check(c Config) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("transformer.Config: RopeScaling"+format, args...)
	}
	switch s.Kind {
	case "":
		if s != (RopeScaling{}) {
			return bad(" has settings and no Kind")
		}
		return nil
	case "linear", "dynamic", "llama3", "yarn":
		if !(s.Factor >= 1) || math.IsInf(s.Factor, 0) {
			return bad(".Factor is %v, it must be at least 1", s.Factor)
		}
	case "longrope":
		if s.Long == nil || len(s.Long.Short) != c.HeadDim/2 || len(s.Long.Long) != c.HeadDim/2 {
			return bad(".Long needs %d divisors, short and long", c.HeadDim/2)
		}
		for _, x := range append(append([]float64{}, s.Long.Short...), s.Long.Long...) {
			if !(x > 0) || math.IsInf(x, 0) {
				return bad(".Long has the divisor %v, it must be positive", x)
			}
		}
	default:
		return bad(".Kind is %q, it must be empty, linear, dynamic, llama3, yarn or longrope", s.Kind)
	}
	if s.Kind == "llama3" && !(s.LowFreq > 0 && s.HighFreq > s.LowFreq) {
		return bad(" needs 0 < LowFreq < HighFreq, not %v and %v", s.LowFreq, s.HighFreq)
	}
	if s.Kind != "linear" && s.Original <= 0 {
		return bad(".Original is %d, it must be positive", s.Original)
	}
	return nil
}

// frequencies returns the turn of each pair in one position, for a sequence of the given length.
func (s RopeScaling) frequencies(theta float64, dim, length int) []float64 {
	d := float64(dim)
	if s.Kind == "dynamic" && length > s.Original {
		theta *= math.Pow(s.Factor*float64(length)/float64(s.Original)-(s.Factor-1), d/(d-2))
	}
	out := make([]float64, dim/2)
	for i := range out {
		out[i] = math.Pow(theta, -2*float64(i)/d)
	}
	switch s.Kind {
	case "linear":
		for i := range out {
			out[i] /= s.Factor
		}
	case "llama3":
		for i := range out {
			out[i] = s.llama3(out[i])
		}
	case "yarn":
		s.yarn(out, theta, d)
	case "longrope":
		by := s.Long.Short
		if length > s.Original {
			by = s.Long.Long
		}
		for i := range out {
			out[i] /= by[i]
		}
	}
	return out
}

func (s RopeScaling) llama3(f float64) float64 {
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

func (s RopeScaling) yarn(f []float64, theta, d float64) {
	fast, slow := s.BetaFast, s.BetaSlow
	if fast == 0 {
		fast = 32
	}
	if slow == 0 {
		slow = 1
	}
	pair := func(turns float64) float64 { // the pair that turns so often in Original positions
		return d * math.Log(float64(s.Original)/(turns*2*math.Pi)) / (2 * math.Log(theta))
	}
	low, high := pair(fast), pair(slow)
	if !s.NoTruncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = math.Max(low, 0), math.Min(high, d-1)
	if low == high {
		high += 0.001
	}
	for i := range f {
		slowness := math.Min(1, math.Max(0, (float64(i)-low)/(high-low)))
		f[i] = f[i]/s.Factor*slowness + f[i]*(1-slowness)
	}
}

// attention is the factor of queries and keys.
func (s RopeScaling) attention() float64 {
	if s.Attention != 0 {
		return s.Attention
	}
	switch s.Kind {
	case "yarn":
		m := func(scale float64) float64 {
			if s.Factor <= 1 {
				return 1
			}
			return 0.1*scale*math.Log(s.Factor) + 1
		}
		if s.MScale != 0 && s.MScaleAll != 0 {
			return m(s.MScale) / m(s.MScaleAll)
		}
		return m(1)
	case "longrope":
		if s.Factor <= 1 {
			return 1
		}
		return math.Sqrt(1 + math.Log(s.Factor)/math.Log(float64(s.Original)))
	}
	return 1
}

// varies reports whether sequences of up to length differ in their angles.
func (s RopeScaling) varies(length int) bool { return s.class(length) != 0 }

// class numbers the lengths of sequences that have the same angles.
func (s RopeScaling) class(length int) int {
	switch {
	case s.Original == 0 || length <= s.Original:
		return 0
	case s.Kind == "dynamic":
		return length
	case s.Kind == "longrope":
		return 1
	}
	return 0
}

// A rotation has the cosines and sines of the angles at every position, made when they are first needed.
type rotation struct {
	scaling  RopeScaling
	theta    float64
	dim      int
	factor   float32
	mu       sync.Mutex
	class    int
	have     int // positions
	cos, sin []float32
}

func newRotation(c Config, local bool) *rotation {
	r := &rotation{scaling: c.RopeScaling, theta: c.RopeTheta, dim: c.HeadDim, factor: float32(c.RopeScaling.attention())}
	if local && c.LocalTheta != 0 {
		r.scaling, r.theta, r.factor = RopeScaling{}, c.LocalTheta, 1
	}
	return r
}

// table returns tables for tensor.Rotary, (at least length, HeadDim/2), for sequences of that length.
func (r *rotation) table(length int) (cos, sin []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := r.scaling.class(length)
	if class == r.class && length <= r.have {
		return r.cos, r.sin
	}
	const step = 256
	n := (max(length, r.have+r.have/2) + step - 1) / step * step
	if class != r.class {
		n = (length + step - 1) / step * step
	}
	half := r.dim / 2
	r.cos, r.sin = make([]float32, n*half), make([]float32, n*half)
	for i, f := range r.scaling.frequencies(r.theta, r.dim, length) {
		for p := range n {
			s, k := math.Sincos(float64(p) * f)
			r.cos[p*half+i], r.sin[p*half+i] = r.factor*float32(k), r.factor*float32(s)
		}
	}
	r.class, r.have = class, n
	return r.cos, r.sin
}
