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

// packA copies rows i..i+rows and columns k0..k0+kk of A, which is not transposed, to dst as [kk][rows].
func (t *tiles) packA(dst []float32, a matrix, i, rows, k0, kk int) {
	t.transpose(&dst[:kk*rows][0], rows, a.at(i, k0), a.ld, rows, kk)
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
