package tensor

// Recompute returns f(inputs) and keeps nothing of what happens inside: Backward runs f a second time to get it back
// (activation checkpointing; Chen et al. 2016, arXiv:1604.06174). With a call for each block of a model, the memory of a
// step is that of one block and the inputs of all, for about a third more time.
//
// f must compute the same both times, so random numbers in it need a seed of their own. Tensors that f uses and that were
// themselves computed must be among inputs; parameters need not. The result has the same bits as f's, and so have the
// gradients.
func Recompute(f func(in []*Tensor) *Tensor, inputs ...*Tensor) *Tensor {
	if disabled.Load() > 0 {
		return f(inputs)
	}
	low := lowPrecision()
	var shape []int
	var data []float32
	outer := arenaDepth()
	Scope(func() {
		NoGrad(func() {
			out := f(inputs)
			shape, data = out.shape, copyAt(outer, out.data)
		})
	})
	t := wrap("Recompute", data, shape, inputs, nil)
	t.wants, t.from = true, inputs // parameters inside f may want a gradient even if no input does
	t.back = func() {
		for _, in := range inputs {
			gradOf(in) // made here, not within the scope, so that it outlives it
		}
		Scope(func() {
			own := make([]*Tensor, len(inputs))
			for i, in := range inputs {
				own[i] = &Tensor{data: in.data, shape: in.shape, wants: in.wants}
			}
			var out *Tensor
			withPrecision(low, func() { out = f(own) })
			if out.wants {
				copy(out.grads(), t.grad)
				out.backward()
			}
			for i, in := range inputs {
				if in.wants && own[i].grad != nil {
					in.addGrad(own[i].grad)
				}
			}
		})
	}
	return t
}
