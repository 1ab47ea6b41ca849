package checkpoint

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

var tiny = transformer.Config{Vocab: 17, Dim: 16, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 16, RopeTheta: 10000, NormEps: 1e-5, Tied: true}

func TestSavedModelIsLoadedAgain(t *testing.T) {
	for _, c := range []transformer.Config{tiny, func() transformer.Config { c := tiny; c.Tied, c.QKVBias, c.Family = false, true, "qwen2"; return c }()} {
		m := transformer.New(c, 3)
		dir := filepath.Join(t.TempDir(), "model")
		if err := Save(dir, m, "F32"); err != nil {
			t.Fatal(err)
		}
		n, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if n.Config != c {
			t.Errorf("config %+v, want %+v", n.Config, c)
		}
		for i, p := range n.Params() {
			for j, x := range p.Value.Data() {
				if x != m.Params()[i].Value.Data()[j] {
					t.Fatalf("%s differs", p.Name)
				}
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".checkpoint-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestBF16RoundsToNearestEven(t *testing.T) {
	for x, want := range map[float32]float32{1: 1, 1.00390625: 1, 1.01171875: 1.015625, -3.14159: -3.140625} {
		var b [2]byte
		var got [1]float32
		writeBF16(b[:], []float32{x})
		readBF16(got[:], b[:])
		if got[0] != want {
			t.Errorf("%v becomes %v, want %v", x, got[0], want)
		}
	}
	if b := toBF16(float32(math.NaN())); b&0x7fff <= 0x7f80 {
		t.Error("NaN must stay NaN")
	}
}

func TestHalf(t *testing.T) {
	for h, want := range map[uint16]float32{0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: float32(math.Ldexp(1, -24)), 0x3555: 0.33325195} {
		if got := half(h); got != want {
			t.Errorf("%#x is %v, want %v", h, got, want)
		}
	}
}

// bytesOf makes a safetensors file of a header and data.
func bytesOf(header string, data int) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), make([]byte, data)...)
}

var hostile = map[string][]byte{
	"too few":          {1, 2, 3},
	"header claims":    binary.LittleEndian.AppendUint64(nil, 1<<62),
	"not JSON":         bytesOf("{x", 0),
	"lie outside":      bytesOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4),
	"do not hold":      bytesOf(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8),
	"impossible":       bytesOf(`{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}`, 8),
	"not known":        bytesOf(`{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,8]}}`, 8),
	"overlap":          bytesOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12),
	"bytes 8 to 0":     bytesOf(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}`, 8),
	"cannot unmarshal": bytesOf(`{"a":{"dtype":"F32","shape":["x"],"data_offsets":[0,8]}}`, 8),
	"__metadata__":     bytesOf(`{"__metadata__":{"format":1}}`, 0),
	"is there twice":   bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
	"has 3 numbers":    bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 8),
	"not an object":    bytesOf(`[1]`, 0),
	"the shape [-1]":   bytesOf(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}`, 8),
}

func TestHostileFiles(t *testing.T) {
	for want, data := range hostile {
		if _, err := Parse("bad.safetensors", data); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.safetensors") {
			t.Errorf("want an error with %q and the file's name, got %v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range hostile {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Parse("f", data)
		if err != nil {
			return
		}
		for _, e := range x.Tensors {
			e.Read(make([]float32, e.Len()))
		}
	})
}

func TestModelErrorsNameTheTensor(t *testing.T) {
	m := transformer.New(tiny, 3)
	write := func(change func([]Tensor) []Tensor) *File {
		file := filepath.Join(t.TempDir(), "m.safetensors")
		if err := Write(file, change(Tensors(m)), "F32"); err != nil {
			t.Fatal(err)
		}
		f, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for want, change := range map[string]func([]Tensor) []Tensor{
		"tensor model.embed_tokens.weight is missing":                      func(ts []Tensor) []Tensor { return ts[1:] },
		"tensor extra.weight is not part of a model of this configuration": func(ts []Tensor) []Tensor { return append(ts, Tensor{"extra.weight", []int{1}, []float32{1}}) },
		"tensor model.norm.weight has the shape [4 4], the configuration wants [16]": func(ts []Tensor) []Tensor {
			ts[len(ts)-1].Shape = []int{4, 4}
			return ts
		},
	} {
		if _, err := Assemble(tiny, write(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f := write(func(ts []Tensor) []Tensor { return ts })
	if _, err := Assemble(tiny, f, f); err == nil || !strings.Contains(err.Error(), "is in") {
		t.Errorf("a tensor in two files: %v", err)
	}
}

func TestShards(t *testing.T) {
	dir := t.TempDir()
	m := transformer.New(tiny, 3)
	ts := Tensors(m)
	c, _ := ConfigJSON(tiny)
	os.WriteFile(filepath.Join(dir, "config.json"), c, 0o644)
	Write(filepath.Join(dir, "a.safetensors"), ts[:5], "F32")
	Write(filepath.Join(dir, "b.safetensors"), ts[5:], "F32")
	index := func(a, b string) {
		var s []string
		for i, x := range ts {
			n := a
			if i >= 5 {
				n = b
			}
			s = append(s, `"`+x.Name+`":"`+n+`"`)
		}
		os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(`{"weight_map":{`+strings.Join(s, ",")+`}}`), 0o644)
	}
	index("a.safetensors", "b.safetensors")
	if _, err := Load(dir); err != nil {
		t.Error(err)
	}
	index("a.safetensors", "c.safetensors")
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "c.safetensors") {
		t.Errorf("a missing shard: %v", err)
	}
	index("a.safetensors", "../b.safetensors")
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "outside the folder") {
		t.Errorf("a path that climbs out: %v", err)
	}
}

func TestConfigs(t *testing.T) {
	ok := `{"model_type":"llama","vocab_size":8,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":8,"rms_norm_eps":1e-5`
	if c, err := ParseConfig("c", []byte(ok+`,"rope_parameters":{"rope_theta":5000.0,"rope_type":"default"}}`)); err != nil || c.RopeTheta != 5000 || c.KVHeads != 2 || c.HeadDim != 4 {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := ParseConfig("c", []byte(ok+`,"rope_theta":100000.0}`)); err != nil || c.RopeTheta != 100000 {
		t.Errorf("%+v %v", c, err)
	}
	for want, s := range map[string]string{"not a config.json": "[", "the model type \"gpt9\" is not known": `{"model_type":"gpt9"}`, "Vocab is 0": `{"model_type":"llama"}`,
		"rope_type \"ntk\"": ok + `,"rope_scaling":{"rope_type":"ntk"}}`} {
		if _, err := ParseConfig("c.json", []byte(s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
