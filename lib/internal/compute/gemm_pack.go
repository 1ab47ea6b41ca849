package compute

import "unsafe"

// packB copies rows k0..k0+kk and columns j..j+cols of the operand B to dst as [kk][tile width]; columns from cols on are
// zero.
func (t *tiles) packB(dst []float32, b matrix, k0, kk, j, cols int) {
	dst = dst[:kk*t.cols]
	switch {
	case b.trans:
		if cols < t.cols {
			clear(dst)
		}
		t.transpose(&dst[0], t.cols, b.at(k0, j), b.ld, cols, kk)
	case cols == t.cols:
		t.copyColumns(&dst[0], b.at(k0, j), b.ld, kk)
	default:
		for p := range kk {
			row := dst[p*t.cols : (p+1)*t.cols]
			copy(row, unsafe.Slice(b.at(k0+p, j), cols))
			clear(row[cols:])
		}
	}
}

// packA copies rows i..i+height and columns k0..k0+kk of A to dst tile by tile: the tile that starts at row i+r and has n rows
// is at dst[r*kk:], as [kk][n].
func (t *tiles) packA(dst []float32, a matrix, i, height, k0, kk int) {
	const most = 8 // strips side by side, so that the places they go to have room in the cache
	for r := 0; r < height; {
		rows, count := rowsOfTile(height, r, t.rows), 1
		if !a.trans {
			t.transpose(&dst[r*kk], rows, a.at(i+r, k0), a.ld, rows, kk)
			r += rows
			continue
		}
		for next := r + rows; count < most && next < height && rowsOfTile(height, next, t.rows) == rows; next += rows {
			count++
		}
		t.strips[rows](&dst[r*kk], rows*kk, a.at(i+r, k0), a.ld, kk, count)
		r += count * rows
	}
}

// chunkLength is how many elements of a row packChunks keeps together.
const chunkLength = 8

// packChunks copies rows i..i+height and columns k0..k0+kk of A, which is not transposed, to dst tile by tile: the tile that starts
// at row i+r and has n rows is at dst[r*roundUp(kk, chunkLength):], as [kk/chunkLength][n][chunkLength]. A tile is read as one run
// of memory then, as in packA, but nothing has to be transposed.
func (t *tiles) packChunks(dst []float32, a matrix, i, height, k0, kk int) {
	whole, room := kk/chunkLength, roundUp(kk, chunkLength)
	for r := 0; r < height; {
		rows := rowsOfTile(height, r, t.rows)
		for j := range rows {
			from, to := a.at(i+r+j, k0), dst[r*room+j*chunkLength:]
			t.copyChunks(&to[0], rows*chunkLength, from, a.ld, whole)
			if rest := kk % chunkLength; rest > 0 {
				copy(to[whole*rows*chunkLength:], unsafe.Slice(offset(from, whole*chunkLength), rest))
			}
		}
		r += rows
	}
}

// scalarStrips is strips for any width.
func scalarStrips(dst *float32, step int, src *float32, lds, rows, count, width int) {
	for s := range count {
		scalarCopy(offset(dst, s*step), offset(src, s*width), lds, rows, width)
	}
}

// anyStrips is a table of scalarStrips for tiles of up to most rows.
func anyStrips(most int) []stripsFunc {
	table := make([]stripsFunc, most+1)
	for w := 1; w <= most; w++ {
		table[w] = func(dst *float32, step int, src *float32, lds, rows, count int) {
			scalarStrips(dst, step, src, lds, rows, count, w)
		}
	}
	return table
}

func scalarTranspose(dst *float32, ldd int, src *float32, lds, rows, cols int) {
	for i := range rows {
		from := unsafe.Slice(offset(src, i*lds), cols)
		for j, v := range from {
			*offset(dst, j*ldd+i) = v
		}
	}
}

func scalarCopy(dst, src *float32, lds, rows, width int) {
	for p := range rows {
		copy(unsafe.Slice(offset(dst, p*width), width), unsafe.Slice(offset(src, p*lds), width))
	}
}
