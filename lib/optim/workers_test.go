package optim

import (
	"slices"
	"testing"

	"lyceum/lib/internal/compute"
)

// Every optimiser gives the same bits for any number of workers.
func TestOptimizersDoNotDependOnWorkers(t *testing.T) {
	for name, args := range everyOptimizer {
		run := func(workers int) [][]float32 {
			defer compute.SetWorkers(compute.SetWorkers(workers))
			params := wide(6*unitSize + 123)
			o, err := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Args: args})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				giveGradients(params, uint64(i))
				_, scale := Clip(params, 0.5)
				o.Step(0.01, scale)
				o.ZeroGrad()
			}
			return everything(params, o)
		}
		want := run(1)
		for _, n := range []int{2, 3, 4, 7} {
			for i, x := range run(n) {
				if !slices.Equal(x, want[i]) {
					t.Fatalf("%s: number %d of what it changes differs with %d workers", name, i, n)
				}
			}
		}
	}
}
