package tensor

import (
	"math"

	"lyceum/lib/internal/compute"
)

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
		var dx, dw []float32
		if x.wants {
			dx = x.grads()
		}
		if w.wants {
			dw = w.grads()
		}
		compute.RMSNormBackward(dx, dw, out.grad, x.data, w.data, scale, rows, d)
	})
	compute.RMSNorm(out.data, scale, x.data, w.data, rows, d, eps)
	return out
}

// SwiGLU returns SiLU(gate) * up, where gate and up are the two halves of the last axis of x (..., 2H): (..., H)
// (Shazeer 2020, arXiv:2002.05202, eq. 6).
func SwiGLU(x *Tensor) *Tensor {
	if x.Dim(-1)%2 != 0 {
		fail("SwiGLU", "the last axis of %s cannot be halved", ShapeText(x.shape))
	}
	h := x.Dim(-1) / 2
	rows := x.Len() / max(2*h, 1)
	out := result("SwiGLU", append(append([]int{}, x.shape[:len(x.shape)-1]...), h), []*Tensor{x}, func(out *Tensor) {
		compute.SwiGLURowsBackward(x.grads(), out.grad, x.data, rows, h)
	})
	compute.SwiGLURows(out.data, x.data, rows, h)
	return out
}

// Embedding returns the rows of table (V, D) that ids name: (len(ids), D). The derivative adds to these rows.
func Embedding(table *Tensor, ids []int32) *Tensor {
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
		compute.ScatterAddRows(table.grads(), out.grad, ids, d)
	})
	compute.GatherRows(out.data, table.data, ids, d)
	return out
}

// Heads says how a row of queries, keys and values is laid out: Heads query heads, then KVHeads key heads, then as
// many value heads, each of Dim numbers. Several query heads may share a key head (grouped-query attention).
type Heads struct{ Heads, KVHeads, Dim int }

// Width is the length of a row of queries, keys and values.
func (h Heads) Width() int { return (h.Heads + 2*h.KVHeads) * h.Dim }

// Rotary turns the queries and keys of qkv (B*T, Width) by angles that grow with their position (rotary position
// embedding; Su et al. 2021, arXiv:2104.09864, in the layout of Hugging Face's rotate_half). cos and sin are
// (positions, Dim/2) tables as compute.RotaryTable makes them; positions holds one per row, nil means 0, 1, ...,
// period-1 again and again. It works in place: qkv must not be used otherwise.
func Rotary(qkv *Tensor, h Heads, cos, sin []float32, positions []int32, period int) *Tensor {
	rows := qkv.Len() / h.Width()
	s := compute.RotaryShape{Tokens: rows, Heads: h.Heads + h.KVHeads, Dim: h.Dim, Stride: h.Width(), Positions: positions, Period: period}
	compute.Rotary(qkv.data, s, cos, sin, false)
	return wrap("Rotary", qkv.data, qkv.shape, []*Tensor{qkv}, func(out *Tensor) {
		compute.Rotary(out.grad, s, cos, sin, true)
		compute.Add(qkv.grads(), qkv.grads(), out.grad)
	})
}

// Attention returns softmax(Q K^T / sqrt(D)) V per head, each position seeing itself and what is before it
// (Vaswani et al. 2017, arXiv:1706.03762, eq. 1). qkv is (B*T, Width), the result (B*T, Heads*Dim). segments, (B*T) or
// nil, numbers the documents that rows are packed of: none sees another; negative means padding.
func Attention(qkv *Tensor, h Heads, batch, length int, segments []int32) *Tensor {
	if len(qkv.data) != batch*length*h.Width() {
		fail("Attention", "%s does not hold %d x %d rows of %d", ShapeText(qkv.shape), batch, length, h.Width())
	}
	w, o := h.Width(), h.Heads*h.Dim
	s := compute.AttentionShape{Batch: batch, Queries: length, Keys: length, Heads: h.Heads, KVHeads: h.KVHeads, Dim: h.Dim,
		QStride: w, KStride: w, VStride: w, OStride: o, Scale: float32(1 / math.Sqrt(float64(h.Dim))), Causal: true, Segments: segments}
	k, v := h.Heads*h.Dim, (h.Heads+h.KVHeads)*h.Dim
	lse := allocRaw(batch * length * h.Heads)
	out := result("Attention", []int{batch * length, o}, []*Tensor{qkv}, func(out *Tensor) {
		g := qkv.grads()
		compute.AttentionBackward(g, g[k:], g[v:], out.grad, out.data, lse, qkv.data, qkv.data[k:], qkv.data[v:], s)
	})
	compute.Attention(out.data, lse, qkv.data, qkv.data[k:], qkv.data[v:], s)
	return out
}

// RotaryTable returns the cosines and sines for Rotary: the angle of pair i at position p is p theta^(-2i/dim).
func RotaryTable(positions, dim int, theta float64) (cos, sin []float32) {
	return compute.RotaryTable(positions, dim, theta)
}

// Plus returns t + b for equal shapes, the residual connection.
func (t *Tensor) Plus(b *Tensor) *Tensor {
	if !equal(t.shape, b.shape) {
		fail("Plus", "%s and %s differ", ShapeText(t.shape), ShapeText(b.shape))
	}
	out := result("Plus", t.shape, []*Tensor{t, b}, func(out *Tensor) {
		for _, x := range []*Tensor{t, b} {
			if x.wants {
				g := x.grads()
				compute.Add(g, g, out.grad)
			}
		}
	})
	compute.Add(out.data, t.data, b.data)
	return out
}
