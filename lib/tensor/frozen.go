package tensor

import (
	"errors"
	"fmt"

	"lyceum/lib/internal/compute"
)

// A Frozen is a weight matrix (N, K) that is not trained, in less memory than float32: the base under adapters, as in
// QLoRA (Dettmers et al. 2023, arXiv:2305.14314, with rounding to integers in place of its NormalFloat). It is safe for
// concurrent use.
//
//	"float32"  4 bytes an element, the tensor's own memory
//	"bf16"     2 bytes, rounded to bfloat16
//	"int8"     1.125 bytes, every 32 elements of a row share a scale: q in -127..127
//	"int4"     0.625 bytes, likewise with q in -8..7
type Frozen struct {
	weights compute.Weights
	kind    string
}

// FrozenKinds are the storages that Freeze knows.
var FrozenKinds = []string{Float32, BF16, "int8", "int4"}

// Freeze stores a matrix (N, K). The error is an unknown kind, or a value that is NaN or infinite and cannot be stored as
// an integer.
func Freeze(weight *Tensor, kind string) (f *Frozen, err error) {
	if len(weight.shape) != 2 {
		fail("Freeze", "the weight %s is not a matrix", ShapeText(weight.shape))
	}
	defer func() {
		v := recover()
		var misuse *compute.Error
		if e, ok := v.(error); ok && errors.As(e, &misuse) {
			f, err = nil, fmt.Errorf("tensor.Freeze: the weight cannot be stored as %s: %s", kind, misuse.Problem)
		} else if v != nil {
			panic(v)
		}
	}()
	n, k := weight.shape[0], weight.shape[1]
	switch kind {
	case Float32:
		return &Frozen{compute.NewFloatMatrix(weight.data, n, k), kind}, nil
	case BF16:
		return &Frozen{compute.NewBF16Matrix(weight.data, n, k), kind}, nil
	case "int8":
		return &Frozen{compute.NewInt8Matrix(weight.data, n, k), kind}, nil
	case "int4":
		return &Frozen{compute.NewInt4Matrix(weight.data, n, k), kind}, nil
	}
	return nil, fmt.Errorf(`tensor.Freeze: %q is not known: use "float32", "bf16", "int8" or "int4"`, kind)
}

// Kind is how the matrix is stored.
func (f *Frozen) Kind() string { return f.kind }

// Shape returns (N, K).
func (f *Frozen) Shape() []int { return []int{f.weights.Rows(), f.weights.Cols()} }

// Weights is the matrix as package compute has it.
func (f *Frozen) Weights() compute.Weights { return f.weights }

// Bytes is the memory of the matrix.
func (f *Frozen) Bytes() int { return f.weights.Bytes() }

// Tensor returns the matrix in float32, a copy: what the storage holds, which is not exactly what was given to Freeze.
func (f *Frozen) Tensor() *Tensor {
	n, k := f.weights.Rows(), f.weights.Cols()
	t := New(n, k)
	compute.Parallel(n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f.weights.Row(t.data[i*k:(i+1)*k], i)
		}
	})
	return t
}

// LinearFrozen is Linear with a frozen weight: y = x W^T + bias, W as it is stored, widened in blocks of rows and never
// whole. The derivative flows to x and bias only: dx = G W.
func LinearFrozen(x *Tensor, w *Frozen, bias *Tensor) *Tensor {
	n, k := w.weights.Rows(), w.weights.Cols()
	if len(x.shape) < 1 || x.shape[len(x.shape)-1] != k {
		fail("LinearFrozen", "%s with the weight (%d,%d): the last axis must be %d", ShapeText(x.shape), n, k, k)
	}
	if bias != nil && (len(bias.shape) != 1 || bias.shape[0] != n) {
		fail("LinearFrozen", "the bias %s does not fit the weight (%d,%d)", ShapeText(bias.shape), n, k)
	}
	m, low := x.Len()/max(k, 1), lowPrecision()
	out := result("LinearFrozen", append(append([]int{}, x.shape[:len(x.shape)-1]...), n), []*Tensor{x, bias}, func(out *Tensor) {
		if x.wants {
			w.weights.Mul(x.grads(), k, out.grad, n, m, low)
		}
		if bias != nil && bias.wants {
			compute.SumRowsInto(bias.grads(), out.grad, m, n)
		}
	})
	w.weights.Linear(out.data, n, x.data, k, m, low)
	if bias != nil {
		compute.AddRow(out.data, bias.data, m, n)
	}
	return out
}

// EmbeddingFrozen returns the rows of a frozen table (V, D) that ids name: (len(ids), D).
func EmbeddingFrozen(table *Frozen, ids []int32) *Tensor {
	v, d := table.weights.Rows(), table.weights.Cols()
	for i, id := range ids {
		if id < 0 || int(id) >= v {
			fail("EmbeddingFrozen", "id %d at place %d is outside a table of %d rows", id, i, v)
		}
	}
	out := result("EmbeddingFrozen", []int{len(ids), d}, nil, nil)
	for i, id := range ids {
		table.weights.Row(out.data[i*d:(i+1)*d], int(id))
	}
	return out
}

// LogProbsFrozen is LogProbs with a frozen output layer (V, D).
func LogProbsFrozen(hidden *Tensor, w *Frozen, targets []int32, o LogProbsOptions) *TokenScores {
	checkHead("LogProbsFrozen", hidden, w.weights.Rows(), w.weights.Cols(), targets, o)
	return logProbs(hidden, nil, w.weights, targets, o)
}
