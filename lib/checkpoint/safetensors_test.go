package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

// Every type of a safetensors file, as Python's struct packs it.
func TestTypesOfNumbers(t *testing.T) {
	for _, c := range []struct {
		dtype string
		raw   string
		want  []float32
	}{
		{"F64", "\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x00\xc0", []float32{1.5, -2}},
		{"F32", "\x00\x00\xc0?\x00\x00\x00\xc0", []float32{1.5, -2}},
		{"F16", "\x00>\x00\xc0", []float32{1.5, -2}},
		{"BF16", "\xc0?\x00\xc0", []float32{1.5, -2}},
		{"I8", "\x03\xfe", []float32{3, -2}},
		{"U8", "\x03\xfe", []float32{3, 254}},
		{"BOOL", "\x01\x00", []float32{1, 0}},
		{"I16", "\x03\x00\xfe\xff", []float32{3, -2}},
		{"U16", "\x03\x00\xfe\xff", []float32{3, 65534}},
		{"I32", "\x03\x00\x00\x00\xfe\xff\xff\xff", []float32{3, -2}},
		{"U32", "\x03\x00\x00\x00\x00\x00\x00\x80", []float32{3, 1 << 31}},
		{"I64", "\x03\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff", []float32{3, -2}},
		{"U64", "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", []float32{3, 1 << 63}},
	} {
		h := `{"a":{"dtype":"` + c.dtype + `","shape":[2],"data_offsets":[0,` + string(rune('0'+len(c.raw)%10)) + `]}}`
		if len(c.raw) > 9 {
			h = strings.Replace(h, `[0,6]`, `[0,16]`, 1)
		}
		f, err := Parse("t", append(bytesOf(h, 0), c.raw...))
		if err != nil {
			t.Errorf("%s: %v", c.dtype, err)
			continue
		}
		got := make([]float32, 2)
		f.Tensors["a"].Read(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.dtype, got, c.want)
		}
	}
}

// A file that is mapped stays readable as long as one of its entries is held, and may be replaced meanwhile.
func TestAMappedFileOutlivesItsName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.safetensors")
	if err := Write(file, []Tensor{{"a", []int{3}, []float32{1, 2, 3}}}, "F32"); err != nil {
		t.Fatal(err)
	}
	f, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	e := f.Tensors["a"]
	if err := Write(file, []Tensor{{"b", []int{1}, []float32{9}}}, "F32"); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 3)
	e.Read(got)
	if !slices.Equal(got, []float32{1, 2, 3}) {
		t.Errorf("%v", got)
	}
	if f, err := Open(file); err != nil || f.Metadata["format"] != "pt" {
		t.Errorf("%v, %v", f, err)
	}
	if _, err := Open(filepath.Dir(file)); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a folder: %v", err)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	dir := t.TempDir()
	for _, c := range []struct {
		dtype string
		x     float32
	}{{"F32", nan}, {"BF16", inf}, {"F16", 70000}, {"F16", nan}} {
		err := Write(filepath.Join(dir, "m"), []Tensor{{"good", []int{1}, []float32{1}}, {"bad.weight", []int{2}, []float32{1, c.x}}}, c.dtype)
		if err == nil || !strings.Contains(err.Error(), "tensor bad.weight") {
			t.Errorf("%v as %s: %v", c.x, c.dtype, err)
		}
	}
	for _, kind := range []string{"Q8_0", "Q4_0", "Q4_1"} {
		x := make([]float32, 32)
		x[9] = nan
		err := WriteGGUF(filepath.Join(dir, "m"), nil, []GGUFTensor{{"bad.weight", []int{32}, kind, func() []float32 { return x }}})
		if err == nil || !strings.Contains(err.Error(), "tensor bad.weight has the value NaN") {
			t.Errorf("NaN as %s: %v", kind, err)
		}
	}
	if err := Write(filepath.Join(dir, "m"), nil, "Q8_0"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("a block format: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWeightsInShards(t *testing.T) {
	dir := t.TempDir()
	m := transformer.New(tiny, 3)
	config, _ := ConfigJSON(tiny)
	os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644)
	os.WriteFile(filepath.Join(dir, "model-00001-of-00005.safetensors"), nil, 0o644)
	count := func() int {
		n, _ := filepath.Glob(filepath.Join(dir, "model*.safetensors"))
		return len(n)
	}
	for _, c := range []struct{ limit, files int }{{3000, 9}, {1 << 20, 1}, {3000, 9}} {
		if err := WriteFolder(dir, Tensors(m), "F32", int64(c.limit)); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != c.files {
			t.Errorf("limit %d: %d files, want %d", c.limit, n, c.files)
		}
		n, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(n.Embed.Data(), m.Embed.Data()) {
			t.Errorf("limit %d: other weights", c.limit)
		}
	}
}

// A damaged number in a configuration is an error before it is a demand for memory.
func TestAConfigurationThatAsksForTooMuch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.safetensors")
	if err := Write(file, Tensors(transformer.New(tiny, 3)), "F32"); err != nil {
		t.Fatal(err)
	}
	f, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*transformer.Config){
		"the shape [17 16], the configuration wants [1099511627776 16]": func(c *transformer.Config) { c.Vocab = 1 << 40 },
		"the shape [17 16], the configuration wants [17 1073741824]":    func(c *transformer.Config) { c.Dim = 1 << 30 },
		"too few for 1073741824 blocks":                                 func(c *transformer.Config) { c.Layers = 1 << 30 },
		"of width 16 and 1099511627776":                                 func(c *transformer.Config) { c.Hidden = 1 << 40 },
	} {
		c := tiny
		change(&c)
		if _, err := Assemble(c, f); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
