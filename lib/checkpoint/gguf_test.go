package checkpoint

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// blocks are the golden values of testdata/make.py.
type blocks struct {
	Read, Write map[string]struct{ Raw, Float string }
}

func golden(t *testing.T) blocks {
	t.Helper()
	data, err := os.ReadFile("testdata/blocks.json")
	if err != nil {
		t.Fatal(err)
	}
	var g blocks
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) == 0 {
		t.Fatalf("golden value: %d bytes, %v", len(b), err)
	}
	return b
}

func floats(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	readF32(out, b)
	return out
}

// Bit for bit what the gguf package makes of every format.
func TestBlocksAreReadAsGGUFDoes(t *testing.T) {
	g := golden(t)
	for _, name := range []string{"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"} {
		raw, want := decoded(t, g.Read[name].Raw), floats(decoded(t, g.Read[name].Float))
		e := Entry{DType: name, raw: raw, kind: kinds[name]}
		got := make([]float32, e.Len())
		e.Read(got)
		if len(got) != len(want) {
			t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%s: element %d is %v, want %v", name, i, got[i], want[i])
			}
		}
		raw[3] ^= 0x11 // the comparison sees a change
		e.Read(got)
		if slices.Equal(got, want) {
			t.Errorf("%s: another block reads the same", name)
		}
	}
}

func TestBlocksAreWrittenAsGGUFDoes(t *testing.T) {
	g := golden(t)
	for _, name := range []string{"Q8_0", "Q4_0", "Q4_1", "F16", "BF16"} {
		want, x := decoded(t, g.Write[name].Raw), floats(decoded(t, g.Write[name].Float))
		got := make([]byte, len(want))
		kinds[name].write(got, x)
		if !slices.Equal(got, want) {
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s: byte %d is %d, want %d", name, i, got[i], want[i])
					break
				}
			}
		}
	}
}

// Every float16 comes back, and numbers between two of them go to the nearer, in a tie to the even one.
func TestHalves(t *testing.T) {
	for h := range 1 << 16 {
		x := half(uint16(h))
		if x != x {
			if y := half(toHalf(x)); y == y {
				t.Fatalf("NaN %#x became %v", h, y)
			}
			continue
		}
		if got := toHalf(x); got != uint16(h) {
			t.Fatalf("%#x became %#x by way of %v", h, got, x)
		}
		if h&0x7fff >= 0x7bff {
			continue
		}
		next := half(uint16(h + 1))
		middle := float32((float64(x) + float64(next)) / 2)
		even := uint16(h + h&1)
		if got := toHalf(middle); got != even {
			t.Fatalf("the middle of %#x and the next became %#x, want %#x", h, got, even)
		}
		if got := toHalf(math.Nextafter32(middle, x)); got != uint16(h) {
			t.Fatalf("less than the middle after %#x became %#x", h, got)
		}
	}
	if toHalf(1e6) != 0x7c00 || toHalf(-65520) != 0xfc00 || toHalf(65519) != 0x7bff {
		t.Error("the largest numbers")
	}
}

func TestAFileOfTheGGUFPackage(t *testing.T) {
	g, err := OpenGGUF("testdata/small.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"general.architecture": "llama", "t.u8": uint8(200), "t.i8": int8(-100), "t.u16": uint16(60000), "t.i16": int16(-30000), "t.u32": uint32(4000000000),
		"t.i32": int32(-2000000000), "t.f32": float32(0.1), "t.yes": true, "t.text": "häuser 😀", "t.u64": uint64(1<<63 + 1), "t.i64": int64(-1 << 62), "t.f64": 0.1,
		"t.texts": []string{"a", "", "ö"}, "t.ints": []int32{1, -2, 3}, "t.floats": []float32{0.5, -1.5}, "t.bools": []bool{true, false}} {
		if got := g.Meta[key]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %T %v, want %T %v", key, got, got, want, want)
		}
	}
	if len(g.Keys) != len(g.Meta) || g.Version != 3 {
		t.Errorf("%d keys of %d, version %d", len(g.Keys), len(g.Meta), g.Version)
	}
	for name, want := range map[string][]float32{"a": {0, 1, 2, 3, 4, 5}, "b": {0, 1, 2, 3, 4}, "d": {0, 1, 2}, "e": {0, 1, 2}} {
		e := g.Tensors[name]
		got := make([]float32, e.Len())
		e.Read(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v", name, got)
		}
	}
	if e := g.Tensors["c"]; !slices.Equal(e.Shape, []int{12, 32}) || e.DType != "Q4_1" || !e.Quantised() || e.Bytes() != 240 {
		t.Errorf("c is %+v", e)
	}
}

// ggufBytes makes a file by hand.
type ggufBytes struct{ b []byte }

func (g *ggufBytes) u32(x uint32) *ggufBytes {
	g.b = binary.LittleEndian.AppendUint32(g.b, x)
	return g
}
func (g *ggufBytes) u64(x uint64) *ggufBytes {
	g.b = binary.LittleEndian.AppendUint64(g.b, x)
	return g
}
func (g *ggufBytes) text(s string) *ggufBytes {
	g.u64(uint64(len(s)))
	g.b = append(g.b, s...)
	return g
}

