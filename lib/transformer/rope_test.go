package transformer

import (
	"math"
	"testing"

	"lyceum/lib/tensor"
)

func TestRopeScalingByHand(t *testing.T) {
	s := RopeScaling{Kind: "llama3", Factor: 8, LowFreq: 1, HighFreq: 4, Original: 64}
	turn := 2 * math.Pi / 64 // the frequency of one turn in 64 positions
	for turns, want := range map[float64]float64{
		5:   5 * turn,            // fast: as it was
		0.5: 0.5 * turn / 8,      // slow: eight times as slow
		2.5: 2.5 * turn * 9 / 16, // halfway between 1 and 4: (1/8 + 1) / 2
	} {
		if got := s.llama3(turns * turn); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v turns: frequency %v, want %v", turns, got, want)
		}
	}
}

func TestRotaryTableWithoutScalingIsTensors(t *testing.T) {
	cos, sin := newRotation(tiny, false).table(tiny.Context)
	wantCos, wantSin := tensor.RotaryTable(tiny.Context, tiny.HeadDim, tiny.RopeTheta)
	for i := range wantCos {
		if math.Abs(float64(cos[i]-wantCos[i])) > 1e-6 || math.Abs(float64(sin[i]-wantSin[i])) > 1e-6 {
			t.Fatalf("entry %d: %v %v, want %v %v", i, cos[i], sin[i], wantCos[i], wantSin[i])
		}
	}
}

func TestRopeScalingErrors(t *testing.T) {
	for name, s := range map[string]RopeScaling{"factor": llama3(0.5, 1, 4, 64), "NaN": llama3(math.NaN(), 1, 4, 64), "equal": llama3(8, 4, 4, 64), "low": llama3(8, 0, 4, 64), "original": llama3(8, 1, 4, 0),
		"kind": {Kind: "ntk"}, "no kind": {Factor: 2}, "long": {Kind: "longrope", Original: 8, Long: &LongRope{Short: []float64{1}, Long: []float64{1, 1}}}} {
		c := tiny
		c.RopeScaling = s
		if c.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func llama3(factor, low, high float64, original int) RopeScaling {
	return RopeScaling{Kind: "llama3", Factor: factor, LowFreq: low, HighFreq: high, Original: original}
}
