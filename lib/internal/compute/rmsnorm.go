package compute

import "math"

// RMSNorm computes, for each of rows rows of dim elements,
//
//	r = 1 / sqrt(mean_j x[j]^2 + eps),  y[j] = x[j] * r * w[j]
//
// and keeps r in scale[row] for the backward pass. y may be x. Zhang and Sennrich 2019, arXiv:1910.07467.
func RMSNorm(y, scale, x, w []float32, rows, dim int, eps float32) {
	checkRows("RMSNorm", rows, dim, len(y), len(x))
	need("RMSNorm", "scale", len(scale), rows)
	same("RMSNorm", "w", len(w), dim)
	Parallel(rows, rowGrain(dim), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a, b := i*dim, (i+1)*dim
			r := float32(1 / math.Sqrt(float64(active.sumSquares(x[a:b]))/float64(dim)+float64(eps)))
			scale[i] = r
			active.rmsForward(y[a:b], x[a:b], w, r)
		}
	})
}

// RMSNormBackward adds the gradients of RMSNorm, with r from scale:
//
//	dx[j] += r * (dy[j] w[j] - x[j] r^2 mean_l(dy[l] w[l] x[l]))
//	dw[j] += sum over rows of dy[j] x[j] r
//
// dx or dw may be nil when it is not wanted.
func RMSNormBackward(dx, dw, dy, x, w, scale []float32, rows, dim int) {
	const op = "RMSNormBackward"
	checkRows(op, rows, dim, len(dy), len(x))
	if dx != nil {
		checkRows(op, rows, dim, len(dx))
	}
	if dw != nil {
		same(op, "dw", len(dw), dim)
	}
	same(op, "w", len(w), dim)
	need(op, "scale", len(scale), rows)
	if rows == 0 || dim == 0 {
		return
	}
	grain := max(16, rowGrain(dim))
	parts := getScratch(((rows-1)/grain + 1) * dim)
	defer putScratch(parts)
	clear(parts)
	Parallel(rows, grain, func(lo, hi int) {
		part := parts[lo/grain*dim:][:dim]
		spare := getScratch(2 * dim)
		defer putScratch(spare)
		for i := lo; i < hi; i++ {
			a, b := i*dim, (i+1)*dim
			target := spare[:dim]
			if dx != nil {
				target = dx[a:b]
			}
			r := scale[i]
			active.mul(spare[dim:], dy[a:b], w)
			c := active.dot(spare[dim:], x[a:b]) * r * r * r / float32(dim)
			active.rmsBackward(target, part, dy[a:b], x[a:b], w, r, c)
		}
	})
	if dw == nil {
		return
	}
	for p := 0; p < len(parts); p += dim {
		active.add(dw, dw, parts[p:p+dim])
	}
}

func scalarRMSForward(y, x, w []float32, r float32) {
	for i, v := range x {
		y[i] = v * r * w[i]
	}
}

// scalarRMSBackward computes dx += r dy w - c x and dw += dy x r for one row.
func scalarRMSBackward(dx, dw, dy, x, w []float32, r, c float32) {
	for i, v := range x {
		g := dy[i] * r
		dx[i] += g*w[i] - c*v
		dw[i] += g * v
	}
}
