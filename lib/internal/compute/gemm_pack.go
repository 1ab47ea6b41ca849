package compute

import "unsafe"

// packB copies rows k0..k0+kk and columns j..j+cols of the operand B to dst as [kk][width]; columns from cols on are zero.
func packB(dst []float32, b matrix, k0, kk, j, cols, width int) {
	dst = dst[:kk*width]
	if !b.trans {
		for p := range kk {
			row := dst[p*width : (p+1)*width]
			copy(row, unsafe.Slice(b.at(k0+p, j), cols))
			clear(row[cols:])
		}
		return
	}
	if cols < width {
		clear(dst)
	}
	transpose(unsafe.SliceData(dst), width, b.at(k0, j), b.ld, cols, kk)
}

// packA copies rows i..i+rows and columns k0..k0+kk of the operand A to dst as [kk][rows].
func packA(dst []float32, a matrix, i, rows, k0, kk int) {
	if a.trans {
		for p := range kk {
			copy(dst[p*rows:(p+1)*rows], unsafe.Slice(a.at(i, k0+p), rows))
		}
		return
	}
	transpose(unsafe.SliceData(dst[:kk*rows]), rows, a.at(i, k0), a.ld, rows, kk)
}

// transpose writes the rows x cols matrix src, rows lds apart, to dst as cols x rows, rows ldd apart.
func transpose(dst *float32, ldd int, src *float32, lds, rows, cols int) {
	for i := range rows {
		from := unsafe.Slice(offset(src, i*lds), cols)
		for j, v := range from {
			*offset(dst, j*ldd+i) = v
		}
	}
}
