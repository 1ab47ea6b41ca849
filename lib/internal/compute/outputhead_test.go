package compute

import (
	"math"
	"testing"
)

// headCase is an output head and what its results mean, in float64.
type headCase struct {
	rows, vocab, dim     int
	temperature, softCap float32
	bias                 bool
	targets              []int32
	w, x, b, dlogp, dent []float32
}

func newHeadCase(temperature, softCap float32, bias bool) *headCase {
	c := &headCase{rows: 6, vocab: 21, dim: 9, temperature: temperature, softCap: softCap, bias: bias, targets: []int32{0, 20, -1, 3, 4, 4}}
	c.w, c.x, c.b = normals(source(15), c.vocab*c.dim), normals(source(16), c.rows*c.dim), normals(source(18), c.vocab)
	c.dlogp, c.dent = normals(source(17), c.rows), normals(source(19), c.rows)
	return c
}

func (c *headCase) head() *OutputHead {
	h := &OutputHead{Weight: NewFloatMatrix(c.w, c.vocab, c.dim), Temperature: c.temperature, SoftCap: c.softCap, Hidden: c.x, Targets: c.targets,
		LogP: make([]float32, c.rows), LogSumExp: make([]float32, c.rows), Entropy: make([]float32, c.rows), MeanLogit: make([]float32, c.rows),
		LogSumP2: make([]float32, c.rows), Argmax: make([]int32, c.rows),
		DHidden: make([]float32, c.rows*c.dim), DWeight: make([]float32, c.vocab*c.dim), DBias: make([]float32, c.vocab)}
	if c.bias {
		h.Bias = c.b
	}
	return h
}

// row computes what Forward says about row i, in float64 by the definitions.
func (c *headCase) row(i int) (logp, lse, entropy, mean, sumP2 float64, argmax int) {
	z := make([]float64, c.vocab)
	for j := range z {
		for d := range c.dim {
			z[j] += float64(c.x[i*c.dim+d]) * float64(c.w[j*c.dim+d])
		}
		if c.bias {
			z[j] += float64(c.b[j])
		}
		if s := float64(c.softCap); s > 0 {
			z[j] = s * math.Tanh(z[j]/s)
		}
		mean += z[j] / float64(c.vocab)
		if c.temperature > 0 {
			z[j] /= float64(c.temperature)
		}
		if z[j] > z[argmax] {
			argmax = j
		}
		lse += math.Exp(z[j])
	}
	lse = math.Log(lse)
	for j := range z {
		p := math.Exp(z[j] - lse)
		entropy -= p * (z[j] - lse)
		sumP2 += p * p
	}
	return z[c.targets[i]] - lse, lse, entropy, mean, math.Log(sumP2), argmax
}

// loss is the sum that Backward differentiates.
func (c *headCase) loss() (sum float64) {
	for i, t := range c.targets {
		if t >= 0 {
			logp, _, entropy, _, _, _ := c.row(i)
			sum += float64(c.dlogp[i])*logp + float64(c.dent[i])*entropy
		}
	}
	return sum
}

// differences compares a gradient with central differences of the loss in float64.
func (c *headCase) differences(t *testing.T, what string, x, got []float32) {
	t.Helper()
	const tolerance = 2e-4
	for i, old := range x {
		const h = 1.0 / 1024
		x[i] = old + h
		up, above := c.loss(), float64(x[i])
		x[i] = old - h
		down, below := c.loss(), float64(x[i])
		x[i] = old
		want := (up - down) / (above - below)
		if math.Abs(float64(got[i])-want) > tolerance*(1+math.Abs(want)) {
			t.Fatalf("%s: gradient %d is %v, want %v", what, i, got[i], want)
		}
	}
}

