package tensor

import (
	"math"

	"lyceum/lib/internal/compute"
)

// Sum returns the sum of all elements, a scalar. Derivative: 1 for each.
func (t *Tensor) Sum() *Tensor {
	out := result("Sum", []int{}, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i := range g {
			g[i] += out.grad[0]
		}
	})
	out.data[0] = float32(compute.Sum(t.data))
	return out
}

// Mean returns the mean of all elements, a scalar.
func (t *Tensor) Mean() *Tensor {
	if len(t.data) == 0 {
		fail("Mean", "%s has no elements", ShapeText(t.shape))
	}
	return t.Sum().Scale(1 / float32(len(t.data)))
}

// SumAxis adds up along one axis, which disappears.
func (t *Tensor) SumAxis(axis int) *Tensor {
	a := t.axis("SumAxis", axis)
	outer, n, inner := split(t.shape, a)
	shape := append(append([]int{}, t.shape[:a]...), t.shape[a+1:]...)
	out := result("SumAxis", shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for o := range outer {
			for i := range n {
				for j := range inner {
					g[(o*n+i)*inner+j] += out.grad[o*inner+j]
				}
			}
		}
	})
	for o := range outer {
		for j := range inner {
			s := 0.0
			for i := range n {
				s += float64(t.data[(o*n+i)*inner+j])
			}
			out.data[o*inner+j] = float32(s)
		}
	}
	return out
}

// MeanAxis averages along one axis, which disappears.
func (t *Tensor) MeanAxis(axis int) *Tensor {
	n := t.shape[t.axis("MeanAxis", axis)]
	if n == 0 {
		fail("MeanAxis", "axis %d of %s has no elements", axis, ShapeText(t.shape))
	}
	return t.SumAxis(axis).Scale(1 / float32(n))
}

func split(shape []int, a int) (outer, n, inner int) {
	outer, inner = 1, 1
	for _, d := range shape[:a] {
		outer *= d
	}
	for _, d := range shape[a+1:] {
		inner *= d
	}
	return outer, shape[a], inner
}

// Argmax returns the place of the largest element of each row of the last axis.
func (t *Tensor) Argmax() []int32 {
	n := t.Dim(-1)
	out := make([]int32, len(t.data)/max(n, 1))
	for r := range out {
		row := t.data[r*n:][:n]
		for i, x := range row {
			if x > row[out[r]] {
				out[r] = int32(i)
			}
		}
	}
	return out
}

// Softmax returns e^t_i / sum_j e^t_j along the last axis. Derivative: y_i (g_i - sum_j g_j y_j).
func (t *Tensor) Softmax() *Tensor {
	n := t.Dim(-1)
	rows := len(t.data) / max(n, 1)
	out := result("Softmax", t.shape, []*Tensor{t}, func(out *Tensor) {
		compute.SoftmaxBackwardRows(t.grads(), out.data, out.grad, rows, n)
	})
	compute.SoftmaxRows(out.data, t.data, rows, n)
	return out
}

// LogSoftmax returns t_i - log sum_j e^t_j along the last axis, in nats. Derivative: g_i - e^y_i sum_j g_j.
func (t *Tensor) LogSoftmax() *Tensor {
	n := t.Dim(-1)
	rows := len(t.data) / max(n, 1)
	out := result("LogSoftmax", t.shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		compute.Parallel(rows, 1+(1<<13)/max(n, 1), func(lo, hi int) {
			for r := lo; r < hi; r++ {
				y, dy, dx := out.data[r*n:][:n], out.grad[r*n:][:n], g[r*n:][:n]
				s := 0.0
				for _, v := range dy {
					s += float64(v)
				}
				for i := range dx {
					dx[i] += dy[i] - float32(s*math.Exp(float64(y[i])))
				}
			}
		})
	})
	lse := make([]float32, rows)
	compute.LogSumExpRows(lse, t.data, rows, n)
	compute.Parallel(rows, 1+(1<<13)/max(n, 1), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			for i := r * n; i < (r+1)*n; i++ {
				out.data[i] = t.data[i] - lse[r]
			}
		}
	})
	return out
}
