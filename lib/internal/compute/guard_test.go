//go:build unix

package compute

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guards hands out float32 slices in memory of their own between two pages that fault when touched.
// A slice lies against the page behind it, or with front against the page before it; the rest of its pages
// is filled with canaries.
type guards struct {
	t      *testing.T
	front  bool
	blocks [][]byte
	slices [][]float32
}

const canary = 0xa5

func (g *guards) make(n int) []float32 {
	page := os.Getpagesize()
	room := (4*n + page - 1) / page * page
	block, err := unix.Mmap(-1, 0, room+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		g.t.Fatal(err)
	}
	for i := range block {
		block[i] = canary
	}
	for _, wall := range [][]byte{block[:page], block[page+room:]} {
		if err := unix.Mprotect(wall, unix.PROT_NONE); err != nil {
			g.t.Fatal(err)
		}
	}
	at := page + room - 4*n
	if g.front {
		at = page
	}
	var s []float32
	if n > 0 {
		s = unsafe.Slice((*float32)(unsafe.Pointer(&block[at])), n)
	}
	g.blocks, g.slices = append(g.blocks, block), append(g.slices, s)
	return s
}

func (g *guards) copyOf(x []float32) []float32 {
	s := g.make(len(x))
	copy(s, x)
	return s
}

// done checks the canaries and gives the memory back.
func (g *guards) done(what string) {
	g.t.Helper()
	page := os.Getpagesize()
	for i, block := range g.blocks {
		inside := block[page : len(block)-page]
		for j, b := range inside {
			own := false
			if n := 4 * len(g.slices[i]); g.front {
				own = j < n
			} else {
				own = j >= len(inside)-n
			}
			if !own && b != canary {
				g.t.Fatalf("%s: wrote outside slice %d", what, i)
			}
		}
		if err := unix.Munmap(block); err != nil {
			g.t.Fatal(err)
		}
	}
	g.blocks, g.slices = nil, nil
}

// spanCase is a kernel over equal slices; run returns the result if there is one.
type spanCase struct {
	name   string
	slices int
	run    func(l *level, s [][]float32) float32
}

var testStep = AdamWStep{LearningRate: 0.1, Beta1: 0.9, Beta2: 0.95, Eps: 1e-3, WeightDecay: 0.1, Step: 3, GradScale: 0.5}

func spanCases() []spanCase {
	none := func(f func(l *level, s [][]float32)) func(*level, [][]float32) float32 {
		return func(l *level, s [][]float32) float32 { f(l, s); return 0 }
	}
	return []spanCase{
		{"dot", 2, func(l *level, s [][]float32) float32 { return l.dot(s[0], s[1]) }},
		{"sum", 1, func(l *level, s [][]float32) float32 { return l.sum(s[0]) }},
		{"sumSquares", 1, func(l *level, s [][]float32) float32 { return l.sumSquares(s[0]) }},
		{"max", 1, func(l *level, s [][]float32) float32 { return l.max(s[0]) }},
		{"axpy", 2, none(func(l *level, s [][]float32) { l.axpy(s[0], s[1], 0.7) })},
		{"scale", 1, none(func(l *level, s [][]float32) { l.scale(s[0], 0.7) })},
		{"add", 3, none(func(l *level, s [][]float32) { l.add(s[0], s[1], s[2]) })},
		{"mul", 3, none(func(l *level, s [][]float32) { l.mul(s[0], s[1], s[2]) })},
		{"mulAdd", 3, none(func(l *level, s [][]float32) { l.mulAdd(s[0], s[1], s[2]) })},
		{"exp", 2, none(func(l *level, s [][]float32) { l.exp(s[0], s[1]) })},
		{"expSum", 2, func(l *level, s [][]float32) float32 { return l.expSum(s[0], s[1], 0.5) }},
		{"expScale", 2, none(func(l *level, s [][]float32) { l.expScale(s[0], s[1], 0.5, -2) })},
		{"softmaxBack", 3, none(func(l *level, s [][]float32) { l.softmaxBack(s[0], s[1], s[2], 0.3) })},
		{"scoreBack", 2, none(func(l *level, s [][]float32) { l.scoreBack(s[0], s[1], 0.3) })},
		{"rmsForward", 3, none(func(l *level, s [][]float32) { l.rmsForward(s[0], s[1], s[2], 0.3) })},
		{"rmsBackward", 5, none(func(l *level, s [][]float32) { l.rmsBackward(s[0], s[1], s[2], s[3], s[4], 0.3, 0.2) })},
		{"swiglu", 3, none(func(l *level, s [][]float32) { l.swiglu(s[0], s[1], s[2]) })},
		{"swigluBack", 5, none(func(l *level, s [][]float32) { l.swigluBack(s[0], s[1], s[2], s[3], s[4]) })},
		{"gelu", 2, none(func(l *level, s [][]float32) { l.gelu(s[0], s[1]) })},
		{"geluBack", 3, none(func(l *level, s [][]float32) { l.geluBack(s[0], s[1], s[2]) })},
		{"geluErf", 2, none(func(l *level, s [][]float32) { l.geluErf(s[0], s[1]) })},
		{"geluErfBack", 3, none(func(l *level, s [][]float32) { l.geluErfBack(s[0], s[1], s[2]) })},
		{"affine", 2, none(func(l *level, s [][]float32) { l.affine(s[0], s[1], 0.7, -0.2) })},
		{"squaresFrom", 1, func(l *level, s [][]float32) float32 { return l.squaresFrom(s[0], 0.3) }},
		{"normForward", 4, none(func(l *level, s [][]float32) { l.normForward(s[0], s[1], s[2], s[3], 0.4, 1.3) })},
		{"rotate", 4, none(func(l *level, s [][]float32) { l.rotate(s[0], s[1], s[2], s[3], -1) })},
		{"adamw", 4, none(func(l *level, s [][]float32) {
			for i, v := range s[3] {
				s[3][i] = max(v, -v) // second moments are not negative
			}
			c := testStep.constants()
			l.adamw(s[0], s[1], s[2], s[3], &c)
		})},
	}
}

