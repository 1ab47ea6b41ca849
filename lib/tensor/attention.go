package tensor

import (
	"math"

	"lyceum/lib/internal/compute"
)

// Heads says how a row of queries, keys and values is laid out: Heads query heads, then KVHeads key heads, then as
// many value heads, each of Dim numbers. Several query heads may share a key head (grouped-query attention).
type Heads struct{ Heads, KVHeads, Dim int }

// Width is the length of a row of queries, keys and values.
func (h Heads) Width() int { return (h.Heads + 2*h.KVHeads) * h.Dim }

// KVWidth is the length of a row of keys, or of values.
func (h Heads) KVWidth() int { return h.KVHeads * h.Dim }

// ReadingPadding is the segment of padding that sees the document before it while nothing sees it: what stands at padding in
// Transformers.
const ReadingPadding = compute.ReadingPadding

// AttentionOptions say who sees whom. The zero value is causal attention of whole rows.
type AttentionOptions struct {
	// Segments, (B*T) or nil, numbers the documents that rows are packed of: none sees another; negative means padding, and
	// ReadingPadding that it sees the document before it.
	Segments []int32
	// Window is how many positions a query sees at most, itself included (sliding-window attention; Beltagy et al. 2020,
	// arXiv:2004.05150); 0: all before it.
	Window int
	// Scale multiplies the scores; 0 means 1/sqrt(Dim).
	Scale float32
	// Bidirectional lets every position see what is behind it too; Window must be 0.
	Bidirectional bool
	// PrefixKeys and PrefixValues are P virtual positions that every query sees, whatever its document and window (prefix
	// tuning; Li and Liang 2021, arXiv:2101.00190): (P, KVWidth), the same for each sequence, or (B, P, KVWidth). Both or
	// neither; gradients flow to them.
	PrefixKeys, PrefixValues *Tensor
}

// Attention returns softmax(Q K^T / sqrt(D)) V per head, each position seeing itself and what is before it
// (Vaswani et al. 2017, arXiv:1706.03762, eq. 1). qkv is (B*T, Width), the result (B*T, Heads*Dim). segments, (B*T) or
// nil, numbers the documents that rows are packed of: none sees another; negative means padding.
func Attention(qkv *Tensor, h Heads, batch, length int, segments []int32) *Tensor {
	return AttentionWith(qkv, h, batch, length, AttentionOptions{Segments: segments})
}

// AttentionWith is Attention with options. It is exact, by blocks of queries; memory is linear in the length.
func AttentionWith(qkv *Tensor, h Heads, batch, length int, o AttentionOptions) *Tensor {
	const op = "Attention"
	if h.Heads <= 0 || h.KVHeads <= 0 || h.Dim <= 0 || h.Heads%h.KVHeads != 0 {
		fail(op, "%d heads of %d cannot share %d key heads", h.Heads, h.Dim, h.KVHeads)
	}
	if len(qkv.data) != batch*length*h.Width() {
		fail(op, "%s does not hold %d x %d rows of %d", ShapeText(qkv.shape), batch, length, h.Width())
	}
	if o.Segments != nil && len(o.Segments) != batch*length {
		fail(op, "%d segments for %d x %d positions", len(o.Segments), batch, length)
	}
	if o.Window < 0 || o.Window > 0 && o.Bidirectional {
		fail(op, "the window %d must not be negative, and needs causal attention", o.Window)
	}
	s := o.shape(h, batch, length)
	if o.PrefixKeys != nil || o.PrefixValues != nil {
		return prefixAttention(qkv, h, s, o)
	}
	k, v := h.Heads*h.Dim, (h.Heads+h.KVHeads)*h.Dim
	lse := allocRaw(batch * length * h.Heads)
	out := result(op, []int{batch * length, k}, []*Tensor{qkv}, func(out *Tensor) {
		g := qkv.grads()
		if len(g) == 0 {
			return
		}
		compute.AttentionBackward(g, g[k:], g[v:], out.grad, out.data, lse, qkv.data, qkv.data[k:], qkv.data[v:], s)
	})
	if batch*length > 0 {
		compute.Attention(out.data, lse, qkv.data, qkv.data[k:], qkv.data[v:], s)
	}
	return out
}

