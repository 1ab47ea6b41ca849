package compute

import (
	"math"
	"testing"
)

const rowTolerance = 1e-5

// gradient compares an analytic gradient of sum(dy * f(x)) with central differences of f in float64 arithmetic on the
// float32 results, at every element of x.
func gradient(t *testing.T, what string, x, got, dy []float32, f func() []float32) {
	t.Helper()
	loss := func() (sum float64) {
		for i, y := range f() {
			sum += float64(y) * float64(dy[i])
		}
		return sum
	}
	for i, old := range x {
		const h = 1.0 / 128
		x[i] = old + h
		up := loss()
		x[i] = old - h
		down := loss()
		x[i] = old
		want := (up - down) / (2 * h)
		if math.Abs(float64(got[i])-want) > 2e-3*(1+math.Abs(want)) {
			t.Fatalf("%s: gradient %d is %v, want %v", what, i, got[i], want)
		}
	}
}

func TestSoftmaxRows(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const rows, cols = 5, 37
		x := normals(source(1), rows*cols)
		x[3], x[cols+1] = minusInf, 300
		for j := range cols {
			x[2*cols+j] = minusInf
		}
		want := make([]float32, len(x))
		for i := range rows {
			see, sum := min(cols, i+20), 0.0
			top := float64(Max(x[i*cols : i*cols+see]))
			if i == 2 {
				continue
			}
			for j := range see {
				sum += math.Exp(float64(x[i*cols+j]) - top)
			}
			for j := range see {
				want[i*cols+j] = float32(math.Exp(float64(x[i*cols+j])-top) / sum)
			}
		}
		got := make([]float32, len(x))
		SoftmaxCausalRows(got, x, rows, cols, 20)
		nearly(t, "softmax", got, want, rowTolerance)
		lse := make([]float32, rows)
		LogSumExpRows(lse, x, rows, cols)
		if lse[2] != minusInf || math.Abs(float64(lse[1])-300) > 1e-4 {
			t.Errorf("log-sum-exp %v", lse)
		}
		y, dy, dx := make([]float32, cols), normals(source(2), cols), make([]float32, cols)
		row := normals(source(3), cols)
		SoftmaxRows(y, row, 1, cols)
		SoftmaxBackwardRows(dx, y, dy, 1, cols)
		gradient(t, "softmax", row, dx, dy, func() []float32 { SoftmaxRows(y, row, 1, cols); return y })
	})
}

func TestRMSNorm(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const rows, dim = 40, 19
		x, w, dy := normals(source(4), rows*dim), normals(source(5), dim), normals(source(6), rows*dim)
		y, scale := make([]float32, rows*dim), make([]float32, rows)
		RMSNorm(y, scale, x, w, rows, dim, 1e-5)
		want := make([]float32, rows*dim)
		for i := range rows {
			ss := 0.0
			for j := range dim {
				ss += float64(x[i*dim+j]) * float64(x[i*dim+j])
			}
			for j := range dim {
				want[i*dim+j] = float32(float64(x[i*dim+j]) / math.Sqrt(ss/dim+1e-5) * float64(w[j]))
			}
		}
		nearly(t, "RMSNorm", y, want, rowTolerance)
		dx, dw := make([]float32, rows*dim), make([]float32, dim)
		RMSNormBackward(dx, dw, dy, x, w, scale, rows, dim)
		again := func() []float32 { RMSNorm(y, make([]float32, rows), x, w, rows, dim, 1e-5); return y }
		gradient(t, "RMSNorm x", x, dx, dy, again)
		gradient(t, "RMSNorm w", w, dw, dy, again)
		only := make([]float32, dim)
		RMSNormBackward(nil, only, dy, x, w, scale, rows, dim)
		nearly(t, "dw without dx", only, dw, 0)
	})
}

