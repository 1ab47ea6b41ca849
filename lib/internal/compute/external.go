package compute

import "sync/atomic"

// GemmFunc computes C = alpha op(A) op(B) + beta C as Gemm does. It is called with arguments that have been checked, with
// m, n, k > 0 and alpha other than 0.
type GemmFunc func(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)

var external atomic.Pointer[GemmFunc]

// externalLeast is how many multiply-adds a product needs to be handed over: below, the call costs more than it saves.
const externalLeast = 1 << 18

// SetGemm lets Gemm hand large products over to another library, and returns what was set before; nil is none.
func SetGemm(f GemmFunc) (before GemmFunc) {
	var p *GemmFunc
	if f != nil {
		p = &f
	}
	if old := external.Swap(p); old != nil {
		before = *old
	}
	return before
}
