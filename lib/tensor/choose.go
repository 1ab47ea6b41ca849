package tensor

import (
	"math"

	"lyceum/lib/internal/compute"
)

// Where returns a where cond is true and b elsewhere; the three have equally many elements and a and b the same shape. The
// gradient goes to the one that was taken.
func Where(cond []bool, a, b *Tensor) *Tensor {
	if !equal(a.shape, b.shape) || len(cond) != len(a.data) {
		fail("Where", "%d conditions, %s and %s do not fit", len(cond), ShapeText(a.shape), ShapeText(b.shape))
	}
	out := result("Where", a.shape, []*Tensor{a, b}, func(out *Tensor) {
		ga, gb := gradOf(a), gradOf(b)
		for i, c := range cond {
			if c && ga != nil {
				ga[i] += out.grad[i]
			} else if !c && gb != nil {
				gb[i] += out.grad[i]
			}
		}
	})
	for i, c := range cond {
		out.data[i] = b.data[i]
		if c {
			out.data[i] = a.data[i]
		}
	}
	return out
}

// GatherRows returns the rows of the first axis that ids name, in their order; an id below 0 gives a row of zeros without
// gradient. t is (N, ...), the result (len(ids), ...).
func (t *Tensor) GatherRows(ids []int32) *Tensor {
	if len(t.shape) == 0 {
		fail("GatherRows", "a scalar has no rows")
	}
	for i, id := range ids {
		if int(id) >= t.shape[0] {
			fail("GatherRows", "id %d at place %d is outside the first axis of %s", id, i, ShapeText(t.shape))
		}
	}
	row := len(t.data) / max(t.shape[0], 1)
	out := result("GatherRows", append([]int{len(ids)}, t.shape[1:]...), []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i, id := range ids {
			if id >= 0 {
				d := g[int(id)*row:][:row]
				compute.Add(d, d, out.grad[i*row:(i+1)*row])
			}
		}
	})
	for i, id := range ids {
		if id >= 0 {
			copy(out.data[i*row:(i+1)*row], t.data[int(id)*row:])
		} else {
			clear(out.data[i*row : (i+1)*row])
		}
	}
	return out
}

// SumGroups adds up the rows of the first axis by group: out[g] = sum of t[i] over the i with ids[i] = g. t is (N, ...),
// the result (groups, ...); an id below 0 leaves its row out. It sums the tokens of each sequence when sequences are packed.
func (t *Tensor) SumGroups(ids []int32, groups int) *Tensor {
	if len(t.shape) == 0 || len(ids) != t.shape[0] {
		fail("SumGroups", "%d ids for the first axis of %s", len(ids), ShapeText(t.shape))
	}
	for i, id := range ids {
		if int(id) >= groups {
			fail("SumGroups", "id %d at place %d: there are %d groups", id, i, groups)
		}
	}
	row := len(t.data) / max(t.shape[0], 1)
	out := result("SumGroups", append([]int{groups}, t.shape[1:]...), []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i, id := range ids {
			if id >= 0 {
				d := g[i*row:][:row]
				compute.Add(d, d, out.grad[int(id)*row:][:row])
			}
		}
	})
	sums := make([]float64, len(out.data))
	for i, id := range ids {
		for j := 0; id >= 0 && j < row; j++ {
			sums[int(id)*row+j] += float64(t.data[i*row+j])
		}
	}
	for i, s := range sums {
		out.data[i] = float32(s)
	}
	return out
}

// Var returns the variance along one axis, which disappears: sum (t - mean)^2 / (n - correction). correction 1 is the
// unbiased estimate (PyTorch's default), 0 the mean of squares. Derivative: 2 (t - mean) / (n - correction).
func (t *Tensor) Var(axis, correction int) *Tensor {
	a := t.axis("Var", axis)
	outer, n, inner := split(t.shape, a)
	if n-correction <= 0 {
		fail("Var", "axis %d of %s is too short for a correction of %d", axis, ShapeText(t.shape), correction)
	}
	shape := append(append([]int{}, t.shape[:a]...), t.shape[a+1:]...)
	means := make([]float64, outer*inner)
	out := result("Var", shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i, x := range t.data {
			k := i/(n*inner)*inner + i%inner
			g[i] += out.grad[k] * float32(2*(float64(x)-means[k])/float64(n-correction))
		}
	})
	sums := make([]float64, outer*inner)
	for i, x := range t.data {
		means[i/(n*inner)*inner+i%inner] += float64(x) / float64(n)
	}
	for i, x := range t.data {
		k := i/(n*inner)*inner + i%inner
		sums[k] += (float64(x) - means[k]) * (float64(x) - means[k])
	}
	for k, s := range sums {
		out.data[k] = float32(s / float64(n-correction))
	}
	return out
}

// Std returns the standard deviation along one axis, the root of Var. At 0 its derivative is taken as 0.
func (t *Tensor) Std(axis, correction int) *Tensor {
	return t.Var(axis, correction).unary("Std", func(x float32) float32 { return float32(math.Sqrt(float64(x))) }, func(_, y float32) float32 {
		if y == 0 {
			return 0
		}
		return 0.5 / y
	})
}

// Min returns the smallest element, a scalar; Max the largest. The gradient goes to its first place.
func (t *Tensor) Min() *Tensor { return t.extreme("Min", func(a, b float32) bool { return a < b }) }

// Max returns the largest element, a scalar. The gradient goes to its first place.
func (t *Tensor) Max() *Tensor { return t.extreme("Max", func(a, b float32) bool { return a > b }) }

func (t *Tensor) extreme(op string, better func(a, b float32) bool) *Tensor {
	if len(t.data) == 0 {
		fail(op, "%s has no elements", ShapeText(t.shape))
	}
	at := 0
	for i, x := range t.data {
		if x != x {
			at = i
			break
		}
		if better(x, t.data[at]) {
			at = i
		}
	}
	out := result(op, []int{}, []*Tensor{t}, func(out *Tensor) { t.grads()[at] += out.grad[0] })
	out.data[0] = t.data[at]
	return out
}
