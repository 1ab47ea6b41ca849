//go:build unix

package compute

import (
	"fmt"
	"testing"
)

// TestIntegerMatricesAtTheirLimits takes factors of the largest magnitude and of all signs, whose sums come nearest to what an
// instruction can hold, groups of zeros, and counts of rows and columns beside every kernel's, between pages that fault.
func TestIntegerMatricesAtTheirLimits(t *testing.T) {
	sign := func(i, kind int) float32 {
		switch {
		case kind == 1 || kind == 2 && i%2 == 1:
			return -1
		case kind == 3:
			return 0
		}
		return 1
	}
	onEachLevel(t, func(t *testing.T) {
		for bits, tolerance := range map[int]float32{8: 1e-4, 4: 64 * 0.125} { // of 4 bits one sign has seven eighths only
			for kind := range 16 {
				g := &guards{t: t, front: kind%2 == 1}
				m, rows, cols := 1+kind%9, 1+5*kind, 64
				x, w, y := g.make(m*cols), make([]float32, rows*cols), g.make(m*rows)
				want := float32(0)
				for p := range cols {
					a, b := sign(p, kind%4), sign(p, kind/4)
					want += a * b
					for i := range m {
						x[i*cols+p] = a
					}
					for j := range rows {
						w[j*cols+p] = b
					}
				}
				newInteger(bits, w, rows, cols).MulT(y, rows, x, cols, m)
				for i, v := range y {
					if d := v - want; max(d, -d) > tolerance || v != v {
						t.Fatalf("%d bits, kind %d, %d x %d: element %d is %v, want %v", bits, kind, m, rows, i, v, want)
					}
				}
				g.done(fmt.Sprint(bits, kind))
			}
		}
	})
}
