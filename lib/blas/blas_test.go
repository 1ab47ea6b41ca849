package blas

import (
	"math"
	"math/rand/v2"
	"testing"

	gonumblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"

	"lyceum/lib/tensor"
)

const tolerance = 2e-4

func numbers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func nearly(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > tolerance*(1+math.Abs(float64(want[i]))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestOursForGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	theirs, kinds := gonum.Implementation{}, []gonumblas.Transpose{gonumblas.NoTrans, gonumblas.Trans, gonumblas.ConjTrans}
	for _, s := range [][3]int{{1, 1, 1}, {3, 5, 7}, {40, 33, 65}, {100, 1, 9}} {
		for _, tA := range kinds {
			for _, tB := range kinds {
				m, n, k := s[0], s[1], s[2]
				lda, ldb := k+1, n+2
				if tA != gonumblas.NoTrans {
					lda = m + 1
				}
				if tB != gonumblas.NoTrans {
					ldb = k + 2
				}
				a, b, c := numbers(rng, lda*max(m, k)), numbers(rng, ldb*max(n, k)), numbers(rng, n*m)
				want := append([]float32(nil), c...)
				Float32{}.Sgemm(tA, tB, m, n, k, 0.5, a, lda, b, ldb, 2, c, n)
				theirs.Sgemm(tA, tB, m, n, k, 0.5, a, lda, b, ldb, 2, want, n)
				nearly(t, "Sgemm", c, want)
			}
			m, n := s[0], s[1]
			a, x, y := numbers(rng, m*n), numbers(rng, max(m, n)), numbers(rng, max(m, n))
			want := append([]float32(nil), y...)
			Float32{}.Sgemv(tA, m, n, 1.5, a, n, x, 1, 0.5, y, 1)
			theirs.Sgemv(tA, m, n, 1.5, a, n, x, 1, 0.5, want, 1)
			nearly(t, "Sgemv", y, want)
			nearly(t, "Sdot", []float32{Float32{}.Sdot(n, x, 1, y, 1)}, []float32{theirs.Sdot(n, x, 1, y, 1)})
			Float32{}.Saxpy(n, 0.3, x, 1, y, 1)
			theirs.Saxpy(n, 0.3, x, 1, want, 1)
			nearly(t, "Saxpy", y, want)
		}
	}
}

func TestBlas32Use(t *testing.T) {
	before := blas32.Implementation()
	blas32.Use(Float32{})
	defer blas32.Use(before)
	a := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: []float32{1, 2, 3, 4}}
	c := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: make([]float32, 4)}
	blas32.Gemm(gonumblas.NoTrans, gonumblas.Trans, 1, a, a, 0, c)
	nearly(t, "A A^T", c.Data, []float32{5, 11, 11, 25})
}

// counting is gonum's implementation that counts the products it is given.
type counting struct {
	gonum.Implementation
	calls *int
}

func (c counting) Sgemm(tA, tB gonumblas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, cc []float32, ldc int) {
	*c.calls++
	c.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, cc, ldc)
}

func TestAnotherForOurs(t *testing.T) {
	x, w := tensor.Randn(tensor.NewRand(1), 70, 80).RequireGrad(), tensor.Randn(tensor.NewRand(2), 90, 80).RequireGrad()
	run := func() [][]float32 {
		x.ZeroGrad()
		w.ZeroGrad()
		y := tensor.Linear(x, w, nil)
		y.Sum().Backward()
		return [][]float32{y.Data(), append([]float32(nil), x.Grad().Data()...), append([]float32(nil), w.Grad().Data()...)}
	}
	want := run()
	calls := 0
	back := Use(counting{calls: &calls})
	got := run()
	small := tensor.New(2, 3).MatMul(tensor.New(3, 2))
	back()
	if calls != 3 || small.Len() != 4 {
		t.Errorf("%d products were handed over; forward and both gradients are 3, and the small one is not worth it", calls)
	}
	for i := range want {
		nearly(t, "through gonum", got[i], want[i])
	}
	run()
	if calls != 3 {
		t.Error("products are handed over after it was taken back")
	}
}

func TestNoSuchTransposition(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Float32{}.Sgemm('x', gonumblas.NoTrans, 1, 1, 1, 1, []float32{1}, 1, []float32{1}, 1, 0, []float32{0}, 1)
}
