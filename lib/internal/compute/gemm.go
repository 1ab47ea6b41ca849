package compute

import "unsafe"

// Gemm computes C = alpha * op(A) * op(B) + beta * C, where op is the identity or the transpose.
//
// op(A) is m x k, op(B) is k x n, C is m x n. A is stored m x k (k x m with transA) with rows lda apart, B is stored
// k x n (n x k with transB) with rows ldb apart. With beta = 0 C is only written, whatever it held.
// C must not overlap A or B. Work is shared by all cores; a stop request interrupts it by a panic with
// stop.ErrInterrupted and leaves C half written.
func Gemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	checkGemm("Gemm", transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		scaleMatrix(m, n, beta, c, ldc)
		return
	}
	if other := external.Load(); other != nil && m*n*k >= externalLeast {
		(*other)(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	add := beta != 0
	if beta != 0 && beta != 1 {
		scaleMatrix(m, n, beta, c, ldc)
	}
	g := gemmCall{
		m: m, n: n, k: k, alpha: alpha, add: add,
		a: matrix{p: unsafe.SliceData(a), ld: lda, trans: transA},
		b: matrix{p: unsafe.SliceData(b), ld: ldb, trans: transB},
		c: unsafe.SliceData(c), ldc: ldc,
	}
	g.run()
}

// checkGemm panics unless the three matrices lie within their slices.
func checkGemm(op string, transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	notNegative(op, "m", m)
	notNegative(op, "n", n)
	notNegative(op, "k", k)
	ar, ac, br, bc := m, k, k, n
	if transA {
		ar, ac = k, m
	}
	if transB {
		br, bc = n, k
	}
	checkMatrix(op, "a", a, ar, ac, lda)
	checkMatrix(op, "b", b, br, bc, ldb)
	checkMatrix(op, "c", c, m, n, ldc)
}

func checkMatrix(op, name string, data []float32, rows, cols, ld int) {
	if ld < cols {
		fail(op, "ld%s is %d, less than the %d columns of %s", name, ld, cols, name)
	}
	if rows > 0 && cols > 0 {
		need(op, name, len(data), (rows-1)*ld+cols)
	}
}

func scaleMatrix(m, n int, beta float32, c []float32, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
		} else if beta != 1 {
			Scale(beta, row)
		}
	}
}

// matrix is a stored matrix; trans says that the operand is its transpose.
type matrix struct {
	p     *float32
	ld    int
	trans bool
}

// at returns a pointer to element (i, j) of the operand.
func (x matrix) at(i, j int) *float32 {
	if x.trans {
		i, j = j, i
	}
	return offset(x.p, i*x.ld+j)
}

func offset(p *float32, n int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), uintptr(n)*4))
}

// gemmCall is one checked product, m, n, k > 0; C = alpha * A * B (+ C with add).
type gemmCall struct {
	m, n, k int
	alpha   float32
	add     bool
	a, b    matrix
	c       *float32
	ldc     int

	// In a product of bfloat16 A and B hold words of two values and k counts words; but B holds float32, from which words are
	// made while packing, if pairsOf is not 0: it is the length of the sums then. With roundsA so does A.
	pairs   bool
	pairsOf int
	roundsA bool
}

func (g *gemmCall) tiles() *tiles {
	if g.pairs {
		return active.pairs
	}
	return active.tiles
}
