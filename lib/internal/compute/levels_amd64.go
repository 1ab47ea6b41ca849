package compute

import "golang.org/x/sys/cpu"

// levels lists what this processor can run, best first.
func levels() []*level {
	all := []*level{scalarLevel()}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasOSXSAVE {
		all = append([]*level{avx2Level()}, all...)
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
			all = append([]*level{avx512Level()}, all...)
			if cpu.X86.HasAVX512BF16 && amxAllowed() {
				all = append([]*level{amxLevel()}, all...)
			}
		}
	}
	return all
}

func avx512Level() *level {
	l := scalarLevel()
	l.name, l.tiles = "avx512", avx512Tiles()
	l.peak, l.peakTurn = peak512, peakTurn512
	l.dot, l.sum, l.sumSquares, l.max = dot512, sum512, sumSquares512, max512
	l.axpy, l.scale, l.add, l.mul, l.mulAdd = axpy512, scale512, add512, mul512, mulAdd512
	l.exp, l.expSum, l.expScale = exp512, expSum512, expScale512
	l.softmaxBack, l.scoreBack = softmaxBack512, scoreBack512
	l.rmsForward, l.rmsBackward = rmsForward512, rmsBackward512
	l.swiglu, l.swigluBack, l.gelu, l.geluBack = swiglu512, swigluBack512, gelu512, geluBack512
	l.geluErf, l.geluErfBack = geluErf512, geluErfBack512
	l.affine, l.squaresFrom, l.normForward = affine512, squaresFrom512, normForward512
	l.adamw, l.rotate = adamw512, rotate512
	l.toBF16 = func(dst []uint16, src []float32) { vectorsToBF16(dst, src, 16, toBF16x512) }
	l.fromBF16 = func(dst []float32, src []uint16) { vectorsFrom(dst, src, 16, fromBF16x512, scalarFromBF16) }
	l.fromF16 = func(dst []float32, src []uint16) { vectorsFrom(dst, src, 16, fromF16x512, scalarFromF16) }
	l.halfDots, l.halfBlock = []halfDotsFunc{nil, halfDots1x4_512, halfDots2x4_512, halfDots3x4_512, halfDots4x4_512}, 32
	if cpu.X86.HasAVX512BF16 {
		l.pairs, l.peakBF16, l.peakTurnBF16 = pairTiles(), peakBF16x512, 2*peakTurn512
		l.pairAlong, l.pairBF16, l.pairPanel = pairAlong512, pairBF16x512, pairPanel512
	}
	l.quantise, l.quantTiles = quantiseRow256, quantTiles256
	if cpu.X86.HasAVX512VNNI {
		l.quantise = quantiseRow512
		l.quantTiles = map[int][]quantTileFunc{
			8: {nil, quant8Tile1_512, quant8Tile2_512, quant8Tile3_512, quant8Tile4_512, quant8Tile5_512, quant8Tile6_512, quant8Tile7_512, quant8Tile8_512},
			4: {nil, quant4Tile1_512, quant4Tile2_512, quant4Tile3_512, quant4Tile4_512, quant4Tile5_512, quant4Tile6_512, quant4Tile7_512, quant4Tile8_512},
		}
	}
	return l
}

// amxLevel is AVX-512 with products of bfloat16 on tile registers.
func amxLevel() *level {
	l := avx512Level()
	l.name, l.peakBF16, l.peakTurnBF16 = "amx", amxPeak, amxPeakTurn
	l.amx = &amxKernels{
		product: [3][3]amxProductFunc{{}, {nil, amxProduct1x1, amxProduct1x2}, {nil, amxProduct2x1, amxProduct2x2}},
		rows:    amxRows, cols: amxColsT, rowsT: amxRowsT, transpose: amxTranspose,
	}
	return l
}

