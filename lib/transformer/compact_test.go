package transformer

import (
	"math"
	"slices"
	"testing"

	"lyceum/lib/tensor"
)

func TestCompact(t *testing.T) {
	b := Pad([][]int32{{1, 2, 3, 4}, {1, 2, 5}, {1, 2, 5, 6, 7}, {9}}, 0)
	c := b.compact()
	if want := []int32{0, 1, 2, 3, 7, 13, 14, 15}; !slices.Equal(c.take, want) {
		t.Errorf("tokens stand at %v, want %v", c.take, want)
	}
	if want := []int32{0, 1, 2, 3, 0, 0, 1, 4, 0, 0, 0, 1, 4, 5, 6, 7, 0, 0, 0, 0}; !slices.Equal(c.place, want) {
		t.Errorf("places have %v, want %v", c.place, want)
	}
	for name, b := range map[string]Batch{
		"nothing in common":          {IDs: []int32{1, 2, 3, 4}, Rows: 2, Length: 2},
		"other positions":            {IDs: []int32{1, 2, 1, 2}, Positions: []int32{0, 1, 5, 6}, Rows: 2, Length: 2},
		"other documents":            {IDs: []int32{1, 2, 1, 2}, Segments: []int32{0, 0, 1, 1}, Rows: 2, Length: 2},
		"padding between tokens":     {IDs: []int32{1, 0, 2, 1, 0, 2}, Segments: []int32{0, -1, 0, 0, -1, 0}, Rows: 2, Length: 3},
		"nothing but padding":        {IDs: []int32{1, 2}, Segments: []int32{-1, -1}, Rows: 1, Length: 2},
		"one row without a document": {IDs: []int32{1, 2}, Rows: 1, Length: 2},
	} {
		if c := b.compact(); c != nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestCompactBatchesComputeTheSame compares hidden states and gradients of a batch with those of its rows one by one, for models
// of which every layer is there in two kinds, and for padding at both ends.
func TestCompactBatchesComputeTheSame(t *testing.T) {
	const tolerance = 2e-5
	c := Config{Vocab: 40, Dim: 32, Layers: 3, Heads: 4, KVHeads: 2, HeadDim: 8, Hidden: 48, Context: 32, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	window, norms := c, c
	window.Window, window.Pattern, norms.QKNorm = 3, "LGL", true
	rows := [][]int32{{1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 8}, {1, 2, 3, 4, 9, 9, 9, 9, 9}, {7, 2, 3}}
	for name, config := range map[string]Config{"plain": c, "window": window, "norms": norms} {
		for _, pad := range []func([][]int32, int32) Batch{Pad, PadLeft} {
			for _, recompute := range []bool{false, true} {
				m := New(config, 3)
				m.Recompute = recompute
				together := learned(m, pad(rows, 0))
				var apart [][]float32
				for _, r := range rows {
					for i, g := range learned(m, Batch{IDs: r, Rows: 1, Length: len(r)}) {
						if len(apart) <= i {
							apart = append(apart, make([]float32, len(g)))
						}
						for j, v := range g {
							apart[i][j] += v
						}
					}
				}
				for i, p := range m.Params() {
					for j := range apart[i] {
						if d := math.Abs(float64(together[i][j] - apart[i][j])); d > tolerance*(1+math.Abs(float64(apart[i][j]))) {
							t.Fatalf("%s, recompute %v: gradient of %s at %d is %v, row by row %v", name, recompute, p.Name, j, together[i][j], apart[i][j])
						}
					}
				}
			}
		}
	}
}

// learned are the gradients of the log-likelihood of the tokens that follow.
func learned(m *LM, b Batch) (out [][]float32) {
	targets := make([]int32, len(b.IDs))
	for i := range targets {
		targets[i] = -1
		if i+1 < len(targets) && (i+1)%b.Length != 0 && !b.padding(i) && !b.padding(i+1) {
			targets[i] = b.IDs[i+1]
		}
	}
	for _, p := range m.Params() {
		p.Value.ZeroGrad()
	}
	tensor.Scope(func() { m.NLL(b, targets).Sum().Backward() })
	for _, p := range m.Params() {
		out = append(out, append([]float32(nil), p.Value.Grad().Data()...))
	}
	return out
}

// TestWithoutRecordingAModelTakesTheMemoryOfALayer compares the buffers of a pass without gradients for many layers and for few.
func TestWithoutRecordingAModelTakesTheMemoryOfALayer(t *testing.T) {
	bytes := func(layers int) int64 {
		m := New(Config{Vocab: 40, Dim: 32, Layers: layers, Heads: 4, KVHeads: 2, HeadDim: 8, Hidden: 48, Context: 64, RopeTheta: 10000, NormEps: 1e-5, Tied: true}, 1)
		tensor.FreeScopes()
		tensor.Scope(func() { tensor.NoGrad(func() { m.Hidden(Batch{IDs: make([]int32, 64), Rows: 1, Length: 64}) }) })
		defer tensor.FreeScopes()
		return tensor.ScopeBytes()
	}
	if few, many := bytes(2), bytes(20); many > few+few/10 {
		t.Errorf("20 layers take %d bytes, 2 layers %d", many, few)
	}
}
