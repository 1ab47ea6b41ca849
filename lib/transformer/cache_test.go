package transformer

import (
	"errors"
	"math"
	"slices"
	"testing"

	"lyceum/lib/tensor"
)

// wide has a context longer than a chunk.
var wide = Config{Vocab: 17, Dim: 16, Layers: 3, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 1400, RopeTheta: 10000, NormEps: 1e-5, QKVBias: true}

func randomIDs(seed uint64, n, vocab int) []int32 {
	rng := tensor.NewRand(seed)
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(rng.IntN(vocab))
	}
	return ids
}

func sameLogits(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d logits, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= tolerance) {
			t.Fatalf("%s: logit %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func lastLogits(m *LM, ids []int32) []float32 {
	return m.Logits(Batch{IDs: ids, Rows: 1, Length: len(ids)}).Data()[(len(ids)-1)*m.Config.Vocab:]
}

// biased returns a model with biases that are not zero.
func biased(seed uint64) *LM {
	m := New(wide, seed)
	for _, b := range m.Blocks {
		copy(b.QKV.Bias.Data(), tensor.Randn(tensor.NewRand(seed), b.QKV.Bias.Len()).Data())
	}
	return m
}

func TestLongAndShortRunsTogether(t *testing.T) {
	m := biased(2)
	c := m.NewCache(4, 1400)
	ids := [][]int32{randomIDs(1, 1300, 17), randomIDs(2, 3, 17), randomIDs(3, 700, 17), randomIDs(4, 70, 17)}
	c.Extend([]Run{{Slot: 1, IDs: ids[1][:2]}, {Slot: 2, IDs: ids[2][:600]}})
	got := slices.Clone(c.Extend([]Run{{Slot: 0, IDs: ids[0], Logits: true}, {Slot: 1, IDs: ids[1][2:], Logits: true}, {Slot: 3, IDs: ids[3]}, {Slot: 2, IDs: ids[2][600:], Logits: true}}))
	var want []float32
	for _, i := range []int{0, 1, 2} {
		want = append(want, lastLogits(m, ids[i])...)
	}
	sameLogits(t, "mixed runs", got, want, 1e-4)
	if got := c.Step([]int{3}, []int32{5}).Data(); true {
		sameLogits(t, "after a run without logits", got, lastLogits(m, append(ids[3], 5)), 1e-4)
	}
}

func TestCopyAndReorder(t *testing.T) {
	m := biased(3)
	c := m.NewCache(5, 200)
	text := make([][]int32, 5)
	for i := range text {
		text[i] = randomIDs(uint64(i), 60+20*i, 17)
		c.Extend([]Run{{Slot: i, IDs: text[i]}})
	}
	from := []int{3, 1, 1, 4, 3} // slots 0 and 2 are lost, 1 and 3 wanted twice
	c.Reorder([]int{0, 1, 2, 3, 4}, from)
	for i, f := range from {
		if c.Length(i) != len(text[f]) {
			t.Fatalf("slot %d holds %d tokens, want %d", i, c.Length(i), len(text[f]))
		}
	}
	got := c.Step([]int{0, 1, 2, 3, 4}, []int32{1, 2, 3, 4, 5}).Data()
	for i, f := range from {
		sameLogits(t, "reordered", got[i*17:(i+1)*17], lastLogits(m, append(slices.Clone(text[f]), int32(i+1))), 1e-4)
	}
	c.Copy(2, 3, 30)
	sameLogits(t, "copied", c.Prefill(2, []int32{7, 8}).Data(), lastLogits(m, append(slices.Clone(text[4][:30]), 7, 8)), 1e-4)
	c.Truncate(2, 10)
	sameLogits(t, "truncated", c.Prefill(2, []int32{7, 8}).Data(), lastLogits(m, append(slices.Clone(text[4][:10]), 7, 8)), 1e-4)
	if c.Bytes() > 5*200*2*3*8*4 {
		t.Errorf("%d bytes of keys and values", c.Bytes())
	}
}

func TestDecoderWeights(t *testing.T) {
	m := biased(4)
	ids := randomIDs(1, 40, 17)
	want := lastLogits(m, ids)
	for weights, tolerance := range map[string]float64{"": 1e-4, "float32": 1e-4, "bf16": 0.02, "int8": 0.02} {
		d, err := m.Decoder(DecodeOptions{Weights: weights})
		if err != nil {
			t.Fatal(err)
		}
		logits := func() []float32 { return d.NewCache(1, 64).Prefill(0, ids).Data() }
		before := logits()
		sameLogits(t, weights, before, want, tolerance)
		old := slices.Clone(m.Norm.Weight.Data())
		m.Head.Data()[5] += 1
		m.Norm.Weight.Data()[0] *= 2
		m.Blocks[0].QKV.Bias.Data()[0] += 1
		now := lastLogits(m, ids)
		if weights == "bf16" || weights == "int8" {
			sameLogits(t, weights+" before Refresh", logits(), before, 0)
			if err := d.Refresh(); err != nil {
				t.Fatal(err)
			}
		}
		sameLogits(t, weights+" after a change", logits(), now, 2*tolerance)
		m.Head.Data()[5] -= 1
		copy(m.Norm.Weight.Data(), old)
		m.Blocks[0].QKV.Bias.Data()[0] -= 1
	}
	m.Blocks[0].Out.Weight.Data()[0] = float32(math.NaN())
	if _, err := m.Decoder(DecodeOptions{Weights: "int8"}); err == nil {
		t.Error("NaN in int8: no error")
	}
	if _, err := m.Decoder(DecodeOptions{Weights: "float8"}); err == nil {
		t.Error("unknown type: no error")
	}
}

func TestCacheErrors(t *testing.T) {
	m := New(tiny, 1)
	for name, f := range map[string]func(c *Cache){
		"slot":       func(c *Cache) { c.Extend([]Run{{Slot: 2, IDs: []int32{1}}}) },
		"twice":      func(c *Cache) { c.Step([]int{1, 1}, []int32{1, 2}) },
		"no tokens":  func(c *Cache) { c.Prefill(0, nil) },
		"too long":   func(c *Cache) { c.Prefill(0, make([]int32, 9)) },
		"vocabulary": func(c *Cache) { c.Prefill(0, []int32{17}) },
		"lengths":    func(c *Cache) { c.Step([]int{0, 1}, []int32{1}) },
		"copy":       func(c *Cache) { c.Copy(0, 1, 3) },
		"reorder":    func(c *Cache) { c.Reorder([]int{0}, []int{1}) },
	} {
		c := m.NewCache(2, 8)
		c.Prefill(1, []int32{1, 2})
		func() {
			defer func() {
				var e *tensor.Error
				if err, ok := recover().(error); !ok || !errors.As(err, &e) {
					t.Errorf("%s: no *tensor.Error", name)
				}
			}()
			f(c)
		}()
		if c.Length(0) != 0 || c.Length(1) != 2 {
			t.Errorf("%s: lengths %d and %d afterwards", name, c.Length(0), c.Length(1))
		}
	}
}

func TestCacheTakesASmallRoomAtOnce(t *testing.T) {
	m := New(Config{Vocab: 20, Dim: 16, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Context: 1024, RopeTheta: 10000, NormEps: 1e-5}, 1)
	ids := make([]int32, 90)
	few, many := m.NewCache(1, 100), m.NewCache(1, 1000)
	few.Prefill(0, ids[:10])
	before := few.Bytes()
	few.Prefill(0, ids[:80])
	if few.Bytes() != before {
		t.Errorf("a room of 100 took %d bytes at first and %d later: the first are garbage now", before, few.Bytes())
	}
	many.Prefill(0, ids[:10])
	if many.Bytes() >= 2*before {
		t.Errorf("10 tokens of a room of 1000 take %d bytes, a whole room of 100 takes %d", many.Bytes(), before)
	}
}
