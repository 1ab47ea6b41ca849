package lossfn

import (
	"fmt"
	"math"
	"testing"

	"lyceum/lib/internal/golden"
	"lyceum/lib/tensor"
)

// tolerance against PyTorch, float32 against float32.
const tolerance = 1e-6

func TestSFTEqualsPyTorch(t *testing.T) {
	g := golden.Load().SFT
	check := func(logits []float32) (worst float64) {
		z := tensor.From(append([]float32(nil), logits...), len(g.Labels), g.Vocab).RequireGrad()
		loss := SFT(z, g.Labels)
		loss.Backward()
		worst = math.Abs(float64(loss.Item()) - g.Loss)
		for i, want := range g.Grad {
			worst = math.Max(worst, math.Abs(float64(z.Grad().Data()[i])-want))
		}
		return worst
	}
	if w := check(g.Logits); w > tolerance {
		t.Errorf("loss or gradient differs from PyTorch's by %g", w)
	}
	g.Logits[4] += 0.01
	if w := check(g.Logits); w < tolerance {
		t.Error("a perturbed golden value passes")
	}
}

func TestIgnoredLabelsHaveNoGradient(t *testing.T) {
	z := tensor.Randn(tensor.NewRand(1), 3, 4).RequireGrad()
	SFT(z, []int32{1, Ignore, 2}).Backward()
	for j := range 4 {
		if z.Grad().At(1, j) != 0 {
			t.Errorf("the ignored row has a gradient: %v", z.Grad())
		}
	}
}

func TestSFTBadInput(t *testing.T) {
	for name, labels := range map[string][]int32{"nothing counts": {Ignore, Ignore}, "negative": {-3, 0}, "outside": {0, 9}, "too few": {0}} {
		func() {
			defer func() {
				if _, ok := recover().(*tensor.Error); !ok {
					t.Errorf("%s: no tensor.Error", name)
				}
			}()
			SFT(tensor.New(2, 4), labels)
		}()
	}
}

func TestShift(t *testing.T) {
	got := Shift([]int32{1, 2, 3, 4, 5, 6}, []bool{true, false, true, true, true, true}, 3)
	if fmt.Sprint(got) != "[-100 3 -100 5 6 -100]" {
		t.Errorf("%v", got)
	}
}

func ExampleSFT() {
	// Uniform scores over four tokens: the loss is ln 4. The second row does not count.
	scores := tensor.New(2, 4)
	fmt.Printf("%.4f\n", SFT(scores, []int32{2, Ignore}).Item())
	// Output: 1.3863
}
