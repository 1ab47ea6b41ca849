package compute

import "unsafe"

// amxProductFunc computes count blocks of C, one after another, on tile registers: the rows and columns of up to two tiles
// each, sums over steps of amxStep elements. See the generator for the distances, which are in bytes.
type amxProductFunc func(count, steps int, a *float32, lda, second, astep int, b *float32, bnext int, c *float32, ldc, cnext, add int)

// amxKernels are products of bfloat16 on tile registers (AMX-BF16). Both operands lie in panels: 32 rows of A or columns of B,
// for each step along the sum two tiles of 16 rows of 16 words. In a panel of A the tiles follow each other and a row
// runs along the sum; in one of B they lie side by side and a row is one word of each of 32 columns.
type amxKernels struct {
	product   [3][3]amxProductFunc                      // by tiles of rows and of columns
	rows      func(dst, src *float32, lds, rows, k int) // rows of A, stored along k, to a tile of each step
	cols      func(dst, src *float32, lds, cols, k int) // columns of a transposed A likewise
	rowsT     func(dst, src *float32, lds, rows, k int) // rows of a transposed B
	transpose func(dst *float32, ldd int, src *float32) // 16 x 16, of rows amxPanel apart
}

const (
	amxTile     = 16           // rows of a tile, and words in its rows
	amxPanel    = 2 * amxTile  // rows or columns of a panel
	amxStep     = 2 * amxTile  // elements of a sum in a step
	amxWords    = 512          // words of a panel in a step
	amxSlice    = 64           // steps in a pass, at most
	amxPrivate  = 1 << 18      // words of panels that a worker packs for itself and takes together: with
	amxChunk    = 1 << 17      // these of the operand packed for all they stay in the second-level cache,
	amxWhole    = 1 << 18      // and so does all of that operand if it has no more
	amxLeast    = 8            // rows and columns from which on tiles are not mostly empty
	amxParts    = 16           // ranges of rows wanted,
	amxFewParts = 6            // and of columns: a few panels side by side are better written
	amxGroup    = 8            // panels in a range, at most
	amxRun      = 4            // steps that are packed for panels side by side
	amxRowBytes = 4 * amxTile  // of a tile
	amxBytes    = 4 * amxWords // of a step
)

// amxCall is one pass over k of a product on tile registers.
type amxCall struct {
	*gemmCall
	x      *amxKernels
	k0, kk int // elements of the sum in this pass
	steps  int
	adds   int // whether C counts
}

// takesAMX says whether the product goes to the tile registers.
func (g *gemmCall) takesAMX() bool {
	return active.amx != nil && g.roundsA && g.pairsOf > 0 && g.m >= amxLeast && g.n >= amxLeast && g.m*g.n*g.k > serialWork
}

// amx computes the product in passes over k. In each all pack the smaller operand, then workers take panels of the other,
// pack them for themselves and sweep the first.
func (g *gemmCall) amx() {
	all := (g.pairsOf-1)/amxStep + 1
	most := (all-1)/((all-1)/amxSlice+1) + 1
	for s := 0; s < all; s += most {
		c := &amxCall{gemmCall: g, x: active.amx, k0: s * amxStep, steps: min(most, all-s)}
		c.kk = min(c.steps*amxStep, g.pairsOf-c.k0)
		if g.add || s > 0 {
			c.adds = 1
		}
		c.pass()
	}
}

// pass computes the sums over k0 to k0+kk.
func (c *amxCall) pass() {
	a := operand{panels: (c.m-1)/amxPanel + 1, along: !c.a.trans, pack: (*amxCall).packA}
	b := operand{panels: (c.n-1)/amxPanel + 1, along: c.b.trans, pack: (*amxCall).packB}
	shared, private := a, b
	if c.m >= c.n {
		shared, private = b, a
	}
	panel := c.steps * amxWords
	packed := getScratch(shared.panels * panel)
	defer putScratch(packed)
	Parallel(shared.panels, max(1, min(4, shared.panels/amxParts)), func(lo, hi int) {
		c.packPanels(shared, packed[lo*panel:], lo, hi)
	})
	chunk := shared.panels
	if chunk*panel > amxWhole {
		chunk = max(1, amxChunk/panel)
	}
	parts := amxParts
	if c.m < c.n {
		parts = amxFewParts
	}
	group := max(1, min(amxPrivate/panel, private.panels/parts, amxGroup))
	ParallelStop(private.panels, group, func(lo, hi int) {
		own := getScratch((hi - lo) * panel)
		defer putScratch(own)
		c.packPanels(private, own, lo, hi)
		for from := 0; from < shared.panels; from += chunk {
			to := min(from+chunk, shared.panels)
			if c.m < c.n {
				c.sweep(packed[from*panel:], from, to, own, lo, hi)
			} else {
				c.sweep(own, lo, hi, packed[from*panel:], from, to)
			}
		}
	})
}

