package nn

import (
	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// Norm normalises the last axis. Kind is
//
//	""       RMSNorm: w x / sqrt(mean(x^2) + Eps)                  Zhang and Sennrich 2019, arXiv:1910.07467
//	"rms+1"  the same with weights 1+w                             Gemma, arXiv:2403.08295
//	"layer"  LayerNorm: w (x - mean(x)) / sqrt(var(x) + Eps) + b   Ba et al. 2016, arXiv:1607.06450
type Norm struct {
	Weight, Bias *tensor.Tensor // (D); Bias only with "layer"
	Eps          float32
	Kind         string
}

// NewNorm returns a norm that at first only normalises.
func NewNorm(kind string, dim int, eps float64) *Norm {
	n := &Norm{Eps: float32(eps), Kind: kind}
	switch kind {
	case "rms+1":
		n.Weight = tensor.New(dim).RequireGrad()
	case "layer":
		n.Bias = tensor.New(dim).RequireGrad()
		fallthrough
	default:
		n.Weight = tensor.Full(1, dim).RequireGrad()
	}
	return n
}

// Forward normalises x (..., D).
func (n *Norm) Forward(x *tensor.Tensor) *tensor.Tensor {
	if n.Kind == "layer" {
		return tensor.LayerNorm(x, n.Weight, n.Bias, n.Eps)
	}
	return tensor.RMSNorm(x, n.factor(), n.Eps)
}

// factor is what normalised rows are multiplied with.
func (n *Norm) factor() *tensor.Tensor {
	if n.Kind == "rms+1" {
		return n.Weight.AddScalar(1)
	}
	return n.Weight
}

// plainFactor is factor without a tape.
func (n *Norm) plainFactor() []float32 {
	if n.Kind != "rms+1" {
		return n.Weight.Data()
	}
	w := make([]float32, n.Weight.Len())
	for i, x := range n.Weight.Data() {
		w[i] = 1 + x
	}
	return w
}

// Rows normalises rows of x into y, which may be x, without a tape. stats has room for two numbers for each row.
func (n *Norm) Rows(y, stats, x []float32, rows int) {
	d := n.Weight.Len()
	if n.Kind == "layer" {
		compute.LayerNorm(y, stats, x, n.Weight.Data(), n.Bias.Data(), rows, d, n.Eps)
		return
	}
	compute.RMSNorm(y, stats, x, n.plainFactor(), rows, d, n.Eps)
}

// Frozen returns a norm with a copy of the weights that wants no gradient.
func (n *Norm) Frozen() *Norm {
	c := &Norm{Weight: duplicate(n.Weight), Eps: n.Eps, Kind: n.Kind}
	if n.Bias != nil {
		c.Bias = duplicate(n.Bias)
	}
	return c
}

// QKNorm normalises each head's queries with q and keys with k (Henry et al. 2020, arXiv:2010.04245, with RMSNorm as Qwen3
// and Gemma 3 do). The norms are over the numbers of a head.
func QKNorm(qkv *tensor.Tensor, h tensor.Heads, q, k *Norm) *tensor.Tensor {
	return tensor.QKNorm(qkv, q.factor(), k.factor(), h, q.Eps)
}

// QKNormRows does it in place for rows, without a tape. stats has room for a number for each head of each row.
func QKNormRows(qkv, stats []float32, h tensor.Heads, q, k *Norm, rows int) {
	n := compute.HeadNorm{Rows: rows, Stride: h.Width(), Heads: h.Heads, Dim: h.Dim, Eps: q.Eps}
	n.Forward(qkv, stats, qkv, q.plainFactor())
	n.At, n.Heads, n.Eps = h.Heads*h.Dim, h.KVHeads, k.Eps
	n.Forward(qkv, stats, qkv, k.plainFactor())
}
