// Package tensor is float32 arrays with shapes and gradients. Each operation stands beside its derivative: the
// function computes the result and, if a gradient will be wanted, a closure that adds to the gradients of its inputs
// (reverse-mode automatic differentiation). All heavy arithmetic goes through lib/internal/compute.
//
// A wrong shape is a bug in the code that calls, so it panics with an *Error that names the operation, the shapes
// and what disagrees.
package tensor

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"lyceum/lib/internal/compute"
)

// A Tensor is a block of float32 numbers in row-major order with a shape; the shape of a scalar is ().
type Tensor struct {
	data  []float32
	shape []int

	wants bool // a gradient flows here
	leaf  bool // the gradient is kept: RequireGrad was called
	grad  []float32
	stale bool // the gradient is zero, whatever grad holds: ZeroGrad costs nothing
	sound bool // somebody has seen that the gradient is finite, and nobody has had it since
	op    string
	from  []*Tensor
	back  func() // adds to the gradients of from

	again   func(data []float32) // computes the elements from those of from; nil: they are kept
	shared  bool                 // another tensor has the same elements
	gone    bool                 // Forget has given them back
	forgets bool                 // it did so once
}

// An Error is a wrong use of an operation.
type Error struct{ Op, Text string }

// Error says what is wrong: "tensor.MatMul: (2,3) x (4,3): inner 3 != 4".
func (e *Error) Error() string { return "tensor." + e.Op + ": " + e.Text }

func fail(op, format string, args ...any) { panic(&Error{op, fmt.Sprintf(format, args...)}) }

// ShapeText writes a shape as (2,3).
func ShapeText(shape []int) string {
	s := make([]string, len(shape))
	for i, n := range shape {
		s[i] = fmt.Sprint(n)
	}
	return "(" + strings.Join(s, ",") + ")"
}

func size(op string, shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 0 {
			fail(op, "shape %s: a size is negative", ShapeText(shape))
		}
		if d > 0 && n > (1<<40)/d {
			fail(op, "shape %s: too large", ShapeText(shape))
		}
		n *= d
	}
	return n
}

// New returns a tensor of zeros.
func New(shape ...int) *Tensor {
	return &Tensor{data: compute.Aligned(size("New", shape)), shape: append([]int{}, shape...)}
}

// From makes a tensor of data, which it keeps; without a shape it is a vector.
func From(data []float32, shape ...int) *Tensor {
	if shape == nil {
		shape = []int{len(data)}
	}
	if n := size("From", shape); n != len(data) {
		fail("From", "%d values do not fill the shape %s, which needs %d", len(data), ShapeText(shape), n)
	}
	return &Tensor{data: data, shape: append([]int{}, shape...)}
}

// Rows makes a matrix of its rows, which must be equally long.
func Rows(rows [][]float32) *Tensor {
	if len(rows) == 0 {
		return New(0, 0)
	}
	var data []float32
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			fail("Rows", "row %d has %d values, row 0 has %d", i, len(r), len(rows[0]))
		}
		data = append(data, r...)
	}
	return From(data, len(rows), len(rows[0]))
}

// Scalar makes a tensor of shape ().
func Scalar(v float32) *Tensor { return &Tensor{data: []float32{v}, shape: []int{}} }

// Full returns a tensor whose elements are all v.
func Full(v float32, shape ...int) *Tensor {
	t := New(shape...)
	for i := range t.data {
		t.data[i] = v
	}
	return t
}

// Shape returns the sizes of the axes. The caller must not change them.
func (t *Tensor) Shape() []int { return t.shape }

// Dim returns the size of an axis; negative axes count from the end.
func (t *Tensor) Dim(axis int) int { return t.shape[t.axis("Dim", axis)] }

func (t *Tensor) axis(op string, axis int) int {
	a := axis
	if a < 0 {
		a += len(t.shape)
	}
	if a < 0 || a >= len(t.shape) {
		fail(op, "%s has no axis %d", ShapeText(t.shape), axis)
	}
	return a
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return elements(t.shape) }

// Data returns the elements themselves, in row-major order; to change them changes the tensor.
func (t *Tensor) Data() []float32 {
	t.remember()
	return t.data
}

// At returns one element.
func (t *Tensor) At(index ...int) float32 { return t.Data()[t.offset("At", index)] }

