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

// dora turns the part's columns of y = W x + b into the above, in place. in is x after dropout; when dropout acts, W x is
// computed from it too, as PEFT does.
func (p *loraPart) dora(l *Linear, x, in, y *tensor.Tensor, plain bool) *tensor.Tensor {
	var bias []float32
	if l.Bias != nil {
		bias = l.Bias.Data()[p.low : p.low+p.rows]
	}
	n, m := y.Dim(-1), y.Len()/y.Dim(-1)
	norms := p.norms
	if plain {
		norms = p.normed.of(p)
	}
	if in != x {
		y = again(y, in, l.rows(p.low, p.low+p.rows), p.low, p.rows, bias)
	}
	y = lowRank(y, in, param(p.a, plain), param(p.b, plain), p.low, p.scale)
	return scaleColumns(y, param(p.magnitude, plain), norms(l), bias, p.low, m, n)
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

// again writes W x + b, for another x, over the part's columns of y; the gradient of y no longer flows through them.
func again(y, x *tensor.Tensor, part []float32, low, rows int, bias []float32) *tensor.Tensor {
	n, in := y.Dim(-1), x.Dim(-1)
	m := x.Len() / in
	compute.Gemm(false, true, m, rows, in, 1, x.Data(), in, part, in, 0, y.Data()[low:], n)
	for i := range m {
		for j, b := range bias {
			y.Data()[i*n+low+j] += b
		}
	}
	return tensor.Custom("Linear", y.Data(), y.Shape(), []*tensor.Tensor{y, x}, func(g []float32) {
		if x.Wants() {
			compute.Gemm(false, false, m, in, rows, 1, g[low:], n, part, in, 1, x.GradBuffer(), in)
		}
		if y.Wants() {
			dy := y.GradBuffer()
			for i := range m {
				for j := range n {
					if j < low || j >= low+rows {
						dy[i*n+j] += g[i*n+j]
					}
				}
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

// of returns a function like norms that computes them only when the matrices have changed.
func (c *normCache) of(p *loraPart) func(l *Linear) []float32 {
	return func(l *Linear) []float32 {
		k := normKey{l.Weight, l.Base, [4]float64{compute.Sum(p.a.Data()), compute.SumSquares(p.a.Data()), compute.Sum(p.b.Data()), compute.SumSquares(p.b.Data())}}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.norms == nil || c.key != k {
			c.key, c.norms = k, p.norms(l)
		}
		return c.norms
	}
}
