package tensor

// Reshape gives the elements another shape of the same size; one size may be -1 and is then computed.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	s := append([]int{}, shape...)
	known, open := 1, -1
	for i, d := range s {
		if d == -1 && open < 0 {
			open = i
			continue
		}
		if d < 0 {
			fail("Reshape", "%s: only one size may be -1", ShapeText(shape))
		}
		known *= d
	}
	if open >= 0 && known > 0 {
		s[open] = len(t.data) / known
		known *= s[open]
	}
	if known != t.Len() {
		fail("Reshape", "%s has %d elements and cannot become %s", ShapeText(t.shape), t.Len(), ShapeText(shape))
	}
	return wrap("Reshape", t.share(), s, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i, x := range out.grad {
			g[i] += x
		}
	})
}

// Slice returns the elements from low to high (not included) along the first axis.
func (t *Tensor) Slice(low, high int) *Tensor {
	if len(t.shape) == 0 || low < 0 || high < low || high > t.shape[0] {
		fail("Slice", "%d:%d is outside the first axis of %s", low, high, ShapeText(t.shape))
	}
	row := t.Len() / max(t.shape[0], 1)
	shape := append([]int{high - low}, t.shape[1:]...)
	return wrap("Slice", t.share()[low*row:high*row], shape, []*Tensor{t}, func(out *Tensor) {
		g := t.grads()[low*row:]
		for i, x := range out.grad {
			g[i] += x
		}
	})
}

// Index returns row i of the first axis, without that axis.
func (t *Tensor) Index(i int) *Tensor {
	if len(t.shape) == 0 || i < 0 || i >= t.shape[0] {
		fail("Index", "%d is outside the first axis of %s", i, ShapeText(t.shape))
	}
	return t.Slice(i, i+1).Reshape(t.shape[1:]...)
}

// Concat joins tensors along the first axis; the other sizes must be equal.
func Concat(ts ...*Tensor) *Tensor {
	if len(ts) == 0 {
		fail("Concat", "there is nothing to join")
	}
	rows := 0
	for _, t := range ts {
		if len(t.shape) == 0 || !equal(t.shape[1:], ts[0].shape[1:]) {
			fail("Concat", "%s and %s differ in more than the first axis", ShapeText(ts[0].shape), ShapeText(t.shape))
		}
		rows += t.shape[0]
	}
	out := result("Concat", append([]int{rows}, ts[0].shape[1:]...), ts, func(out *Tensor) {
		at := 0
		for _, t := range ts {
			if t.wants {
				g := t.grads()
				for i := range g {
					g[i] += out.grad[at+i]
				}
			}
			at += len(t.data)
		}
	})
	at := 0
	for _, t := range ts {
		at += copy(out.data[at:], t.data)
	}
	return out
}

// Gather picks one element of the last axis for each row: out[...] = t[..., ids[...]]. Rows are counted through all
// leading axes. An id below 0 picks nothing: 0, without gradient.
func (t *Tensor) Gather(ids []int32) *Tensor {
	if len(t.shape) == 0 {
		fail("Gather", "a scalar has no axis to pick from")
	}
	n := t.shape[len(t.shape)-1]
	rows := len(t.data) / max(n, 1)
	if len(ids) != rows {
		fail("Gather", "%d ids for the %d rows of %s", len(ids), rows, ShapeText(t.shape))
	}
	for i, id := range ids {
		if int(id) >= n {
			fail("Gather", "id %d of row %d is outside the last axis of %s", id, i, ShapeText(t.shape))
		}
	}
	out := result("Gather", t.shape[:len(t.shape)-1], []*Tensor{t}, func(out *Tensor) {
		g := t.grads()
		for i, id := range ids {
			if id >= 0 {
				g[i*n+int(id)] += out.grad[i]
			}
		}
	})
	for i, id := range ids {
		out.data[i] = 0
		if id >= 0 {
			out.data[i] = t.data[i*n+int(id)]
		}
	}
	return out
}
