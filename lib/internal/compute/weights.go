package compute

// Weights is a matrix that is only read, in any storage: BF16Matrix, Int8Matrix, Int4Matrix, or FloatMatrix. All are safe
// for concurrent use.
type Weights interface {
	// Rows and Cols are the shape, Bytes the memory.
	Rows() int
	Cols() int
	Bytes() int
	// Row widens row i to float32; dst has exactly Cols elements.
	Row(dst []float32, i int)
	// MulT computes y = x W^T for m rows of x: x is m x Cols with rows ldx apart, y is m x Rows with rows ldy apart. It is
	// for inference: the storage may round x too.
	MulT(y []float32, ldy int, x []float32, ldx, m int)
	// Linear computes the same for training: x is not rounded further than to bfloat16, and only where bf16 is set.
	Linear(y []float32, ldy int, x []float32, ldx, m int, bf16 bool)
	// Mul ADDS dy W to dx, the gradient of x: dy is m x Rows, dx is m x Cols. bf16 is as in Linear.
	Mul(dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool)
}

// FloatMatrix is a matrix in float32 that stays where it is: rows x cols, row-major. The data may change between calls.
type FloatMatrix struct {
	data       []float32
	rows, cols int
}

// NewFloatMatrix returns the rows x cols matrix at data, which is not copied.
func NewFloatMatrix(data []float32, rows, cols int) *FloatMatrix {
	notNegative("NewFloatMatrix", "rows", rows)
	notNegative("NewFloatMatrix", "cols", cols)
	need("NewFloatMatrix", "data", len(data), rows*cols)
	return &FloatMatrix{data, rows, cols}
}

// Rows returns the number of rows.
func (w *FloatMatrix) Rows() int { return w.rows }

// Cols returns the length of a row.
func (w *FloatMatrix) Cols() int { return w.cols }

// Bytes returns how much memory the matrix takes.
func (w *FloatMatrix) Bytes() int { return 4 * w.rows * w.cols }

// Row copies row i.
func (w *FloatMatrix) Row(dst []float32, i int) {
	if i < 0 || i >= w.rows {
		fail("FloatMatrix.Row", "row %d of %d", i, w.rows)
	}
	same("FloatMatrix.Row", "dst", len(dst), w.cols)
	copy(dst, w.data[i*w.cols:])
}

// MulT computes y = x W^T.
func (w *FloatMatrix) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	w.Linear(y, ldy, x, ldx, m, false)
}

// Linear computes y = x W^T.
func (w *FloatMatrix) Linear(y []float32, ldy int, x []float32, ldx, m int, bf16 bool) {
	gemmOf(bf16)(false, true, m, w.rows, w.cols, 1, x, ldx, w.data, w.cols, 0, y, ldy)
}

// Mul adds dy W to dx.
func (w *FloatMatrix) Mul(dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool) {
	gemmOf(bf16)(false, false, m, w.cols, w.rows, 1, dy, ldy, w.data, w.cols, 1, dx, ldx)
}

type gemmFunc = func(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)

func gemmOf(bf16 bool) gemmFunc {
	if bf16 {
		return GemmBF16
	}
	return Gemm
}

// Linear computes y = x W^T for training; see Weights.
func (w *BF16Matrix) Linear(y []float32, ldy int, x []float32, ldx, m int, bf16 bool) {
	if bf16 && m > halfMost && active.pairs != nil {
		w.MulT(y, ldy, x, ldx, m)
		return
	}
	wideLinear(w, "BF16Matrix.Linear", y, ldy, x, ldx, m, bf16)
}

// Mul adds dy W to dx; see Weights.
func (w *BF16Matrix) Mul(dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool) {
	wideMul(w, "BF16Matrix.Mul", dx, ldx, dy, ldy, m, bf16)
}

// Linear computes y = x W^T for training; see Weights.
func (w *Int8Matrix) Linear(y []float32, ldy int, x []float32, ldx, m int, bf16 bool) {
	wideLinear(w, "Int8Matrix.Linear", y, ldy, x, ldx, m, bf16)
}

// Mul adds dy W to dx; see Weights.
func (w *Int8Matrix) Mul(dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool) {
	wideMul(w, "Int8Matrix.Mul", dx, ldx, dy, ldy, m, bf16)
}

// Linear computes y = x W^T for training; see Weights.
func (w *Int4Matrix) Linear(y []float32, ldy int, x []float32, ldx, m int, bf16 bool) {
	wideLinear(w, "Int4Matrix.Linear", y, ldy, x, ldx, m, bf16)
}

// Mul adds dy W to dx; see Weights.
func (w *Int4Matrix) Mul(dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool) {
	wideMul(w, "Int4Matrix.Mul", dx, ldx, dy, ldy, m, bf16)
}

// wideRows is how many rows of a matrix are widened at a time: enough that a product with them is efficient, little
// against the memory that the storage saves.
const wideRows = 512

// wide calls fn with consecutive rows of w in float32.
func wide(w Weights, fn func(lo, hi int, data []float32)) {
	cols := w.Cols()
	buffer := getScratch(min(wideRows, w.Rows()) * cols)
	defer putScratch(buffer)
	for lo := 0; lo < w.Rows(); lo += wideRows {
		hi := min(lo+wideRows, w.Rows())
		Parallel(hi-lo, rowGrain(cols), func(a, b int) {
			for i := a; i < b; i++ {
				w.Row(buffer[i*cols:(i+1)*cols], lo+i)
			}
		})
		fn(lo, hi, buffer)
	}
}

func wideLinear(w Weights, op string, y []float32, ldy int, x []float32, ldx, m int, bf16 bool) {
	if !checkMulT(op, y, ldy, x, ldx, m, w.Rows(), w.Cols()) {
		return
	}
	wide(w, func(lo, hi int, data []float32) {
		gemmOf(bf16)(false, true, m, hi-lo, w.Cols(), 1, x, ldx, data, w.Cols(), 0, y[lo:], ldy)
	})
}

func wideMul(w Weights, op string, dx []float32, ldx int, dy []float32, ldy, m int, bf16 bool) {
	notNegative(op, "m", m)
	checkMatrix(op, "dy", dy, m, w.Rows(), ldy)
	checkMatrix(op, "dx", dx, m, w.Cols(), ldx)
	if m == 0 || w.Rows() == 0 || w.Cols() == 0 {
		return
	}
	wide(w, func(lo, hi int, data []float32) {
		gemmOf(bf16)(false, false, m, w.Cols(), hi-lo, 1, dy[lo:], ldy, data, w.Cols(), 1, dx, ldx)
	})
}
