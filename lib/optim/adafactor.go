package optim

import (
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
)

// Adafactor keeps of the squared gradients of a matrix only the means of its rows and of its columns (Shazeer and Stern 2018,
// arXiv:1804.04235, algorithms 4 and 5), as transformers.Adafactor with the Trainer's settings: no relative steps, no first
// moment, no scaling by the size of the parameter.
//
//	b2 = 1 - t^-0.8
//	R = b2 R + (1-b2) mean_columns(g^2 + 1e-30);  C likewise over rows
//	u = g / sqrt(R C / mean(R)), for a vector  g / sqrt(v) with v = b2 v + (1-b2)(g^2 + 1e-30)
//	u = u / max(1, rms(u));  p = p - lr decay p - lr u
type Adafactor struct {
	WeightDecay float64

	params []nn.Param
	rows   [][]float32 // of a matrix its R, of a vector its v
	cols   [][]float32 // one after another the C of each matrix; nil for a vector
	decay  []float32
	step   int
}

// tinySquare keeps a gradient of 0 from dividing by 0.
const tinySquare = 1e-30

// NewAdafactor returns an optimiser. Matrices that are fused into one parameter are each on their own, as in the model's files.
func NewAdafactor(params []nn.Param, weightDecay float64) *Adafactor {
	o := &Adafactor{WeightDecay: weightDecay, params: params, decay: decayOf(params, weightDecay)}
	for _, p := range params {
		width, sizes := pieces(p)
		rows, cols := 0, []float32(nil)
		for _, n := range sizes {
			rows += n
		}
		if width > 0 {
			cols = make([]float32, len(sizes)*width)
		}
		o.rows, o.cols = append(o.rows, make([]float32, rows)), append(o.cols, cols)
	}
	return o
}

// pieces are the matrices of a parameter: how many rows each has, and how many columns; a vector has 0 columns.
func pieces(p nn.Param) (width int, rows []int) {
	shape := p.Value.Shape()
	n, each := p.Value.Len(), 0
	if k := len(shape); k >= 2 {
		width, each = shape[k-1], shape[k-2]
		n /= max(1, width)
	}
	switch {
	case len(p.Parts) > 0:
		for _, x := range p.Parts {
			rows = append(rows, x.Rows)
		}
	case width > 0:
		for at := 0; at < n; at += each {
			rows = append(rows, each)
		}
	default:
		rows = []int{n}
	}
	return width, rows
}

// Step changes the parameters by their gradients, multiplied by scale.
func (o *Adafactor) Step(learningRate, scale float64) {
	o.step++
	b2 := 1 - math.Pow(float64(o.step), -0.8)
	for i, x := range o.params {
		grad := x.Value.Grad()
		if grad == nil {
			continue
		}
		width, sizes := pieces(x)
		at, keep := 0, 1-float32(learningRate)*o.decay[i]
		for k, n := range sizes {
			v := o.rows[i][at : at+n]
			lo, hi := at*max(1, width), (at+n)*max(1, width)
			p, g, u := x.Value.Data()[lo:hi], grad.Data()[lo:hi], make([]float32, hi-lo)
			if width == 0 {
				direct(u, g, v, float32(scale), b2)
			} else {
				factored(u, g, v, o.cols[i][k*width:(k+1)*width], float32(scale), b2)
			}
			rms := compute.GlobalNorm(u) / math.Sqrt(float64(len(u)))
			by := float32(learningRate / math.Max(1, rms))
			compute.Parallel(len(p), grain, func(lo, hi int) {
				for j := lo; j < hi; j++ {
					p[j] = p[j]*keep - by*u[j]
				}
			})
			at += n
		}
	}
}

// direct makes the update of a vector.
func direct(u, g, v []float32, scale float32, b2 float64) {
	old, fresh := float32(b2), float32(1-b2)
	for j, x := range g {
		x *= scale
		v[j] = old*v[j] + fresh*(x*x+tinySquare)
		u[j] = x / float32(math.Sqrt(float64(v[j])))
	}
}

// factored makes the update of a matrix. The sums over rows and columns are in float64 and in a fixed order, so that they do
// not depend on the number of workers.
func factored(u, g, rows, cols []float32, scale float32, b2 float64) {
	n, m := len(rows), len(cols)
	sums := make([]float64, m)
	mean := 0.0
	for r := range n {
		sum := 0.0
		for c, x := range g[r*m : (r+1)*m] {
			x *= scale
			s := float64(x*x + tinySquare)
			sum += s
			sums[c] += s
		}
		rows[r] = float32(b2*float64(rows[r]) + (1-b2)*sum/float64(m))
		mean += float64(rows[r])
	}
	mean /= float64(n)
	down := make([]float32, m)
	for c := range cols {
		cols[c] = float32(b2*float64(cols[c]) + (1-b2)*sums[c]/float64(n))
		down[c] = float32(1 / math.Sqrt(float64(cols[c])))
	}
	compute.Parallel(n, max(1, grain/m), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			across := float32(1 / math.Sqrt(float64(rows[r])/mean))
			for c := range m {
				u[r*m+c] = g[r*m+c] * scale * (across * down[c])
			}
		}
	})
}

// ZeroGrad sets all gradients to zero.
func (o *Adafactor) ZeroGrad() { zeroGrad(o.params) }

// Steps is how many steps were taken.
func (o *Adafactor) Steps() int { return o.step }

// Continue sets how many steps were taken before.
func (o *Adafactor) Continue(steps int) { o.step = steps }

// Slots are the means of squares of parameter i.
func (o *Adafactor) Slots(i int) []Slot {
	shape := o.params[i].Value.Shape()
	if o.cols[i] == nil {
		return []Slot{{"exp_avg_sq", shape, o.rows[i]}}
	}
	k := len(shape)
	return []Slot{{"exp_avg_sq_row", shape[:k-1], o.rows[i]}, {"exp_avg_sq_col", []int{len(o.cols[i]) / shape[k-1], shape[k-1]}, o.cols[i]}}
}
