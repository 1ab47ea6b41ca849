package compute

import (
	"fmt"
	"math"
	"testing"
)

// gemmTolerance is for sums of up to a few thousand float32 products of normal numbers.
const gemmTolerance = 2e-4

// naiveGemm is the definition, in float64.
func naiveGemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	for i := range m {
		for j := range n {
			sum := 0.0
			for p := range k {
				x, y := i*lda+p, p*ldb+j
				if transA {
					x = p*lda + i
				}
				if transB {
					y = j*ldb + p
				}
				sum += float64(a[x]) * float64(b[y])
			}
			v := float64(alpha) * sum
			if beta != 0 {
				v += float64(beta) * float64(c[i*ldc+j])
			}
			c[i*ldc+j] = float32(v)
		}
	}
}

func compareGemm(t *testing.T, transA, transB bool, m, n, k, pad int, alpha, beta float32) {
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
	a, b, c := normals(r, ar*lda), normals(r, br*ldb), normals(r, m*ldc)
	want := append([]float32(nil), c...)
	if beta == 0 && m > 0 && n > 0 {
		c[0] = float32(math.NaN()) // must not be read
	}
	Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	naiveGemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
	nearly(t, fmt.Sprintf("Gemm %v %v %dx%dx%d pad %d alpha %v beta %v", transA, transB, m, n, k, pad, alpha, beta), c, want, gemmTolerance)
}

func TestGemmMatchesDefinition(t *testing.T) {
	shapes := [][3]int{
		{1, 1, 1}, {1, 33, 7}, {3, 5, 4}, {4, 32, 64}, {5, 64, 63}, {13, 31, 17}, {14, 96, 33}, {15, 97, 128},
		{29, 65, 100}, {64, 64, 64}, {130, 40, 70}, {300, 65, 96}, {33, 300, 256}, {145, 290, 530}, {17, 40, 2100}, {150, 35, 1030}, {141, 97, 1024},
	}
	onEachLevel(t, func(t *testing.T) {
		for _, s := range shapes {
			for v := range 4 {
				compareGemm(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 0, 1, 0)
				compareGemm(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 3, 0.5, 1)
				compareGemm(t, v&1 != 0, v&2 != 0, s[0], s[1], s[2], 1, -2, 0.25)
			}
		}
	})
}

func TestGemmPlans(t *testing.T) {
	// Each plan by itself, on shapes that have tails in every direction.
	onEachLevel(t, func(t *testing.T) {
		for _, plan := range []string{"serial", "panels", "packed", "blocks", "dots"} {
			for v := range 4 {
				for _, n := range []int{101, 65, 3} {
					comparePlan(t, plan, v&1 != 0, v&2 != 0, 157, n, 1100)
				}
			}
		}
	})
}

func comparePlan(t *testing.T, plan string, transA, transB bool, m, n, k int) {
	t.Helper()
	r := source(5)
	a, b := normals(r, m*k), normals(r, n*k)
	lda, ldb := k, n
	if transA {
		lda = m
	}
	if transB {
		ldb = k
	}
	for _, add := range []bool{false, true} {
		c, want := normals(source(6), m*n), normals(source(6), m*n)
		g := gemmCall{m: m, n: n, k: k, alpha: 0.5, add: add, a: matrix{&a[0], lda, transA}, b: matrix{&b[0], ldb, transB}, c: &c[0], ldc: n}
		switch plan {
		case "serial":
			g.serial(active.tiles)
		case "panels", "packed":
			g.panels(active.tiles, plan == "packed")
		case "blocks":
			g.blocks(active.tiles)
		case "dots":
			if transA || !transB || active.tiles.dots4 == nil {
				return
			}
			g.dots(active.tiles)
		}
		beta := float32(0)
		if add {
			beta = 1
		}
		naiveGemm(transA, transB, m, n, k, 0.5, a, lda, b, ldb, beta, want, n)
		nearly(t, fmt.Sprint(plan, transA, transB, n, add), c, want, gemmTolerance)
	}
}

func TestGemmEdges(t *testing.T) {
	c := []float32{1, 2}
	Gemm(false, false, 1, 2, 0, 1, nil, 0, nil, 2, 0.5, c, 2)
	nearly(t, "k = 0", c, []float32{0.5, 1}, 0)
	Gemm(false, false, 0, 2, 3, 1, nil, 3, make([]float32, 6), 2, 0, nil, 2)
	wantError(t, "short a", func() {
		Gemm(false, false, 2, 2, 2, 1, make([]float32, 3), 2, make([]float32, 4), 2, 0, make([]float32, 4), 2)
	})
	wantError(t, "small ldb", func() {
		Gemm(false, true, 2, 2, 2, 1, make([]float32, 4), 2, make([]float32, 4), 1, 0, make([]float32, 4), 2)
	})
	wantError(t, "negative", func() { Gemm(false, false, -1, 2, 2, 1, nil, 2, nil, 2, 0, nil, 2) })
}

func TestGemmSameBitsForAnyNumberOfWorkers(t *testing.T) {
	defer SetWorkers(Workers())
	onEachLevel(t, func(t *testing.T) {
		for _, s := range [][3]int{{200, 330, 600}, {300, 65, 1200}, {600, 70, 700}} { // panels, and blocks in one pass and two
			for v := range 8 {
				sameBits(t, v&1 != 0, v&2 != 0, v&4 != 0, s[0], s[1], s[2])
			}
		}
	})
}

func sameBits(t *testing.T, transA, transB, bf16 bool, m, n, k int) {
	t.Helper()
	r := source(9)
	a, b := normals(r, m*k), normals(r, k*n)
	lda, ldb, gemm := k, n, Gemm
	if transA {
		lda = m
	}
	if transB {
		ldb = k
	}
	if bf16 {
		gemm = GemmBF16
	}
	var first []float32
	for _, workers := range []int{1, 2, 3, 7} {
		SetWorkers(workers)
		c := make([]float32, m*n)
		gemm(transA, transB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
		if first == nil {
			first = c
		}
		for i := range c {
			if c[i] != first[i] {
				t.Fatalf("%dx%dx%d %v %v bf16 %v, %d workers: element %d is %v, was %v", m, n, k, transA, transB, bf16, workers, i, c[i], first[i])
			}
		}
	}
}

func FuzzGemm(f *testing.F) {
	f.Add(uint16(11), uint16(0), uint16(17), uint8(0), uint8(4))
	f.Add(uint16(3), uint16(40), uint16(17), uint8(0), uint8(1))
	f.Add(uint16(200), uint16(33), uint16(90), uint8(3), uint8(0))
	f.Fuzz(func(t *testing.T, m, n, k uint16, flags, pad uint8) {
		onEachLevel(t, func(t *testing.T) {
			beta := float32(flags >> 2 & 1)
			compareGemm(t, flags&1 != 0, flags&2 != 0, int(m)%300, int(n)%300, int(k)%300, int(pad)%5, 1, beta)
		})
	})
}
