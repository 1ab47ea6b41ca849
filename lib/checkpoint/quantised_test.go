package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"lyceum/lib/transformer"
)

// quantisedLogits is the tolerance against Transformers on the numbers that the gguf package makes of the blocks.
const quantisedLogits = 2e-5

// A file of llama-quantize with a matrix of every type: each number is the gguf package's to the bit, and the model computes
// and says what Transformers does on these numbers. See testdata/quantised.py.
func TestAFileOfLlamaQuantize(t *testing.T) {
	data, err := os.ReadFile("testdata/quantised.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Tensors     map[string]struct{ Type, SHA256 string }
		IDs, Greedy []int32
		Logits      []float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF("testdata/quantised.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Tensors) != len(golden.Tensors) {
		t.Fatalf("%d tensors, want %d", len(g.Tensors), len(golden.Tensors))
	}
	seen := map[string]bool{}
	for name, want := range golden.Tensors {
		e := g.Tensors[name]
		x := make([]float32, e.Len())
		e.Read(x)
		raw := make([]byte, 4*len(x))
		writeF32(raw, x)
		sum := sha256.Sum256(raw)
		if e.DType != want.Type || hex.EncodeToString(sum[:]) != want.SHA256 {
			t.Errorf("%s: the numbers of its %s (%s) are not those of the gguf package", name, e.DType, want.Type)
		}
		seen[e.DType] = true
	}
	for _, kind := range []string{"F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"} {
		if !seen[kind] {
			t.Errorf("no tensor has the type %s", kind)
		}
	}
	m, err := g.LM()
	if err != nil {
		t.Fatal(err)
	}
	ids := slices.Clone(golden.IDs)
	for i, want := range golden.Greedy {
		z := m.Logits(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)})
		last := z.Slice(len(ids)-1, len(ids))
		if i == 0 {
			compare(t, "logits", last.Data(), golden.Logits, quantisedLogits)
		}
		next := int32(last.Argmax()[0])
		if next != want {
			t.Fatalf("token %d is %d, Transformers has %d", i, next, want)
		}
		ids = append(ids, next)
	}
}