func avx2Level() *level {
	l := scalarLevel()
	l.name, l.tiles, l.halfTiles = "avx2", avx2Tiles(), halfTiles()
	l.peak, l.peakTurn = peak256, peakTurn256
	l.dot, l.sum, l.sumSquares, l.max = dot256, sum256, sumSquares256, max256
	l.axpy, l.scale, l.add, l.mul, l.mulAdd = axpy256, scale256, add256, mul256, mulAdd256
	l.exp, l.expSum, l.expScale = exp256, expSum256, expScale256
	l.softmaxBack, l.scoreBack = softmaxBack256, scoreBack256
	l.rmsForward, l.rmsBackward = rmsForward256, rmsBackward256
	l.swiglu, l.swigluBack, l.gelu, l.geluBack = swiglu256, swigluBack256, gelu256, geluBack256
	l.geluErf, l.geluErfBack = geluErf256, geluErfBack256
	l.affine, l.squaresFrom, l.normForward = affine256, squaresFrom256, normForward256
	l.adamw, l.rotate = adamw256, rotate256
	l.toBF16 = func(dst []uint16, src []float32) { vectorsToBF16(dst, src, 8, toBF16x256) }
	l.fromBF16 = func(dst []float32, src []uint16) { vectorsFrom(dst, src, 8, fromBF16x256, scalarFromBF16) }
	if cpu.X86.HasF16C {
		l.fromF16 = func(dst []float32, src []uint16) { vectorsFrom(dst, src, 8, fromF16x256, scalarFromF16) }
	}
	l.halfDots, l.halfBlock = []halfDotsFunc{nil, halfDots1x4_256, halfDots2x4_256}, 16
	l.quantise, l.quantTiles = quantiseRow256, quantTiles256
	return l
}

// fromIntel says whether the processor calls itself GenuineIntel: those with AVX-512 have two megabytes of second-level cache
// at most, and behind them a cache that is slow to reach, unlike those from AMD.
func fromIntel() bool { return vendor() == 0x756e6547 } // "Genu"

// wideStrips need AVX only.
var wideStrips = []stripsFunc{nil, strips1, strips2, strips3, strips4, strips5, strips6, strips7, strips8, strips9, strips10, strips11, strips12, strips13, strips14}

func avx512Tiles() *tiles {
	return &tiles{
		rows: 14, cols: 32, transpose: wideTranspose, copyColumns: copyColumns32, strips: wideStrips, farCache: fromIntel(),
		dots4: []dotFunc{nil, dots1x4_512, dots2x4_512, dots3x4_512, dots4x4_512, dots5x4_512, dots6x4_512},
		dots1: []dotFunc{nil, dots1x1_512, dots2x1_512, dots3x1_512, dots4x1_512, dots5x1_512, dots6x1_512},
		lines: []dotFunc{nil, lines1x4_512, lines2x4_512, lines3x4_512, lines4x4_512},
		spread: &spreads{least: 13, most: 192, width: 16, cols: []int{0, 8, 8, 8, 6},
			kernel: []spreadFunc{nil, spread1x8_512, spread2x8_512, spread3x8_512, spread4x6_512}},
		ahead: []aheadFunc{nil, ahead1x4_512, ahead2x4_512, ahead3x4_512, ahead4x4_512},
		byRow: []tileFunc{nil, tileRows1_512, tileRows2_512, tileRows3_512, tileRows4_512, tileRows5_512, tileRows6_512, tileRows7_512, tileRows8_512, tileRows9_512, tileRows10_512, tileRows11_512, tileRows12_512, tileRows13_512, tileRows14_512},
		byCol: []tileFunc{nil, tileCols1_512, tileCols2_512, tileCols3_512, tileCols4_512, tileCols5_512, tileCols6_512, tileCols7_512, tileCols8_512, tileCols9_512, tileCols10_512, tileCols11_512, tileCols12_512, tileCols13_512, tileCols14_512},
	}
}

// pairTiles multiplies words of two bfloat16 each; everything that only moves words is the same as for floats.
func pairTiles() *tiles {
	return &tiles{
		rows: 14, cols: 32, transpose: wideTranspose, copyColumns: copyColumns32, strips: wideStrips,
		dots4: []dotFunc{nil, pairDots1x4_512, pairDots2x4_512, pairDots3x4_512, pairDots4x4_512, pairDots5x4_512, pairDots6x4_512},
		dots1: []dotFunc{nil, pairDots1x1_512, pairDots2x1_512, pairDots3x1_512, pairDots4x1_512, pairDots5x1_512, pairDots6x1_512},
		spread: &spreads{least: 17, most: 384, width: 16, cols: []int{0, 8, 8, 8, 6},
			kernel: []spreadFunc{nil, pairSpread1x8_512, pairSpread2x8_512, pairSpread3x8_512, pairSpread4x6_512}},
		ahead: []aheadFunc{nil, pairAhead1x4_512, pairAhead2x4_512, pairAhead3x4_512, pairAhead4x4_512},
		byRow: []tileFunc{nil, tilePairRows1_512, tilePairRows2_512, tilePairRows3_512, tilePairRows4_512, tilePairRows5_512, tilePairRows6_512, tilePairRows7_512, tilePairRows8_512, tilePairRows9_512, tilePairRows10_512, tilePairRows11_512, tilePairRows12_512, tilePairRows13_512, tilePairRows14_512},
		byCol: []tileFunc{nil, tilePairCols1_512, tilePairCols2_512, tilePairCols3_512, tilePairCols4_512, tilePairCols5_512, tilePairCols6_512, tilePairCols7_512, tilePairCols8_512, tilePairCols9_512, tilePairCols10_512, tilePairCols11_512, tilePairCols12_512, tilePairCols13_512, tilePairCols14_512},
	}
}

