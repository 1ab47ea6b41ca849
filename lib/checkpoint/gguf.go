package checkpoint

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A GGUF is a file of llama.cpp, versions 2 and 3 (ggml's docs/gguf.md): metadata, a table of tensors, and their data.
type GGUF struct {
	Version int
	// Keys are the names of the metadata in the order of the file; Meta has their values: bool, string, an integer or float
	// of the width in the file, or a slice of one of these ([]any for slices in slices).
	Keys    []string
	Meta    map[string]any
	Tensors map[string]Entry // under llama.cpp's names, shapes with the outermost axis first
	name    string
	order   []string
}

// ggmlTypes are the names of enum ggml_type, also of those that cannot be read.
var ggmlTypes = map[uint32]string{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K",
	16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16",
	34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"}

const readable = "F32, F16, BF16, F64, I8 to I64, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and Q6_K"

// OpenGGUF maps a GGUF file into memory and reads everything but the tensors' data.
func OpenGGUF(file string) (*GGUF, error) {
	data, keep, err := mapped(file)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	defer runtime.KeepAlive(keep)
	return parseGGUF(file, data, keep)
}

// ParseGGUF reads the bytes of a GGUF file, which it keeps; name stands in errors. Every length and offset in it is checked
// against the bytes that are there before memory is asked for.
func ParseGGUF(name string, data []byte) (*GGUF, error) { return parseGGUF(name, data, nil) }

func parseGGUF(name string, data []byte, keep *mapping) (g *GGUF, err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case ggufError:
			g, err = nil, fmt.Errorf("checkpoint: %s: %s", name, string(v))
		default:
			panic(v)
		}
	}()
	r := &ggufReader{data: data}
	if len(data) < 4 || string(data[:4]) != "GGUF" {
		r.fail("not a GGUF file: it does not begin with the letters GGUF")
	}
	r.at = 4
	g = &GGUF{name: name, Meta: map[string]any{}, Tensors: map[string]Entry{}}
	version := r.u32()
	switch {
	case version == 2 || version == 3:
	case bits.ReverseBytes32(version) < 100:
		r.fail("a big-endian GGUF file: only little-endian ones can be read")
	default:
		r.fail("GGUF version %d: versions 2 and 3 can be read", version)
	}
	g.Version = int(version)
	tensors, pairs := r.u64(), r.u64()
	for i := range r.count(pairs, 12, "pairs of metadata") {
		key := r.name(fmt.Sprintf("key %d", i))
		if _, twice := g.Meta[key]; twice {
			r.fail("the metadata %s is there twice", key)
		}
		g.Keys = append(g.Keys, key)
		g.Meta[key] = r.value("the metadata "+key, r.u32(), 0)
	}
	g.table(r, r.count(tensors, 24, "tensors"), keep)
	return g, nil
}

// table reads the descriptions of the tensors and finds their data.
func (g *GGUF) table(r *ggufReader, n int, keep *mapping) {
	align := uint64(32)
	if v, ok := g.Meta["general.alignment"]; ok {
		a, ok := number(v)
		if !ok || a < 1 || a > 1<<20 || uint64(a)&(uint64(a)-1) != 0 {
			r.fail("general.alignment is %v, it must be a power of 2", v)
		}
		align = uint64(a)
	}
	offsets := make([]uint64, 0, n)
	for i := range n {
		name := r.name(fmt.Sprintf("the name of tensor %d", i))
		if _, twice := g.Tensors[name]; twice {
			r.fail("tensor %s is there twice", name)
		}
		g.Tensors[name] = r.describe(name)
		g.order = append(g.order, name)
		offsets = append(offsets, r.u64())
	}
	start := (uint64(r.at) + align - 1) / align * align
	var spans []span
	for i, name := range g.order {
		e, offset := g.Tensors[name], offsets[i]
		size := uint64(1)
		for _, d := range e.Shape {
			size *= uint64(d)
		}
		size = size / uint64(e.kind.block) * uint64(e.kind.bytes)
		all := uint64(len(r.data))
		switch {
		case offset%align != 0:
			r.fail("tensor %s: its offset %d is not a multiple of %d", name, offset, align)
		case start > all || offset > all-start || size > all-start-offset:
			r.fail("tensor %s: %d bytes at offset %d lie outside the file's %d: it is cut off or damaged", name, size, offset, all)
		}
		e.raw, e.keep = r.data[start+offset:start+offset+size:start+offset+size], keep
		g.Tensors[name] = e
		spans = append(spans, span{offset, offset + size, name})
	}
	if a, b := overlap(spans); a != "" {
		r.fail("the tensors %s and %s overlap", a, b)
	}
}

type ggufError string

// ggufReader walks over the front of a file; it leaves by a panic with a ggufError, which parseGGUF returns.
type ggufReader struct {
	data []byte
	at   int
}

func (r *ggufReader) fail(format string, args ...any) { panic(ggufError(fmt.Sprintf(format, args...))) }

