package compute

import (
	"math"
	"unsafe"
)

// BF16Matrix is a matrix of weights in bfloat16 that is only read: half the memory of float32, and when few rows are
// multiplied with it, as in decoding, close to twice the speed. It is safe for concurrent use.
type BF16Matrix struct {
	rows, cols int
	stride     int      // elements between rows, a multiple of halfBlock; the rest of a row is zero
	data       []uint16 // rows rounded up to a multiple of four
}

// halfBlock is how many elements of a row the kernels take at a time, at most.
const halfBlock = 32

// halfMost is up to how many rows reading the weights takes longer than widening them.
const halfMost = 4

// halfDotsFunc computes C[i][j] = sum_p A(i,p) B(j,p) for its number of rows i and four rows j of B, over whole blocks.
type halfDotsFunc func(blocks int, a *float32, lda int, b *uint16, ldb int, c *float32, ldc int)

// NewBF16Matrix rounds the rows x cols matrix w.
func NewBF16Matrix(w []float32, rows, cols int) *BF16Matrix {
	m := newBF16Matrix("NewBF16Matrix", len(w), rows, cols)
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			active.toBF16(m.data[i*m.stride:][:cols], w[i*cols:(i+1)*cols])
		}
	})
	return m
}

// BF16MatrixOf takes a matrix that is in bfloat16 already, as in a file; the data is copied.
func BF16MatrixOf(w []uint16, rows, cols int) *BF16Matrix {
	m := newBF16Matrix("BF16MatrixOf", len(w), rows, cols)
	for i := range rows {
		copy(m.data[i*m.stride:][:cols], w[i*cols:])
	}
	return m
}

func newBF16Matrix(op string, have, rows, cols int) *BF16Matrix {
	notNegative(op, "rows", rows)
	notNegative(op, "cols", cols)
	need(op, "w", have, rows*cols)
	stride := roundUp(cols, halfBlock)
	return &BF16Matrix{rows: rows, cols: cols, stride: stride, data: alignedHalves(roundUp(rows, 4) * stride)}
}

// alignedHalves is Aligned for bfloat16; n is even.
func alignedHalves(n int) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(Aligned(n/2)))), n)
}

// Rows returns the number of rows.
func (w *BF16Matrix) Rows() int { return w.rows }

// Cols returns the length of a row.
func (w *BF16Matrix) Cols() int { return w.cols }

// Bytes returns how much memory the matrix takes.
func (w *BF16Matrix) Bytes() int { return 2 * len(w.data) }

// Row widens row i to float32.
func (w *BF16Matrix) Row(dst []float32, i int) {
	if i < 0 || i >= w.rows {
		fail("BF16Matrix.Row", "row %d of %d", i, w.rows)
	}
	same("BF16Matrix.Row", "dst", len(dst), w.cols)
	active.fromBF16(dst, w.data[i*w.stride:][:w.cols])
}

// halfDotsMost is how many rows of x halfDots takes at most where spread can take more of them.
const halfDotsMost = 12

// MulT computes y = x W^T, sums in float32; where the processor has instructions for it x is rounded to bfloat16 too, as in
// GemmBF16. x is m x Cols with rows ldx apart, y is m x Rows with rows ldy apart. What becomes of a row does not depend on
// how many go together, but for the order of the sums, which may change with it.
func (w *BF16Matrix) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	if !checkMulT("BF16Matrix.MulT", y, ldy, x, ldx, m, w.rows, w.cols) {
		return
	}
	if m > halfMost && active.amx != nil {
		w.mulTAMX(y, ldy, x, ldx, m)
		return
	}
	if m > halfMost && active.pairs != nil {
		words, release := pairsOfA(matrix{p: &x[0], ld: ldx}, m, w.cols)
		defer release()
		g := gemmCall{m: m, n: w.rows, k: (w.cols + 1) / 2, pairs: true, alpha: 1, a: words, b: w.words(), c: &y[0], ldc: ldy}
		g.run()
		return
	}
	if t := active.halfTiles; t != nil && w.cols%2 == 0 && t.spreads(m, w.rows) {
		g := gemmCall{m: m, n: w.rows, k: w.cols, alpha: 1, a: matrix{p: &x[0], ld: ldx}, b: w.words(), c: &y[0], ldc: ldy}
		g.spread(t)
		return
	}
	if m > dotsMost || active.halfDots == nil || m > halfDotsMost && active.tiles.spreads(m, w.rows) {
		manyRows(y, ldy, x, ldx, m, w.rows, w.cols, w.Row)
		return
	}
	block := active.halfBlock
	sorted := getScratch(m * w.stride)
	defer putScratch(sorted)
	for i := range m {
		row, to := x[i*ldx:][:w.cols], sorted[i*w.stride:][:w.stride]
		if active.pairs != nil {
			roundPairs(to, row)
		} else {
			sortPairs(to, row, block)
		}
	}
	fewRows(y, ldy, m, w.rows, len(active.halfDots)-1, 2*w.stride, func(n, i, j int, c *float32, ldc int) {
		active.halfDots[n](w.stride/block, &sorted[i*w.stride], w.stride, &w.data[j*w.stride], w.stride, c, ldc)
	})
}

// words is the transpose of the matrix, two elements in a word.
func (w *BF16Matrix) words() matrix {
	return matrix{p: (*float32)(unsafe.Pointer(&w.data[0])), ld: w.stride / 2, trans: true}
}

// roundPairs is sortPairs for blocks of halfBlock elements, rounded to bfloat16.
func roundPairs(dst, x []float32) {
	words := getScratch(len(dst) / 2)
	defer putScratch(words)
	clear(words[len(x)/2:])
	pairsAlong(words[:(len(x)+1)/2], x)
	const half = halfBlock / 2
	for i := 0; i < len(words); i += half {
		even, odd := dst[2*i:][:half], dst[2*i+half:][:half]
		for j, w := range words[i:][:half] {
			u := math.Float32bits(w)
			even[j], odd[j] = math.Float32frombits(u<<16), math.Float32frombits(u&0xffff0000)
		}
	}
}

// sortPairs puts, in each block, the elements with even index before those with odd index; dst is filled up with zeros.
func sortPairs(dst, x []float32, block int) {
	half, at := block/2, 0
	for ; at+block <= len(x); at += block {
		even, odd, from := dst[at:at+half], dst[at+half:at+block], x[at:at+block]
		for j := range even {
			even[j], odd[j] = from[2*j], from[2*j+1]
		}
	}
	if at == len(dst) {
		return
	}
	clear(dst[at:])
	for j, v := range x[at:] {
		dst[at+j/2+j%2*half] = v
	}
}
