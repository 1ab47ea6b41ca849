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
	pass
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

// Step changes the parameters by their gradients, multiplied by scale. Each matrix is gone through three times: for the means,
// for the size of the update, and for the update.
func (o *Adafactor) Step(learningRate, scale float64) {
	b2 := 1 - math.Pow(float64(o.step+1), -0.8)
	which, total := withGradients(o.params, o.step+1, scale)
	o.run(3*total, func(yield func(unit) bool) {
		for _, i := range which {
			x := o.params[i]
			width, sizes := pieces(x)
			at, keep := 0, 1-float32(learningRate)*o.decay[i]
			for k, n := range sizes {
				lo, hi := at*max(1, width), (at+n)*max(1, width)
				if lo == hi {
					continue
				}
				m := &moved{p: x.Value.Data()[lo:hi], g: x.Value.Grad().Data()[lo:hi], rows: o.rows[i][at : at+n], scale: float32(scale)}
				if width > 0 {
					m.cols = o.cols[i][k*width : (k+1)*width]
				}
				if !m.move(b2, learningRate, keep, yield) {
					return
				}
				at += n
			}
		}
	})
	o.step++
}

// moved is one matrix, or a vector if cols is nil, on its way: what its means become, and by how much it is moved. Sums are in
// float64 over parts that do not depend on the number of workers, added in order.
type moved struct {
	p, g, rows, cols []float32
	scale            float32
	part             int         // rows of a part
	across           []float64   // sums over the rows
	along            [][]float64 // of each part the sums over the columns
	sizes            []float64   // of each part the sum of the squares of updates
	down             []float32   // of each column 1 / sqrt(C)
	mean             float64     // of R
}

// move hands out the work; false means that nobody wants more.
func (m *moved) move(b2, learningRate float64, keep float32, yield func(unit) bool) bool {
	n, width := len(m.rows), max(1, len(m.cols))
	m.part = max((n+63)/64, unitSize/width, 1)
	count := (n + m.part - 1) / m.part
	m.along, m.sizes, m.across = make([][]float64, count), make([]float64, count), make([]float64, n)
	through := func(changes func(lo, hi int) []float32, work func(part, lo, hi int)) bool {
		for from := 0; from < count; from += 4 {
			to := min(from+4, count)
			lo, hi := from*m.part, min(to*m.part, n)
			if !yield(unit{params: changes(lo, hi), size: (hi - lo) * width, work: func() {
				compute.Parallel(to-from, 1, func(k, _ int) {
					k += from
					work(k, k*m.part, min((k+1)*m.part, n))
				})
			}}) {
				return false
			}
		}
		return true
	}
	nothing := func(_, _ int) []float32 { return nil }
	if !through(nothing, m.squares) || !yield(unit{slots: [][]float32{m.rows, m.cols}, work: func() { m.means(b2) }}) || !through(nothing, m.measure) {
		return false
	}
	sum := 0.0
	for _, x := range m.sizes {
		sum += x
	}
	by := float32(learningRate / math.Max(1, math.Sqrt(sum/float64(len(m.g)))))
	return through(func(lo, hi int) []float32 { return m.p[lo*width : hi*width] }, func(_, lo, hi int) {
		m.updates(lo, hi, func(j int, u float32) { m.p[j] = m.p[j]*keep - by*u })
	})
}

// squares adds up the squares of the gradients of some rows.
func (m *moved) squares(part, lo, hi int) {
	width := len(m.cols)
	if width == 0 {
		return
	}
	cols := make([]float64, width)
	for r := lo; r < hi; r++ {
		sum := 0.0
		for c, x := range m.g[r*width : (r+1)*width] {
			x *= m.scale
			s := float64(x*x + tinySquare)
			sum += s
			cols[c] += s
		}
		m.across[r] = sum
	}
	m.along[part] = cols
}

// means renews the running means.
func (m *moved) means(b2 float64) {
	width := len(m.cols)
	if width == 0 {
		old, fresh := float32(b2), float32(1-b2)
		for j, x := range m.g {
			x *= m.scale
			m.rows[j] = old*m.rows[j] + fresh*(x*x+tinySquare)
		}
		return
	}
	for r, sum := range m.across {
		m.rows[r] = float32(b2*float64(m.rows[r]) + (1-b2)*sum/float64(width))
		m.mean += float64(m.rows[r])
	}
	m.mean /= float64(len(m.rows))
	total := m.along[0]
	for _, s := range m.along[1:] {
		for c, x := range s {
			total[c] += x
		}
	}
	m.down = make([]float32, width)
	for c := range m.cols {
		m.cols[c] = float32(b2*float64(m.cols[c]) + (1-b2)*total[c]/float64(len(m.rows)))
		m.down[c] = float32(1 / math.Sqrt(float64(m.cols[c])))
	}
}

// measure adds up the squares of the updates of some rows.
func (m *moved) measure(part, lo, hi int) {
	sum := 0.0
	m.updates(lo, hi, func(_ int, u float32) { sum += float64(u) * float64(u) })
	m.sizes[part] = sum
}

// updates hands out the updates of the rows from lo to hi, before they are scaled by their size.
func (m *moved) updates(lo, hi int, to func(j int, u float32)) {
	if m.cols == nil {
		for j := lo; j < hi; j++ {
			to(j, m.g[j]*m.scale/float32(math.Sqrt(float64(m.rows[j]))))
		}
		return
	}
	for r := lo; r < hi; r++ {
		across := float32(1 / math.Sqrt(float64(m.rows[r])/m.mean))
		for c, down := range m.down {
			j := r*len(m.cols) + c
			to(j, m.g[j]*m.scale*(across*down))
		}
	}
}

// ZeroGrad sets all gradients to zero.
func (o *Adafactor) ZeroGrad() { zeroGrad(o.params) }

// Steps is how many steps were taken.
func (o *Adafactor) Steps() int { return o.step }

// Continue sets how many steps were taken before.
func (o *Adafactor) Continue(steps int) { o.step = steps }

// Slots are the means of squares of parameter i.
func (o *Adafactor) Slots(i int) []Slot {
	o.settle()
	shape := o.params[i].Value.Shape()
	if o.cols[i] == nil {
		return []Slot{{"exp_avg_sq", shape, o.rows[i]}}
	}
	k := len(shape)
	return []Slot{{"exp_avg_sq_row", shape[:k-1], o.rows[i]}, {"exp_avg_sq_col", []int{len(o.cols[i]) / shape[k-1], shape[k-1]}, o.cols[i]}}
}