func (r *ggufReader) take(n int, what string) []byte {
	if n > len(r.data)-r.at {
		r.fail("%s: the file ends after %d bytes: it is cut off or damaged", what, len(r.data))
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *ggufReader) u32() uint32 { return le32(r.take(4, "the header")) }
func (r *ggufReader) u64() uint64 { return le64(r.take(8, "the header")) }

// count checks a number of things that each take at least size bytes.
func (r *ggufReader) count(n uint64, size int, what string) int {
	if rest := uint64(len(r.data) - r.at); n > rest/uint64(size) {
		r.fail("%d %s cannot be in the file's remaining %d bytes: it is cut off or damaged", n, what, rest)
	}
	return int(n)
}

// text reads a string; what is formatted only if it fails, for a vocabulary has very many.
func (r *ggufReader) text(what string) string {
	n := r.u64()
	if rest := uint64(len(r.data) - r.at); n > rest {
		r.fail("%s: a text of %d characters cannot be in the file's remaining %d bytes: it is cut off or damaged", what, n, rest)
	}
	return string(r.take(int(n), what))
}

// name reads a text that errors will show.
func (r *ggufReader) name(what string) string {
	s := r.text(what)
	if !printable(s) {
		r.fail("%s is %q: it has characters that cannot be shown; the file is damaged", what, cut(s))
	}
	return s
}

// printable reports whether a name from a file can stand in a message: bytes that are no text, and characters that a terminal
// obeys, cannot.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// cut keeps the beginning of a long text.
func cut(s string) string { return s[:min(len(s), 80)] }

// describe reads the shape and type of a tensor.
func (r *ggufReader) describe(name string) Entry {
	axes := r.u32()
	if axes > 4 {
		r.fail("tensor %s has %d axes, at most 4 can be", name, axes)
	}
	var e Entry
	count := uint64(1)
	for range axes {
		d := r.u64()
		if d == 0 || d > 1<<40 || count > (1<<40)/d {
			r.fail("tensor %s: a shape with the length %d is impossible", name, d)
		}
		count *= d
		e.Shape = append(e.Shape, int(d))
	}
	slices.Reverse(e.Shape)
	id := r.u32()
	var known bool
	if e.DType, known = ggmlTypes[id]; !known {
		r.fail("tensor %s has the type number %d, which is not known: %s can be read", name, id, readable)
	}
	if e.kind = kinds[e.DType]; e.kind == nil {
		r.fail("tensor %s has the type %s, which is not supported: %s can be read", name, e.DType, readable)
	}
	if row := e.Shape; e.kind.block > 1 && (len(row) == 0 || row[len(row)-1]%e.kind.block != 0) {
		r.fail("tensor %s: rows of the shape %v cannot be cut into the %d elements of a %s block", name, e.Shape, e.kind.block, e.DType)
	}
	return e
}

// value reads a value of metadata (enum gguf_metadata_value_type).
func (r *ggufReader) value(what string, kind uint32, depth int) any {
	fixed := func(n int) []byte { return r.take(n, what) }
	switch kind {
	case 0:
		return fixed(1)[0]
	case 1:
		return int8(fixed(1)[0])
	case 2:
		return le16(fixed(2))
	case 3:
		return int16(le16(fixed(2)))
	case 4:
		return le32(fixed(4))
	case 5:
		return int32(le32(fixed(4)))
	case 6:
		return math.Float32frombits(le32(fixed(4)))
	case 7:
		return fixed(1)[0] != 0
	case 8:
		return r.text(what)
	case 9:
		return r.list(what, depth)
	case 10:
		return le64(fixed(8))
	case 11:
		return int64(le64(fixed(8)))
	case 12:
		return math.Float64frombits(le64(fixed(8)))
	}
	r.fail("%s has the type number %d, which is not known", what, kind)
	return nil
}

// list reads an array.
func (r *ggufReader) list(what string, depth int) any {
	if depth > 3 {
		r.fail("%s has arrays in arrays, %d deep", what, depth)
	}
	kind := r.u32()
	size := map[uint32]int{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8}[kind]
	if size == 0 {
		r.fail("%s is an array of the type number %d, which is not known", what, kind)
	}
	n := r.count(r.u64(), size, "elements of "+what)
	switch kind {
	case 0:
		return listOf[uint8](r, what, kind, n, depth)
	case 1:
		return listOf[int8](r, what, kind, n, depth)
	case 2:
		return listOf[uint16](r, what, kind, n, depth)
	case 3:
		return listOf[int16](r, what, kind, n, depth)
	case 4:
		return listOf[uint32](r, what, kind, n, depth)
	case 5:
		return listOf[int32](r, what, kind, n, depth)
	case 6:
		return listOf[float32](r, what, kind, n, depth)
	case 7:
		return listOf[bool](r, what, kind, n, depth)
	case 8:
		return listOf[string](r, what, kind, n, depth)
	case 10:
		return listOf[uint64](r, what, kind, n, depth)
	case 11:
		return listOf[int64](r, what, kind, n, depth)
	case 12:
		return listOf[float64](r, what, kind, n, depth)
	}
	return listOf[any](r, what, kind, n, depth)
}

func listOf[T any](r *ggufReader, what string, kind uint32, n, depth int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = r.value(what, kind, depth+1).(T)
	}
	return out
}

// number reads any number of metadata.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case uint8:
		return float64(x), true
	case int8:
		return float64(x), true
	case uint16:
		return float64(x), true
	case int16:
		return float64(x), true
	case uint32:
		return float64(x), true
	case int32:
		return float64(x), true
	case uint64:
		return float64(x), true
	case int64:
		return float64(x), true
	case float32:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}
