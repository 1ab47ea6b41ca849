package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"lyceum/lib/stop"
)

// A Pair is one entry of the metadata of a GGUF file: a bool, string, integer or float of a fixed width, or a slice of these.
type Pair struct {
	Key   string
	Value any
}

// A GGUFTensor is one tensor to be written, under llama.cpp's name and as the type that it is to have.
type GGUFTensor struct {
	Name  string
	Shape []int // the outermost axis first
	Type  string
	Data  func() []float32 // called once, when its turn comes
}

// ggufAlign is where tensors begin: at multiples of this.
const ggufAlign = 32

// WriteGGUF writes a GGUF file of version 3. It appears whole or not at all. Types are F32, F16, BF16, Q8_0, Q4_0 and Q4_1;
// a NaN, or a number that the type cannot hold, is an error that names the tensor.
func WriteGGUF(file string, meta []Pair, tensors []GGUFTensor) error {
	w := &ggufWriter{}
	w.b = append(w.b, "GGUF"...)
	w.u32(3)
	w.u64(uint64(len(tensors)))
	w.u64(uint64(len(meta)))
	seen := map[string]bool{}
	for _, p := range meta {
		if seen[p.Key] {
			return fmt.Errorf("checkpoint: %s: the metadata %s is there twice", file, p.Key)
		}
		seen[p.Key] = true
		w.text(p.Key)
		if err := w.value(p.Value); err != nil {
			return fmt.Errorf("checkpoint: %s: the metadata %s: %w", file, p.Key, err)
		}
	}
	if err := w.table(tensors); err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	return atomically(file, func(out io.Writer) error {
		if _, err := out.Write(w.b); err != nil {
			return err
		}
		for i, t := range tensors {
			if stop.Requested() {
				return stop.ErrInterrupted
			}
			data := t.Data()
			if len(data) != elements(t.Shape) {
				return fmt.Errorf("tensor %s has %d elements, its shape %v wants %d", t.Name, len(data), t.Shape, elements(t.Shape))
			}
			if err := kinds[t.Type].writeAll(out, t.Name, data); err != nil {
				return err
			}
			if _, err := out.Write(make([]byte, w.gaps[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// ggufWriter holds the front of a file.
type ggufWriter struct {
	b    []byte
	gaps []int // bytes after each tensor
}

func (w *ggufWriter) u32(x uint32) { w.b = binary.LittleEndian.AppendUint32(w.b, x) }
func (w *ggufWriter) u64(x uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, x) }
func (w *ggufWriter) text(s string) {
	w.u64(uint64(len(s)))
	w.b = append(w.b, s...)
}

// table writes the descriptions of the tensors, up to the first byte of data.
func (w *ggufWriter) table(tensors []GGUFTensor) error {
	ids := map[string]uint32{}
	for id, name := range ggmlTypes {
		ids[name] = id
	}
	seen := map[string]bool{}
	offset := uint64(0)
	for _, t := range tensors {
		k := kinds[t.Type]
		switch {
		case seen[t.Name]:
			return fmt.Errorf("tensor %s is there twice", t.Name)
		case k == nil || k.write == nil:
			return fmt.Errorf("tensor %s: type %q cannot be written: F32, F16, BF16, Q8_0, Q4_0 and Q4_1 can", t.Name, t.Type)
		case len(t.Shape) == 0 || len(t.Shape) > 4 || t.Shape[len(t.Shape)-1]%k.block != 0:
			return fmt.Errorf("tensor %s: the shape %v cannot be written as %s", t.Name, t.Shape, t.Type)
		}
		seen[t.Name] = true
		w.text(t.Name)
		w.u32(uint32(len(t.Shape)))
		for i := range t.Shape {
			w.u64(uint64(t.Shape[len(t.Shape)-1-i]))
		}
		w.u32(ids[t.Type])
		w.u64(offset)
		size := uint64(elements(t.Shape)) / uint64(k.block) * uint64(k.bytes)
		gap := (ggufAlign - size%ggufAlign) % ggufAlign
		w.gaps = append(w.gaps, int(gap))
		offset += size + gap
	}
	for len(w.b)%ggufAlign != 0 {
		w.b = append(w.b, 0)
	}
	return nil
}

// value writes a value with its type before it.
func (w *ggufWriter) value(v any) error {
	if list := elementsOf(v); list != nil {
		kind, _, ok := scalar(nil, list.zero)
		if !ok {
			return fmt.Errorf("a %T cannot be written", v)
		}
		w.u32(9)
		w.u32(kind)
		w.u64(uint64(list.n))
		for i := range list.n {
			_, w.b, _ = scalar(w.b, list.at(i))
		}
		return nil
	}
	kind, _, ok := scalar(nil, v)
	if !ok {
		return fmt.Errorf("a %T cannot be written", v)
	}
	w.u32(kind)
	_, w.b, _ = scalar(w.b, v)
	return nil
}

// sequence is a slice of any type.
type sequence struct {
	n    int
	zero any
	at   func(int) any
}

func sequenceOf[T any](s []T) *sequence {
	var zero T
	return &sequence{len(s), zero, func(i int) any { return s[i] }}
}

func elementsOf(v any) *sequence {
	switch s := v.(type) {
	case []string:
		return sequenceOf(s)
	case []bool:
		return sequenceOf(s)
	case []uint8:
		return sequenceOf(s)
	case []int8:
		return sequenceOf(s)
	case []uint16:
		return sequenceOf(s)
	case []int16:
		return sequenceOf(s)
	case []uint32:
		return sequenceOf(s)
	case []int32:
		return sequenceOf(s)
	case []uint64:
		return sequenceOf(s)
	case []int64:
		return sequenceOf(s)
	case []float32:
		return sequenceOf(s)
	case []float64:
		return sequenceOf(s)
	}
	return nil
}

// scalar appends one value and tells its type's number.
func scalar(b []byte, v any) (uint32, []byte, bool) {
	le := binary.LittleEndian
	switch x := v.(type) {
	case uint8:
		return 0, append(b, x), true
	case int8:
		return 1, append(b, byte(x)), true
	case uint16:
		return 2, le.AppendUint16(b, x), true
	case int16:
		return 3, le.AppendUint16(b, uint16(x)), true
	case uint32:
		return 4, le.AppendUint32(b, x), true
	case int32:
		return 5, le.AppendUint32(b, uint32(x)), true
	case float32:
		return 6, le.AppendUint32(b, math.Float32bits(x)), true
	case bool:
		if x {
			return 7, append(b, 1), true
		}
		return 7, append(b, 0), true
	case string:
		return 8, append(le.AppendUint64(b, uint64(len(x))), x...), true
	case uint64:
		return 10, le.AppendUint64(b, x), true
	case int64:
		return 11, le.AppendUint64(b, uint64(x)), true
	case float64:
		return 12, le.AppendUint64(b, math.Float64bits(x)), true
	}
	return 0, b, false
}
