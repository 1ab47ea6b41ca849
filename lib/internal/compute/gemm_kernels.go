package compute

// A tile function computes up to tileRows x tileCols elements of a product:
//
//	C[i][j] = alpha * sum_p A(i,p) * B(p,j)  (+ C[i][j] with add = 1),  0 <= i < rows of the function, 0 <= j < cols
//
// B(p,j) is b[p*ldb+j]; all tileCols columns of B are read even when cols is less. A(i,p) is a[i*lda+p] in a rows function,
// a[p*lda+i] in a cols function. Strides are in elements. k > 0.
type tileFunc func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int)

// A dotFunc computes C[i][j] = alpha * sum_p a[i*lda+p] b[j*ldb+p] (+ C[i][j] with add = 1) for its rows i and j.
type dotFunc func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int)

// A stripsFunc copies count strips of its number of columns, which lie side by side in the rows of src, lds apart, to places
// step apart: strip s of row p to dst[s*step+p*width:].
type stripsFunc func(dst *float32, step int, src *float32, lds, rows, count int)

// tiles is the inner part of the matrix product for one instruction set. Index 0 of the tables is unused;
// index r handles r rows.
type tiles struct {
	rows, cols int // the largest tile
	byRow      []tileFunc
	byCol      []tileFunc

	// byChunk takes rows of A as packChunks leaves them, nil: not there. copyChunks copies chunks of a row to places step apart.
	byChunk    []tileFunc
	copyChunks func(dst *float32, step int, src *float32, lds, count int)

	// farCache says that what the second-level cache cannot hold comes from far away: then A is packed for each pass once it is
	// larger, and at once if it is transposed, for each step along the sum is in another cache line.
	farCache bool

	// transpose writes the rows x cols matrix src, rows lds apart, to dst as cols x rows, rows ldd apart.
	transpose func(dst *float32, ldd int, src *float32, lds, rows, cols int)
	// copyColumns copies rows of exactly the tile's width one behind the other; rows > 0.
	copyColumns func(dst *float32, src *float32, lds, rows int)

	// strips[r] copies strips of r columns of a matrix; index 0 is unused.
	strips []stripsFunc

	// dots4[r] and dots1[r] compute r rows of A * B^T for four rows of B, or one, reading both along k.
	// Index 0 is unused. nil: not there.
	dots4, dots1 []dotFunc
	// lines[r] and ahead[r] do what dots4[r] does for a B that comes from memory; see streamRows.
	lines []dotFunc
	ahead []aheadFunc
	// spread are the kernels of more rows for such a B, nil: not there.
	spread *spreads
}

// scalarTiles works everywhere. Pairs of rows and groups of four columns keep the sums in registers.
func scalarTiles() *tiles {
	t := &tiles{rows: 4, cols: 32, strips: anyStrips(4), byRow: make([]tileFunc, 5), byCol: make([]tileFunc, 5)}
	t.transpose = scalarTranspose
	t.copyColumns = func(dst, src *float32, lds, rows int) { scalarCopy(dst, src, lds, rows, t.cols) }
	for r := 1; r <= 4; r++ {
		t.byRow[r] = func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int) {
			scalarTile(r, k, a, lda, 1, b, ldb, c, ldc, alpha, add, cols)
		}
		t.byCol[r] = func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int) {
			scalarTile(r, k, a, 1, lda, b, ldb, c, ldc, alpha, add, cols)
		}
	}
	return t
}

// scalarTile takes both strides of A: ai between rows, ak between steps of the sum.
func scalarTile(rows, k int, a *float32, ai, ak int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int) {
	for i := 0; i < rows; i += 2 {
		two := min(2, rows-i)
		for j := 0; j < cols; j += 4 {
			var s [2][4]float32
			if two == 2 {
				s = scalarPair(k, offset(a, i*ai), ai, ak, offset(b, j), ldb)
			} else {
				s[0] = scalarRow(k, offset(a, i*ai), ak, offset(b, j), ldb)
			}
			for r := range two {
				for l := range min(4, cols-j) {
					p := offset(c, (i+r)*ldc+j+l)
					v := alpha * s[r][l]
					if add != 0 {
						v += *p
					}
					*p = v
				}
			}
		}
	}
}

func scalarPair(k int, a *float32, ai, ak int, b *float32, ldb int) [2][4]float32 {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	for p := range k {
		x, y := *offset(a, p*ak), *offset(a, p*ak+ai)
		w := (*[4]float32)(ptr(offset(b, p*ldb)))
		s00 += x * w[0]
		s01 += x * w[1]
		s02 += x * w[2]
		s03 += x * w[3]
		s10 += y * w[0]
		s11 += y * w[1]
		s12 += y * w[2]
		s13 += y * w[3]
	}
	return [2][4]float32{{s00, s01, s02, s03}, {s10, s11, s12, s13}}
}

func scalarRow(k int, a *float32, ak int, b *float32, ldb int) [4]float32 {
	var s0, s1, s2, s3 float32
	for p := range k {
		x := *offset(a, p*ak)
		w := (*[4]float32)(ptr(offset(b, p*ldb)))
		s0 += x * w[0]
		s1 += x * w[1]
		s2 += x * w[2]
		s3 += x * w[3]
	}
	return [4]float32{s0, s1, s2, s3}
}
