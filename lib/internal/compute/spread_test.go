//go:build unix

package compute

import (
	"fmt"
	"math"
	"testing"
)

// TestSpreadKernels compares each kernel with the plain sums, between guard pages; asking for memory that is not there is allowed.
func TestSpreadKernels(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, tiles := range []*tiles{active.tiles, active.halfTiles} {
			if tiles == nil || tiles.spread == nil {
				continue // the scalar level has none
			}
			for v := 1; v < len(tiles.spread.kernel); v++ {
				for k := 1; k < 50; k++ {
					spreadKernel(t, tiles.spread, v, k)
				}
			}
		}
	})
}

// spreadKernel tries the kernel of v vectors on sums of k elements of B.
func spreadKernel(t *testing.T, s *spreads, v, k int) {
	g := &guards{t: t}
	r := source(uint64(100*v + k))
	lanes, n, each := v*s.width, s.cols[v], 1
	if s.halves {
		each = 2
	}
	long, ldb := each*k, k+3
	a, numbers, out := g.copyOf(normals(r, long*lanes)), normals(r, (n-1)*each*ldb+long), g.make(n*lanes)
	b := g.make((n-1)*ldb + k)
	if s.halves {
		numbers = roundedBF16(numbers)
		for i := range b {
			b[i] = math.Float32frombits(math.Float32bits(numbers[2*i])>>16 | math.Float32bits(numbers[2*i+1]))
		}
	} else {
		copy(b, numbers)
	}
	s.kernel[v](k, &a[0], &b[0], ldb, &out[0], 64)
	want := make([]float32, n*lanes)
	naiveGemm(false, false, n, lanes, long, 1, numbers, each*ldb, a, lanes, 0, want, lanes)
	what := fmt.Sprintf("%d vectors, k %d, two in a word %v", v, k, s.halves)
	nearly(t, what, out, want, spanTolerance)
	g.done(what)
}

// TestSpreadProducts compares whole products, for all numbers of rows in a pass and for ends of B that no kernel's rows fit.
func TestSpreadProducts(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for m := 12; m <= 200; m += 1 + m/8 {
			for _, n := range []int{47, 48, 103} {
				k := 1 + (m*7+n)%20
				g := &guards{t: t}
				r := source(uint64(m*1000 + n))
				lda, ldb, ldc := k+1, k+2, n+3
				a, b, c := g.copyOf(normals(r, (m-1)*lda+k)), g.copyOf(normals(r, (n-1)*ldb+k)), g.copyOf(normals(r, (m-1)*ldc+n))
				for _, factors := range [][2]float32{{0.5, 1}, {1, 0}, {2, 0}, {1, 0.25}} {
					want := append([]float32(nil), c...)
					naiveGemm(false, true, m, n, k, factors[0], a, lda, b, ldb, factors[1], want, ldc)
					Gemm(false, true, m, n, k, factors[0], a, lda, b, ldb, factors[1], c, ldc)
					nearly(t, fmt.Sprintf("%dx%dx%d, %v", m, n, k, factors), c, want, spanTolerance)
				}
				g.done("product")
			}
		}
	})
}

func TestSpreadBF16Matrix(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for i, m := range []int{5, 8, 13, 16, 17, 32, 40, 48, 65, 100} {
			const n = 100
			k := 74 + i/2%2 // an odd one cannot be read two at a time
			x, w := normals(source(uint64(m)), m*k), normals(source(2), n*k)
			y, want := make([]float32, m*n), make([]float32, m*n)
			NewBF16Matrix(w, n, k).MulT(y, n, x, k, m)
			if active.pairs != nil {
				x = roundedBF16(x)
			}
			naiveGemm(false, true, m, n, k, 1, x, k, roundedBF16(w), k, 0, want, n)
			nearly(t, fmt.Sprintf("%d rows", m), y, want, spanTolerance)
		}
	})
}