// quantTiles256 give the results of those with AVX-512.
var quantTiles256 = map[int][]quantTileFunc{
	8: {nil, quant8Tile1_256, quant8Tile2_256, quant8Tile3_256, quant8Tile4_256},
	4: {nil, quant4Tile1_256, quant4Tile2_256, quant4Tile3_256, quant4Tile4_256},
}

func avx2Tiles() *tiles {
	return &tiles{
		rows: 6, cols: 16, transpose: wideTranspose, copyColumns: copyColumns16, strips: wideStrips[:7],
		dots4:  []dotFunc{nil, dots1x4_256, dots2x4_256},
		dots1:  []dotFunc{nil, dots1x1_256, dots2x1_256},
		lines:  []dotFunc{nil, lines1x4_256, lines2x4_256},
		spread: &spreads{least: 5, most: 192, width: 8, cols: []int{0, 8, 6}, kernel: []spreadFunc{nil, spread1x8_256, spread2x6_256}},
		byRow:  []tileFunc{nil, tileRows1_256, tileRows2_256, tileRows3_256, tileRows4_256, tileRows5_256, tileRows6_256},
		byCol:  []tileFunc{nil, tileCols1_256, tileCols2_256, tileCols3_256, tileCols4_256, tileCols5_256, tileCols6_256},

		copyChunks: copyChunks, byChunk: []tileFunc{nil, tileChunks1_256, tileChunks2_256, tileChunks3_256, tileChunks4_256, tileChunks5_256, tileChunks6_256},
	}
}

// halfTiles has kernels for a B in bfloat16 where no instruction multiplies that. With more rows it pays to widen those of B once.
func halfTiles() *tiles {
	t := avx2Tiles()
	t.spread = &spreads{least: 5, most: 48, width: 8, cols: []int{0, 8, 6}, kernel: []spreadFunc{nil, halfSpread1x8_256, halfSpread2x6_256}, halves: true}
	return t
}

// wideTranspose is transpose for matrices of any size by blocks of 8 x 8; blocks at the ends overlap the ones before.
func wideTranspose(dst *float32, ldd int, src *float32, lds, rows, cols int) {
	if rows < 8 || cols < 8 {
		scalarTranspose(dst, ldd, src, lds, rows, cols)
		return
	}
	for i := 0; i < rows; i += 8 {
		i := min(i, rows-8)
		whole := cols &^ 7
		transpose8(offset(dst, i), ldd, offset(src, i*lds), lds, whole)
		if whole < cols {
			transpose8(offset(dst, (cols-8)*ldd+i), ldd, offset(src, i*lds+cols-8), lds, 8)
		}
	}
}

// vectorsToBF16 converts whole vectors with f and the rest one by one.
func vectorsToBF16(dst []uint16, src []float32, width int, f func(dst *uint16, src *float32, vectors int)) {
	n := len(src) / width
	if n > 0 {
		f(&dst[0], &src[0], n)
	}
	scalarToBF16(dst[n*width:], src[n*width:])
}

// vectorsFrom converts whole vectors of 16-bit numbers with f and the rest with one.
func vectorsFrom(dst []float32, src []uint16, width int, f func(dst *float32, src *uint16, vectors int), rest func([]float32, []uint16)) {
	n := len(src) / width
	if n > 0 {
		f(&dst[0], &src[0], n)
	}
	rest(dst[n*width:], src[n*width:])
}