func (o AttentionOptions) shape(h Heads, batch, length int) compute.AttentionShape {
	w, scale := h.Width(), o.Scale
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(h.Dim)))
	}
	return compute.AttentionShape{Batch: batch, Queries: length, Keys: length, Heads: h.Heads, KVHeads: h.KVHeads, Dim: h.Dim,
		QStride: w, KStride: w, VStride: w, OStride: h.Heads * h.Dim, Scale: scale, Causal: !o.Bidirectional, Window: o.Window, Segments: o.Segments}
}

// prefixAttention copies keys and values behind the prefix, into buffers of their own.
func prefixAttention(qkv *Tensor, h Heads, s compute.AttentionShape, o AttentionOptions) *Tensor {
	keys, values := newPrefix(o.PrefixKeys, h, s.Batch), newPrefix(o.PrefixValues, h, s.Batch)
	if keys.rows != values.rows {
		fail("Attention", "%d prefix keys and %d values", keys.rows, values.rows)
	}
	s.Prefix, s.Keys, s.KStride, s.VStride = keys.rows, keys.rows+s.Queries, h.KVWidth(), h.KVWidth()
	if s.Segments != nil {
		s.Segments = prefixedSegments(s)
	}
	n := s.Batch * s.Keys * h.KVWidth()
	k, v, lse := allocRaw(n), allocRaw(n), allocRaw(s.Batch*s.Queries*h.Heads)
	at := h.Heads * h.Dim
	out := result("Attention", []int{s.Batch * s.Queries, at}, []*Tensor{qkv, keys.t, values.t}, func(out *Tensor) {
		dq, dk, dv := qkv.GradBuffer(), alloc(n), alloc(n)
		compute.AttentionBackward(dq, dk, dv, out.grad, out.data, lse, qkv.data, k, v, s)
		keys.split(dk, qkv, at, s)
		values.split(dv, qkv, at+h.KVWidth(), s)
		for _, b := range [][]float32{k, v, dk, dv} {
			release(b)
		}
	})
	keys.join(k, qkv, at, s)
	values.join(v, qkv, at+h.KVWidth(), s)
	if s.Batch*s.Queries > 0 {
		compute.Attention(out.data, lse, qkv.data, k, v, s)
	}
	return out
}

// A prefix is the virtual rows of keys or values; between is the distance from one sequence's to the next one's, 0 when
// they are shared.
type prefix struct {
	t                    *Tensor
	rows, width, between int
}

func newPrefix(t *Tensor, h Heads, batch int) prefix {
	p := prefix{t: t, width: h.KVWidth()}
	switch {
	case t != nil && len(t.shape) == 2 && t.shape[1] == p.width:
		p.rows = t.shape[0]
	case t != nil && len(t.shape) == 3 && t.shape[0] == batch && t.shape[2] == p.width:
		p.rows, p.between = t.shape[1], t.shape[1]*p.width
	case t == nil:
		fail("Attention", "PrefixKeys and PrefixValues belong together; one is nil")
	default:
		fail("Attention", "a prefix %s: it must be (P,%d) or (%d,P,%d)", ShapeText(t.shape), p.width, batch, p.width)
	}
	return p
}

// join writes each sequence's prefix and then its rows of qkv from column at on.
func (p prefix) join(dst []float32, qkv *Tensor, at int, s compute.AttentionShape) {
	row, head := s.QStride, p.rows*p.width
	for b := range s.Batch {
		d := dst[b*s.Keys*p.width:]
		copy(d[:head], p.t.data[b*p.between:])
		for i := range s.Queries {
			copy(d[head+i*p.width:][:p.width], qkv.data[(b*s.Queries+i)*row+at:])
		}
	}
}

// split adds the gradient of join's result to what it was made of.
func (p prefix) split(d []float32, qkv *Tensor, at int, s compute.AttentionShape) {
	row, head := s.QStride, p.rows*p.width
	for b := range s.Batch {
		from := d[b*s.Keys*p.width:]
		if p.t.wants && head > 0 {
			g := p.t.grads()[b*p.between:][:head]
			compute.Add(g, g, from[:head])
		}
		for i := range s.Queries {
			g := qkv.grads()[(b*s.Queries+i)*row+at:][:p.width]
			compute.Add(g, g, from[head+i*p.width:][:p.width])
		}
	}
}