// Set changes one element.
func (t *Tensor) Set(v float32, index ...int) { t.data[t.offset("Set", index)] = v }

func (t *Tensor) offset(op string, index []int) int {
	if len(index) != len(t.shape) {
		fail(op, "%d indices for the shape %s", len(index), ShapeText(t.shape))
	}
	o := 0
	for i, x := range index {
		if x < 0 || x >= t.shape[i] {
			fail(op, "index %d is outside axis %d of %s", x, i, ShapeText(t.shape))
		}
		o = o*t.shape[i] + x
	}
	return o
}

// Item returns the element of a tensor that has just one.
func (t *Tensor) Item() float32 {
	if len(t.data) != 1 {
		fail("Item", "%s has %d elements, not one", ShapeText(t.shape), len(t.data))
	}
	return t.data[0]
}

// RequireGrad asks for the gradient of this tensor, and returns it. It is for parameters and inputs, before they are used.
func (t *Tensor) RequireGrad() *Tensor {
	t.wants, t.leaf = true, true
	return t
}

// Grad returns the gradient that Backward has added up, in the shape of t; nil before the first Backward.
func (t *Tensor) Grad() *Tensor {
	if t.grad == nil {
		return nil
	}
	return &Tensor{data: t.grads(), shape: t.shape}
}

// HasGrad reports whether there is a gradient, be it of zeros.
func (t *Tensor) HasGrad() bool { return t.grad != nil }

// SoundGrad reports whether the gradient is finite. It looks only if nobody has looked since it was last changed or handed out.
func (t *Tensor) SoundGrad() bool {
	if t.grad == nil || t.stale || t.sound {
		return true
	}
	sum := compute.SumSquares(t.grad) // finite only if all numbers are; large ones may make it infinite too
	t.sound = !math.IsNaN(sum) && !math.IsInf(sum, 0) || t.FiniteGrad()
	return t.sound
}

// MarkSound says that the gradient is finite: whoever has computed its norm knows.
func (t *Tensor) MarkSound() { t.sound = true }

// ZeroGrad sets the gradient to zero.
func (t *Tensor) ZeroGrad() { t.stale = t.grad != nil }

// DropGrad forgets the gradient and gives its memory back: as before the first Backward.
func (t *Tensor) DropGrad() { t.grad, t.stale, t.sound = nil, false, false }

// Detach returns a tensor with the same elements through which no gradient flows.
func (t *Tensor) Detach() *Tensor {
	return &Tensor{data: t.share(), shape: t.shape}
}

// Clone returns a copy with elements of its own, and no history.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{data: append([]float32(nil), t.data...), shape: t.shape, wants: t.leaf, leaf: t.leaf}
}

// grads returns the gradient's buffer, of zeros at first.
func (t *Tensor) grads() []float32 {
	switch {
	case t.grad != nil && t.stale:
		compute.Zero(t.grad)
	case t.grad == nil && t.leaf:
		t.grad = compute.Aligned(len(t.data))
	case t.grad == nil:
		t.grad = alloc(len(t.data))
	}
	t.stale, t.sound = false, false
	return t.grad
}

// gradTarget returns the gradient's buffer and the factor of what it holds, 1, or 0 if nothing has been added yet: products
// then write in place of adding to zeros.
func (t *Tensor) gradTarget() (g []float32, beta float32) {
	t.sound = false
	switch {
	case t.grad == nil && t.leaf:
		t.grad = compute.Aligned(len(t.data))
	case t.grad == nil:
		t.grad = allocRaw(len(t.data))
	case !t.stale:
		return t.grad, 1
	}
	t.stale = false
	return t.grad, 0
}

// addGrad adds to the gradient.
func (t *Tensor) addGrad(g []float32) {
	if own, beta := t.gradTarget(); beta == 0 {
		compute.Copy(own, g)
	} else {
		compute.Add(own, own, g)
	}
}

var disabled atomic.Int32

// NoGrad runs f; what f computes remembers no history and costs no memory for it.
func NoGrad(f func()) {
	disabled.Add(1)
	defer disabled.Add(-1)
	f()
}

// result makes the output of an operation, of any content: the operation writes every element. back gets called if a
// gradient flows; it must add to the gradients of those inputs that want one.
func result(op string, shape []int, from []*Tensor, back func(out *Tensor)) *Tensor {
	return wrap(op, allocRaw(elements(shape)), shape, from, back)
}

