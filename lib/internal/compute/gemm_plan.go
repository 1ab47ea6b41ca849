package compute

import "unsafe"

func ptr(p *float32) unsafe.Pointer { return unsafe.Pointer(p) }

// How a product is cut up. The limits are in elements and depend on sizes only, never on the number of workers.
const (
	panelK     = 1024    // longest run of k in one packed panel: 32 columns of it are 128 KB
	badStride  = 1024    // rows this many elements apart fall on one cache set
	cacheWays  = 8       // which has room for this many
	poorStride = 512     // and these on two
	dotsMost   = 16      // rows of A up to which A * B^T is done without copying B
	dotsSpan   = 1 << 15 // elements of B that one range of it reads
	dotsStride = 256     // rows of A this many elements apart fall on a few cache sets; then they are copied
	serialWork = 1 << 15 // products smaller than this many multiply-adds are not worth waking anyone
)

// run chooses between six plans. amx is for tile registers, in gemm_amx.go; dots for the fewest rows, below; spread for few, in
// spread.go; blocks for products whose A is too large to be swept again and again, or that have few columns, in
// gemm_blocks.go; serial for the smallest.
//
// panels: workers take panels of tile-width columns of B from a counter; each packs its own panel and sweeps all rows of
// A, which stays where it is (or is packed once beforehand). No barrier, no shared dirty lines.
func (g *gemmCall) run() {
	t := g.tiles()
	switch {
	case g.takesAMX():
		g.amx()
	case g.spreadable(t):
		g.spread(t)
	case g.m <= dotsMost && g.b.trans && !g.a.trans && t.dots4 != nil && g.pairsOf == 0:
		g.dots(t)
	case g.m*g.n*g.k > serialWork && g.takesBlocks(t):
		g.blocks(t)
	default:
		if g.roundsA {
			words, release := pairsOfA(g.a, g.m, g.pairsOf)
			defer release()
			g.a, g.roundsA = words, false
		}
		if g.m*g.n*g.k <= serialWork {
			g.serial(t)
		} else {
			g.panels(t, g.packsA(t))
		}
	}
}

// dots computes A * B^T for few rows of A: rows of B are read once, in place, along k.
func (g *gemmCall) dots(t *tiles) {
	add := 0
	if g.add {
		add = 1
	}
	a := g.a
	if g.m > 1 && a.ld%dotsStride == 0 {
		ld := roundUp(g.k, 16) + 16
		apart := getScratch(g.m * ld)
		defer putScratch(apart)
		for i := range g.m {
			copy(apart[i*ld:], unsafe.Slice(a.at(i, 0), g.k))
		}
		a = matrix{p: &apart[0], ld: ld}
	}
	ParallelStop(g.n, g.streamGrain(t), func(lo, hi int) {
		t.streamRows(g.m, hi-lo, g.k, a.p, a.ld, g.b.at(0, lo), g.b.ld, offset(g.c, lo), g.ldc, g.alpha, add)
	})
}

// dotRows computes C = alpha * A * B^T (+ C with add = 1) on the calling goroutine; A is m x k, B is n x k.
func (t *tiles) dotRows(m, n, k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int) {
	for j := 0; j < n; {
		table, step := t.dots4, 4
		if n-j < 4 {
			table, step = t.dots1, 1
		}
		for i := 0; i < m; {
			rows := rowsOfTile(m, i, len(table)-1)
			table[rows](k, offset(a, i*lda), lda, offset(b, j*ldb), ldb, offset(c, i*ldc+j), ldc, alpha, add)
			i += rows
		}
		j += step
	}
}

// packsA says whether rows of A must be copied before they are swept, because they are so far apart that the rows of a tile
// fall on one cache set and are more than it has room for. Columns of a transposed A never do: a tile reads them side by side.
func (g *gemmCall) packsA(t *tiles) bool {
	return !g.a.trans && g.m > t.rows && t.rows > cacheWays && g.a.ld%badStride == 0
}

