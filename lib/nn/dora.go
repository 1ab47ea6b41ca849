package nn

import (
	"math"
	"sync"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// DoRA (Liu et al. 2024, arXiv:2402.09353, eq. 5) scales what LoRA makes of a layer to a learned magnitude m for each output:
//
//	y = m / ||W + s B A|| (W x + s B A x) + b
//
// where ||.|| is the norm of a row, through which no gradient flows (section 4.3). Beginning at m = ||W||, the model is
// as it was.

// dora turns the part's columns of y = W x + b into the above, in place. With d for x after dropout, when dropout acts, it is
// as PEFT has it
//
//	y = W x + b + (f - 1) W d + f s B A d,  f = m / ||W + s B A||
//
// which for f = 1, as it begins, is LoRA with dropout.
func (p *loraPart) dora(l *Linear, x, d, y *tensor.Tensor, plain bool) *tensor.Tensor {
	var bias []float32
	if l.Bias != nil {
		bias = l.Bias.Data()[p.low : p.low+p.rows]
	}
	n, m := y.Dim(-1), y.Len()/y.Dim(-1)
	norms := p.norms
	if plain {
		norms = p.normed.of(p, p.norms)
	}
	if d != x {
		return p.doraDropped(l, d, y)
	}
	y = lowRank(y, d, param(p.a, plain), param(p.b, plain), p.low, p.scale)
	return scaleColumns(y, param(p.magnitude, plain), norms(l), bias, p.low, m, n)
}

// doraDropped adds (f - 1) W d + f s B A d to the part's columns of y: f u - w for w = W d and u = w + s B A d.
func (p *loraPart) doraDropped(l *Linear, d, y *tensor.Tensor) *tensor.Tensor {
	w := tensor.Linear(d, tensor.From(l.rows(p.low, p.low+p.rows), p.rows, l.In()), nil)
	u := lowRank(w.Scale(1), d, p.a, p.b, 0, p.scale)
	u = scaleColumns(u, p.magnitude, p.norms(l), nil, 0, u.Len()/p.rows, p.rows)
	return addColumns(y, u.Sub(w), p.low)
}

// addColumns adds x (..., k) to k columns of y from low on, in place.
func addColumns(y, x *tensor.Tensor, low int) *tensor.Tensor {
	n, k := y.Dim(-1), x.Dim(-1)
	for i := range y.Len() / n {
		row := y.Data()[i*n+low:][:k]
		for j, v := range x.Data()[i*k : (i+1)*k] {
			row[j] += v
		}
	}
	return y.Over("DoRA", []*tensor.Tensor{x}, func(g []float32) {
		if x.Wants() {
			d := x.GradBuffer()
			for i := range y.Len() / n {
				for j, v := range g[i*n+low:][:k] {
					d[i*k+j] += v
				}
			}
		}
	})
}

// scaleColumns turns columns u + b of y into (magnitude / norm) u + b in place.
func scaleColumns(y, magnitude *tensor.Tensor, norm, bias []float32, low, m, n int) *tensor.Tensor {
	rows := len(norm)
	u := tensor.Buffer(m * rows)
	factor := make([]float32, rows)
	for j, k := range magnitude.Data() {
		factor[j] = k / norm[j]
	}
	for i := range m {
		row := y.Data()[i*n+low:][:rows]
		for j := range row {
			b := float32(0)
			if bias != nil {
				b = bias[j]
			}
			u[i*rows+j] = row[j] - b
			row[j] = factor[j]*u[i*rows+j] + b
		}
	}
	return tensor.Custom("DoRA", y.Data(), y.Shape(), []*tensor.Tensor{y, magnitude}, func(g []float32) {
		if magnitude.Wants() {
			dm := magnitude.GradBuffer()
			for i := range m {
				for j := range rows {
					dm[j] += g[i*n+low+j] * u[i*rows+j] / norm[j]
				}
			}
		}
		if !y.Wants() {
			return
		}
		dy := y.GradBuffer()
		for i := range m {
			row, grad := dy[i*n:(i+1)*n], g[i*n:(i+1)*n]
			for j := range row {
				f := float32(1)
				if k := j - low; k >= 0 && k < rows {
					f = factor[k]
				}
				row[j] += f * grad[j]
			}
		}
	})
}

// norms are the lengths of the rows of W + s B A.
func (p *loraPart) norms(l *Linear) []float32 {
	in, r := p.a.Dim(1), p.a.Dim(0)
	w := append([]float32(nil), l.rows(p.low, p.low+p.rows)...)
	compute.Gemm(false, false, p.rows, in, r, p.scale, p.b.Data(), r, p.a.Data(), in, 1, w, in)
	out := make([]float32, p.rows)
	for i := range out {
		out[i] = norm(w[i*in : (i+1)*in])
	}
	return out
}

func norm(x []float32) float32 {
	s := 0.0
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return float32(math.Sqrt(s))
}

// normCache keeps the norms from token to token of a generation, where computing them would cost more than the layer.
type normCache struct {
	mu    sync.Mutex
	key   normKey
	norms []float32
}

// normKey is what the norms were computed of: the layer's weights, which are replaced and not changed, and sums over A and B,
// which training changes.
type normKey struct {
	weight *tensor.Tensor
	base   *tensor.Frozen
	sums   [4]float64
}

// of returns a function like norms that calls it only when the matrices have changed.
func (c *normCache) of(p *loraPart, norms func(*Linear) []float32) func(l *Linear) []float32 {
	return func(l *Linear) []float32 {
		k := normKey{l.Weight, l.Base, [4]float64{compute.Sum(p.a.Data()), compute.SumSquares(p.a.Data()), compute.Sum(p.b.Data()), compute.SumSquares(p.b.Data())}}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.norms == nil || c.key != k {
			c.key, c.norms = k, norms(l)
		}
		return c.norms
	}
}
