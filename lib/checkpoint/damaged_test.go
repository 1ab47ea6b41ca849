package checkpoint

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

// A safetensors file that was cut off anywhere is an error that names the file, and the tensor if the header is whole.
func TestSafetensorsCutOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.safetensors")
	if err := Write(file, []Tensor{{"first", []int{2}, []float32{1, 2}}, {"last", []int{2, 2}, []float32{1, 2, 3, 4}}}, "F32"); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := 8 + int(le64(whole))
	for n := range whole {
		_, err := Parse("cut.safetensors", whole[:n])
		if err == nil || !strings.Contains(err.Error(), "cut.safetensors") || n >= header && !strings.Contains(err.Error(), "tensor ") {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	if _, err := Parse("m", whole); err != nil {
		t.Error(err)
	}
}

// Tensors without axes or with an axis of length 0 are read, and are no part of a model.
func TestTensorsWithoutElements(t *testing.T) {
	f, err := Parse("m", bytesOf(`{"none":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]},"one":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4))
	if err != nil || f.Tensors["none"].Len() != 0 || f.Tensors["one"].Len() != 1 {
		t.Errorf("%v, %v", f, err)
	}
	f.Tensors["none"].Read(nil)
	g, err := ParseGGUF("m", header(3, 1, 0).tensor("x", 0, 0).data(64))
	if err != nil || g.Tensors["x"].Len() != 1 || len(g.Tensors["x"].Shape) != 0 {
		t.Errorf("%v, %v", g, err)
	}
	if _, err := ParseGGUF("m.gguf", header(3, 0, 1).text("general.alignment").u32(4).u32(0).b); err == nil || !strings.Contains(err.Error(), "general.alignment is 0") {
		t.Errorf("alignment 0: %v", err)
	}
}

// NaN and infinite numbers are told with file, tensor and place, in whatever type they are stored.
func TestNumbersThatAreNone(t *testing.T) {
	m := transformer.New(small(t)["llama"], 5)
	dir := t.TempDir()
	for kind, poison := range map[string]func(*firstNumber){
		"F32": func(k *firstNumber) { k.bits(4, math.Float32bits(float32(math.NaN()))) }, "BF16": func(k *firstNumber) { k.bits(2, 0x7f80) },
		"F16": func(k *firstNumber) { k.bits(2, 0x7c00) }, "Q8_0": func(k *firstNumber) { k.bits(2, 0x7e00) }, "Q4_1": func(k *firstNumber) { k.bits(2, 0x7c00) },
	} {
		file := filepath.Join(dir, kind+".gguf")
		if err := SaveGGUF(file, m, kind, nil); err != nil {
			t.Fatal(err)
		}
		g, err := OpenGGUF(file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw := g.Tensors["blk.1.ffn_up.weight"].raw
		at := strings.Index(string(data), string(raw))
		runtime.KeepAlive(g) // raw is its memory
		poison(&firstNumber{data[at:]})
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = LoadGGUF(file)
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "tensor model.layers.1.mlp.up_proj.weight: element ") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// firstNumber is the bytes of a tensor, whose first number is changed.
type firstNumber struct{ b []byte }

func (k *firstNumber) bits(n int, x uint32) {
	for i := range n {
		k.b[i] = byte(x >> (8 * i))
	}
}

// An index of shards that is damaged, that climbs out of the folder in any spelling, or names a folder.
func TestIndexesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	config, _ := ConfigJSON(tiny)
	os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644)
	os.Mkdir(filepath.Join(dir, "sub"), 0o755)
	for name, want := range map[string]string{`../x`: "outside the folder", `..`: "outside the folder", `/etc/passwd`: "outside the folder", `a\\b`: "outside the folder", `sub/x`: "outside the folder",
		`sub`: "is not a file", ``: "outside the folder", `absent.safetensors`: "absent.safetensors"} {
		os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), fmt.Appendf(nil, `{"weight_map":{"model.norm.weight":"%s"}}`, name), 0o644)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(`{"weight_map":[`), 0o644)
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "not an index of shards") {
		t.Errorf("a damaged index: %v", err)
	}
	for _, empty := range []string{`{}`, `{"weight_map":{}}`, `{"weight_map":null}`} {
		os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(empty), 0o644)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "no weight_map") {
			t.Errorf("the index %s: %v", empty, err)
		}
	}
}

// Names that a terminal would obey, or that are no text, do not get into messages.
func TestNamesThatCannotBeShown(t *testing.T) {
	for _, name := range []string{"a\\u001b[2J", "b\\u0000", "c\\u202e"} {
		header := `{"` + name + `": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}`
		data := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
		if _, err := Parse("f", data); err == nil || !strings.Contains(err.Error(), "cannot be shown") || !printable(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := Load("testdata/families/llama")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(file, m, "F32", nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"token_embd.weight", "general.architecture"} {
		bad := strings.Replace(string(whole), name, "\xcd\x1b"+name[2:], 1)
		if _, err := ParseGGUF("f", []byte(bad)); err == nil || !strings.Contains(err.Error(), "cannot be shown") || !printable(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
