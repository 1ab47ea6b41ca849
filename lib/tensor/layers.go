package tensor

import "lyceum/lib/internal/compute"

// RMSNorm returns w x / sqrt(mean(x^2) + eps) along the last axis (Zhang and Sennrich 2019, arXiv:1910.07467, eq. 4).
// x (..., D), w (D).
func RMSNorm(x, w *Tensor, eps float32) *Tensor {
	d := x.Dim(-1)
	if len(w.shape) != 1 || w.shape[0] != d {
		fail("RMSNorm", "the weight %s does not fit %s", ShapeText(w.shape), ShapeText(x.shape))
	}
	rows := x.Len() / max(d, 1)
	scale := allocRaw(rows)
	out := result("RMSNorm", x.shape, []*Tensor{x, w}, func(out *Tensor) {
		compute.RMSNormBackward(gradOf(x), gradOf(w), out.grad, x.data, w.data, scale, rows, d)
	})
	forward := func(data []float32) { compute.RMSNorm(data, scale, x.data, w.data, rows, d, eps) }
	forward(out.data)
	return out.forgettable(forward)
}

// LayerNorm returns w (x - m) / sqrt(v + eps) + b along the last axis, m its mean and v its variance (Ba, Kiros and Hinton
// 2016, arXiv:1607.06450). x (..., D), w (D), b (D) or nil.
func LayerNorm(x, w, b *Tensor, eps float32) *Tensor {
	d := x.Dim(-1)
	for _, p := range []*Tensor{w, b} {
		if p != nil && (len(p.shape) != 1 || p.shape[0] != d) {
			fail("LayerNorm", "the weight %s does not fit %s", ShapeText(p.shape), ShapeText(x.shape))
		}
	}
	rows := x.Len() / max(d, 1)
	stats := allocRaw(2 * rows)
	out := result("LayerNorm", x.shape, []*Tensor{x, w, b}, func(out *Tensor) {
		compute.LayerNormBackward(gradOf(x), gradOf(w), gradOf(b), out.grad, x.data, w.data, stats, rows, d)
	})
	var bias []float32
	if b != nil {
		bias = b.data
	}
	forward := func(data []float32) { compute.LayerNorm(data, stats, x.data, w.data, bias, rows, d, eps) }
	forward(out.data)
	return out.forgettable(forward)
}

// Embedding returns the rows of table (V, D) that ids name: (len(ids), D). The derivative adds to these rows.
func Embedding(table *Tensor, ids []int32) *Tensor { return EmbeddingExcept(table, ids, -1) }

// EmbeddingExcept is Embedding without a derivative for the row padding (-1: none): torch.nn.Embedding's padding_idx. What
// other uses of the table add to that row's gradient stays.
func EmbeddingExcept(table *Tensor, ids []int32, padding int32) *Tensor {
	if len(table.shape) != 2 {
		fail("Embedding", "the table %s is not a matrix", ShapeText(table.shape))
	}
	d := table.shape[1]
	for i, id := range ids {
		if id < 0 || int(id) >= table.shape[0] {
			fail("Embedding", "id %d at place %d is outside a table of %d rows", id, i, table.shape[0])
		}
	}
	out := result("Embedding", []int{len(ids), d}, []*Tensor{table}, func(out *Tensor) {
		for i, id := range ids {
			if id == padding {
				clear(out.grad[i*d : (i+1)*d])
			}
		}
		compute.ScatterAddRows(table.grads(), out.grad, ids, d)
	})
	forward := func(data []float32) { compute.GatherRows(data, table.data, ids, d) }
	forward(out.data)
	return out.forgettable(forward)
}

// PlusOver is Plus that writes over b, whose memory becomes the result's: b must be an intermediate result that nothing else
// uses, and that its own derivative does not need, as the output of Linear, with LoRA or without, or a norm. Other b are left alone.
func (t *Tensor) PlusOver(b *Tensor) *Tensor {
	switch b.op {
	case "Linear", "LinearFrozen", "LoRA", "Plus", "RMSNorm", "LayerNorm":
	default:
		return t.Plus(b)
	}
	if !equal(t.shape, b.shape) {
		fail("Plus", "%s and %s differ", ShapeText(t.shape), ShapeText(b.shape))
	}
	compute.Add(b.data, t.data, b.data)
	return wrap("Plus", b.data, t.shape, []*Tensor{t, b}, plusBack(t, b))
}

// Plus returns t + b for equal shapes, the residual connection.
func (t *Tensor) Plus(b *Tensor) *Tensor {
	if !equal(t.shape, b.shape) {
		fail("Plus", "%s and %s differ", ShapeText(t.shape), ShapeText(b.shape))
	}
	out := result("Plus", t.shape, []*Tensor{t, b}, plusBack(t, b))
	compute.Add(out.data, t.data, b.data)
	return out
}

func plusBack(t, b *Tensor) func(out *Tensor) {
	return func(out *Tensor) {
		if b.wants {
			b.addGrad(out.grad)
		}
		if t.wants {
			passOn(t, out)
		}
	}
}
