package compute

// Int4Matrix is a matrix of weights in 4-bit integers that is only read. Every 32 elements of a row share a scale:
//
//	w[j] ~ q[j] * s,  s = top / -8,  -8 <= q[j] <= 7,  top the element of largest magnitude, with its sign
//
// so an element is off by at most |s|/2, or |s| near the opposite of top, which is cut off. It takes 0.625 bytes an
// element. It is safe for concurrent use.
type Int4Matrix struct{ q *quantised }

// NewInt4Matrix quantises the rows x cols matrix w. A row with NaN or Inf cannot be stored; it panics.
func NewInt4Matrix(w []float32, rows, cols int) *Int4Matrix {
	return &Int4Matrix{newQuantised("NewInt4Matrix", w, rows, cols, 4)}
}

// Rows returns the number of rows.
func (w *Int4Matrix) Rows() int { return w.q.rows }

// Cols returns the length of a row.
func (w *Int4Matrix) Cols() int { return w.q.cols }

// Bytes returns how much memory the matrix takes.
func (w *Int4Matrix) Bytes() int { return w.q.bytes() }

// Row widens row i to float32.
func (w *Int4Matrix) Row(dst []float32, i int) { w.q.row("Int4Matrix.Row", dst, i) }

// MulT computes y = x W^T: x is m x Cols with rows ldx apart, y is m x Rows with rows ldy apart. Where the processor
// multiplies bytes (AVX2) x is rounded to 8 bits with a scale for every 32 elements, an error of at most 1/254 of the largest of
// them; elsewhere it stays in float32.
func (w *Int4Matrix) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	w.q.mulT("Int4Matrix.MulT", y, ldy, x, ldx, m)
}
