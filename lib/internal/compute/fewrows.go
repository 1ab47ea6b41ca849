package compute

// fewParts is into how many ranges at least the rows of a matrix are cut, so that the last to end is not far behind.
const fewParts = 16

// fewRows computes y = x W^T for at most dotsMost rows of x and a stored matrix W of rows rows, whose kernels take up to most
// rows of x and exactly four rows of W. kernel is called with the number of rows of x, the first of them, the first of the
// four rows of W, and where the result goes. bytes is how much memory a row of W takes.
func fewRows(y []float32, ldy, m, rows, most, bytes int, kernel func(n, i, j int, c *float32, ldc int)) {
	ParallelStop(rows, max(min(4*dotsSpan/bytes, rows/fewParts)&^3, 4), func(lo, hi int) {
		part := getScratch(dotsMost * 4)
		defer putScratch(part)
		for j := lo; j < hi; j += 4 {
			c, ldc := &y[j], ldy
			last := hi-j < 4 // W has room for four rows, y has not
			if last {
				c, ldc = &part[0], 4
			}
			for i := 0; i < m; {
				n := rowsOfTile(m, i, most)
				kernel(n, i, j, offset(c, i*ldc), ldc)
				i += n
			}
			for i := 0; last && i < m; i++ {
				copy(y[i*ldy+j:][:hi-j], part[i*4:])
			}
		}
	})
}

// manyRows computes the same for any number of rows of x by widening some rows of W at a time; with many rows of x that is a
// small part of the work. widen writes row j of W.
func manyRows(y []float32, ldy int, x []float32, ldx, m, rows, cols int, widen func(dst []float32, j int)) {
	t := active.tiles
	g := gemmCall{m: m, n: rows, k: cols, alpha: 1, a: matrix{p: &x[0], ld: ldx}, c: &y[0], ldc: ldy}
	group, spread := 32, t.spreads(m, rows)
	var packed []float32
	if spread {
		packed = getScratch(g.spreadRoom(t))
		defer putScratch(packed)
		g.packSpread(t, packed)
		if group = spreadBlock; cols > wideSpread {
			group /= 2
		}
	}
	ParallelStop(rows, group, func(lo, hi int) {
		wide := getScratch(group * cols)
		defer putScratch(wide)
		for ; lo < hi; lo += group {
			g := g
			g.n, g.c = min(group, hi-lo), &y[lo]
			for j := range g.n {
				widen(wide[j*cols:][:cols], lo+j)
			}
			g.b = matrix{p: &wide[0], ld: cols, trans: true}
			if spread && g.n >= spreadSlack {
				g.spreadRows(t, packed, 0, g.n)
			} else {
				g.serial(t)
			}
		}
	})
}

// wideSpread is the longest row of which spreadBlock rows in float32 should fit in the second-level cache.
const wideSpread = 1536

// checkMulT panics unless y (m x rows) and x (m x cols) fit, and does the cases without work; it reports whether any is left.
func checkMulT(op string, y []float32, ldy int, x []float32, ldx, m, rows, cols int) bool {
	notNegative(op, "m", m)
	checkMatrix(op, "x", x, m, cols, ldx)
	checkMatrix(op, "y", y, m, rows, ldy)
	if m > 0 && rows > 0 && cols == 0 {
		scaleMatrix(m, rows, 0, y, ldy)
	}
	return m > 0 && rows > 0 && cols > 0
}