// prefixedSegments puts a number for each prefix key before the segments of each sequence; it is not looked at.
func prefixedSegments(s compute.AttentionShape) []int32 {
	out := make([]int32, 0, s.Batch*s.Keys)
	for b := range s.Batch {
		for range s.Prefix {
			out = append(out, -1)
		}
		out = append(out, s.Segments[b*s.Queries:(b+1)*s.Queries]...)
	}
	return out
}

// Rotary turns the queries and keys of qkv (B*T, Width) by angles that grow with their position (rotary position
// embedding; Su et al. 2021, arXiv:2104.09864, in the layout of Hugging Face's rotate_half). cos and sin are
// (positions, Dim/2) tables as RotaryTable makes them; positions holds one per row, nil means 0, 1, ...,
// period-1 again and again. It works in place: qkv must not be used otherwise.
func Rotary(qkv *Tensor, h Heads, cos, sin []float32, positions []int32, period int) *Tensor {
	rows := qkv.Len() / h.Width()
	s := compute.RotaryShape{Tokens: rows, Heads: h.Heads + h.KVHeads, Dim: h.Dim, Stride: h.Width(), Positions: positions, Period: period}
	compute.Rotary(qkv.data, s, cos, sin, false)
	return wrap("Rotary", qkv.data, qkv.shape, []*Tensor{qkv}, func(out *Tensor) {
		compute.Rotary(out.grad, s, cos, sin, true)
		passOn(qkv, out)
	})
}

// RotaryTable returns the cosines and sines for Rotary: the angle of pair i at position p is p theta^(-2i/dim).
func RotaryTable(positions, dim int, theta float64) (cos, sin []float32) {
	return compute.RotaryTable(positions, dim, theta)
}

// QKNorm normalises every query head and every key head of qkv (B*T, Width) on its own, y = w x / sqrt(mean(x^2) + eps)
// over its Dim numbers, before Rotary (Qwen3, Gemma 3; Henry et al. 2020, arXiv:2010.04245); values stay as they are.
// queries and keys are the weights (Dim).
func QKNorm(qkv, queries, keys *Tensor, h Heads, eps float32) *Tensor {
	for _, w := range []*Tensor{queries, keys} {
		if len(w.shape) != 1 || w.shape[0] != h.Dim {
			fail("QKNorm", "the weight %s does not fit heads of %d", ShapeText(w.shape), h.Dim)
		}
	}
	rows := qkv.Len() / h.Width()
	if qkv.Len() != rows*h.Width() {
		fail("QKNorm", "%s does not hold rows of %d", ShapeText(qkv.shape), h.Width())
	}
	q := compute.HeadNorm{Rows: rows, Stride: h.Width(), Heads: h.Heads, Dim: h.Dim, Eps: eps}
	k := compute.HeadNorm{Rows: rows, Stride: h.Width(), At: h.Heads * h.Dim, Heads: h.KVHeads, Dim: h.Dim, Eps: eps}
	qScale, kScale := allocRaw(rows*h.Heads), allocRaw(rows*h.KVHeads)
	at := (h.Heads + h.KVHeads) * h.Dim
	out := result("QKNorm", qkv.shape, []*Tensor{qkv, queries, keys}, func(out *Tensor) {
		dx := qkv.GradBuffer()
		q.Backward(dx, gradOf(queries), out.grad, qkv.data, queries.data, qScale)
		k.Backward(dx, gradOf(keys), out.grad, qkv.data, keys.data, kScale)
		compute.AddColumns(dx, out.grad, rows, h.Width(), at, h.Width())
	})
	compute.Copy(out.data, qkv.data)
	q.Forward(out.data, qScale, qkv.data, queries.data)
	k.Forward(out.data, kScale, qkv.data, keys.data)
	return out
}

// gradOf is where the gradient of t goes, nil if none is wanted.
func gradOf(t *Tensor) []float32 {
	if t == nil || !t.wants {
		return nil
	}
	return t.grads()
}

// passOn adds the gradient of out to that of t, which has as many elements. The buffer of out is handed over when t has none
// yet, instead of being copied.
func passOn(t, out *Tensor) {
	if t.grad == nil && !t.leaf && len(t.data) == len(out.grad) {
		t.grad, out.grad = out.grad, nil
		return
	}
	t.addGrad(out.grad)
}
