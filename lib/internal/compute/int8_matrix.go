package compute

import "math"

// Int8Matrix is a matrix of weights in 8-bit integers that is only read. Every 32 elements of a row share a scale:
//
//	w[j] ~ q[j] * s,  s = max |w| / 127 over the 32,  q[j] = round(w[j] / s)
//
// so an element is off by at most s/2. It takes 1.125 bytes an element. It is safe for concurrent use.
type Int8Matrix struct {
	rows, cols int
	stride     int       // elements between rows, a multiple of int8Group; the rest of a row is zero
	data       []int8    // rows rounded up to a multiple of four
	scales     []float32 // stride/int8Group for each row

	packed *quantised // where the processor multiplies bytes; data and scales are empty then
}

const int8Group = 32

// byteDotsFunc computes C[i][j] = sum_p A(i,p) B(j,p) for its number of rows i and four rows j of B, over whole groups.
type byteDotsFunc func(groups int, a *float32, lda int, b *int8, ldb int, scales *float32, lds int, c *float32, ldc int)

// NewInt8Matrix quantises the rows x cols matrix w. A row with NaN or Inf cannot be stored; it panics.
func NewInt8Matrix(w []float32, rows, cols int) *Int8Matrix {
	const op = "NewInt8Matrix"
	notNegative(op, "rows", rows)
	notNegative(op, "cols", cols)
	need(op, "w", len(w), rows*cols)
	if active.quantTiles != nil {
		return &Int8Matrix{rows: rows, cols: cols, packed: newQuantised(op, w, rows, cols, 8)}
	}
	stride, room := roundUp(cols, int8Group), roundUp(rows, 4)
	m := &Int8Matrix{rows: rows, cols: cols, stride: stride,
		data: make([]int8, room*stride), scales: make([]float32, room*stride/int8Group)}
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			m.quantise(w[i*cols:(i+1)*cols], i)
		}
	})
	return m
}

func (w *Int8Matrix) quantise(row []float32, i int) {
	for at := 0; at < len(row); at += int8Group {
		group := row[at:min(at+int8Group, len(row))]
		top := 0.0
		for _, v := range group {
			top = max(top, math.Abs(float64(v)))
		}
		if math.IsNaN(top) || math.IsInf(top, 0) {
			fail("NewInt8Matrix", "row %d holds NaN or Inf", i)
		}
		scale := top / 127
		w.scales[(i*w.stride+at)/int8Group] = float32(scale)
		for j, v := range group {
			if scale > 0 {
				w.data[i*w.stride+at+j] = int8(math.RoundToEven(float64(v) / scale))
			}
		}
	}
}

// Rows returns the number of rows.
func (w *Int8Matrix) Rows() int { return w.rows }

// Cols returns the length of a row.
func (w *Int8Matrix) Cols() int { return w.cols }

// Row widens row i to float32.
func (w *Int8Matrix) Row(dst []float32, i int) {
	if i < 0 || i >= w.rows {
		fail("Int8Matrix.Row", "row %d of %d", i, w.rows)
	}
	same("Int8Matrix.Row", "dst", len(dst), w.cols)
	if w.packed != nil {
		w.packed.row(dst, i)
		return
	}
	row := w.data[i*w.stride:][:w.cols]
	scales := w.scales[i*w.stride/int8Group:]
	for j, q := range row {
		dst[j] = float32(q) * scales[j/int8Group]
	}
}

// Bytes returns how much memory the matrix takes.
func (w *Int8Matrix) Bytes() int {
	if w.packed != nil {
		return len(w.packed.data) + 4*len(w.packed.scales)
	}
	return len(w.data) + 4*len(w.scales)
}

// MulT computes y = x W^T: x is m x Cols with rows ldx apart, y is m x Rows with rows ldy apart. Where the processor
// multiplies bytes (AVX512_VNNI) x is rounded to 8 bits with a scale for every 32 elements, an error of at most 1/254 of
// the largest of them; elsewhere it stays in float32.
func (w *Int8Matrix) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	if !checkMulT("Int8Matrix.MulT", y, ldy, x, ldx, m, w.rows, w.cols) {
		return
	}
	if w.packed != nil && active.quantTiles != nil {
		w.packed.mulT(y, ldy, x, ldx, m)
		return
	}
	if m > dotsMost || active.byteDots == nil || w.packed != nil {
		manyRows(y, ldy, x, ldx, m, w.rows, w.cols, w.Row)
		return
	}
	padded := getScratch(m * w.stride)
	defer putScratch(padded)
	for i := range m {
		row := padded[i*w.stride:][:w.stride]
		clear(row[copy(row, x[i*ldx:][:w.cols]):])
	}
	groups := w.stride / int8Group
	fewRows(y, ldy, m, w.rows, len(active.byteDots)-1, w.stride, func(n, i, j int, c *float32, ldc int) {
		active.byteDots[n](groups, &padded[i*w.stride], w.stride, &w.data[j*w.stride], w.stride, &w.scales[j*groups], groups, c, ldc)
	})
}
