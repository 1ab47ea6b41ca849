package checkpoint

import (
	"path/filepath"
	"testing"
)

// A tensor longer than a piece that Write encodes at once, by one and a half.
func TestTensorsOfSeveralPieces(t *testing.T) {
	data := make([]float32, 3<<17+5)
	for i := range data {
		data[i] = float32(i % 251)
	}
	for _, dtype := range []string{"F32", "BF16"} {
		file := filepath.Join(t.TempDir(), "m.safetensors")
		if err := Write(file, []Tensor{{"a", []int{len(data)}, data}, {"b", []int{2}, []float32{7, 9}}}, dtype); err != nil {
			t.Fatal(err)
		}
		f, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(data))
		f.Tensors["a"].Read(got)
		for i := range data {
			if got[i] != data[i] {
				t.Fatalf("%s: element %d is %v, want %v", dtype, i, got[i], data[i])
			}
		}
		f.Tensors["b"].Read(got[:2])
		if got[0] != 7 || got[1] != 9 {
			t.Errorf("%s: the tensor after it is %v", dtype, got[:2])
		}
	}
}