func header(version uint32, tensors, pairs uint64) *ggufBytes {
	return (&ggufBytes{[]byte("GGUF")}).u32(version).u64(tensors).u64(pairs)
}

// tensor appends the description of a tensor.
func (g *ggufBytes) tensor(name string, kind uint32, offset uint64, shape ...uint64) *ggufBytes {
	g.text(name).u32(uint32(len(shape)))
	for _, d := range shape {
		g.u64(d)
	}
	return g.u32(kind).u64(offset)
}

// data pads the front and appends so many bytes.
func (g *ggufBytes) data(n int) []byte {
	for len(g.b)%32 != 0 {
		g.b = append(g.b, 0)
	}
	return append(g.b, make([]byte, n)...)
}

var hostileGGUF = map[string][]byte{
	"does not begin with the letters GGUF":                          []byte("GGML...."),
	"the header: the file ends":                                     []byte("GGUF\x03\x00\x00\x00"),
	"GGUF version 1":                                                header(1, 0, 0).b,
	"big-endian":                                                    {'G', 'G', 'U', 'F', 0, 0, 0, 3, 0, 0, 0, 0},
	"4611686018427387904 tensors cannot be":                         header(3, 1<<62, 0).b,
	"4611686018427387904 pairs of metadata cannot be":               header(3, 0, 1<<62).b,
	"a text of 4611686018427387904 characters":                      header(3, 0, 1).u64(1 << 62).u64(0).b,
	"the metadata a has the type number 99":                         header(3, 0, 1).text("a").u32(99).u64(0).b,
	"the metadata a is there twice":                                 header(3, 0, 2).text("a").u32(4).u32(1).text("a").u32(4).u32(1).b,
	"elements of the metadata a cannot be":                          header(3, 0, 1).text("a").u32(9).u32(8).u64(1 << 61).b,
	"array of the type number 77":                                   header(3, 0, 1).text("a").u32(9).u32(77).u64(0).b,
	"arrays in arrays":                                              header(3, 0, 1).text("a").u32(9).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(0).u64(9).b,
	"general.alignment is 24":                                       header(3, 0, 1).text("general.alignment").u32(4).u32(24).b,
	"tensor x has 5 axes":                                           header(3, 1, 0).tensor("x", 0, 0, 1, 1, 1, 1, 1).b,
	"the length 4611686018427387904 is impossible":                  header(3, 1, 0).tensor("x", 0, 0, 1<<62).data(64),
	"the length 1099511627776 is impossible":                        header(3, 1, 0).tensor("x", 0, 0, 1<<40, 1<<40).data(64),
	"the length 0 is impossible":                                    header(3, 1, 0).tensor("x", 0, 0, 0).data(64),
	"tensor x has the type IQ4_XS, which is not":                    header(3, 1, 0).tensor("x", 23, 0, 256).data(512),
	"tensor x has the type number 777":                              header(3, 1, 0).tensor("x", 777, 0, 256).data(512),
	"cannot be cut into the 32 elements of a Q8_0":                  header(3, 1, 0).tensor("x", 8, 0, 33).data(512),
	"tensor x is there twice":                                       header(3, 2, 0).tensor("x", 0, 0, 4).tensor("x", 0, 32, 4).data(64),
	"its offset 4 is not a multiple of 32":                          header(3, 1, 0).tensor("x", 0, 4, 4).data(64),
	"tensor x: 16 bytes at offset 64 lie outside":                   header(3, 1, 0).tensor("x", 0, 64, 4).data(64),
	"tensor x: 16 bytes at offset 18446744073709551584 lie outside": header(3, 1, 0).tensor("x", 0, 1<<64-32, 4).data(64),
	"the tensors x and y overlap":                                   header(3, 2, 0).tensor("x", 0, 0, 16).tensor("y", 0, 32, 4).data(64),
}

func TestHostileGGUF(t *testing.T) {
	for want, data := range hostileGGUF {
		if _, err := ParseGGUF("bad.gguf", data); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.gguf") {
			t.Errorf("want an error with %q and the file's name, got %v", want, err)
		}
	}
	whole, err := os.ReadFile("testdata/small.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) - 1 { // cut off anywhere
		if g, err := ParseGGUF("cut.gguf", whole[:n]); err == nil && n < len(whole)-32 {
			t.Fatalf("%d of %d bytes are taken: %d tensors", n, len(whole), len(g.Tensors))
		}
	}
}

func FuzzParseGGUF(f *testing.F) {
	for _, d := range hostileGGUF {
		f.Add(d)
	}
	whole, err := os.ReadFile("testdata/small.gguf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(header(2, 2, 1).text("general.architecture").u32(8).text("llama").tensor("token_embd.weight", 8, 0, 32, 2).tensor("x", 14, 96, 256).data(512))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ParseGGUF("f", data)
		if err != nil {
			return
		}
		for _, e := range g.Tensors {
			if e.Len() < 1<<20 {
				e.Read(make([]float32, e.Len()))
			}
		}
		if _, m, err := g.Model(); err == nil {
			for _, e := range m.Tensors {
				if e.Len() < 1<<20 {
					e.Read(make([]float32, e.Len()))
				}
			}
		}
	})
}
