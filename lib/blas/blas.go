// Package blas joins this library's arithmetic with others behind gonum's interface of the Basic Linear Algebra
// Subprograms (Lawson et al. 1979; Dongarra et al. 1990), in both directions:
//
//	blas32.Use(blas.Float32{})      // gonum computes with our matrix products
//	defer blas.Use(other)()         // our large products go through another library, such as Apple's Accelerate
package blas

import (
	"fmt"

	gonumblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"lyceum/lib/internal/compute"
)

// Float32 is a blas.Float32 of gonum: products of matrices, and of vectors without gaps, by the kernels of this library on
// all cores; everything else as gonum does it. Matrices are row-major. Arguments that do not fit panic, as in gonum.
type Float32 struct{ gonum.Implementation }

var _ gonumblas.Float32 = Float32{}

// Sgemm computes C = alpha op(A) op(B) + beta C.
func (f Float32) Sgemm(tA, tB gonumblas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	compute.Gemm(transposed(tA), transposed(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Sgemv computes y = alpha op(A) x + beta y.
func (f Float32) Sgemv(tA gonumblas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	switch {
	case incX != 1 || incY != 1:
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	case transposed(tA):
		compute.Gemm(false, false, 1, n, m, alpha, x, max(m, 1), a, lda, beta, y, max(n, 1))
	default:
		compute.Gemm(false, true, 1, m, n, alpha, x, max(n, 1), a, lda, beta, y, max(m, 1))
	}
}

// Sdot returns the sum of x[i] y[i].
func (f Float32) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if incX != 1 || incY != 1 || n < 0 || n > len(x) || n > len(y) {
		return f.Implementation.Sdot(n, x, incX, y, incY)
	}
	return compute.Dot(x[:n], y[:n])
}

// Saxpy computes y += alpha x.
func (f Float32) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if incX != 1 || incY != 1 || n < 0 || n > len(x) || n > len(y) {
		f.Implementation.Saxpy(n, alpha, x, incX, y, incY)
		return
	}
	compute.Axpy(alpha, x[:n], y[:n])
}

func transposed(t gonumblas.Transpose) bool {
	switch t {
	case gonumblas.NoTrans:
		return false
	case gonumblas.Trans, gonumblas.ConjTrans:
		return true
	}
	panic(fmt.Sprintf("blas: %q is no transposition", t))
}

// Use lets large products of this library go through another implementation, and returns a function that takes that back.
// Small products, attention and everything else stay. Results then have that library's rounding, and are the same for any
// number of cores only if its are. nil is ours.
func Use(other gonumblas.Float32Level3) (back func()) {
	var f compute.GemmFunc
	if other != nil {
		f = func(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
			other.Sgemm(kind(transA), kind(transB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		}
	}
	before := compute.SetGemm(f)
	return func() { compute.SetGemm(before) }
}

func kind(transposed bool) gonumblas.Transpose {
	if transposed {
		return gonumblas.Trans
	}
	return gonumblas.NoTrans
}
