// Package checkpoint reads and writes model files: safetensors and Hugging Face folders.
package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
)

// A File is the tensors of a safetensors file (huggingface.co/docs/safetensors, "Format"): eight bytes with the length of
// a JSON header, the header, and the data.
type File struct {
	Metadata map[string]string
	Tensors  map[string]Entry
	name     string
	data     []byte
}

// An Entry is one tensor of a file.
type Entry struct {
	DType string // F32, F16 or BF16
	Shape []int
	raw   []byte
}

const maxHeader = 100 << 20

type headerEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

var widths = map[string]int64{"F32": 4, "F16": 2, "BF16": 2}

// Open reads a safetensors file.
func Open(file string) (*File, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return Parse(file, data)
}

// Parse reads the bytes of a safetensors file, which it keeps; name stands in errors. Every length in the header is checked
// against the bytes that are there.
func Parse(name string, data []byte) (*File, error) {
	bad := func(format string, args ...any) (*File, error) {
		return nil, fmt.Errorf("checkpoint: %s: %s", name, fmt.Sprintf(format, args...))
	}
	if len(data) < 8 {
		return bad("%d bytes are too few for a safetensors file", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return bad("the header claims %d bytes, the file has %d after the length: not a safetensors file, or cut off", n, len(data)-8)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &raw); err != nil {
		return bad("the header is not JSON: %v", err)
	}
	body := data[8+n:]
	f := &File{name: name, Tensors: map[string]Entry{}, data: data}
	type span struct {
		from, to int64
		name     string
	}
	var spans []span
	for key, r := range raw {
		if key == "__metadata__" {
			if err := json.Unmarshal(r, &f.Metadata); err != nil {
				return bad("the header's __metadata__ is not a table of strings: %v", err)
			}
			continue
		}
		var h headerEntry
		if err := json.Unmarshal(r, &h); err != nil {
			return bad("tensor %s: %v", key, err)
		}
		width, ok := widths[h.DType]
		if !ok {
			return bad("tensor %s: type %q is not known: F32, F16 and BF16 are", key, h.DType)
		}
		count := int64(1)
		e := Entry{DType: h.DType}
		for _, d := range h.Shape {
			if d < 0 || d > 0 && count > (1<<40)/d {
				return bad("tensor %s: the shape %v is impossible", key, h.Shape)
			}
			count *= d
			e.Shape = append(e.Shape, int(d))
		}
		from, to := h.Offsets[0], h.Offsets[1]
		if from < 0 || to < from || to > int64(len(body)) {
			return bad("tensor %s: bytes %d to %d lie outside the file's %d", key, from, to, len(body))
		}
		if to-from != count*width {
			return bad("tensor %s: %d bytes do not hold %v of type %s", key, to-from, h.Shape, h.DType)
		}
		e.raw = body[from:to]
		f.Tensors[key] = e
		spans = append(spans, span{from, to, key})
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].from < spans[j].from })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return bad("the tensors %s and %s overlap", spans[i-1].name, spans[i].name)
		}
	}
	return f, nil
}

// Len is the number of elements.
func (e Entry) Len() int { return len(e.raw) / int(widths[e.DType]) }

// Read writes the elements into dst as float32.
func (e Entry) Read(dst []float32) {
	switch e.DType {
	case "F32":
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(e.raw[4*i:]))
		}
	case "BF16":
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(e.raw[2*i:])) << 16)
		}
	case "F16":
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(e.raw[2*i:]))
		}
	}
}

// half converts an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, int(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		v := float32(math.Ldexp(float64(frac), -24))
		if sign != 0 {
			return -v
		}
		return v
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | uint32(exp+112)<<23 | frac<<13)
}

// A Tensor is one tensor to be written.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Write writes a safetensors file of type F32 or BF16 (rounded to nearest even). The file appears whole or not at all.
func Write(file string, tensors []Tensor, dtype string) error {
	width, ok := widths[dtype]
	if !ok || dtype == "F16" {
		return fmt.Errorf("checkpoint: type %q cannot be written: F32 and BF16 can", dtype)
	}
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	at := int64(0)
	for _, t := range tensors {
		n := int64(len(t.Data)) * width
		header[t.Name] = map[string]any{"dtype": dtype, "shape": t.Shape, "data_offsets": []int64{at, at + n}}
		at += n
	}
	h, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(h)%8 != 0 {
		h = append(h, ' ')
	}
	return atomically(file, func(w io.Writer) error {
		if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...)); err != nil {
			return err
		}
		for _, t := range tensors {
			for rest := t.Data; len(rest) > 0; { // in pieces, so that a large tensor is not held twice
				n := min(len(rest), 1<<18)
				if _, err := w.Write(encode(rest[:n], dtype)); err != nil {
					return err
				}
				rest = rest[n:]
			}
		}
		return nil
	})
}

func encode(xs []float32, dtype string) []byte {
	b := make([]byte, 0, len(xs)*int(widths[dtype]))
	for _, x := range xs {
		bits := math.Float32bits(x)
		if dtype == "F32" {
			b = binary.LittleEndian.AppendUint32(b, bits)
			continue
		}
		if x == x { // not NaN
			bits += 0x7fff + bits>>16&1
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(bits>>16))
	}
	return b
}

// atomically writes a file under a temporary name and renames it.
func atomically(file string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".checkpoint-*")
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer os.Remove(tmp.Name())
	err = write(tmp)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync() // else a power cut after the rename can leave an empty file under the right name
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	return nil
}