func TestActivations(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const n = 45
		x, up, dy := normals(source(7), n), normals(source(8), n), normals(source(9), n)
		out, dx, dup := make([]float32, n), make([]float32, n), make([]float32, n)
		SwiGLU(out, x, up)
		for i, g := range x {
			want := float64(g) / (1 + math.Exp(-float64(g))) * float64(up[i])
			nearly(t, "SwiGLU", out[i:i+1], []float32{float32(want)}, rowTolerance)
		}
		SwiGLUBackward(dx, dup, dy, x, up)
		gradient(t, "SwiGLU gate", x, dx, dy, func() []float32 { SwiGLU(out, x, up); return out })
		gradient(t, "SwiGLU up", up, dup, dy, func() []float32 { SwiGLU(out, x, up); return out })

		GELU(out, x)
		for i, v := range x {
			v := float64(v)
			want := v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
			nearly(t, "GELU", out[i:i+1], []float32{float32(want)}, rowTolerance)
		}
		clear(dx)
		GELUBackward(dx, dy, x)
		gradient(t, "GELU", x, dx, dy, func() []float32 { GELU(out, x); return out })
	})
}

func TestSwiGLURowsIsSwiGLU(t *testing.T) {
	const rows, hidden = 3, 21
	x, dout := normals(source(10), rows*2*hidden), normals(source(11), rows*hidden)
	out, dx := make([]float32, rows*hidden), make([]float32, len(x))
	SwiGLURows(out, x, rows, hidden)
	SwiGLURowsBackward(dx, dout, x, rows, hidden)
	for i := range rows {
		row, d := x[i*2*hidden:(i+1)*2*hidden], dx[i*2*hidden:(i+1)*2*hidden]
		want, wantGate, wantUp := make([]float32, hidden), make([]float32, hidden), make([]float32, hidden)
		SwiGLU(want, row[:hidden], row[hidden:])
		SwiGLUBackward(wantGate, wantUp, dout[i*hidden:(i+1)*hidden], row[:hidden], row[hidden:])
		nearly(t, "out", out[i*hidden:(i+1)*hidden], want, 0)
		nearly(t, "gate", d[:hidden], wantGate, 0)
		nearly(t, "up", d[hidden:], wantUp, 0)
	}
}

func TestRotary(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const tokens, heads, dim, stride = 6, 2, 10, 25
		cos, sin := RotaryTable(8, dim, 10000)
		x := normals(source(12), tokens*stride)
		want, before := append([]float32(nil), x...), append([]float32(nil), x...)
		shape := RotaryShape{Tokens: tokens, Heads: heads, Dim: dim, Stride: stride, Positions: []int32{0, 1, 7, 3, 2, 2}}
		for i, pos := range shape.Positions {
			for h := range heads {
				for d := range dim / 2 {
					angle := float64(pos) * math.Pow(10000, -2*float64(d)/dim)
					at := i*stride + h*dim + d
					a, b := float64(x[at]), float64(x[at+dim/2])
					want[at] = float32(a*math.Cos(angle) - b*math.Sin(angle))
					want[at+dim/2] = float32(b*math.Cos(angle) + a*math.Sin(angle))
				}
			}
		}
		Rotary(x, shape, cos, sin, false)
		nearly(t, "turned", x, want, rowTolerance)
		Rotary(x, shape, cos, sin, true)
		nearly(t, "turned back", x, before, rowTolerance)
		shape.Positions[1] = 8
		wantError(t, "position", func() { Rotary(x, shape, cos, sin, false) })
	})
}

func TestCrossEntropy(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const rows, vocab, dim = 7, 33, 12
		logits := normals(source(13), rows*vocab)
		targets := []int32{0, 32, 5, -1, 7, 7, 20}
		dnll := normals(source(14), rows)
		nll, lse, d := make([]float32, rows), make([]float32, rows), make([]float32, rows*vocab)
		CrossEntropyRows(nll, lse, logits, targets, rows, vocab)
		for i, target := range targets {
			sum := 0.0
			for _, v := range logits[i*vocab : (i+1)*vocab] {
				sum += math.Exp(float64(v))
			}
			want := float32(0)
			if target >= 0 {
				want = float32(math.Log(sum) - float64(logits[i*vocab+int(target)]))
			}
			nearly(t, "nll", nll[i:i+1], []float32{want}, rowTolerance)
		}
		CrossEntropyRowsBackward(d, logits, lse, dnll, targets, rows, vocab)
		gradient(t, "cross-entropy", logits, d, dnll, func() []float32 {
			CrossEntropyRows(nll, make([]float32, rows), logits, targets, rows, vocab)
			return nll
		})
		wantError(t, "target", func() { CrossEntropyRows(nll, lse, logits, []int32{1, 2, 3, 4, 5, 6, vocab}, rows, vocab) })
	})
}