// spanTolerance covers a different order of sums and fused multiply-adds.
const spanTolerance = 3e-5

func compareSpan(t *testing.T, c spanCase, l, reference *level, n int, front bool, r *rand.Rand) {
	t.Helper()
	g := &guards{t: t, front: front}
	var mine, want [][]float32
	for range c.slices {
		x := normals(r, n)
		mine, want = append(mine, g.copyOf(x)), append(want, x)
	}
	got, expected := c.run(l, mine), c.run(reference, want)
	what := fmt.Sprintf("%s n=%d front=%v", c.name, n, front)
	nearly(t, what, []float32{got}, []float32{expected}, spanTolerance)
	for i := range mine {
		nearly(t, fmt.Sprintf("%s slice %d", what, i), mine[i], want[i], spanTolerance)
	}
	g.done(what)
}

func TestSpansOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, c := range spanCases() {
			r := source(21)
			for n := range 150 {
				compareSpan(t, c, active, scalarLevel(), n, n%2 == 1, r)
			}
			compareSpan(t, c, active, scalarLevel(), 64, true, r)
			compareSpan(t, c, active, scalarLevel(), 1031, false, r)
		}
	})
}

func FuzzSpans(f *testing.F) {
	f.Add(uint64(1), uint16(77), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, which uint8) {
		cases := spanCases()
		for _, l := range levels() {
			compareSpan(t, cases[int(which)%len(cases)], l, scalarLevel(), int(n)%5000, seed%2 == 0, source(seed))
		}
	})
}

func TestTilesOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		tl := active.tiles
		for rows := 1; rows <= tl.rows; rows++ {
			for cols := 1; cols <= tl.cols; cols++ {
				for _, k := range []int{1, 3, 4, 6, 9, 16, 27} {
					compareTile(t, tl, rows, cols, k, "rows")
					compareTile(t, tl, rows, cols, k, "columns")
					if tl.byChunk != nil {
						compareTile(t, tl, rows, cols, k, "chunks")
					}
				}
			}
		}
	})
}

