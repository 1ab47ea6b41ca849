package compute

// panels is a right-hand operand cut into panels of tile width: panel number j starts at p + j*step, its rows are ld apart.
// Packed panels have ld = tile width; a matrix in place has step = tile width.
type panels struct {
	p        *float32
	ld, step int
}

// columns returns the panels from column j on, a multiple of the tile width.
func (b panels) columns(j, width int) panels {
	b.p = offset(b.p, j/width*b.step)
	return b
}

// rows returns the panels from row i on.
func (b panels) rows(i int) panels {
	b.p = offset(b.p, i*b.ld)
	return b
}

// product computes C = alpha * A * B (+ C with add = 1) for m x n elements on the calling goroutine.
func (t *tiles) product(m, n, k int, a matrix, b panels, c *float32, ldc int, alpha float32, add int) {
	table := t.byRow
	if a.trans {
		table = t.byCol
	}
	for i := 0; i < m; {
		rows := rowsOfTile(m, i, t.rows)
		ai := a.at(i, 0)
		for j := 0; j < n; j += t.cols {
			table[rows](k, ai, a.ld, offset(b.p, j/t.cols*b.step), b.ld, offset(c, i*ldc+j), ldc, alpha, add, min(t.cols, n-j))
		}
		i += rows
	}
}

// packPanels packs the k x n operand b into dst, which has room for n rounded up to the tile width. The columns before from,
// a multiple of the tile width, are left out; their room stays.
func (t *tiles) packPanels(dst []float32, b matrix, k, from, n int) panels {
	for j := from; j < n; j += t.cols {
		t.packB(dst[j*k:], b, 0, k, j, min(t.cols, n-j))
	}
	return panels{p: &dst[0], ld: t.cols, step: k * t.cols}
}

// inPlaceOrPacked returns the k x n matrix at data as panels: where it is if its width is whole tiles, else packed to
// scratch memory, where rows before from are left out. The caller calls release when done.
func (t *tiles) inPlaceOrPacked(data []float32, ld, from, k, n int) (b panels, release func()) {
	if n%t.cols == 0 {
		return panels{p: &data[0], ld: ld, step: t.cols}, func() {}
	}
	scratch := getScratch(roundUp(n, t.cols) * k)
	for j := 0; j < n; j += t.cols {
		t.packB(scratch[j*k+from*t.cols:], matrix{p: &data[0], ld: ld}, from, k-from, j, min(t.cols, n-j))
	}
	return panels{p: &scratch[0], ld: t.cols, step: k * t.cols}, func() { putScratch(scratch) }
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
