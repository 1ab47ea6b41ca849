package tensor

import (
	"math"
	"math/rand/v2"

	"lyceum/lib/stop"
)

// watchNumbers is how many numbers are drawn between two looks at the stop flag.
const watchNumbers = 1 << 18

// NewRand returns a generator of random numbers from a seed: PCG-DXSM (O'Neill 2014) as package math/rand/v2 has it. The
// same seed gives the same numbers on every machine.
func NewRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }

// Randn returns a tensor of independent normal numbers with mean 0 and variance 1.
func Randn(rng *rand.Rand, shape ...int) *Tensor {
	t := New(shape...)
	for i := range t.data {
		if i%watchNumbers == 0 {
			stop.Check()
		}
		t.data[i] = float32(rng.NormFloat64())
	}
	return t
}

// Rand returns a tensor of independent numbers, uniform in [0, 1).
func Rand(rng *rand.Rand, shape ...int) *Tensor {
	t := New(shape...)
	for i := range t.data {
		if i%watchNumbers == 0 {
			stop.Check()
		}
		t.data[i] = rng.Float32()
	}
	return t
}

// Finite reports whether no element is NaN or infinite.
func (t *Tensor) Finite() bool { return finite(t.data) }

func finite(xs []float32) bool {
	for _, x := range xs {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}

// FiniteGrad reports whether no element of the gradient is NaN or infinite.
func (t *Tensor) FiniteGrad() bool { return t.stale || finite(t.grad) }
