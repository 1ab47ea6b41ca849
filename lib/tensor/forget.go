package tensor

// Forget gives the memory of t back until the backward pass needs it, which then computes it again. It is for results that are
// large and cheap, those of norms, gates and Embedding, once everything that reads them has been computed. Results of other
// operations, those that share their memory (Reshape), and those without a gradient or outside of a Scope stay as they are.
func (t *Tensor) Forget() {
	if !t.wants || t.again == nil || t.shared || t.gone || !lent(t.data) {
		return
	}
	release(t.data)
	t.data, t.gone, t.forgets = nil, true, true
}

// remember computes a forgotten result again.
func (t *Tensor) remember() {
	if !t.gone {
		return
	}
	for _, f := range t.from {
		if f != nil {
			f.remember()
		}
	}
	t.data, t.gone = allocRaw(t.Len()), false
	t.again(t.data)
}

// share returns the elements for another tensor, which is to have the same: they are kept from now on.
func (t *Tensor) share() []float32 {
	t.shared = true
	return t.Data()
}

// elements is how many a shape has.
func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// forgettable says how a result is computed again.
func (t *Tensor) forgettable(again func(data []float32)) *Tensor {
	if t.wants {
		t.again = again
	}
	return t
}
