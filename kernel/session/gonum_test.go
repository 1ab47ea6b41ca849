package session

import "testing"

// Gonum's best-known packages need no import.
func TestGonumWithoutImport(t *testing.T) {
	run(t,
		step{"floats.Sum([]float64{1, 2})", "= 3"},
		step{"stat.Mean([]float64{1, 2}, nil)", "= 1.5"},
		step{"m := mat.NewDense(1, 2, []float64{3, 4})\nr, c := m.Dims()\nfmt.Println(r, c, mat.Norm(m, 2))", "> 1 2 5"},
		step{"distuv.UnitNormal.CDF(0)", "= 0.5"},
		step{"stat := 7\nstat + 1", "= 8"},
	)
}
