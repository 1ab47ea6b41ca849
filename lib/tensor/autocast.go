package tensor

import (
	"fmt"
	"sync/atomic"
)

// Precisions of matrix products.
const (
	Float32 = "float32"
	BF16    = "bf16"
)

// bf16Depth counts the Autocast calls in bfloat16 that are running.
var bf16Depth atomic.Int32

// Autocast runs f; the matrix products of operations that f calls (Linear, MatMul, LogProbs, NLL), and of their backward
// passes whenever those run, round their factors to bfloat16 and sum in float32. Weights, gradients, the other operations
// and the optimiser stay in float32, as under torch.autocast. On processors with AMX-BF16 these products take about a fifth
// of the time, on those with AVX512_BF16 alone often half; elsewhere they give the same results more slowly. precision is
// "bf16", or "float32" (or empty), which runs f as it is. Like NoGrad it acts on the whole process while f runs.
func Autocast(precision string, f func()) {
	switch precision {
	case "", Float32:
		f()
	case BF16:
		bf16Depth.Add(1)
		defer bf16Depth.Add(-1)
		f()
	default:
		fail("Autocast", "%v", CheckPrecision(precision))
	}
}

// CheckPrecision says whether Autocast knows a precision.
func CheckPrecision(precision string) error {
	switch precision {
	case "", Float32, BF16:
		return nil
	}
	return fmt.Errorf(`precision %q is not known: use "float32" or "bf16"`, precision)
}

func lowPrecision() bool { return bf16Depth.Load() > 0 }

// withPrecision runs f in bfloat16, or in float32 whatever is on around it.
func withPrecision(low bool, f func()) {
	before := bf16Depth.Load()
	depth := int32(0)
	if low {
		depth = 1
	}
	bf16Depth.Store(depth)
	defer bf16Depth.Store(before)
	f()
}
