package blas

import (
	"math"
	"slices"
	"testing"

	gonumblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"
)

// narrowed lets gonum's own tests, which are for float64, test Float32: arguments are rounded, and what comes out is handed over
// as gonum's float64 result if it is that but for the rounding; else as it is, and the test fails. A panic is Float32's.
type narrowed struct{ calls int }

func (w *narrowed) run(inputs [][]float64, output []float64, ours func(in [][]float32, out []float32), theirs func(out []float64)) {
	w.calls++
	var in [][]float32
	for _, x := range inputs {
		in = append(in, narrow(x))
	}
	out, want := narrow(output), slices.Clone(output)
	ours(in, out)
	known := !panicked(func() { theirs(want) })
	for i, x := range out {
		if output[i] = float64(x); known && alike(output[i], want[i]) {
			output[i] = want[i]
		}
	}
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

func alike(got, want float64) bool {
	return got == want || math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) <= 1e-5*(1+math.Abs(want))
}

func panicked(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

func (w *narrowed) Dgemm(tA, tB gonumblas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	w.run([][]float64{a, b}, c, func(in [][]float32, out []float32) {
		Float32{}.Sgemm(tA, tB, m, n, k, float32(alpha), in[0], lda, in[1], ldb, float32(beta), out, ldc)
	}, func(out []float64) {
		gonum.Implementation{}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, out, ldc)
	})
}

func (w *narrowed) Dgemv(tA gonumblas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	w.run([][]float64{a, x}, y, func(in [][]float32, out []float32) {
		Float32{}.Sgemv(tA, m, n, float32(alpha), in[0], lda, in[1], incX, float32(beta), out, incY)
	}, func(out []float64) { gonum.Implementation{}.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, out, incY) })
}

func (w *narrowed) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	w.run([][]float64{x}, y, func(in [][]float32, out []float32) {
		Float32{}.Saxpy(n, float32(alpha), in[0], incX, out, incY)
	}, func(out []float64) { gonum.Implementation{}.Daxpy(n, alpha, x, incX, out, incY) })
}

func (w *narrowed) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	out := []float64{math.Inf(1)}
	w.run([][]float64{x, y}, out, func(in [][]float32, out []float32) {
		out[0] = Float32{}.Sdot(n, in[0], incX, in[1], incY)
	}, func(out []float64) { out[0] = gonum.Implementation{}.Ddot(n, x, incX, y, incY) })
	return out[0]
}

func TestGonumsOwnTests(t *testing.T) {
	w := &narrowed{}
	for name, run := range map[string]func(t *testing.T){
		"gemm": func(t *testing.T) { testblas.TestDgemm(t, w) },
		"gemv": func(t *testing.T) { testblas.DgemvTest(t, w) },
		"axpy": func(t *testing.T) { testblas.DaxpyTest(t, w) },
		"dot":  func(t *testing.T) { testblas.DdotTest(t, w) },
	} {
		before := w.calls
		t.Run(name, run)
		if w.calls == before {
			t.Errorf("%s: nothing was asked", name)
		}
	}
}