// compareTile tries the kernel that finds A by rows, columns or chunks of rows.
func compareTile(t *testing.T, tl *tiles, rows, cols, k int, order string) {
	t.Helper()
	g := &guards{t: t}
	r := source(uint64(rows*100 + cols))
	lda, ldb, ldc := k+1, tl.cols+3, cols+2
	ar, ac, table, trans := rows, k, tl.byRow, order == "columns"
	if trans {
		lda, ar, ac, table = rows+1, k, rows, tl.byCol
	}
	a := g.copyOf(normals(r, (ar-1)*lda+ac))
	b := g.copyOf(normals(r, (k-1)*ldb+tl.cols))
	c := g.copyOf(normals(r, (rows-1)*ldc+cols))
	want := append([]float32(nil), c...)
	naiveGemm(trans, false, rows, cols, k, 0.5, a, lda, b, ldb, 1, want, ldc)
	from := a
	if order == "chunks" {
		from, table = g.make(rows*roundUp(k, chunkLength)), tl.byChunk
		tl.packChunks(from, matrix{p: &a[0], ld: lda}, 0, rows, 0, k)
	}
	table[rows](k, &from[0], lda, &b[0], ldb, &c[0], ldc, 0.5, 1, cols)
	what := fmt.Sprintf("tile %dx%dx%d by %s", rows, cols, k, order)
	nearly(t, what+" add", c, want, spanTolerance)
	naiveGemm(trans, false, rows, cols, k, 2, a, lda, b, ldb, 0, want, ldc)
	table[rows](k, &from[0], lda, &b[0], ldb, &c[0], ldc, 2, 0, cols)
	nearly(t, what, c, want, spanTolerance)
	g.done(what)
}

func TestDotsOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for n, table := range map[int][]dotFunc{4: active.tiles.dots4, 1: active.tiles.dots1} {
			for rows := 1; rows < len(table); rows++ {
				for k := 1; k < 70; k++ {
					compareDots(t, fmt.Sprintf("dots %dx%d k %d", rows, n, k), table[rows], rows, n, k)
				}
			}
		}
	})
}

func compareDots(t *testing.T, what string, f dotFunc, rows, n, k int) {
	t.Helper()
	g := &guards{t: t}
	r := source(uint64(rows*100 + k))
	lda, ldb, ldc := k+1, k+3, n+2
	a, b := g.copyOf(normals(r, (rows-1)*lda+k)), g.copyOf(normals(r, (n-1)*ldb+k))
	c := g.copyOf(normals(r, (rows-1)*ldc+n))
	want := append([]float32(nil), c...)
	for add := range 2 {
		naiveGemm(false, true, rows, n, k, 0.5, a, lda, b, ldb, float32(add), want, ldc)
		f(k, &a[0], lda, &b[0], ldb, &c[0], ldc, 0.5, add)
		nearly(t, what, c, want, spanTolerance)
	}
	g.done(what)
}

func TestStreamsOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		tables := map[string][]dotFunc{"lines": active.tiles.lines, "ahead": nil}
		for _, f := range active.tiles.ahead {
			tables["ahead"] = append(tables["ahead"], func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int) {
				f(k, a, lda, b, ldb, c, ldc, alpha, add, 0, cacheLine, 2*cacheLine) // asking for memory that is not there is allowed
			})
		}
		for name, table := range tables {
			for rows := 1; rows < len(table); rows++ {
				for k := 1; k < 70; k++ {
					compareDots(t, fmt.Sprintf("%s %d rows, k %d", name, rows, k), table[rows], rows, 4, k)
				}
			}
		}
	})
}

func TestSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	onEachLevel(t, func(t *testing.T) {
		x := []float32{0, 1, -1, 88.7, 88.8, 1e30, inf, -87.3, -87.4, -1e30, -inf, nan, 1e-40, -0.5, 10, 20, -20, 30}
		got := make([]float32, len(x))
		Exp(got, x)
		for i, v := range x {
			want := math.Exp(float64(v))
			if want < 1.17549435e-38 {
				want = 0
			}
			want = float64(float32(want))
			same := math.IsNaN(want) && got[i] != got[i] || float64(got[i]) == want
			if !same && !(math.Abs(float64(got[i])/want-1) < 3e-7) {
				t.Errorf("exp(%v) = %v, want %v", v, got[i], want)
			}
		}
		for _, n := range []int{1, 7, 16, 40, 100} {
			for at := range n {
				y := make([]float32, n)
				y[at] = nan
				if m := Max(y); m == m {
					t.Fatalf("max of %d with NaN at %d is %v", n, at, m)
				}
				y[at] = 3
				if m := Max(y); m != 3 {
					t.Fatalf("max of %d with 3 at %d is %v", n, at, m)
				}
			}
		}
		if m := Max(nil); m != -inf {
			t.Errorf("max of nothing is %v", m)
		}
	})
}
