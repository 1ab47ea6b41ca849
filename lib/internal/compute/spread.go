package compute

import "unsafe"

// A spreadFunc computes out[j][i] = sum_p a[p][i] b[j*ldb+p] for its number of rows j of B and of vectors of rows i of A,
// and asks for as many rows of memory from next on, ldb apart too.
type spreadFunc func(k int, a, b *float32, ldb int, out *float32, next uintptr)

// spreads are the kernels of products A * B^T that read B in place, by the number of vectors of rows of A; index 0 is unused.
type spreads struct {
	least  int // rows of A from which on these are the faster ones,
	most   int // and up to which
	width  int // elements of a vector
	cols   []int
	kernel []spreadFunc
	halves bool // an element of B, and of the k that kernels count, is two bfloat16, of which the lower one comes first
}

const (
	spreadBlock = 48  // rows of B that are taken through all of A together: a multiple of what each kernel takes
	spreadSpan  = 192 // rows of B in a range, at most: within a range everything but its beginning was asked for
	spreadSlack = 8   // rows that a kernel takes at most
)

// spreadable says whether the product is one for spread.
func (g *gemmCall) spreadable(t *tiles) bool {
	return g.b.trans && !g.a.trans && g.pairsOf == 0 && t.spreads(g.m, g.n)
}

// spreads says whether these kernels are the faster ones for m rows of A and n of B.
func (t *tiles) spreads(m, n int) bool {
	return t.spread != nil && m >= t.spread.least && m <= t.spread.most && n >= spreadBlock
}

// spreadRoom is how much room packSpread needs.
func (g *gemmCall) spreadRoom(t *tiles) int { return roundUp(g.m, t.spread.width) * g.k }

// spread computes A * B^T for rows of A that stay in the cache: their transpose is made once, and the rows of B go by in
// place, read from memory while the rows before them are multiplied.
func (g *gemmCall) spread(t *tiles) {
	packed := getScratch(g.spreadRoom(t))
	defer putScratch(packed)
	g.packSpread(t, packed)
	ParallelStop(g.n, max(spreadBlock, min(spreadSpan, g.n/aheadParts/spreadBlock*spreadBlock)), func(lo, hi int) {
		g.spreadRows(t, packed, lo, hi)
	})
}

// spreadRows computes columns lo..hi of C on the calling goroutine.
func (g *gemmCall) spreadRows(t *tiles, packed []float32, lo, hi int) {
	columns := getScratch((spreadSlack + spreadBlock) * len(t.spread.kernel) * t.spread.width)
	defer putScratch(columns)
	for j := lo; j < hi; j += spreadBlock {
		g.spreadBlock(t, packed, columns, j, min(j+spreadBlock, hi))
	}
}

// packSpread writes the transpose of A pass by pass: the pass of v vectors from row i on is at packed[i*k:], as [k][v vectors].
func (g *gemmCall) packSpread(t *tiles, packed []float32) {
	const step = 128 // along k
	if g.m%t.spread.width != 0 {
		clear(packed) // what was there before might be subnormal, and slow
	}
	Parallel(g.k, step, func(lo, hi int) {
		g.eachPass(t.spread, func(i, rows, lanes int, _ int) {
			t.transpose(&packed[i*g.k+lo*lanes], lanes, g.a.at(i, lo), g.a.ld, rows, hi-lo)
		})
	})
}

// eachPass visits the passes over the rows of A: the first row, how many there are, and the lanes and vectors they take.
func (g *gemmCall) eachPass(s *spreads, f func(i, rows, lanes, v int)) {
	height := (g.m-1)/s.width + 1
	for at := 0; at < height; {
		v := rowsOfTile(height, at, len(s.kernel)-1)
		f(at*s.width, min(v*s.width, g.m-at*s.width), v*s.width, v)
		at += v
	}
}

// spreadBlock computes columns lo..hi of C.
func (g *gemmCall) spreadBlock(t *tiles, packed, columns []float32, lo, hi int) {
	s := t.spread
	g.eachPass(s, func(i, rows, lanes, v int) {
		cols, a, k := s.cols[v], &packed[i*g.k], g.k
		if s.halves {
			k /= 2
		}
		sums := columns[spreadSlack*lanes:]
		for j := lo; j < hi; j += cols {
			from := min(j, g.n-cols) // the last group may begin before others end; what it finds again is the same
			b, next := g.b.at(0, from), uintptr(unsafe.Pointer(g.b.at(0, from)))
			if i == 0 {
				next += uintptr(4 * cols * g.b.ld)
			}
			s.kernel[v](k, a, b, g.b.ld, &columns[(spreadSlack+from-lo)*lanes], next)
		}
		g.storeColumns(t, sums, lanes, i, rows, lo, hi)
	})
}

// storeColumns writes alpha times the transpose of sums to rows i.. and columns lo..hi of C, or adds it.
func (g *gemmCall) storeColumns(t *tiles, sums []float32, lanes, i, rows, lo, hi int) {
	c, cols := offset(g.c, i*g.ldc+lo), hi-lo
	if !g.add {
		t.transposeInto(c, g.ldc, sums, lanes, cols, rows)
		for r := 0; g.alpha != 1 && r < rows; r++ {
			active.scale(unsafe.Slice(offset(c, r*g.ldc), cols), g.alpha)
		}
		return
	}
	across := getScratch(rows * cols)
	defer putScratch(across)
	t.transposeInto(&across[0], cols, sums, lanes, cols, rows)
	for r := range rows {
		active.axpy(across[r*cols:][:cols], unsafe.Slice(offset(c, r*g.ldc), cols), g.alpha)
	}
}

// transposeInto is transpose a few rows of dst at a time: rows that are far apart may fall on one cache set, which has no
// room for many.
func (t *tiles) transposeInto(dst *float32, ldd int, src []float32, lds, rows, cols int) {
	const few = 8
	for r := 0; r < cols; r += few {
		at := max(0, min(r, cols-few)) // the last few overlap those before
		t.transpose(offset(dst, at*ldd), ldd, &src[at], lds, rows, min(few, cols))
	}
}
