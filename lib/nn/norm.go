package nn

import (
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// Norm normalises the last axis. Kind is
//
//	""       RMSNorm: w x / sqrt(mean(x^2) + Eps)              Zhang and Sennrich 2019, arXiv:1910.07467
//	"rms+1"  the same with weights 1+w                         Gemma, arXiv:2403.08295
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
	switch n.Kind {
	case "rms+1":
		return tensor.RMSNorm(x, n.Weight.AddScalar(1), n.Eps)
	case "layer":
		return layerNorm(x, n.Weight, n.Bias, n.Eps)
	}
	return tensor.RMSNorm(x, n.Weight, n.Eps)
}

// Rows normalises rows of x into y, which may be x, without a tape. scale has room for a number for each row.
func (n *Norm) Rows(y, scale, x []float32, rows int) {
	d := n.Weight.Len()
	switch n.Kind {
	case "rms+1":
		compute.RMSNorm(y, scale, x, n.factor(), rows, d, n.Eps)
	case "layer":
		layerRows(y, nil, nil, x, n.Weight.Data(), n.Bias.Data(), rows, n.Eps)
	default:
		compute.RMSNorm(y, scale, x, n.Weight.Data(), rows, d, n.Eps)
	}
}

// factor is what normalised rows are multiplied with.
func (n *Norm) factor() []float32 {
	if n.Kind != "rms+1" {
		return n.Weight.Data()
	}
	w := make([]float32, n.Weight.Len())
	for i, x := range n.Weight.Data() {
		w[i] = 1 + x
	}
	return w
}

// Frozen returns a norm with a copy of the weights that wants no gradient.
func (n *Norm) Frozen() *Norm {
	c := &Norm{Weight: duplicate(n.Weight), Eps: n.Eps, Kind: n.Kind}
	if n.Bias != nil {
		c.Bias = duplicate(n.Bias)
	}
	return c
}

// layerNorm is LayerNorm with its derivative: with n = (x - mean)/std, dn = w dy,
//
//	dx = (dn - mean(dn) - n mean(dn n)) / std,  dw = sum dy n,  db = sum dy
func layerNorm(x, w, b *tensor.Tensor, eps float32) *tensor.Tensor {
	d := x.Dim(-1)
	if w.Len() != d || b.Len() != d {
		panic(&tensor.Error{Op: "LayerNorm", Text: "the weight " + tensor.ShapeText(w.Shape()) + " does not fit " + tensor.ShapeText(x.Shape())})
	}
	rows := x.Len() / d
	y, normed, scale := make([]float32, x.Len()), make([]float32, x.Len()), make([]float32, rows)
	layerRows(y, normed, scale, x.Data(), w.Data(), b.Data(), rows, eps)
	return tensor.Custom("LayerNorm", y, x.Shape(), []*tensor.Tensor{x, w, b}, func(g []float32) {
		if x.Wants() {
			layerBack(x.GradBuffer(), g, normed, scale, w.Data(), rows)
		}
		sumInto(w, g, normed, rows)
		sumInto(b, g, nil, rows)
	})
}

// sumInto adds the rows of g, times those of factor if there are any, to the gradient of t.
func sumInto(t *tensor.Tensor, g, factor []float32, rows int) {
	if !t.Wants() {
		return
	}
	d := t.GradBuffer()
	for i := range rows {
		row := g[i*len(d):][:len(d)]
		for j, v := range row {
			if factor != nil {
				v *= factor[i*len(d)+j]
			}
			d[j] += v
		}
	}
}

func layerRows(y, normed, scale, x, w, b []float32, rows int, eps float32) {
	d := len(w)
	compute.Parallel(rows, max(1, 1<<12/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			in, out := x[i*d:(i+1)*d], y[i*d:(i+1)*d]
			mean, square := 0.0, 0.0
			for _, v := range in {
				mean += float64(v)
			}
			mean /= float64(d)
			for _, v := range in {
				square += (float64(v) - mean) * (float64(v) - mean)
			}
			r, m := float32(1/math.Sqrt(square/float64(d)+float64(eps))), float32(mean)
			for j, v := range in {
				n := (v - m) * r
				if normed != nil {
					normed[i*d+j] = n
				}
				out[j] = n*w[j] + b[j]
			}
			if scale != nil {
				scale[i] = r
			}
		}
	})
}

func layerBack(dx, g, normed, scale, w []float32, rows int) {
	d := len(w)
	compute.Parallel(rows, max(1, 1<<12/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			grad, n, out := g[i*d:(i+1)*d], normed[i*d:(i+1)*d], dx[i*d:(i+1)*d]
			mean, along := float32(0), float32(0)
			for j, v := range grad {
				mean += v * w[j]
				along += v * w[j] * n[j]
			}
			mean, along = mean/float32(d), along/float32(d)
			for j, v := range grad {
				out[j] += scale[i] * (v*w[j] - mean - n[j]*along)
			}
		}
	})
}
