package compute

import "math"

// HeadNorm is RMSNorm of parts of a row: Heads vectors of Dim elements that follow each other from element At on, in each of
// Rows rows Stride apart.
type HeadNorm struct {
	Rows, Stride, At, Heads, Dim int
	Eps                          float32
}

func (n HeadNorm) check(op string, w, scale []float32, data ...[]float32) {
	notNegative(op, "Rows", n.Rows)
	notNegative(op, "At", n.At)
	notNegative(op, "Heads", n.Heads)
	positive(op, "Dim", n.Dim)
	for _, d := range data {
		checkMatrix(op, "x", d, n.Rows, n.At+n.Heads*n.Dim, n.Stride)
	}
	same(op, "w", len(w), n.Dim)
	need(op, "scale", len(scale), n.Rows*n.Heads)
}

func (n HeadNorm) grain() int { return max(8, rowGrain(n.Heads*n.Dim)) }

// Forward writes the normalised vectors of x to their places in y and leaves the rest of y alone; y may be x.
// scale[row*Heads+head] keeps 1 / sqrt(mean(x^2) + Eps) for Backward.
func (n HeadNorm) Forward(y, scale, x, w []float32) {
	n.check("HeadNorm.Forward", w, scale, x, y)
	Parallel(n.Rows, n.grain(), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for h := range n.Heads {
				a := i*n.Stride + n.At + h*n.Dim
				v := x[a : a+n.Dim]
				r := float32(1 / math.Sqrt(float64(active.sumSquares(v))/float64(n.Dim)+float64(n.Eps)))
				scale[i*n.Heads+h] = r
				active.rmsForward(y[a:a+n.Dim], v, w, r)
			}
		}
	})
}

// Backward adds the gradients of Forward to dx, which is laid out like x, and dw; dw may be nil.
func (n HeadNorm) Backward(dx, dw, dy, x, w, scale []float32) {
	const op = "HeadNorm.Backward"
	n.check(op, w, scale, dx, dy, x)
	if dw != nil {
		same(op, "dw", len(dw), n.Dim)
	}
	if n.Rows == 0 || n.Heads == 0 {
		return
	}
	grain := n.grain()
	parts := getScratch(((n.Rows-1)/grain + 1) * n.Dim)
	defer putScratch(parts)
	clear(parts)
	Parallel(n.Rows, grain, func(lo, hi int) {
		part := parts[lo/grain*n.Dim:][:n.Dim]
		spare := getScratch(n.Dim)
		defer putScratch(spare)
		for i := lo; i < hi; i++ {
			for h := range n.Heads {
				a := i*n.Stride + n.At + h*n.Dim
				b, r := a+n.Dim, scale[i*n.Heads+h]
				active.mul(spare, dy[a:b], w)
				c := active.dot(spare, x[a:b]) * r * r * r / float32(n.Dim)
				active.rmsBackward(dx[a:b], part, dy[a:b], x[a:b], w, r, c)
			}
		}
	})
	for p := 0; dw != nil && p < len(parts); p += n.Dim {
		active.add(dw, dw, parts[p:p+n.Dim])
	}
}

// AddColumns adds columns from to to of the matrix x to those of dst: rows rows, stride elements apart in both.
func AddColumns(dst, x []float32, rows, stride, from, to int) {
	checkRows("AddColumns", rows, stride, len(dst), len(x))
	if from < 0 || to < from || to > stride {
		fail("AddColumns", "columns %d to %d of %d", from, to, stride)
	}
	Parallel(rows, rowGrain(to-from), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d := dst[i*stride+from : i*stride+to]
			active.add(d, d, x[i*stride+from:i*stride+to])
		}
	})
}
