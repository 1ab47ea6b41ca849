package tensor

// Recording reports whether operations remember where their results come from: not within NoGrad.
func Recording() bool { return disabled.Load() == 0 }

// Transient returns f(x) and takes back the memory of everything else that f computed, and of x too, which must be an
// intermediate result that nothing else uses. It is for NoGrad within a Scope: a model of many layers then takes the memory of
// one. Elsewhere it is f(x).
func Transient(x *Tensor, f func(x *Tensor) *Tensor) *Tensor {
	outer := arenaDepth()
	if Recording() || outer == 0 {
		return f(x)
	}
	var out *Tensor
	Scope(func() {
		y := f(x)
		out = wrap(y.op, copyAt(outer, y.data), y.shape, nil, nil)
	})
	release(x.data)
	return out
}

// SpreadOver is Embedding of an intermediate result that nothing else uses, whose memory is given back, as the output of Linear
// or Rotary, which their own derivatives do not need. Other results are left alone.
func SpreadOver(x *Tensor, rows []int32) *Tensor {
	out := Embedding(x, rows)
	switch x.op {
	case "Linear", "LinearFrozen", "LoRA", "Rotary":
		release(x.data)
		out.again = nil
	}
	return out
}