// TestAdamWMatchesFormula follows the formula in the paper's form, with the bias corrections on the moments, in float64.
func TestAdamWMatchesFormula(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		p, m, v := []float32{1, -2, 0.5}, make([]float32, 3), make([]float32, 3)
		wp, wm, wv := []float64{1, -2, 0.5}, make([]float64, 3), make([]float64, 3)
		const lr, b1, b2, eps, wd, scale = 0.1, 0.9, 0.95, 1e-8, 0.1, 0.5
		for step, g := range [][]float32{{0.1, -0.2, 3}, {0.3, 0.2, -1}} {
			at := float64(step + 1)
			AdamW(p, g, m, v, AdamWStep{LearningRate: lr, Beta1: b1, Beta2: b2, Eps: eps, WeightDecay: wd, Step: step + 1, GradScale: scale})
			for i := range wp {
				gi := float64(g[i]) * scale
				wp[i] *= 1 - lr*wd
				wm[i] = b1*wm[i] + (1-b1)*gi
				wv[i] = b2*wv[i] + (1-b2)*gi*gi
				wp[i] -= lr * (wm[i] / (1 - math.Pow(b1, at))) / (math.Sqrt(wv[i]/(1-math.Pow(b2, at))) + eps)
				nearly(t, "p", p[i:i+1], []float32{float32(wp[i])}, 1e-6)
			}
		}
	})
}

func TestBF16(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		x := append(normals(source(18), 70), 0, 1, -1, 3e38, float32(math.Inf(1)), float32(math.NaN()), 1e-40)
		x = append(x, math.Float32frombits(0x3f808000), math.Float32frombits(0x3f818000)) // ties
		half, back := make([]uint16, len(x)), make([]float32, len(x))
		ToBF16(half, x)
		FromBF16(back, half)
		for i, v := range x {
			if v != v {
				if back[i] == back[i] {
					t.Errorf("NaN became %v", back[i])
				}
				continue
			}
			u := math.Float32bits(v)
			low, high := math.Float32frombits(u&0xffff0000), math.Float32frombits(u&0xffff0000+0x10000)
			want := low
			switch rest := u & 0xffff; {
			case rest > 0x8000, rest == 0x8000 && u>>16&1 == 1:
				want = high
			}
			if back[i] != want {
				t.Errorf("%v rounds to %v, want %v", v, back[i], want)
			}
		}
	})
}

func TestVectorFunctions(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		x, y := normals(source(19), 40_001), normals(source(20), 40_001)
		sum, squares := 0.0, 0.0
		for _, v := range x {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		if got := Sum(x); math.Abs(got-sum) > 1e-2 {
			t.Errorf("sum %v, want %v", got, sum)
		}
		if got := GlobalNorm(x, nil, x); math.Abs(got/math.Sqrt(2*squares)-1) > 1e-6 {
			t.Errorf("norm %v, want %v", got, math.Sqrt(2*squares))
		}
		dst, want := make([]float32, len(x)), make([]float32, len(x))
		for i := range x {
			want[i] = (x[i] + 2*y[i]) * x[i]
		}
		Copy(dst, x)
		Fill(dst[1:], 0)
		if Sum(dst) != float64(x[0]) {
			t.Errorf("Fill left %v", Sum(dst)-float64(x[0]))
		}
		Fill(dst, 2)
		Mul(dst, dst, y)
		Add(dst, dst, x)
		Mul(dst, x, dst)
		nearly(t, "Scale, Add, Mul", dst, want, rowTolerance)
		MulAdd(dst, x, y)
		Axpy(-1, want, dst)
		for i := range x {
			want[i] = x[i] * y[i]
		}
		nearly(t, "MulAdd, Axpy", dst, want, 1e-4)
		wantError(t, "Add", func() { Add(dst, x[:3], y) })
	})
}
