package compute

import "unsafe"

const (
	sharedA    = 3 << 20 // A of more elements than this does not stay in the last-level cache between panels
	farA       = 1 << 19 // or than this, where the second-level cache should hold it
	narrowA    = 3 << 17 // nor one of which tiles take less than half of each cache line
	fewPanels  = 8       // with fewer panels than this, rows are shared out, not panels
	blockFarK  = 512     // run of k per pass, at most, where a panel of B should be in the first-level cache for the most part
	blockLeast = 24      // rows of A taken together, at least
	blockShare = 2       // ranges of rows for each worker, where B comes from far away for each of them
	blockEven  = 4       // the number of ranges is a multiple of this
	chunkLeast = 128     // length of sums from which on making chunks is a small part of the work
	dotsLeast  = 64      // length of sums from which on dot kernels compute the last columns
)

// blockSizes is how blocks cuts a product up.
type blockSizes struct {
	k       int // run of k per pass, at most
	rows    int // of A taken together, at most
	tasks   int // ranges of rows wanted, so that the last to end is not far behind
	inPlace int // columns up to which copying rows of A would cost more than it gains
	whole   int // a slice of B of no more elements is swept by one tile of rows after another
}

var (
	wideBlocks = blockSizes{k: 1024, rows: 140, tasks: 16, inPlace: 128, whole: 1 << 18}
	// chunkBlocks are for rows of A in chunks, which cost little to make, and a second-level cache of half a megabyte.
	chunkBlocks = blockSizes{k: 640, rows: 96, tasks: 8, inPlace: 32, whole: 1 << 16}
)

func (t *tiles) blockSizes() *blockSizes {
	if t.byChunk != nil {
		return &chunkBlocks
	}
	return &wideBlocks
}

// takesBlocks says whether the plan is blocks.
func (g *gemmCall) takesBlocks(t *tiles) bool {
	// A copy of a few rows of A in the order of the tiles serves all panels; where B is the larger operand, copying all of it first
	// costs more than that gains.
	if t.byChunk != nil && g.n >= 4*t.cols && g.m >= 2*chunkBlocks.rows && g.k >= chunkLeast && (g.a.trans || 2*g.m >= 3*g.n) {
		return true
	}
	large := sharedA
	if g.a.trans && 4*t.rows < cacheLine/2 && g.m >= 2*wideBlocks.tasks*t.rows {
		large = narrowA
		if g.a.ld%poorStride == 0 { // lines of the steps along the sum push each other out
			large = narrowA / 4
		}
	}
	if t.farCache && g.n >= 4*t.cols && (g.a.trans && g.m >= 2*wideBlocks.rows || g.m >= 4*wideBlocks.rows && g.m*g.k > farA) {
		return true
	}
	// Rounding a block of A while it is in the cache is cheaper than rounding all of it beforehand, if A is the larger operand.
	rounds := g.roundsA && !g.a.trans && g.m >= 2*wideBlocks.rows && min(g.k, wideBlocks.k)*g.n <= 512*g.m
	return rounds || g.m*g.k > large || (g.n-1)/t.cols+1 < fewPanels && g.m > t.blockSizes().rows
}

// blocks is the classical order: a slice of B is packed by all, then workers take blocks of rows and sweep the slice.
// Each copies its rows of A first where that pays, or rounds them to bfloat16: those memory is then a part of the cache.
func (g *gemmCall) blocks(t *tiles) {
	rest := g.lastByDots(t)
	panels := (g.n-rest-1)/t.cols + 1
	most := g.blockK(t)
	packedB := getScratch((panels*t.cols + rest) * most)
	defer putScratch(packedB)
	height := t.blockHeight(g.m)
	for k0 := 0; k0 < g.k; k0 += most {
		s := slice{k0: k0, kk: min(most, g.k-k0), cols: g.n - rest}
		s.b = packedB[:panels*t.cols*s.kk]
		if rest > 0 {
			s.rest, s.ldRest = g.rowsOfB(packedB[len(s.b):], &s)
		}
		Parallel(panels, max(1, min(4, panels/4)), func(lo, hi int) {
			for p := lo; p < hi; p++ {
				g.packB(t, s.b[p*s.kk*t.cols:], k0, s.kk, p*t.cols, min(t.cols, s.cols-p*t.cols))
			}
		})
		ParallelStop((g.m-1)/height+1, 1, func(lo, hi int) {
			scratch := getScratch(roundUp(height, cacheLine/4) * (s.kk + 2*cacheLine/4))
			defer putScratch(scratch)
			for r := lo; r < hi; r++ {
				g.block(t, &s, r*height, min(height, g.m-r*height), scratch)
			}
		})
	}
}

// slice is rows k0..k0+kk of B: the first cols columns packed in panels, and the rest as rows along k.
type slice struct {
	k0, kk, cols int
	b            []float32
	rest         *float32
	ldRest       int
}

// blockK is the run of k per pass, at most.
func (g *gemmCall) blockK(t *tiles) int {
	most := min(g.k, t.blockSizes().k)
	switch {
	case t.byChunk != nil: // passes of one length, for each of them reads and writes C
		most = min(g.k, roundUp((g.k-1)/((g.k-1)/most+1)+1, chunkLength))
	case t.farCache && !g.a.trans:
		most = min(g.k, blockFarK)
	}
	return most
}

