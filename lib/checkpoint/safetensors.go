// Package checkpoint reads and writes model files: safetensors and Hugging Face folders, and the GGUF files of llama.cpp.
package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sort"
)

// A File is the named tensors of one file. Of a safetensors file (huggingface.co/docs/safetensors, "Format": eight bytes with
// the length of a JSON header, the header, the data) they are as they stand there; Model gives those of a GGUF file.
type File struct {
	Metadata map[string]string
	Tensors  map[string]Entry
	name     string
}

// maxHeader bounds the header of a safetensors file, as the original library does.
const maxHeader = 100 << 20

type headerEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

// Open maps a safetensors file into memory and reads its header.
func Open(file string) (*File, error) {
	data, keep, err := mapped(file)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	defer runtime.KeepAlive(keep)
	return parse(file, data, keep)
}

// Parse reads the bytes of a safetensors file, which it keeps; name stands in errors. Every length in the header is checked
// against the bytes that are there.
func Parse(name string, data []byte) (*File, error) { return parse(name, data, nil) }

func parse(name string, data []byte, keep *mapping) (*File, error) {
	bad := func(format string, args ...any) (*File, error) {
		return nil, fmt.Errorf("checkpoint: %s: %s", name, fmt.Sprintf(format, args...))
	}
	if len(data) < 8 {
		return bad("%d bytes are too few for a safetensors file", len(data))
	}
	n := le64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return bad("the header claims %d bytes, the file has %d after the length: not a safetensors file, or cut off", n, len(data)-8)
	}
	raw, err := object(data[8 : 8+n])
	if err != nil {
		return bad("the header is not JSON: %v", err)
	}
	body := data[8+n:]
	f := &File{name: name, Tensors: map[string]Entry{}}
	var spans []span
	for _, field := range raw {
		if field.key == "__metadata__" {
			if err := json.Unmarshal(field.value, &f.Metadata); err != nil {
				return bad("the header's __metadata__ is not a table of strings: %v", err)
			}
			continue
		}
		if !printable(field.key) {
			return bad("the name of a tensor is %q: it has characters that cannot be shown", cut(field.key))
		}
		if _, twice := f.Tensors[field.key]; twice {
			return bad("tensor %s is there twice", field.key)
		}
		var h headerEntry
		if err := json.Unmarshal(field.value, &h); err != nil {
			return bad("tensor %s: %v", field.key, err)
		}
		e, err := h.entry(body)
		if err != nil {
			return bad("tensor %s: %v", field.key, err)
		}
		e.keep = keep
		f.Tensors[field.key] = e
		spans = append(spans, span{h.Offsets[0], h.Offsets[1], field.key})
	}
	if a, b := overlap(spans); a != "" {
		return bad("the tensors %s and %s overlap", a, b)
	}
	return f, nil
}

// entry finds the bytes of a tensor.
func (h headerEntry) entry(body []byte) (Entry, error) {
	k := kinds[h.DType]
	if k == nil || k.block > 1 {
		return Entry{}, fmt.Errorf("type %q is not known: F32, F16, BF16, F64, BOOL and the integers are", h.DType)
	}
	e := Entry{DType: h.DType, kind: k}
	count := int64(1)
	for _, d := range h.Shape {
		if d < 0 || d > 0 && count > (1<<40)/d {
			return e, fmt.Errorf("the shape %v is impossible", h.Shape)
		}
		count *= d
		e.Shape = append(e.Shape, int(d))
	}
	if len(h.Offsets) != 2 {
		return e, fmt.Errorf("data_offsets has %d numbers, it must have 2", len(h.Offsets))
	}
	from, to := h.Offsets[0], h.Offsets[1]
	switch {
	case to < from || to > uint64(len(body)):
		return e, fmt.Errorf("bytes %d to %d lie outside the file's %d", from, to, len(body))
	case to-from != uint64(count)*uint64(k.bytes):
		return e, fmt.Errorf("%d bytes do not hold %v of type %s", to-from, h.Shape, h.DType)
	}
	e.raw = body[from:to]
	return e, nil
}

// span is where a tensor lies.
type span struct {
	from, to uint64
	name     string
}

// overlap names two tensors that share bytes.
func overlap(spans []span) (string, string) {
	sort.Slice(spans, func(i, j int) bool { return spans[i].from < spans[j].from })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to && spans[i].to > spans[i].from {
			return spans[i-1].name, spans[i].name
		}
	}
	return "", ""
}

// field is one member of a JSON object.
type field struct {
	key   string
	value json.RawMessage
}

// object lists the members of a JSON object in order, those too whose key is there twice, of which a map would keep only one.
func object(data []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, fmt.Errorf("it is %v, not an object", t)
	}
	var out []field
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		f := field{key: t.(string)}
		if err := d.Decode(&f.value); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the object")
	}
	return out, nil
}
