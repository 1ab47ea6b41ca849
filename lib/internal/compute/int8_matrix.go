package compute

// Int8Matrix is a matrix of weights in 8-bit integers that is only read. Every 32 elements of a row share a scale:
//
//	w[j] ~ q[j] * s,  s = max |w| / 127 over the 32,  q[j] = round(w[j] / s)
//
// so an element is off by at most s/2. It takes 1.125 bytes an element. It is safe for concurrent use.
type Int8Matrix struct{ q *quantised }

const int8Group = 32

// NewInt8Matrix quantises the rows x cols matrix w. A row with NaN or Inf cannot be stored; it panics.
func NewInt8Matrix(w []float32, rows, cols int) *Int8Matrix {
	return &Int8Matrix{newQuantised("NewInt8Matrix", w, rows, cols, 8)}
}

// Rows returns the number of rows.
func (w *Int8Matrix) Rows() int { return w.q.rows }

// Cols returns the length of a row.
func (w *Int8Matrix) Cols() int { return w.q.cols }

// Bytes returns how much memory the matrix takes.
func (w *Int8Matrix) Bytes() int { return w.q.bytes() }

// Row widens row i to float32.
func (w *Int8Matrix) Row(dst []float32, i int) { w.q.row("Int8Matrix.Row", dst, i) }

// MulT computes y = x W^T: x is m x Cols with rows ldx apart, y is m x Rows with rows ldy apart. Where the processor
// multiplies bytes (AVX2) x is rounded to 8 bits with a scale for every 32 elements, an error of at most 1/254 of the largest of
// them; elsewhere it stays in float32.
func (w *Int8Matrix) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	w.q.mulT("Int8Matrix.MulT", y, ldy, x, ldx, m)
}
