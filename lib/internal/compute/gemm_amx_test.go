//go:build unix

package compute

import (
	"fmt"
	"testing"
)

// onTiles runs the test where the processor has tile registers, and the system lets them be used.
func onTiles(t *testing.T, f func(t *testing.T, x *amxKernels)) {
	for _, l := range levels() {
		if l.amx != nil {
			t.Run(l.name, func(t *testing.T) { f(t, l.amx) })
		}
	}
}

// TestAMXPacksAllTails compares the packing of each number of rows and length of sum with rounding element by element.
func TestAMXPacksAllTails(t *testing.T) {
	onTiles(t, func(t *testing.T, x *amxKernels) {
		for rows := 1; rows <= amxTile; rows++ {
			for k := 1; k <= 2*amxStep+3; k++ {
				steps := (k-1)/amxStep + 1
				g, r := &guards{t: t, front: k%2 == 0}, source(uint64(100*rows+k))
				for _, c := range []struct {
					name            string
					pack            func(dst, src *float32, lds, rows, k int)
					trans           bool
					between, behind int // words of dst between two rows, and between two words of a row
				}{{"rows", x.rows, false, amxTile, 1}, {"cols", x.cols, true, amxTile, 1}, {"rowsT", x.rowsT, false, 1, amxPanel}} {
					stored, width := rows, k
					if c.trans {
						stored, width = k, rows
					}
					lds := width + 3
					src := g.copyOf(normals(r, (stored-1)*lds+width))
					rounded := make([]uint16, len(src))
					scalarToBF16(rounded, src)
					dst := g.make((steps-1)*amxWords + (rows-1)*c.between + (amxTile-1)*c.behind + 1)
					if c.behind > 1 || c.trans { // these write whole tiles, whatever the number of rows
						dst = g.make((steps-1)*amxWords + (amxTile-1)*(c.between+c.behind) + 1)
					}
					c.pack(&dst[0], &src[0], lds, rows, k)
					for i := range rows {
						for w := range steps * amxTile {
							var half [2]uint16
							for e := range half {
								p := 2*w + e
								if p >= k {
									continue
								}
								if c.trans {
									half[e] = rounded[p*lds+i]
								} else {
									half[e] = rounded[i*lds+p]
								}
							}
							at := w/amxTile*amxWords + i*c.between + w%amxTile*c.behind
							wantWord(t, fmt.Sprintf("%s: row %d of %d, word %d of %d elements", c.name, i, rows, w, k), dst[at], half[0], half[1])
						}
					}
				}
				g.done(fmt.Sprintf("packing %d rows of %d", rows, k))
			}
		}
	})
}

// TestAMXProducts compares the products of one and two tiles with the definition, several blocks at a time.
func TestAMXProducts(t *testing.T) {
	onTiles(t, func(t *testing.T, x *amxKernels) {
		for _, steps := range []int{1, 2, 5} {
			for shape := range 4 {
				rows, cols := shape&1+1, shape>>1+1
				const count = 3
				g, r := &guards{t: t}, source(uint64(10*steps+shape))
				m, n, k := amxTile*rows, amxTile*cols, steps*amxStep
				ldc := (count-1)*amxPanel + n + 2
				left, right := normals(r, amxPanel*k), normals(r, count*amxPanel*k) // rows along k
				a, b := g.make(steps*amxWords), g.make(count*steps*amxWords)
				packTiles(a, left, k, x.rows, amxTile*amxTile)
				packTiles(b, right, k, x.rowsT, amxTile)
				c := g.copyOf(normals(r, m*ldc-2))
				want := append([]float32(nil), c...)
				for add := range 2 {
					x.product[rows][cols](count, steps, &a[0], amxRowBytes, amxBytes/2, amxBytes, &b[0], steps*amxBytes, &c[0], 4*ldc, 4*amxPanel, add)
					for q := range count {
						naiveGemm(false, true, m, n, k, 1, roundedBF16(left), k, roundedBF16(right[q*amxPanel*k:]), k, float32(add), want[q*amxPanel:], ldc)
					}
					nearly(t, fmt.Sprintf("%dx%d tiles, %d steps, add %d", rows, cols, steps, add), c, want, gemmTolerance)
				}
				g.done("products")
			}
		}
	})
}

// packTiles packs rows of k elements, panel by panel; second is how many words the second tile is behind the first.
func packTiles(dst, rows []float32, k int, pack func(dst, src *float32, lds, rows, k int), second int) {
	for i := 0; i < len(rows)/k; i += amxTile {
		panel := i / amxPanel * (k / amxStep) * amxWords
		pack(&dst[panel+i/amxTile%2*second], &rows[i*k], k, amxTile, k)
	}
}

func TestAMXTranspose(t *testing.T) {
	onTiles(t, func(t *testing.T, x *amxKernels) {
		const ldd = amxTile + 3
		g := &guards{t: t}
		src := g.copyOf(normals(source(1), (amxTile-1)*amxPanel+amxTile))
		dst := g.make((amxTile-1)*ldd + amxTile)
		want := append([]float32(nil), dst...)
		x.transpose(&dst[0], ldd, &src[0])
		for i := range amxTile {
			for j := range amxTile {
				want[i*ldd+j] = src[j*amxPanel+i]
			}
		}
		for i := range dst {
			if dst[i] != want[i] && dst[i] == dst[i] {
				t.Fatalf("element %d is %v, want %v", i, dst[i], want[i])
			}
		}
		g.done("transpose")
	})
}