// operand is how one side of a product is packed.
type operand struct {
	panels int
	along  bool // whether it is stored along the sum
	pack   func(c *amxCall, dst []float32, p, k, length int)
}

// packPanels packs panels lo to hi one behind the other. Where an operand is not stored along the sum, a few rows of it are
// packed for all of them before the next: a panel alone would take so little of a row that each piece is a way of its own.
func (c *amxCall) packPanels(o operand, dst []float32, lo, hi int) {
	run := c.kk
	if !o.along {
		run = amxRun * amxStep
	}
	for k := 0; k < c.kk; k += run {
		for p := lo; p < hi; p++ {
			o.pack(c, dst[((p-lo)*c.steps+k/amxStep)*amxWords:], p, c.k0+k, min(run, c.kk-k))
		}
	}
}

// packA packs length elements from k on of panel p of A. What is behind the last row stays as it was: it goes into rows of C
// that are not kept.
func (c *amxCall) packA(dst []float32, p, k, length int) {
	pack := c.x.rows
	if c.a.trans {
		pack = c.x.cols
	}
	for i := p * amxPanel; i < min((p+1)*amxPanel, c.m); i += amxTile {
		pack(&dst[(i-p*amxPanel)*amxTile], c.a.at(i, k), c.a.ld, min(amxTile, c.m-i), length)
	}
}

// packB packs the same part of panel p of B.
func (c *amxCall) packB(dst []float32, p, k, length int) {
	j := p * amxPanel
	cols := min(amxPanel, c.n-j)
	if c.b.trans {
		for i := 0; i < cols; i += amxTile {
			c.x.rowsT(&dst[i], c.b.at(k, j+i), c.b.ld, min(amxTile, cols-i), length)
		}
		return
	}
	words := (length + 1) / 2
	c.gemmCall.packB(active.pairs, dst, k/2, words, j, cols)
	clear(dst[words*amxPanel : roundUp(words, amxTile)*amxPanel])
}

// sweep multiplies panels i to iEnd of A, each with panels j to jEnd of B: so C is written along its rows.
func (c *amxCall) sweep(a []float32, i, iEnd int, b []float32, j, jEnd int) {
	panel := c.steps * amxWords
	whole := min(jEnd, c.n/amxPanel)
	for p := i; p < iEnd; p++ {
		row, rows := p*amxPanel, min(amxPanel, c.m-p*amxPanel)
		c.blocks(whole-j, row, j*amxPanel, rows, amxPanel, a[(p-i)*panel:], b)
		if whole < jEnd {
			c.blocks(1, row, whole*amxPanel, rows, c.n-whole*amxPanel, a[(p-i)*panel:], b[(whole-j)*panel:])
		}
	}
}

