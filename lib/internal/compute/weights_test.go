package compute

import (
	"fmt"
	"math"
	"testing"
)

func TestBF16MatrixMultiplies(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, s := range [][3]int{{1, 1, 1}, {1, 37, 64}, {2, 5, 33}, {3, 64, 100}, {4, 4, 31}, {7, 70, 65}, {16, 33, 96}, {17, 70, 40}, {50, 40, 129}, {64, 33, 2100}, {5, 6, 7}, {200, 257, 70}} {
			m, rows, cols := s[0], s[1], s[2]
			r := source(31)
			x, weights := normals(r, m*(cols+1)), normals(r, rows*cols)
			w := NewBF16Matrix(weights, rows, cols)
			rounded := make([]float32, rows*cols)
			for i := range rows {
				w.Row(rounded[i*cols:(i+1)*cols], i)
			}
			nearly(t, "rounding", rounded, weights, 1.0/256)
			got, want := make([]float32, m*(rows+2)), make([]float32, m*(rows+2))
			w.MulT(got, rows+2, x, cols+1, m)
			used := x
			if m > halfMost && active.pairs != nil {
				used = roundedBF16(x)
			}
			naiveGemm(false, true, m, rows, cols, 1, used, cols+1, rounded, cols, 0, want, rows+2)
			nearly(t, fmt.Sprint(s), got, want, gemmTolerance)

			half := make([]uint16, rows*cols)
			ToBF16(half, weights)
			again := make([]float32, len(got))
			BF16MatrixOf(half, rows, cols).MulT(again, rows+2, x, cols+1, m)
			nearly(t, "from bfloat16", again, got, 0)
		}
	})
	w := NewBF16Matrix(make([]float32, 6), 2, 3)
	wantError(t, "short x", func() { w.MulT(make([]float32, 2), 2, make([]float32, 2), 3, 1) })
	wantError(t, "row", func() { w.Row(make([]float32, 3), 2) })
	wantError(t, "short w", func() { NewBF16Matrix(make([]float32, 5), 2, 3) })
}

func TestInt8MatrixMultiplies(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, s := range [][3]int{{1, 1, 1}, {1, 37, 64}, {2, 5, 33}, {3, 64, 100}, {4, 4, 31}, {16, 33, 96}, {17, 70, 40}} {
			m, rows, cols := s[0], s[1], s[2]
			r := source(32)
			x, weights := normals(r, m*(cols+1)), normals(r, rows*cols)
			weights[0] = 0
			w := NewInt8Matrix(weights, rows, cols)
			rounded := make([]float32, rows*cols)
			for i := range rows {
				w.Row(rounded[i*cols:(i+1)*cols], i)
			}
			for i, v := range weights {
				top := float32(0)
				for _, u := range weights[i/cols*cols+i%cols/32*32 : min(i/cols*cols+i%cols/32*32+32, (i/cols+1)*cols)] {
					top = max(top, u, -u)
				}
				if d := rounded[i] - v; max(d, -d) > top/127*0.501 {
					t.Fatalf("%v: weight %v became %v", s, v, rounded[i])
				}
			}
			got, want := make([]float32, m*(rows+2)), make([]float32, m*(rows+2))
			w.MulT(got, rows+2, x, cols+1, m)
			naiveGemm(false, true, m, rows, cols, 1, x, cols+1, rounded, cols, 0, want, rows+2)
			nearly(t, fmt.Sprint(s), got, want, gemmTolerance)
		}
	})
	wantError(t, "NaN", func() { NewInt8Matrix([]float32{1, float32(math.NaN())}, 1, 2) })
}

// BenchmarkDecode multiplies one and sixteen rows with weights far larger than the cache; it reports bytes of weights read.
func BenchmarkDecode(b *testing.B) {
	const rows, cols = 49152, 576
	weights := normals(source(1), rows*cols)
	half := NewBF16Matrix(weights, rows, cols)
	bytes := NewInt8Matrix(weights, rows, cols)
	for _, m := range []int{1, 4, 8, 16, 64, 256} {
		x, y := normals(source(2), m*cols), make([]float32, m*rows)
		b.Run(fmt.Sprintf("float32/%d", m), func(b *testing.B) {
			b.SetBytes(4 * rows * cols)
			for b.Loop() {
				Gemm(false, true, m, rows, cols, 1, x, cols, weights, cols, 0, y, rows)
			}
		})
		b.Run(fmt.Sprintf("bf16/%d", m), func(b *testing.B) {
			b.SetBytes(2 * rows * cols)
			for b.Loop() {
				half.MulT(y, rows, x, cols, m)
			}
		})
		b.Run(fmt.Sprintf("int8/%d", m), func(b *testing.B) {
			b.SetBytes(rows * cols * 9 / 8)
			for b.Loop() {
				bytes.MulT(y, rows, x, cols, m)
			}
		})
	}
}
