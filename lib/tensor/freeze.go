package tensor

// Freeze says that the gradient of this tensor is not wanted any more, forgets it, and returns the tensor: backward skips
// it, so that training an adapter costs no memory for the weights that stay. It is the reverse of RequireGrad.
func (t *Tensor) Freeze() *Tensor {
	t.wants, t.leaf, t.grad = false, false, nil
	return t
}
