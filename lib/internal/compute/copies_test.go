//go:build unix

package compute

import (
	"fmt"
	"math"
	"testing"
)

func TestCopiesOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		tl := active.tiles
		for rows := 1; rows <= 33; rows++ {
			for cols := 1; cols <= 33; cols++ {
				g := &guards{t: t}
				lds, ldd := cols+2, rows+1
				src, dst := g.copyOf(normals(source(1), (rows-1)*lds+cols)), g.make((cols-1)*ldd+rows)
				tl.transpose(&dst[0], ldd, &src[0], lds, rows, cols)
				what := fmt.Sprintf("transpose %dx%d", rows, cols)
				for i := range rows {
					for j := range cols {
						if dst[j*ldd+i] != src[i*lds+j] {
							t.Fatalf("%s: element %d %d", what, i, j)
						}
					}
				}
				g.done(what)
			}
		}
		for rows := 1; rows <= 9; rows++ {
			compareCopy(t, rows, tl.cols, func(dst, src *float32, lds int) { tl.copyColumns(dst, src, lds, rows) })
		}
		for width := 1; width <= tl.rows; width++ {
			for count := 1; count <= 9; count++ {
				for _, rows := range []int{1, 2, 13} {
					compareStrips(t, tl.strips[width], rows, count, width)
				}
			}
		}
	})
}

func compareCopy(t *testing.T, rows, width int, f func(dst, src *float32, lds int)) {
	t.Helper()
	g := &guards{t: t}
	lds := width + 5
	src, dst := g.copyOf(normals(source(2), (rows-1)*lds+width)), g.make(rows*width)
	f(&dst[0], &src[0], lds)
	for i := range dst {
		if dst[i] != src[i/width*lds+i%width] {
			t.Fatalf("copy %dx%d: element %d", rows, width, i)
		}
	}
	g.done("copy")
}

func compareStrips(t *testing.T, f stripsFunc, rows, count, width int) {
	t.Helper()
	g := &guards{t: t, front: count%2 == 0}
	lds, step := count*width+3, rows*width+2
	src := g.copyOf(normals(source(2), (rows-1)*lds+count*width))
	dst := g.make((count-1)*step + rows*width)
	want := append([]float32(nil), dst...) // what lies between the strips stays
	for s := range count {
		for p := range rows {
			copy(want[s*step+p*width:][:width], src[p*lds+s*width:])
		}
	}
	f(&dst[0], step, &src[0], lds, rows, count)
	what := fmt.Sprintf("%d strips of %d columns, %d rows", count, width, rows)
	for i := range dst {
		if math.Float32bits(dst[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d", what, i)
		}
	}
	g.done(what)
}
