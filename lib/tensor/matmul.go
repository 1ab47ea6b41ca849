package tensor

import "lyceum/lib/internal/compute"

// MatMul returns the matrix product of a (..., M, K) and b (K, N) or (..., K, N) with equal leading axes: (..., M, N).
// Derivative, with G for the gradient of the result: G b^T and a^T G.
func MatMul(a, b *Tensor) *Tensor {
	if len(a.shape) < 2 || len(b.shape) < 2 {
		fail("MatMul", "%s x %s: both must have at least two axes", ShapeText(a.shape), ShapeText(b.shape))
	}
	m, k := a.shape[len(a.shape)-2], a.shape[len(a.shape)-1]
	k2, n := b.shape[len(b.shape)-2], b.shape[len(b.shape)-1]
	if k != k2 {
		fail("MatMul", "%s x %s: inner %d != %d", ShapeText(a.shape), ShapeText(b.shape), k, k2)
	}
	batch := 1
	for _, d := range a.shape[:len(a.shape)-2] {
		batch *= d
	}
	shared := len(b.shape) == 2
	if shared { // all rows of a meet the same matrix: one product
		m *= batch
		batch = 1
	} else if !equal(a.shape[:len(a.shape)-2], b.shape[:len(b.shape)-2]) {
		fail("MatMul", "%s x %s: the leading axes differ", ShapeText(a.shape), ShapeText(b.shape))
	}
	shape := append(append([]int{}, a.shape[:len(a.shape)-1]...), n)
	gemm := gemmInUse()
	out := result("MatMul", shape, []*Tensor{a, b}, func(out *Tensor) {
		if a.wants {
			d, beta := a.gradTarget()
			for i := range batch {
				gemm(false, true, m, k, n, 1, out.grad[i*m*n:], n, b.data[i*k*n:], n, beta, d[i*m*k:], k)
			}
		}
		if b.wants {
			d, beta := b.gradTarget()
			for i := range batch {
				gemm(true, false, k, n, m, 1, a.data[i*m*k:], k, out.grad[i*m*n:], n, beta, d[i*k*n:], n)
			}
		}
	})
	for i := range batch {
		gemm(false, false, m, n, k, 1, a.data[i*m*k:], k, b.data[i*k*n:], n, 0, out.data[i*m*n:], n)
	}
	return out
}

// gemmInUse is the product of the precision that Autocast has set.
func gemmInUse() func(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if lowPrecision() {
		return compute.GemmBF16
	}
	return compute.Gemm
}

// MatMul returns the matrix product of t and b.
func (t *Tensor) MatMul(b *Tensor) *Tensor { return MatMul(t, b) }

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Linear returns x W^T + bias for x (..., K), weight (N, K) as PyTorch stores it, and bias (N) or nil: (..., N).
// Derivative, with G for the gradient of the result: dx = G W, dW = G^T x, dbias = the sum of the rows of G.
func Linear(x, weight, bias *Tensor) *Tensor {
	if len(x.shape) < 1 || len(weight.shape) != 2 || x.shape[len(x.shape)-1] != weight.shape[1] {
		fail("Linear", "%s with the weight %s: the last axis must be %d", ShapeText(x.shape), ShapeText(weight.shape), weight.shape[len(weight.shape)-1])
	}
	n, k := weight.shape[0], weight.shape[1]
	m := x.Len() / max(k, 1)
	if bias != nil && (len(bias.shape) != 1 || bias.shape[0] != n) {
		fail("Linear", "the bias %s does not fit the weight %s", ShapeText(bias.shape), ShapeText(weight.shape))
	}
	shape := append(append([]int{}, x.shape[:len(x.shape)-1]...), n)
	gemm := gemmInUse()
	out := result("Linear", shape, []*Tensor{x, weight, bias}, func(out *Tensor) {
		if x.wants {
			d, beta := x.gradTarget()
			gemm(false, false, m, k, n, 1, out.grad, n, weight.data, k, beta, d, k)
		}
		if weight.wants {
			d, beta := weight.gradTarget()
			gemm(true, false, n, k, m, 1, out.grad, n, x.data, k, beta, d, k)
		}
		if bias != nil && bias.wants {
			compute.SumRowsInto(bias.grads(), out.grad, m, n)
		}
	})
	gemm(false, true, m, n, k, 1, x.data, k, weight.data, k, 0, out.data, n)
	if bias != nil {
		compute.AddRow(out.data, bias.data, m, n)
	}
	return out
}

// Transpose exchanges two axes.
func (t *Tensor) Transpose(a, b int) *Tensor {
	i, j := t.axis("Transpose", a), t.axis("Transpose", b)
	shape := append([]int{}, t.shape...)
	shape[i], shape[j] = shape[j], shape[i]
	from := rowMajor(t.shape)
	from[i], from[j] = from[j], from[i]
	none := make([]int, len(shape))
	out := result("Transpose", shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		each(shape, from, none, func(o, p, _ int) { g[p] += out.grad[o] })
	})
	each(shape, from, none, func(o, p, _ int) { out.data[o] = t.data[p] })
	return out
}

// T returns the transpose of a matrix.
func (t *Tensor) T() *Tensor {
	if len(t.shape) != 2 {
		fail("T", "%s is not a matrix", ShapeText(t.shape))
	}
	return t.Transpose(0, 1)
}

func rowMajor(shape []int) []int {
	s := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = step
		step *= shape[i]
	}
	return s
}