func TestOutputHead(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, c := range []*headCase{newHeadCase(0, 0, false), newHeadCase(0.7, 0, true), newHeadCase(1.3, 3, true)} {
			h := c.head()
			h.Forward()
			for i, target := range c.targets {
				got := []float32{h.LogP[i], h.LogSumExp[i], h.Entropy[i], h.MeanLogit[i], h.LogSumP2[i], float32(h.Argmax[i])}
				want := make([]float32, 6)
				if target >= 0 {
					logp, lse, entropy, mean, sumP2, argmax := c.row(i)
					want = []float32{float32(logp), float32(lse), float32(entropy), float32(mean), float32(sumP2), float32(argmax)}
				}
				nearly(t, "results", got, want, 3e-6)
			}
			h.Backward(c.dlogp, c.dent)
			c.differences(t, "hidden", c.x, h.DHidden)
			c.differences(t, "weight", c.w, h.DWeight)
			if c.bias {
				c.differences(t, "bias", c.b, h.DBias)
			}
			kept := c.head()
			kept.Kept = make([]float32, kept.Counted()*c.vocab)
			kept.Forward()
			kept.Backward(c.dlogp, c.dent)
			nearly(t, "DHidden with scores kept", kept.DHidden, h.DHidden, 0)
			nearly(t, "DWeight with scores kept", kept.DWeight, h.DWeight, 0)
			fresh := c.head()
			Fill(fresh.DWeight, float32(math.NaN()))
			fresh.Fresh = true
			fresh.Forward()
			fresh.Backward(c.dlogp, c.dent)
			nearly(t, "DWeight written", fresh.DWeight, h.DWeight, 0)
		}
	})
}

func TestOutputHeadForwardBackward(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		c := newHeadCase(0, 0, false)
		a, b, half := c.head(), c.head(), c.head()
		a.Forward()
		a.Backward(c.dlogp, nil)
		b.ForwardBackward(c.dlogp)
		nearly(t, "DHidden", b.DHidden, a.DHidden, 0)
		nearly(t, "DWeight", b.DWeight, a.DWeight, 0)
		half.BF16 = true
		half.ForwardBackward(c.dlogp)
		nearly(t, "LogP in bfloat16", half.LogP, a.LogP, 0.03)
		nearly(t, "DHidden in bfloat16", half.DHidden, a.DHidden, 0.03)
		nearly(t, "DWeight in bfloat16", half.DWeight, a.DWeight, 0.03)
		if half.LogP[0] == a.LogP[0] {
			t.Error("BF16 changed nothing")
		}
		frozen := c.head()
		frozen.Weight, frozen.DWeight = NewBF16Matrix(c.w, c.vocab, c.dim), nil
		frozen.ForwardBackward(c.dlogp)
		nearly(t, "DHidden of a frozen head", frozen.DHidden, a.DHidden, 0.03)
	})
}

func TestOutputHeadManyRows(t *testing.T) {
	c := newHeadCase(0, 0, false)
	c.vocab, c.rows = headChunk/64+1, 70 // 63 rows fit into a chunk, but no fewer than 64 are taken
	c.dim = 2
	c.w, c.x, c.dlogp = normals(source(1), c.vocab*c.dim), normals(source(2), c.rows*c.dim), normals(source(3), c.rows)
	c.targets = make([]int32, c.rows)
	c.targets[3] = -5
	h := c.head()
	h.Forward()
	for _, i := range []int{0, 63, 64, 69} {
		logp, _, entropy, _, _, _ := c.row(i)
		nearly(t, "LogP and entropy", []float32{h.LogP[i], h.Entropy[i]}, []float32{float32(logp), float32(entropy)}, 1e-5)
	}
	if h.LogP[3] != 0 || h.Entropy[3] != 0 {
		t.Error("a row without a target has results")
	}
}

func TestOutputHeadErrors(t *testing.T) {
	bad := func(what string, change func(*OutputHead)) {
		h := newHeadCase(0, 0, false).head()
		change(h)
		wantError(t, what, h.Forward)
	}
	bad("a target outside", func(h *OutputHead) { h.Targets = []int32{21} })
	bad("short LogP", func(h *OutputHead) { h.LogP = h.LogP[:2] })
	bad("short Argmax", func(h *OutputHead) { h.Argmax = h.Argmax[:2] })
	bad("negative temperature", func(h *OutputHead) { h.Temperature = -1 })
	bad("short Kept", func(h *OutputHead) { h.Kept = make([]float32, 1) })
}

func TestMaxAt(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		x := make([]float32, 3000)
		x[1500], x[2700] = 2, 2
		if top, at := maxAt(x); top != 2 || at != 1500 {
			t.Errorf("%v at %d, want the first of the largest, 2 at 1500", top, at)
		}
		x[2000] = float32(math.NaN())
		if top, _ := maxAt(x); top == top {
			t.Error("NaN is hidden")
		}
	})
}
