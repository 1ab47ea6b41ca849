package checkpoint

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// Values and gradients of the three forms are PyTorch's: testdata/bottleneck.py.
func TestBottlenecksEqualPyTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/bottleneck.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		IDs   [][]int32
		Forms map[string]struct {
			Reduction int
			Logits    []float64
			Gradients map[string]float64
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Forms) != 3 {
		t.Fatalf("%d forms, want 3", len(golden.Forms))
	}
	for form, g := range golden.Forms {
		m, err := Load("testdata/families/llama")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.AddAdapter("default", nn.Bottleneck{Form: form, Reduction: g.Reduction}); err != nil {
			t.Fatal(err)
		}
		params := m.Trainable()
		if len(params) != len(g.Gradients) {
			t.Fatalf("%s: %d parameters, want %d", form, len(params), len(g.Gradients))
		}
		for k, p := range params {
			for i := range p.Value.Data() {
				p.Value.Data()[i] = 0.05 * float32((7*i+3*k)%11-5)
			}
		}
		z := m.Logits(transformer.Pad(golden.IDs, 0))
		compare(t, form, z.Data(), g.Logits, adapterLogits)
		w := tensor.New(z.Shape()...)
		for i := range w.Data() {
			w.Data()[i] = float32(math.Cos(float64(i)))
		}
		z.Mul(w).Sum().Backward()
		for _, p := range params {
			sum := 0.0
			for _, x := range p.Value.Grad().Data() {
				sum += float64(x) * float64(x)
			}
			want, ok := g.Gradients[p.Name]
			if got := math.Sqrt(sum); !ok || math.Abs(got-want) > adapterGradients*want+1e-6 {
				t.Errorf("%s: %s: norm of the gradient %v, PyTorch has %v", form, p.Name, got, want)
			}
		}
	}
}
