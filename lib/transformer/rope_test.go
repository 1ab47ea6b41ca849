package transformer

import (
	"math"
	"testing"

	"lyceum/lib/tensor"
)

func TestRopeScalingByHand(t *testing.T) {
	s := RopeScaling{Factor: 8, LowFreq: 1, HighFreq: 4, Original: 64}
	turn := 2 * math.Pi / 64 // the frequency of one turn in 64 positions
	for turns, want := range map[float64]float64{
		5:   5 * turn,            // fast: as it was
		0.5: 0.5 * turn / 8,      // slow: eight times as slow
		2.5: 2.5 * turn * 9 / 16, // halfway between 1 and 4: (1/8 + 1) / 2
	} {
		if got := s.apply(turns * turn); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v turns: frequency %v, want %v", turns, got, want)
		}
	}
	if (RopeScaling{}).apply(0.3) != 0.3 {
		t.Error("no scaling must change nothing")
	}
}

func TestRotaryTableWithoutScalingIsTensors(t *testing.T) {
	cos, sin := tiny.rotaryTable()
	wantCos, wantSin := tensor.RotaryTable(tiny.Context, tiny.HeadDim, tiny.RopeTheta)
	for i := range wantCos {
		if math.Abs(float64(cos[i]-wantCos[i])) > 1e-6 || math.Abs(float64(sin[i]-wantSin[i])) > 1e-6 {
			t.Fatalf("entry %d: %v %v, want %v %v", i, cos[i], sin[i], wantCos[i], wantSin[i])
		}
	}
}

func TestRopeScalingErrors(t *testing.T) {
	for name, s := range map[string]RopeScaling{"factor": {0.5, 1, 4, 64}, "NaN": {math.NaN(), 1, 4, 64}, "equal": {8, 4, 4, 64}, "low": {8, 0, 4, 64}, "original": {8, 1, 4, 0}} {
		c := tiny
		c.RopeScaling = s
		if c.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
