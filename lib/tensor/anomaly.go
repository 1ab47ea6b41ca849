package tensor

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A NotFinite is where NaN or an infinite number came from. Backward panics with it when what it is to differentiate is not
// finite, and within DetectAnomaly when a gradient is not.
type NotFinite struct {
	What  string  // "the result" or "the gradient"
	Value float32 // what it is
	Op    string  // the operation out of which it comes first; "" if it was there before any
	Shape []int   // of that result, or of the tensor that was there
	Input *Tensor // the tensor that was there; nil if an operation made it
	With  []*Tensor
	Cause string // why the operation did that, as far as its inputs tell
}

// Error tells it: "tensor.Backward: the result is NaN: it comes out of Log of (3), whose input is 0 or less (at the least -2)".
func (e *NotFinite) Error() string {
	return fmt.Sprintf("tensor.Backward: %s is %v: %s", e.What, e.Value, e.Origin(nil))
}

// Origin says where it came from; name gives tensors their names, "" if they have none.
func (e *NotFinite) Origin(name func(*Tensor) string) string {
	called := func(t *Tensor) string {
		if name == nil {
			return ""
		}
		return name(t)
	}
	if e.Input != nil {
		if n := called(e.Input); n != "" {
			return n + " has a value that is NaN or infinite"
		}
		return fmt.Sprintf("a tensor of shape %s from which it is computed holds it already, before any operation", ShapeText(e.Shape))
	}
	text := fmt.Sprintf("it comes out of %s of shape %s", e.Op, ShapeText(e.Shape))
	if e.What == "the gradient" {
		text = fmt.Sprintf("it comes out of the derivative of %s of shape %s", e.Op, ShapeText(e.Shape))
	}
	for _, t := range e.With {
		if n := called(t); n != "" {
			text += " with " + n
		}
	}
	if e.Cause != "" {
		text += ", " + e.Cause
	}
	return text
}

var watching atomic.Int32

// seen is what DetectAnomaly has come across so far: the first infinite result and the first NaN.
var seen struct {
	sync.Mutex
	inf, nan *NotFinite
}

// DetectAnomaly runs f, in which every operation looks at its inputs, and Backward at the gradients of every operation: it panics
// with a *NotFinite at the first that is NaN or infinite, as torch.autograd.detect_anomaly does. It takes about twice the time.
// For one training at a time.
func DetectAnomaly(f func()) {
	seen.Lock()
	seen.inf, seen.nan = nil, nil
	seen.Unlock()
	watching.Add(1)
	defer watching.Add(-1)
	f()
}

// look notes inputs that are not finite, before others can write over them.
func look(inputs []*Tensor) {
	for _, t := range inputs {
		if t == nil || len(t.data) == 0 {
			continue
		}
		nan, inf := isBad(t.data)
		seen.Lock()
		if inf && !nan && seen.inf == nil && seen.nan == nil && len(t.from) > 0 {
			seen.inf = t.told(float32(math.Inf(1)))
		}
		if nan && seen.nan == nil {
			seen.nan = t.told(float32(math.NaN()))
		}
		seen.Unlock()
	}
}

// firstSeen is what was noted first; nil if nothing was.
func firstSeen() *NotFinite {
	seen.Lock()
	defer seen.Unlock()
	if seen.inf != nil {
		return seen.inf
	}
	return seen.nan
}

// told describes a result, or a tensor that was there.
func (t *Tensor) told(value float32) *NotFinite {
	e := &NotFinite{What: "the result", Value: value, Op: t.op, Shape: t.shape}
	if len(t.inputs()) == 0 {
		e.Op, e.Input = "", t
		return e
	}
	for _, x := range t.inputs() {
		if nan, inf := isBad(x.data); (nan || inf) && len(x.inputs()) == 0 {
			return &NotFinite{What: e.What, Value: value, Shape: x.shape, Input: x}
		}
	}
	e.With = t.inputs()
	e.Cause = t.cause()
	return e
}

// isBad tells NaN, or of numbers without NaN infinity.
func isBad(data []float32) (nan, inf bool) {
	for _, x := range data {
		if x != x {
			return true, inf
		}
		inf = inf || math.IsInf(float64(x), 0)
	}
	return false, inf
}

// originOf finds where the value of t came from, which is not finite: the first result, in the order of computing, that is NaN
// with inputs that are not; where those are infinite, the first of what they come from that is. It is for a t whose graph is
// still there. Results over which another operation has written tell nothing.
func originOf(t *Tensor) *NotFinite {
	if watching.Load() > 0 {
		if e := firstSeen(); e != nil {
			e.Value = t.data[0]
			return e
		}
	}
	order := topological(t, true)
	last := map[*float32]*Tensor{}
	for _, x := range order {
		x.remember()
		last[unsafe.SliceData(x.data)] = x
	}
	own := func(x *Tensor) bool { return last[unsafe.SliceData(x.data)] == x }
	isNaN := func(x *Tensor) bool { n, _ := isBad(x.data); return n && own(x) }
	isInf := func(x *Tensor) bool { _, i := isBad(x.data); return i && own(x) }
	first := func(list []*Tensor, wrong func(*Tensor) bool, but *Tensor) *Tensor {
		for _, x := range list {
			if x != but && wrong(x) && !slices.ContainsFunc(x.inputs(), wrong) {
				return x
			}
		}
		return nil
	}
	found := t
	if nan, _ := isBad(t.data); nan {
		if x := first(order, isNaN, nil); x != nil {
			found = x
		}
		// Inf - Inf, 0 * Inf, Inf / Inf
		if slices.ContainsFunc(found.inputs(), isInf) {
			if x := first(topological(found, true), isInf, found); x != nil {
				found = x
			}
		}
	} else if x := first(order, isInf, nil); x != nil {
		found = x
	}
	return found.told(t.data[0])
}

func (t *Tensor) inputs() (out []*Tensor) {
	for _, f := range t.from {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

// cause says why the result of an operation is not finite although its inputs are, as far as they tell.
func (t *Tensor) cause() string {
	in := t.inputs()
	if len(in) == 0 {
		return ""
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range in[0].data {
		low, high = min(low, float64(x)), max(high, float64(x))
	}
	switch t.op {
	case "Exp":
		return fmt.Sprintf("whose input reaches %.4g: e^88.7 is the largest number that float32 holds", high)
	case "Log":
		return fmt.Sprintf("whose input is 0 or less (the least is %.4g)", low)
	case "Sqrt":
		return fmt.Sprintf("whose input is below 0 (the least is %.4g)", low)
	case "Div":
		if slices.Contains(in[1].data, 0) {
			return "which divides by 0: a count, a sum of a mask or a standard deviation may be 0"
		}
	}
	largest := 0.0
	for _, x := range in {
		for _, v := range x.data {
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	if largest > 1e15 {
		return fmt.Sprintf("whose inputs reach %.3g: numbers have grown beyond what float32 holds", largest)
	}
	return ""
}

// checkGradients panics if the derivative of n has made a gradient of its inputs that is not finite, where its own is.
func (t *Tensor) checkGradients() {
	for _, f := range t.from {
		if f == nil || !f.wants || f.grad == nil || f.stale {
			continue
		}
		nan, inf := isBad(f.grad)
		if !nan && !inf {
			continue
		}
		e := &NotFinite{What: "the gradient", Value: float32(math.Inf(1)), Op: t.op, Shape: t.shape, With: t.inputs()}
		if nan {
			e.Value = float32(math.NaN())
		}
		switch t.op {
		case "Sqrt", "Log", "Div":
			e.Cause = "whose derivative is infinite at 0"
		}
		panic(e)
	}
}
