package nn

import (
	"fmt"
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// Attention is softmax(Scale Q K^T) V per head, each position seeing itself and what is before it (Vaswani et al. 2017,
// arXiv:1706.03762, eq. 1), or only the last Window of them (Beltagy et al. 2020, arXiv:2004.05150).
type Attention struct {
	Heads  tensor.Heads
	Scale  float64 // 0: 1/sqrt(Dim)
	Window int     // 0: everything before
}

// Forward computes it for rows of queries, keys and values (B*T, Width): (B*T, Heads*Dim). segments is (B*T) or nil: the
// document of each token, negative for padding.
func (a Attention) Forward(qkv *tensor.Tensor, batch, length int, segments []int32) *tensor.Tensor {
	h := a.Heads
	if qkv.Len() != batch*length*h.Width() {
		panic(&tensor.Error{Op: "Attention", Text: fmt.Sprintf("%s does not hold %d x %d rows of %d", tensor.ShapeText(qkv.Shape()), batch, length, h.Width())})
	}
	w, o := h.Width(), h.Heads*h.Dim
	s := a.Shape()
	s.Batch, s.Queries, s.Keys, s.Segments = batch, length, length, segments
	s.QStride, s.KStride, s.VStride, s.OStride = w, w, w, o
	k, v := h.Heads*h.Dim, (h.Heads+h.KVHeads)*h.Dim
	x := qkv.Data()
	out, lse := make([]float32, batch*length*o), make([]float32, batch*length*h.Heads)
	compute.Attention(out, lse, x, x[k:], x[v:], s)
	return tensor.Custom("Attention", out, []int{batch * length, o}, []*tensor.Tensor{qkv}, func(grad []float32) {
		g := qkv.GradBuffer()
		compute.AttentionBackward(g, g[k:], g[v:], grad, out, lse, x, x[k:], x[v:], s)
	})
}

// Shape is the part of the kernel's description that does not depend on the sequences.
func (a Attention) Shape() compute.AttentionShape {
	scale := a.Scale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(a.Heads.Dim))
	}
	return compute.AttentionShape{Heads: a.Heads.Heads, KVHeads: a.Heads.KVHeads, Dim: a.Heads.Dim, Scale: float32(scale), Causal: true}
}

// QKNorm normalises each head's queries with q and keys with k, in place (Henry et al. 2020, arXiv:2010.04245, with RMSNorm
// as Qwen3 and Gemma 3 do). The norms are over the numbers of a head.
func QKNorm(qkv *tensor.Tensor, h tensor.Heads, q, k *Norm) *tensor.Tensor {
	rows, heads := qkv.Len()/h.Width(), h.Heads+h.KVHeads
	was, scale := make([]float32, rows*heads*h.Dim), make([]float32, rows*heads)
	qkRows(qkv.Data(), was, scale, h, q, k, rows)
	return tensor.Custom("QKNorm", qkv.Data(), qkv.Shape(), []*tensor.Tensor{qkv, q.Weight, k.Weight}, func(g []float32) {
		qkBack(qkv, g, was, scale, h, q, k, rows)
	})
}

// QKNormRows does it for rows without a tape.
func QKNormRows(qkv []float32, h tensor.Heads, q, k *Norm, rows int) {
	qkRows(qkv, nil, nil, h, q, k, rows)
}

func qkRows(x, was, scale []float32, h tensor.Heads, q, k *Norm, rows int) {
	heads, d := h.Heads+h.KVHeads, h.Dim
	wq, wk := q.factor(), k.factor()
	compute.Parallel(rows, max(1, 1<<12/(heads*d)), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range heads {
				v, w, eps := x[i*h.Width()+j*d:][:d], wq, q.Eps
				if j >= h.Heads {
					w, eps = wk, k.Eps
				}
				sum := 0.0
				for _, a := range v {
					sum += float64(a) * float64(a)
				}
				r := float32(1 / math.Sqrt(sum/float64(d)+float64(eps)))
				if was != nil {
					copy(was[(i*heads+j)*d:], v)
					scale[i*heads+j] = r
				}
				for t := range v {
					v[t] *= r * w[t]
				}
			}
		}
	})
}

// qkBack adds dx = r (w g - x r^2 mean(w g x)) for queries and keys, g for values, and the gradients of the weights.
func qkBack(qkv *tensor.Tensor, g, was, scale []float32, h tensor.Heads, q, k *Norm, rows int) {
	heads, d, width := h.Heads+h.KVHeads, h.Dim, h.Width()
	wq, wk := q.factor(), k.factor()
	grain := max(16, 1<<12/(heads*d))
	parts := make([]float32, ((rows-1)/grain+1)*2*d) // sums of ranges, added in order: the result does not depend on the cores
	var dx []float32
	if qkv.Wants() {
		dx = qkv.GradBuffer()
	}
	compute.Parallel(rows, grain, func(lo, hi int) {
		part := parts[lo/grain*2*d:][:2*d]
		for i := lo; i < hi; i++ {
			for j := range heads {
				w, dw := wq, part[:d]
				if j >= h.Heads {
					w, dw = wk, part[d:]
				}
				at := i*width + j*d
				qkHead(dx, g[at:at+d], was[(i*heads+j)*d:][:d], w, dw, scale[i*heads+j], at)
			}
			if dx != nil {
				addTo(dx[i*width+heads*d:(i+1)*width], g[i*width+heads*d:(i+1)*width])
			}
		}
	})
	for _, x := range []struct {
		t  *tensor.Tensor
		at int
	}{{q.Weight, 0}, {k.Weight, d}} {
		if x.t.Wants() {
			dw := x.t.GradBuffer()
			for p := x.at; p < len(parts); p += 2 * d {
				for t := range dw {
					dw[t] += parts[p+t]
				}
			}
		}
	}
}

func qkHead(dx, g, x, w, dw []float32, r float32, at int) {
	along := float32(0)
	for t, v := range g {
		along += v * w[t] * x[t]
		dw[t] += v * x[t] * r
	}
	if dx == nil {
		return
	}
	along *= r * r * r / float32(len(g))
	for t, v := range g {
		dx[at+t] += r*w[t]*v - x[t]*along
	}
}

// PrefixRows lays the keys and values of block i of a prefix (n, 2 L KVHeads Dim) out as rows of queries, keys and values
// (n, Width), with queries of zero.
func PrefixRows(prefix *tensor.Tensor, h tensor.Heads, i int) *tensor.Tensor {
	n, kv, q := prefix.Dim(0), h.KVHeads*h.Dim, h.Heads*h.Dim
	out := make([]float32, n*h.Width())
	all := prefix.Dim(1)
	for r := range n {
		copy(out[r*h.Width()+q:(r+1)*h.Width()], prefix.Data()[r*all+2*i*kv:])
	}
	return tensor.Custom("Prefix", out, []int{n, h.Width()}, []*tensor.Tensor{prefix}, func(g []float32) {
		d := prefix.GradBuffer()
		for r := range n {
			row, grad := d[r*all+2*i*kv:][:2*kv], g[r*h.Width()+q:(r+1)*h.Width()]
			for j, v := range grad {
				row[j] += v
			}
		}
	})
}

func addTo(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}