// blockHeight is how many rows of m are taken together: at most as blockSizes has it, a little fewer so that ranges are of one height.
// Results do not depend on it.
func (t *tiles) blockHeight(m int) int {
	sizes := t.blockSizes()
	tasks := sizes.tasks
	if t.farCache {
		tasks = blockShare * Workers()
	}
	count := max((m-1)/sizes.rows+1, min(tasks, (m-1)/blockLeast+1))
	return (m-1)/roundUp(count, blockEven) + 1
}

// lastByDots is how many of the last columns dot kernels compute: a panel of so few would be mostly empty, as for the one
// of 65 columns that is left when 64 are taken.
func (g *gemmCall) lastByDots(t *tiles) int {
	rest := g.n % t.cols
	if g.a.trans || t.dots4 == nil || g.k < dotsLeast || rest > t.cols/4 || rest == g.n {
		return 0
	}
	return rest
}

// rowsOfB returns the columns of B from s.cols on as rows along k: where they are, or copied to dst.
func (g *gemmCall) rowsOfB(dst []float32, s *slice) (rows *float32, ld int) {
	if g.b.trans && g.pairsOf == 0 {
		return g.b.at(s.k0, s.cols), g.b.ld
	}
	k0, length := s.k0, s.kk
	if g.pairsOf > 0 {
		k0, length = 2*k0, min(2*length, g.pairsOf-2*k0)
	}
	row := getScratch(length)
	defer putScratch(row)
	for j := s.cols; j < g.n; j++ {
		for p := range length {
			row[p] = *g.b.at(k0+p, j)
		}
		if to := dst[(j-s.cols)*s.kk:][:s.kk]; g.pairsOf > 0 {
			pairsAlong(to, row)
		} else {
			copy(to, row)
		}
	}
	return &dst[0], s.kk
}

// block computes rows i0..i0+height of one pass over k.
func (g *gemmCall) block(t *tiles, s *slice, i0, height int, scratch []float32) {
	add := 0
	if g.add || s.k0 > 0 {
		add = 1
	}
	a, packed := g.blockA(t, s, i0, height, scratch)
	chunks := packed && t.byChunk != nil && !g.a.trans
	room := roundUp(s.kk, chunkLength)
	tile := func(i, rows, j int) {
		c, cols := offset(g.c, (i0+i)*g.ldc+j), min(t.cols, s.cols-j)
		switch {
		case chunks:
			t.byChunk[rows](s.kk, &scratch[i*room], 0, &s.b[j*s.kk], t.cols, c, g.ldc, g.alpha, add, cols)
		case packed:
			t.byCol[rows](s.kk, &scratch[i*s.kk], rows, &s.b[j*s.kk], t.cols, c, g.ldc, g.alpha, add, cols)
		case a.trans:
			t.byCol[rows](s.kk, a.at(i, 0), a.ld, &s.b[j*s.kk], t.cols, c, g.ldc, g.alpha, add, cols)
		default:
			t.byRow[rows](s.kk, a.at(i, 0), a.ld, &s.b[j*s.kk], t.cols, c, g.ldc, g.alpha, add, cols)
		}
	}
	if s.kk*s.cols <= t.blockSizes().whole { // rows of C are written one after another
		for i := 0; i < height; {
			rows := rowsOfTile(height, i, t.rows)
			for j := 0; j < s.cols; j += t.cols {
				tile(i, rows, j)
			}
			i += rows
		}
	} else {
		for j := 0; j < s.cols; j += t.cols {
			for i := 0; i < height; {
				rows := rowsOfTile(height, i, t.rows)
				tile(i, rows, j)
				i += rows
			}
		}
	}
	if s.rest != nil {
		t.dotRows(height, g.n-s.cols, s.kk, a.p, a.ld, s.rest, s.ldRest, offset(g.c, i0*g.ldc+s.cols), g.ldc, g.alpha, add)
	}
}

// blockA prepares rows i0..i0+height of A for one pass: rounded to words, in place, or packed tile by tile (and a is where
// the rows are).
func (g *gemmCall) blockA(t *tiles, s *slice, i0, height int, scratch []float32) (a matrix, packed bool) {
	if g.roundsA {
		return g.wordsOfBlock(s, i0, height, scratch), false
	}
	a = matrix{p: g.a.at(i0, s.k0), ld: g.a.ld, trans: g.a.trans}
	if !a.trans && s.cols <= t.blockSizes().inPlace && (a.ld%badStride != 0 || t.rows <= cacheWays) {
		return a, false
	}
	if t.byChunk != nil && !a.trans {
		t.packChunks(scratch, g.a, i0, height, s.k0, s.kk)
	} else {
		t.packA(scratch, g.a, i0, height, s.k0, s.kk)
	}
	return a, true
}

// wordsOfBlock is pairsOfA for a block.
func (g *gemmCall) wordsOfBlock(s *slice, i0, height int, scratch []float32) matrix {
	if g.a.trans {
		ld := roundUp(height, cacheLine/4)
		for p := range s.kk {
			pairRows(scratch[p*ld:][:height], g.a, 2*(s.k0+p), g.pairsOf, i0)
		}
		return matrix{p: &scratch[0], ld: ld, trans: true}
	}
	ld := roundUp(s.kk, cacheLine/4)
	if ld%poorStride == 0 {
		ld += cacheLine / 4
	}
	length := min(2*s.kk, g.pairsOf-2*s.k0)
	for i := range height {
		pairsAlong(scratch[i*ld:][:s.kk], unsafe.Slice(g.a.at(i0+i, 2*s.k0), length))
	}
	return matrix{p: &scratch[0], ld: ld}
}
