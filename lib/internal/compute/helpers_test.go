package compute

import (
	"math"
	"math/rand/v2"
	"testing"
)

// source is a seeded stream of test data.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 17)) }

func normals(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// nearly fails unless got is within tol of want, relative to 1 + |want|.
func nearly(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) != math.IsNaN(w) || math.Abs(g-w) > tol*(1+math.Abs(w)) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// onEachLevel runs the test once for every instruction set of this processor.
func onEachLevel(t *testing.T, f func(t *testing.T)) {
	for _, l := range levels() {
		t.Run(l.name, func(t *testing.T) {
			before := active
			active = l
			defer func() { active = before }()
			f(t)
		})
	}
}

// wantError fails unless f panics with *Error.
func wantError(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if _, ok := recover().(*Error); !ok {
			t.Errorf("%s: no *Error", what)
		}
	}()
	f()
}

func roundedBF16(x []float32) []float32 {
	half, wide := make([]uint16, len(x)), make([]float32, len(x))
	scalarToBF16(half, x)
	scalarFromBF16(wide, half)
	return wide
}
