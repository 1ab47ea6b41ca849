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
			if active.pairs != nil {
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

// batchTolerance is what another order of the sums may change, as gemmTolerance; rounding a factor to bfloat16 changes a
// hundred times as much.
const batchTolerance = 1e-5

// TestRowsDoNotDependOnTheBatch multiplies the same rows in batches of every kind of size: each storage must treat a row
// alike in all of them, or a model would answer differently when more are asked at the same time.
func TestRowsDoNotDependOnTheBatch(t *testing.T) {
	const rows, cols, most = 70, 200, 40
	r := source(33)
	weights, x := normals(r, rows*cols), normals(r, most*cols)
	Scale(1/float32(math.Sqrt(cols)), weights)
	onEachLevel(t, func(t *testing.T) {
		for name, w := range map[string]Weights{"float32": NewFloatMatrix(weights, rows, cols), "bf16": NewBF16Matrix(weights, rows, cols),
			"int8": NewInt8Matrix(weights, rows, cols), "int4": NewInt4Matrix(weights, rows, cols)} {
			whole := make([]float32, most*rows)
			w.MulT(whole, rows, x, cols, most)
			for _, m := range []int{1, 2, 4, 5, 8, 16, 17, 33} {
				y := make([]float32, m*rows)
				for i := 0; i+m <= most; i += m {
					w.MulT(y, rows, x[i*cols:], cols, m)
					nearly(t, fmt.Sprintf("%s, rows from %d in batches of %d", name, i, m), y, whole[i*rows:(i+m)*rows], batchTolerance)
				}
			}
		}
	})
}

func TestIntegerMatricesMultiply(t *testing.T) {
	for _, bits := range []int{8, 4} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			onEachLevel(t, func(t *testing.T) {
				for _, s := range [][3]int{{1, 1, 1}, {1, 37, 64}, {2, 5, 33}, {3, 64, 100}, {4, 4, 31}, {16, 33, 96}, {17, 70, 40}, {8, 16, 576}, {71, 100, 65}} {
					compareIntegers(t, bits, s[0], s[1], s[2])
				}
			})
		})
	}
	wantError(t, "NaN", func() { NewInt8Matrix([]float32{1, float32(math.NaN())}, 1, 2) })
	wantError(t, "Inf", func() { NewInt4Matrix([]float32{1, float32(math.Inf(-1))}, 1, 2) })
}

func newInteger(bits int, w []float32, rows, cols int) Weights {
	if bits == 4 {
		return NewInt4Matrix(w, rows, cols)
	}
	return NewInt8Matrix(w, rows, cols)
}

// compareIntegers checks that elements are off by no more than is documented, and products with what the rows hold.
func compareIntegers(t *testing.T, bits, m, rows, cols int) {
	t.Helper()
	r := source(32)
	x, weights := normals(r, m*(cols+1)), normals(r, rows*cols)
	weights[0] = 0
	w := newInteger(bits, weights, rows, cols)
	wide := make([]float32, rows*cols)
	for i := range rows {
		w.Row(wide[i*cols:(i+1)*cols], i)
	}
	for i, v := range weights {
		top, row, at := float32(0), i/cols*cols, i%cols/32*32
		for _, u := range weights[row+at : min(row+at+32, row+cols)] {
			if max(u, -u) > max(top, -top) {
				top = u
			}
		}
		most := max(top, -top) / 127 * 0.501
		if bits == 4 {
			s := max(top, -top) / 8
			if most = s * 0.501; v*top < 0 {
				most = max(most, max(v, -v)-s*6.999)
			}
		}
		if d := wide[i] - v; max(d, -d) > most {
			t.Fatalf("%d bits, %d x %d: weight %v became %v", bits, rows, cols, v, wide[i])
		}
	}
	used := x
	if active.quantTiles != nil {
		used = roundedInt8(x, cols+1, cols)
	}
	got, want := make([]float32, m*(rows+2)), make([]float32, m*(rows+2))
	w.MulT(got, rows+2, x, cols+1, m)
	naiveGemm(false, true, m, rows, cols, 1, used, cols+1, wide, cols, 0, want, rows+2)
	nearly(t, fmt.Sprint(m, rows, cols), got, want, gemmTolerance)
}

// roundedInt8 is x, rows ld apart, as a scale for every 32 elements of a row and 8 bits leave it.
func roundedInt8(x []float32, ld, cols int) []float32 {
	out := append([]float32(nil), x...)
	for i := 0; i < len(x); i += ld {
		for at := 0; at < cols; at += 32 {
			group, top := out[i+at:i+min(at+32, cols)], float32(0)
			for _, v := range group {
				top = max(top, v, -v)
			}
			for j, v := range group {
				group[j] = float32(math.RoundToEven(float64(v*(127/top)))) * (top / 127)
			}
		}
	}
	return out
}

// BenchmarkDecode multiplies one and sixteen rows with weights far larger than the cache; it reports bytes of weights read.
func BenchmarkDecode(b *testing.B) {
	const rows, cols = 49152, 576
	weights := normals(source(1), rows*cols)
	half := NewBF16Matrix(weights, rows, cols)
	bytes := NewInt8Matrix(weights, rows, cols)
	nibbles := NewInt4Matrix(weights, rows, cols)
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
		b.Run(fmt.Sprintf("int4/%d", m), func(b *testing.B) {
			b.SetBytes(rows * cols * 5 / 8)
			for b.Loop() {
				nibbles.MulT(y, rows, x, cols, m)
			}
		})
	}
}
