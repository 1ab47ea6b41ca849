package compute

import "math"

// LayerNorm computes, for each of rows rows of dim elements,
//
//	m = mean x, r = 1 / sqrt(mean (x - m)^2 + eps),  y = (x - m) r w + b
//
// and keeps m and r in stats[2*row] and stats[2*row+1] for the backward pass. b may be nil. y may be x.
// Ba, Kiros and Hinton 2016, arXiv:1607.06450.
func LayerNorm(y, stats, x, w, b []float32, rows, dim int, eps float32) {
	const op = "LayerNorm"
	checkRows(op, rows, dim, len(y), len(x))
	checkLayerNorm(op, stats, w, b, rows, dim)
	zeros := b
	if b == nil {
		zeros = getScratch(dim)[:dim]
		defer putScratch(zeros)
		clear(zeros)
	}
	Parallel(rows, rowGrain(dim), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			v := x[i*dim : (i+1)*dim]
			m := active.sum(v) / float32(dim)
			r := float32(1 / math.Sqrt(float64(active.squaresFrom(v, m))/float64(dim)+float64(eps)))
			stats[2*i], stats[2*i+1] = m, r
			active.normForward(y[i*dim:(i+1)*dim], v, w, zeros, m, r)
		}
	})
}

func checkLayerNorm(op string, stats, w, b []float32, rows, dim int) {
	need(op, "stats", len(stats), 2*rows)
	same(op, "w", len(w), dim)
	if b != nil {
		same(op, "b", len(b), dim)
	}
}

// LayerNormBackward adds the gradients of LayerNorm; with h = (x - m) r and g = dy w:
//
//	dx += r (g - mean g - h mean(g h)),  dw += sum over rows of dy h,  db += sum over rows of dy
//
// dx, dw or db may be nil when it is not wanted.
func LayerNormBackward(dx, dw, db, dy, x, w, stats []float32, rows, dim int) {
	const op = "LayerNormBackward"
	checkRows(op, rows, dim, len(dy), len(x))
	checkLayerNorm(op, stats, w, db, rows, dim)
	if dx != nil {
		checkRows(op, rows, dim, len(dx))
	}
	if dw != nil {
		same(op, "dw", len(dw), dim)
	}
	if rows == 0 || dim == 0 {
		return
	}
	grain := max(16, rowGrain(dim))
	parts := getScratch(((rows-1)/grain + 1) * 2 * dim)
	defer putScratch(parts)
	clear(parts)
	Parallel(rows, grain, func(lo, hi int) {
		part := parts[lo/grain*2*dim:][:2*dim]
		spare := getScratch(2 * dim)
		defer putScratch(spare)
		for i := lo; i < hi; i++ {
			var d []float32
			if dx != nil {
				d = dx[i*dim : (i+1)*dim]
			}
			layerNormRow(d, part, dy[i*dim:(i+1)*dim], x[i*dim:(i+1)*dim], w, spare, stats[2*i], stats[2*i+1])
		}
	})
	for p := 0; p < len(parts); p += 2 * dim {
		if dw != nil {
			active.add(dw, dw, parts[p:p+dim])
		}
		if db != nil {
			active.add(db, db, parts[p+dim:p+2*dim])
		}
	}
}

// layerNormRow is the backward pass of one row; part collects dw and db behind it, spare has room for two rows.
func layerNormRow(dx, part, dy, x, w, spare []float32, m, r float32) {
	dim := len(x)
	h, g := spare[:dim], spare[dim:2*dim]
	active.affine(h, x, r, -m*r)
	active.mulAdd(part[:dim], dy, h)
	active.add(part[dim:], part[dim:], dy)
	if dx == nil {
		return
	}
	active.mul(g, dy, w)
	mean, along := active.sum(g)/float32(dim), active.dot(g, h)/float32(dim)
	active.axpy(g, dx, r)
	active.affine(h, h, -r*along, -r*mean)
	active.add(dx, dx, h)
}

// scalarSquaresFrom returns sum (x - shift)^2.
func scalarSquaresFrom(x []float32, shift float32) float32 {
	var s [4]float32
	for i, v := range x {
		s[i%4] += (v - shift) * (v - shift)
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// scalarAffine computes y = x factor + term.
func scalarAffine(y, x []float32, factor, term float32) {
	for i, v := range x {
		y[i] = v*factor + term
	}
}

// scalarNormForward computes y = (x - m) r w + b.
func scalarNormForward(y, x, w, b []float32, m, r float32) {
	for i, v := range x {
		y[i] = (v-m)*r*w[i] + b[i]
	}
}
