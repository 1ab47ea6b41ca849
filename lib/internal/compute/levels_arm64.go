package compute

import "unsafe"

// levels lists what this processor can run, best first. Every arm64 processor has NEON.
func levels() []*level { return []*level{neonLevel(), scalarLevel()} }

// neonLevel has kernels for the matrix product and sums of products; the rest is plain Go.
func neonLevel() *level {
	l := scalarLevel()
	l.name, l.dot = "neon", neonDot
	l.sumSquares = func(x []float32) float32 { return neonDot(x, x) }
	l.tiles = &tiles{rows: 6, cols: 16, transpose: scalarTranspose, strips: anyStrips(6),
		copyColumns: func(dst, src *float32, lds, rows int) { scalarCopy(dst, src, lds, rows, 16) },
		byRow:       neonTiles(tileRows1_neon, tileRows2_neon, tileRows3_neon, tileRows4_neon, tileRows5_neon, tileRows6_neon),
		byCol:       neonTiles(tileCols1_neon, tileCols2_neon, tileCols3_neon, tileCols4_neon, tileCols5_neon, tileCols6_neon),
	}
	return l
}

// wholeTile is a tile function that always writes all sixteen columns.
type wholeTile func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int)

// neonTiles lets whole tiles write to C and narrower ones to memory aside, from where the columns that exist are copied.
func neonTiles(whole ...wholeTile) []tileFunc {
	table := make([]tileFunc, 1, len(whole)+1)
	for i, f := range whole {
		table = append(table, func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int) {
			if cols == 16 {
				f(k, a, lda, b, ldb, c, ldc, alpha, add)
				return
			}
			var aside [6 * 16]float32
			f(k, a, lda, b, ldb, &aside[0], 16, alpha, 0)
			for r := range i + 1 {
				row := unsafe.Slice(offset(c, r*ldc), cols)
				if add != 0 {
					scalarAdd(row, row, aside[r*16:][:cols])
				} else {
					copy(row, aside[r*16:])
				}
			}
		})
	}
	return table
}

func neonDot(x, y []float32) float32 {
	var sums [16]float32
	runs := len(x) / 16
	if runs > 0 {
		dotNeon(&x[0], &y[0], runs, &sums)
	}
	return scalarSum(sums[:]) + scalarDot(x[runs*16:], y[runs*16:])
}
