package blas

import (
	"fmt"

	"github.com/ebitengine/purego"

	"lyceum/lib/internal/compute"
)

const framework = "/System/Library/Frameworks/Accelerate.framework/Accelerate"

// Values of the enumerations in cblas.h.
const (
	rowMajor = 101
	noTrans  = 111
	yesTrans = 112
)

// UseAccelerate lets large products go through the Accelerate framework, which uses the matrix units of Apple's processors,
// and returns a function that takes that back. It needs no C compiler. It is compiled for macOS by the tests and has not
// been run on a Mac by the authors: compare a product with ours before relying on it.
func UseAccelerate() (back func(), err error) {
	lib, err := purego.Dlopen(framework, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("blas: Accelerate cannot be loaded: %w", err)
	}
	symbol, err := purego.Dlsym(lib, "cblas_sgemm")
	if err != nil {
		return nil, fmt.Errorf("blas: Accelerate has no cblas_sgemm: %w", err)
	}
	var sgemm func(order, transA, transB, m, n, k int32, alpha float32, a *float32, lda int32, b *float32, ldb int32, beta float32, c *float32, ldc int32)
	purego.RegisterFunc(&sgemm, symbol)
	before := compute.SetGemm(func(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
		sgemm(rowMajor, cblas(transA), cblas(transB), int32(m), int32(n), int32(k), alpha, &a[0], int32(lda), &b[0], int32(ldb), beta, &c[0], int32(ldc))
	})
	return func() { compute.SetGemm(before) }, nil
}

func cblas(transposed bool) int32 {
	if transposed {
		return yesTrans
	}
	return noTrans
}
