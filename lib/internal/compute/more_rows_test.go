package compute

import (
	"math"
	"testing"
)

func TestLayerNorm(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, dim := range []int{1, 5, 16, 37, 100} {
			const rows, eps = 5, 1e-5
			x, w, b := normals(source(1), rows*dim), normals(source(2), dim), normals(source(3), dim)
			x[0] += 30 // a mean far from zero must not spoil the variance
			y, stats := make([]float32, rows*dim), make([]float32, 2*rows)
			LayerNorm(y, stats, x, w, b, rows, dim, eps)
			want := make([]float32, rows*dim)
			for i := range rows {
				m, v := 0.0, 0.0
				for _, e := range x[i*dim : (i+1)*dim] {
					m += float64(e) / float64(dim)
				}
				for _, e := range x[i*dim : (i+1)*dim] {
					v += (float64(e) - m) * (float64(e) - m) / float64(dim)
				}
				for j := range dim {
					want[i*dim+j] = float32((float64(x[i*dim+j])-m)/math.Sqrt(v+eps)*float64(w[j]) + float64(b[j]))
				}
			}
			nearly(t, "LayerNorm", y, want, 2e-5)
			if dim < 5 {
				continue
			}
			x[0] -= 30
			again := func() []float32 { LayerNorm(y, stats, x, w, b, rows, dim, eps); return y }
			again()
			dy, dx, dw, db := normals(source(4), rows*dim), make([]float32, rows*dim), make([]float32, dim), make([]float32, dim)
			LayerNormBackward(dx, dw, db, dy, x, w, stats, rows, dim)
			gradient(t, "x", x, dx, dy, again)
			gradient(t, "w", w, dw, dy, again)
			gradient(t, "b", b, db, dy, again)
			plain := make([]float32, rows*dim)
			LayerNorm(plain, stats, x, w, nil, rows, dim, eps)
			LayerNorm(y, stats, x, w, make([]float32, dim), rows, dim, eps)
			nearly(t, "without b", plain, y, 0)
		}
	})
}

func TestHeadNorm(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		n := HeadNorm{Rows: 3, Stride: 50, At: 7, Heads: 2, Dim: 20, Eps: 1e-6}
		x, w := normals(source(1), 150), normals(source(2), 20)
		y, scale := make([]float32, 150), make([]float32, 6)
		forward := func() []float32 { copy(y, x); n.Forward(y, scale, x, w); return y }
		forward()
		for i := range 3 {
			for h := range 2 {
				want, one := make([]float32, 20), make([]float32, 1)
				RMSNorm(want, one, x[i*50+7+h*20:][:20], w, 1, 20, 1e-6)
				nearly(t, "a head", y[i*50+7+h*20:][:20], want, 0)
			}
			nearly(t, "the rest", y[i*50+47:i*50+50], x[i*50+47:i*50+50], 0)
		}
		dy, dx, dw := normals(source(3), 150), make([]float32, 150), make([]float32, 20)
		n.Backward(dx, dw, dy, x, w, scale)
		AddColumns(dx, dy, 3, 50, 0, 7)
		AddColumns(dx, dy, 3, 50, 47, 50)
		gradient(t, "x", x, dx, dy, forward)
		gradient(t, "w", w, dw, dy, forward)
		wantError(t, "heads that do not fit", func() { HeadNorm{Rows: 1, Stride: 10, Heads: 2, Dim: 6}.Forward(y, scale, x, w[:6]) })
	})
}

func TestGELUErf(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		x := append(normals(source(1), 77), 0, -0.001, 4, -4, 8, -8, 30, -30)
		y, want, slope := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i, v := range x {
			v := float64(v)
			phi := 0.5 * math.Erfc(-v/math.Sqrt2)
			want[i], slope[i] = float32(v*phi), float32(phi+v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
		}
		GELUErf(y, x)
		nearly(t, "GELU", y, want, 1e-6)
		dx, dout := make([]float32, len(x)), make([]float32, len(x))
		Fill(dout, 1)
		GELUErfBackward(dx, dout, x)
		nearly(t, "its slope", dx, slope, 1e-6)
	})
}

func TestGEGLURows(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const rows, hidden = 3, 21
		x, y := normals(source(1), rows*2*hidden), make([]float32, rows*hidden)
		forward := func() []float32 { GEGLURows(y, x, rows, hidden); return y }
		gate := make([]float32, hidden)
		GELU(gate, x[:hidden])
		Mul(gate, gate, x[hidden:2*hidden])
		nearly(t, "a row", forward()[:hidden], gate, 0)
		dy, dx := normals(source(2), rows*hidden), make([]float32, len(x))
		GEGLURowsBackward(dx, dy, x, rows, hidden)
		gradient(t, "x", x, dx, dy, forward)
	})
}