// blocks computes count blocks of C side by side from row i and column j on, rows x cols each: of one panel of A and of
// panels of B. Blocks of whole tiles are written where they belong.
func (c *amxCall) blocks(count, i, j, rows, cols int, a, b []float32) {
	if count <= 0 {
		return
	}
	kernel := c.x.product[(rows-1)/amxTile+1][(cols-1)/amxTile+1]
	next := c.steps * amxBytes
	if c.alpha == 1 && rows%amxTile == 0 && cols%amxTile == 0 {
		kernel(count, c.steps, &a[0], amxRowBytes, amxBytes/2, amxBytes, &b[0], next, offset(c.c, i*c.ldc+j), 4*c.ldc, 4*amxPanel, c.adds)
		return
	}
	block := getScratch(amxPanel * amxPanel)
	defer putScratch(block)
	for n := range count {
		kernel(1, c.steps, &a[0], amxRowBytes, amxBytes/2, amxBytes, &b[n*next/4], 0, &block[0], 4*amxPanel, 0, 0)
		for r := range rows {
			to := unsafe.Slice(offset(c.c, (i+r)*c.ldc+j+n*amxPanel), cols)
			if c.adds != 0 {
				active.axpy(block[r*amxPanel:][:cols], to, c.alpha)
			} else {
				active.affine(to, block[r*amxPanel:][:cols], c.alpha, 0)
			}
		}
	}
}

// mulTAMX is MulT on tile registers. The weights, stored along the sum, are the left operand as they are: nothing of them is
// copied on their way from memory. So the result comes out transposed, in blocks that are small and in the cache.
func (w *BF16Matrix) mulTAMX(y []float32, ldy int, x []float32, ldx, m int) {
	steps := w.stride / amxStep
	most := min(m, max(1, amxWhole/(steps*amxWords))*amxPanel) // rows of x that stay in the cache
	panels := (most-1)/amxPanel + 1
	packed := getScratch(panels * steps * amxWords)
	defer putScratch(packed)
	for i := 0; i < m; i += most {
		rows := min(most, m-i)
		Parallel((rows-1)/amxTile+1, 1, func(lo, hi int) {
			for t := lo; t < hi; t++ {
				to := packed[t/2*steps*amxWords+t%2*amxTile:]
				active.amx.rowsT(&to[0], &x[(i+t*amxTile)*ldx], ldx, min(amxTile, rows-t*amxTile), w.cols)
			}
		})
		ParallelStop((w.rows-1)/amxPanel+1, max(1, min(8, w.rows/amxPanel/amxParts)), func(lo, hi int) {
			sums := getScratch(((rows-1)/amxPanel + 1) * amxPanel * amxPanel)
			defer putScratch(sums)
			for p := lo; p < hi; p++ {
				w.mulPanel(y[i*ldy:], ldy, rows, p*amxPanel, packed, sums)
			}
		})
	}
}

// mulPanel computes the columns from j on of y for one panel of weights and rows rows of x.
func (w *BF16Matrix) mulPanel(y []float32, ldy, rows, j int, packed, sums []float32) {
	steps, cols := w.stride/amxStep, min(amxPanel, w.rows-j)
	a := w.data[j*w.stride:]
	if cols < amxPanel {
		last := getScratch(amxPanel * w.stride / 2)
		defer putScratch(last)
		a = halves(last, amxPanel*w.stride)
		copy(a, w.data[j*w.stride:(j+cols)*w.stride])
	}
	left := (*float32)(unsafe.Pointer(&a[0]))
	down := 2 * w.stride
	run := func(count, tiles int, b, c []float32) {
		active.amx.product[2][tiles](count, steps, left, down, amxTile*down, amxRowBytes, &b[0], steps*amxBytes, &c[0], 4*amxPanel, 4*amxPanel*amxPanel, 0)
	}
	whole := rows / amxPanel
	if rows%amxPanel > amxTile {
		whole++
	}
	if whole > 0 {
		run(whole, 2, packed, sums)
	}
	if whole*amxPanel < rows {
		run(1, 1, packed[whole*steps*amxWords:], sums[whole*amxPanel*amxPanel:])
	}
	var block [amxTile * amxTile]float32
	for r := 0; r < rows; r += amxTile {
		for c := 0; c < cols; c += amxTile {
			from := &sums[(r/amxPanel*amxPanel+c)*amxPanel+r%amxPanel]
			if rows-r >= amxTile && cols-c >= amxTile {
				active.amx.transpose(&y[r*ldy+j+c], ldy, from)
				continue
			}
			active.amx.transpose(&block[0], amxTile, from)
			for i := r; i < min(r+amxTile, rows); i++ {
				copy(y[i*ldy+j+c:][:min(amxTile, cols-c)], block[(i-r)*amxTile:])
			}
		}
	}
}