// wrap is result for data that is there already.
func wrap(op string, data []float32, shape []int, from []*Tensor, back func(out *Tensor)) *Tensor {
	out := &Tensor{data: data, shape: shape, op: op}
	for _, f := range from {
		if f != nil {
			f.remember()
		}
	}
	if watching.Load() > 0 {
		look(from)
	}
	if disabled.Load() == 0 {
		for _, f := range from {
			if f != nil && f.wants {
				out.wants = true
			}
		}
	}
	if out.wants {
		out.from = from
		out.back = func() { back(out) }
	}
	return out
}

// Custom makes a tensor of data computed elsewhere, with its derivative: back is called in Backward and adds to
// GradBuffer of each input, given the gradient of the output.
func Custom(op string, data []float32, shape []int, inputs []*Tensor, back func(grad []float32)) *Tensor {
	return wrap(op, data, shape, inputs, func(out *Tensor) { back(out.grad) })
}

// Over makes a tensor of the elements of t, which have been changed in place by an addition: t must be an intermediate result that
// nothing else uses, and whose own derivative does not need its elements, as the output of Linear. The gradient passes on to t;
// back adds to those of the inputs, given the gradient of the output.
func (t *Tensor) Over(op string, inputs []*Tensor, back func(grad []float32)) *Tensor {
	return wrap(op, t.share(), t.shape, append([]*Tensor{t}, inputs...), func(out *Tensor) {
		back(out.grad)
		if t.wants {
			passOn(t, out)
		}
	})
}

// Wants reports whether a gradient flows into t.
func (t *Tensor) Wants() bool { return t.wants }

// GradBuffer returns the gradient's elements, of zeros at first, for operations that add to them.
func (t *Tensor) GradBuffer() []float32 { return t.grads() }

// Backward adds the derivative of t, which must be a scalar, to the gradients of all tensors that it was computed
// from and that require one: dt/dx by the chain rule, from t back to the leaves. When a stop ends it half way, by a panic,
// these gradients are zero. If t is NaN or infinite it panics with a *NotFinite, which says out of which operation that came.
func (t *Tensor) Backward() {
	if len(t.data) != 1 {
		fail("Backward", "%s: only a scalar can be differentiated; reduce it first, with Sum or Mean", ShapeText(t.shape))
	}
	if !t.wants {
		fail("Backward", "nothing that this was computed from requires a gradient (RequireGrad)")
	}
	if !t.Finite() {
		panic(originOf(t))
	}
	t.grads()[0] += 1
	t.backward()
}

// backward carries the gradient of t, of any shape, to what it was computed from.
func (t *Tensor) backward() {
	order := topological(t, false)
	done := false
	defer func() {
		if done {
			return
		}
		for _, n := range order { // interrupted: half a gradient is worse than none
			if n.leaf {
				n.ZeroGrad()
			}
		}
	}()
	for i := len(order) - 1; i >= 0; i-- {
		n := order[i]
		if n.back != nil && n.grad != nil {
			for _, f := range n.from {
				if f != nil {
					f.remember()
				}
			}
			n.back()
			if watching.Load() > 0 {
				n.checkGradients()
			}
			release(n.grad) // an intermediate gradient is needed by nobody any more
			if n.forgets {
				release(n.data)
			}
			n.grad, n.back, n.from = nil, nil, nil
		}
	}
	done = true
}

// topological lists t and what it comes from, inputs first, without recursion: a long chain must not need a deep stack. Only
// with all does it list what wants no gradient.
func topological(t *Tensor, all bool) []*Tensor {
	seen := map[*Tensor]bool{}
	var order []*Tensor
	type visit struct {
		t    *Tensor
		next int
	}
	stack := []visit{{t, 0}}
	seen[t] = true
	for len(stack) > 0 {
		v := &stack[len(stack)-1]
		if v.next == len(v.t.from) {
			order = append(order, v.t)
			stack = stack[:len(stack)-1]
			continue
		}
		f := v.t.from[v.next]
		v.next++
		if f != nil && (all || f.wants) && !seen[f] {
			seen[f] = true
			stack = append(stack, visit{f, 0})
		}
	}
	return order
}
