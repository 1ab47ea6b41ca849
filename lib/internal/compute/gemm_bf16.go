package compute

import "unsafe"

// GemmBF16 is Gemm with the elements of A and B rounded to bfloat16 (to nearest, ties to even) and products summed in
// float32; alpha, beta and C stay in float32. A relative error of up to 2^-8 in each factor is the price; with
// tile registers (AMX-BF16) it is about five times as fast as Gemm, with AVX512_BF16 up to twice. Without them the rounded values go
// through the float32 kernels, so that results agree within the order of the sums everywhere. The instructions take
// subnormal numbers for zero.
func GemmBF16(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	checkGemm("GemmBF16", transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		scaleMatrix(m, n, beta, c, ldc)
		return
	}
	if active.pairs == nil {
		gemmRounded(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if beta != 0 && beta != 1 {
		scaleMatrix(m, n, beta, c, ldc)
	}
	g := gemmCall{
		m: m, n: n, k: (k + 1) / 2, pairs: true, pairsOf: k, roundsA: true, alpha: alpha, add: beta != 0,
		a: matrix{p: unsafe.SliceData(a), ld: lda, trans: transA},
		b: matrix{p: unsafe.SliceData(b), ld: ldb, trans: transB},
		c: unsafe.SliceData(c), ldc: ldc,
	}
	g.run()
}

// BF16Fast says whether GemmBF16 has instructions of its own here.
func BF16Fast() bool { return active.pairs != nil }

// gemmRounded rounds both operands to new matrices of float32.
func gemmRounded(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	ar, ac, br, bc := m, k, k, n
	if transA {
		ar, ac = k, m
	}
	if transB {
		br, bc = n, k
	}
	ra, rb := getScratch(ar*ac), getScratch(br*bc)
	defer putScratch(ra)
	defer putScratch(rb)
	roundRows(ra, a, lda, ar, ac)
	roundRows(rb, b, ldb, br, bc)
	Gemm(transA, transB, m, n, k, alpha, ra, ac, rb, bc, beta, c, ldc)
}

// roundRows writes rows of cols elements, ld apart, one behind the other, rounded to bfloat16 and widened again.
func roundRows(dst, src []float32, ld, rows, cols int) {
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		scratch := getScratch((cols + 1) / 2)
		defer putScratch(scratch)
		half := halves(scratch, cols)
		for i := lo; i < hi; i++ {
			active.toBF16(half, src[i*ld:][:cols])
			active.fromBF16(dst[i*cols:][:cols], half)
		}
	})
}

// halves is the memory of words as n bfloat16.
func halves(words []float32, n int) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(&words[0])), n)
}

// pairsOfA rounds the m x k operand A to words of two elements that follow each other along k, in the order in which A is
// stored: m rows of words, or transposed, one row of m words for each two rows. An odd end is filled up with zero.
func pairsOfA(a matrix, m, k int) (words matrix, release func()) {
	k2 := (k + 1) / 2
	rows, width := m, k2
	if a.trans {
		rows, width = k2, m
	}
	ld := roundUp(width, 16)
	if ld%poorStride == 0 {
		ld += 16
	}
	buffer := getScratch(rows * ld)
	Parallel(rows, rowGrain(2*width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if a.trans {
				pairRows(buffer[i*ld:][:width], a, 2*i, k, 0)
			} else {
				pairsAlong(buffer[i*ld:][:width], unsafe.Slice(a.at(i, 0), k))
			}
		}
	})
	return matrix{p: &buffer[0], ld: ld, trans: a.trans}, func() { putScratch(buffer) }
}

// pairsAlong rounds a row to words of neighbours; an odd end is filled up with zero.
func pairsAlong(dst, row []float32) {
	if len(row) > 0 {
		active.pairAlong(&dst[:(len(row)+1)/2][0], &row[0], len(row))
	}
}

// pairRows joins stored rows p and p+1, of which there are k, from column j on into words; a row past the end is zero.
func pairRows(dst []float32, x matrix, p, k, j int) {
	if len(dst) == 0 {
		return
	}
	low, high := offset(x.p, p*x.ld+j), (*float32)(nil)
	if p+1 < k {
		high = offset(low, x.ld)
	}
	active.pairBF16(&dst[0], low, high, len(dst))
}

// packB packs a panel of B; in a product of bfloat16 it makes the words on the way, and k0 and kk count words.
func (g *gemmCall) packB(t *tiles, dst []float32, k0, kk, j, cols int) {
	if g.pairsOf == 0 {
		t.packB(dst, g.b, k0, kk, j, cols)
		return
	}
	dst = dst[:kk*t.cols]
	if !g.b.trans {
		whole := 0
		if cols == t.cols {
			if whole = min(kk, g.pairsOf/2-k0); whole > 0 {
				active.pairPanel(&dst[0], g.b.at(2*k0, j), g.b.ld, whole)
			}
		}
		for p := whole; p < kk; p++ {
			row := dst[p*t.cols:][:t.cols]
			pairRows(row[:cols], g.b, 2*(k0+p), g.pairsOf, j)
			clear(row[cols:])
		}
		return
	}
	rows := getScratch(cols * kk)
	defer putScratch(rows)
	length := min(2*kk, g.pairsOf-2*k0)
	for i := range cols {
		pairsAlong(rows[i*kk:][:kk], unsafe.Slice(offset(g.b.p, (j+i)*g.b.ld+2*k0), length))
	}
	if cols < t.cols {
		clear(dst)
	}
	t.transpose(&dst[0], t.cols, &rows[0], kk, cols, kk)
}
