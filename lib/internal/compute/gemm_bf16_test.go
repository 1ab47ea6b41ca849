//go:build unix

package compute

import (
	"fmt"
	"math"
	"testing"
)

func compareGemmBF16(t *testing.T, transA, transB bool, m, n, k, pad int, alpha, beta float32) {
	t.Helper()
	r := source(uint64(m*1000003 + n*1009 + k))
	ar, ac, br, bc := m, k, k, n
	if transA {
		ar, ac = k, m
	}
	if transB {
		br, bc = n, k
	}
	lda, ldb, ldc := ac+pad, bc+pad, n+pad
	g := &guards{t: t, front: m%2 == 0}
	a, b := g.copyOf(normals(r, (ar-1)*lda+ac)), g.copyOf(normals(r, (br-1)*ldb+bc))
	c := g.copyOf(normals(r, (m-1)*ldc+n))
	want := append([]float32(nil), c...)
	if beta == 0 {
		c[0] = float32(math.NaN()) // must not be read
	}
	GemmBF16(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	naiveGemm(transA, transB, m, n, k, alpha, roundedBF16(a), lda, roundedBF16(b), ldb, beta, want, ldc)
	what := fmt.Sprintf("GemmBF16 %v %v %dx%dx%d pad %d alpha %v beta %v", transA, transB, m, n, k, pad, alpha, beta)
	nearly(t, what, c, want, gemmTolerance)
	g.done(what)
}

func TestGemmBF16MatchesDefinition(t *testing.T) {
	shapes := [][3]int{
		{1, 1, 1}, {1, 33, 7}, {3, 5, 4}, {4, 32, 64}, {5, 64, 63}, {13, 31, 17}, {14, 96, 33}, {15, 97, 128}, {2, 31, 2100},
		{29, 65, 100}, {64, 64, 64}, {130, 40, 70}, {300, 65, 97}, {33, 300, 256}, {145, 290, 530}, {17, 40, 2101}, {150, 33, 5000}, {150, 65, 129}, {145, 40, 2051}, {290, 36, 130}, {300, 150, 64},
	}
	onEachLevel(t, func(t *testing.T) {
		for _, s := range shapes {
			for v := range 4 {
				compareGemmBF16(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 3, 0.5, 1)
				if s[0]*s[1]*s[2] > 1<<20 {
					continue // the reference takes long
				}
				compareGemmBF16(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 0, 1, 0)
				compareGemmBF16(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 1, -2, 0.25)
			}
		}
		for m := 1; m <= 15; m++ {
			for n := 1; n <= 33; n++ {
				compareGemmBF16(t, m%2 == 0, n%2 == 0, m, n, 1+(m+n)%7, n%3, 1, float32(m%2))
			}
		}
	})
}

// TestPairsOnAllTails compares what makes words of two bfloat16 with rounding element by element.
func TestPairsOnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		if active.pairs == nil {
			return // GemmBF16 makes no words there
		}
		for n := 1; n < 140; n++ {
			g, r := &guards{t: t, front: n%2 == 0}, source(uint64(n))
			ld := n + 3
			x := normals(r, 2*ld+n)
			x[n/2] = float32(math.NaN())
			src := g.copyOf(x)
			rounded := make([]uint16, len(x))
			scalarToBF16(rounded, x)
			along := g.make((n + 1) / 2)
			pairsAlong(along, src[:n])
			for j := range (n + 1) / 2 {
				high := uint16(0)
				if 2*j+1 < n {
					high = rounded[2*j+1]
				}
				wantWord(t, fmt.Sprintf("pairsAlong of %d, word %d", n, j), along[j], rounded[2*j], high)
			}
			for p := 0; p < 3; p += 2 { // the row behind the last one is zero
				joined := g.make(n)
				pairRows(joined, matrix{p: &src[0], ld: ld}, p, 3, 0)
				for j := range n {
					high := uint16(0)
					if p == 0 {
						high = rounded[ld+j]
					}
					wantWord(t, fmt.Sprintf("pairRows %d of %d, word %d", p, n, j), joined[j], rounded[p*ld+j], high)
				}
			}
			g.done("pairs")
		}
	})
}

func wantWord(t *testing.T, what string, got float32, low, high uint16) {
	t.Helper()
	if bits, want := math.Float32bits(got), uint32(high)<<16|uint32(low); bits != want {
		t.Fatalf("%s is %08x, want %08x", what, bits, want)
	}
}

func TestGemmBF16Values(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	onEachLevel(t, func(t *testing.T) {
		for v := range 4 {
			a, b, c := []float32{1, 2, nan, 1, inf, 1}, []float32{1, 0, 0, 1, 1, 1}, make([]float32, 1)
			for at, want := range []float32{1, inf} { // sums of three products: without and with the infinity
				GemmBF16(v&1 != 0, v&2 != 0, 1, 1, 3, 1, []float32{a[0], a[4*at], 0}, []int{3, 1}[v&1], b[3:], []int{1, 3}[v>>1], 0, c, 1)
				if at == 0 {
					want = 2
				}
				if c[0] != want {
					t.Errorf("%d: %v, want %v", v, c[0], want)
				}
			}
			GemmBF16(v&1 != 0, v&2 != 0, 1, 1, 3, 1, a[:3], []int{3, 1}[v&1], b[3:], []int{1, 3}[v>>1], 0, c, 1)
			if c[0] == c[0] {
				t.Errorf("NaN became %v", c[0])
			}
		}
	})
}

func FuzzGemmBF16(f *testing.F) {
	f.Add(uint16(11), uint16(1), uint16(17), uint8(0), uint8(4))
	f.Add(uint16(200), uint16(33), uint16(91), uint8(7), uint8(0))
	f.Fuzz(func(t *testing.T, m, n, k uint16, flags, pad uint8) {
		onEachLevel(t, func(t *testing.T) {
			beta := float32(flags >> 2 & 1)
			compareGemmBF16(t, flags&1 != 0, flags&2 != 0, int(m)%300+1, int(n)%300+1, int(k)%300+1, int(pad)%5, 1, beta)
		})
	})
}

// BenchmarkGemmBF16 reports the share of what both cores reach with nothing but products of bfloat16 on registers.
func BenchmarkGemmBF16(b *testing.B) {
	for _, s := range [][3]int{{2048, 2048, 2048}, {1024, 1024, 1024}, {2048, 1152, 384}, {2048, 384, 1536}, {384, 1536, 2048},
		{512, 960, 576}, {512, 3072, 576}, {512, 576, 1536}, {1536, 576, 512}, {256, 49152, 576}, {256, 576, 49152}, {49152, 576, 256}} {
		for v, name := range []string{"NN", "TN", "NT"} {
			m, n, k := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%s/%dx%dx%d", name, m, n, k), func(b *testing.B) {
				lda, ldb := k, n
				if v == 1 {
					lda = m
				}
				if v == 2 {
					ldb = k
				}
				r := source(1)
				x, y, c := normals(r, m*k), normals(r, n*k), make([]float32, m*n)
				peak := PeakBF16() * float64(Workers())
				for b.Loop() {
					GemmBF16(v == 1, v == 2, m, n, k, 1, x, lda, y, ldb, 0, c, n)
				}
				flops := 2 * float64(m) * float64(n) * float64(k) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(flops/1e9, "GFlop/s")
				b.ReportMetric(100*flops/peak, "%peak")
			})
		}
	}
}
