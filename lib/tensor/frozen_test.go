package tensor

import (
	"math"
	"strings"
	"testing"
)

// mostOff is how far a stored element may be from the original, relative to the largest of its row.
var mostOff = map[string]float64{Float32: 0, BF16: 1.0 / 256, "int8": 0.5 / 127, "int4": 1.0 / 8}

func TestFrozenIsLinearOfWhatIsStored(t *testing.T) {
	for _, kind := range FrozenKinds {
		w, x, bias := rnd(1, 20, 70), rnd(2, 5, 70), rnd(3, 20)
		f, err := Freeze(w, kind)
		if err != nil {
			t.Fatal(err)
		}
		stored := f.Tensor()
		for i := range 20 {
			top := 0.0
			for _, v := range w.data[i*70:][:70] {
				top = math.Max(top, math.Abs(float64(v)))
			}
			for j := range 70 {
				if off := math.Abs(float64(stored.At(i, j) - w.At(i, j))); off > mostOff[kind]*top*1.01 {
					t.Fatalf("%s: element %d,%d is %v, stored as %v", kind, i, j, w.At(i, j), stored.At(i, j))
				}
			}
		}
		want, got := Linear(x, stored, bias), LinearFrozen(x, f, bias)
		closeTo(t, kind, got.data, want.data, 1e-5)
		gradCheck(t, kind, func(in []*Tensor) *Tensor { return LinearFrozen(in[0], f, in[1]) }, x, bias)
		ids := []int32{3, 19, 3}
		closeTo(t, kind+" embedding", EmbeddingFrozen(f, ids).data, Embedding(stored, ids).data, 0)
		targets := []int32{1, -1, 2, 19, 0}
		gradCheck(t, kind+" head", func(in []*Tensor) *Tensor { return LogProbsFrozen(in[0], f, targets, LogProbsOptions{}).LogP }, rnd(4, 5, 70).Scale(0.2).Detach())
		closeTo(t, kind+" head", LogProbsFrozen(x, f, targets, LogProbsOptions{}).LogP.data, LogProbs(x, stored, targets, LogProbsOptions{}).LogP.data, 1e-4)
	}
}

func closeTo(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for i, w := range want {
		if math.Abs(float64(got[i]-w)) > tolerance*(1+math.Abs(float64(w))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], w)
		}
	}
}

func TestFreezeErrors(t *testing.T) {
	if _, err := Freeze(New(2, 2), "int3"); err == nil || !strings.Contains(err.Error(), `"int3" is not known`) {
		t.Errorf("%v", err)
	}
	w := New(2, 40)
	w.data[41] = float32(math.NaN())
	if _, err := Freeze(w, "int4"); err == nil || !strings.Contains(err.Error(), "row 1 holds NaN or Inf") {
		t.Errorf("%v", err)
	}
	f, _ := Freeze(New(2, 40), "int8")
	if got := panicText(func() { LinearFrozen(New(3, 4), f, nil) }); got != "tensor.LinearFrozen: (3,4) with the weight (2,40): the last axis must be 40" {
		t.Errorf("%q", got)
	}
}