// serial runs the product on the calling goroutine.
func (g *gemmCall) serial(t *tiles) {
	scratch := getScratch(min(g.k, panelK) * t.cols)
	defer putScratch(scratch)
	for j := 0; j < g.n; j += t.cols {
		g.panel(t, j, scratch, nil)
	}
}

func (g *gemmCall) panels(t *tiles, packA bool) {
	var packed []float32
	if packA {
		packed = getScratch(packedRows(g.m, t.rows) * g.k)
		defer putScratch(packed)
		g.packAllA(t, packed)
	}
	ParallelStop((g.n-1)/t.cols+1, 1, func(lo, hi int) {
		scratch := getScratch(min(g.k, panelK) * t.cols)
		defer putScratch(scratch)
		for p := lo; p < hi; p++ {
			g.panel(t, p*t.cols, scratch, packed)
		}
	})
}

// panel computes the tile-width columns from j on, all rows. packed is all of A in the layout of packA, or nil.
func (g *gemmCall) panel(t *tiles, j int, scratch, packed []float32) {
	cols := min(t.cols, g.n-j)
	for k0 := 0; k0 < g.k; k0 += panelK {
		kk := min(panelK, g.k-k0)
		b, ldb := g.panelB(t, scratch, k0, kk, j, cols)
		add := 0
		if g.add || k0 > 0 {
			add = 1
		}
		for i := 0; i < g.m; {
			rows := rowsOfTile(g.m, i, t.rows)
			c := offset(g.c, i*g.ldc+j)
			switch {
			case packed != nil:
				t.byCol[rows](kk, &packed[i*g.k+k0*rows], rows, b, ldb, c, g.ldc, g.alpha, add, cols)
			case g.a.trans:
				t.byCol[rows](kk, g.a.at(i, k0), g.a.ld, b, ldb, c, g.ldc, g.alpha, add, cols)
			default:
				t.byRow[rows](kk, g.a.at(i, k0), g.a.ld, b, ldb, c, g.ldc, g.alpha, add, cols)
			}
			i += rows
		}
	}
}

// panelB returns columns j.. of B as a tile function wants them: in place when B is read once or twice, else
// copied to scratch as [kk][tile cols], the missing columns zero.
func (g *gemmCall) panelB(t *tiles, scratch []float32, k0, kk, j, cols int) (b *float32, ldb int) {
	if !g.b.trans && cols == t.cols && g.m <= 2*t.rows && g.pairsOf == 0 {
		return g.b.at(k0, j), g.b.ld
	}
	g.packB(t, scratch, k0, kk, j, cols)
	return &scratch[0], t.cols
}

// rowsOfTile returns how many rows the tile that starts at row i of m takes: tiles of nearly equal height, so that the
// last one is not a sliver that wastes most of the registers.
func rowsOfTile(m, i, most int) int {
	left := m - i
	count := (left-1)/most + 1
	return (left-1)/count + 1
}

// packedRows is the room that packed A takes in rows. Tiles are packed without padding.
func packedRows(m, _ int) int { return m }

// packAllA copies op(A) tile by tile: the tile that starts at row i with r rows occupies packed[i*k:], as [k][r].
func (g *gemmCall) packAllA(t *tiles, packed []float32) {
	const step = 16 // tiles per range
	starts := tileStarts(g.m, t.rows)
	Parallel(len(starts)-1, step, func(lo, hi int) {
		t.packA(packed[starts[lo]*g.k:], g.a, starts[lo], starts[hi]-starts[lo], 0, g.k)
	})
}

// tileStarts lists the first row of each tile, and m.
func tileStarts(m, most int) []int {
	starts := make([]int, 0, m/most+2)
	for i := 0; i < m; i += rowsOfTile(m, i, most) {
		starts = append(starts, i)
	}
	return append(starts, m)
}
