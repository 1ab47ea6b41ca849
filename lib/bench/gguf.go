package bench

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"lyceum/lib/tensor"
)

// writeGGUF writes a Llama model with random weights in the file format of llama.cpp (docs/gguf.md of the ggml project,
// version 3): metadata, the table of tensors, then their data at multiples of 32 bytes. It has no tokenizer. Matrices are F32,
// BF16 or Q8_0 (blocks of 32: a float16 scale, 32 int8); norms are F32.
func writeGGUF(path string, c shape, weights string) error {
	kind, ok := map[string]uint32{"float32": 0, "int8": 8, "bf16": 30}[weights] // enum ggml_type
	if !ok {
		return fmt.Errorf("gguf: no format for %s", weights)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := &ggufWriter{w: bufio.NewWriterSize(f, 1<<20)}
	w.tensors(c, kind)
	w.header(c)
	rng := tensor.NewRand(6)
	for _, t := range w.list {
		w.data(rng, t)
	}
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

type ggufTensor struct {
	name  string
	shape []uint64 // the innermost first
	kind  uint32
}

func (t ggufTensor) elements() int {
	n := 1
	for _, d := range t.shape {
		n *= int(d)
	}
	return n
}

func (t ggufTensor) bytes() int {
	switch t.kind {
	case 8:
		return t.elements() / 32 * 34
	case 30:
		return 2 * t.elements()
	}
	return 4 * t.elements()
}

type ggufWriter struct {
	w    *bufio.Writer
	at   int
	err  error
	list []ggufTensor
}

func (w *ggufWriter) put(v any) {
	if w.err == nil {
		w.err = binary.Write(w.w, binary.LittleEndian, v)
		w.at += binary.Size(v)
	}
}

func (w *ggufWriter) text(s string) {
	w.put(uint64(len(s)))
	w.put([]byte(s))
}

func (w *ggufWriter) pad() {
	for w.at%32 != 0 {
		w.put(uint8(0))
	}
}

func (w *ggufWriter) tensors(c shape, kind uint32) {
	matrix := func(name string, out, in int) {
		w.list = append(w.list, ggufTensor{name, []uint64{uint64(in), uint64(out)}, kind})
	}
	norm := func(name string) { w.list = append(w.list, ggufTensor{name, []uint64{uint64(c.Dim)}, 0}) }
	matrix("token_embd.weight", c.Vocab, c.Dim)
	for i := range c.Layers {
		at := fmt.Sprintf("blk.%d.", i)
		norm(at + "attn_norm.weight")
		matrix(at+"attn_q.weight", c.Heads*c.HeadDim, c.Dim)
		matrix(at+"attn_k.weight", c.KVHeads*c.HeadDim, c.Dim)
		matrix(at+"attn_v.weight", c.KVHeads*c.HeadDim, c.Dim)
		matrix(at+"attn_output.weight", c.Dim, c.Heads*c.HeadDim)
		norm(at + "ffn_norm.weight")
		matrix(at+"ffn_gate.weight", c.Hidden, c.Dim)
		matrix(at+"ffn_up.weight", c.Hidden, c.Dim)
		matrix(at+"ffn_down.weight", c.Dim, c.Hidden)
	}
	norm("output_norm.weight") // the output layer is the table of embeddings
}

func (w *ggufWriter) header(c shape) {
	const u32, f32, str = 4, 6, 8 // enum gguf_metadata_value_type
	type entry struct {
		key   string
		kind  uint32
		value any
	}
	meta := []entry{
		{"general.architecture", str, "llama"}, {"tokenizer.ggml.model", str, "no_vocab"},
		{"llama.vocab_size", u32, uint32(c.Vocab)}, {"llama.context_length", u32, uint32(c.Context)},
		{"llama.embedding_length", u32, uint32(c.Dim)}, {"llama.block_count", u32, uint32(c.Layers)},
		{"llama.feed_forward_length", u32, uint32(c.Hidden)}, {"llama.attention.head_count", u32, uint32(c.Heads)},
		{"llama.attention.head_count_kv", u32, uint32(c.KVHeads)}, {"llama.rope.dimension_count", u32, uint32(c.HeadDim)},
		{"llama.rope.freq_base", f32, float32(c.RopeTheta)}, {"llama.attention.layer_norm_rms_epsilon", f32, float32(c.NormEps)},
	}
	w.put([]byte("GGUF"))
	w.put(uint32(3))
	w.put(uint64(len(w.list)))
	w.put(uint64(len(meta)))
	for _, m := range meta {
		w.text(m.key)
		w.put(m.kind)
		if s, ok := m.value.(string); ok {
			w.text(s)
		} else {
			w.put(m.value)
		}
	}
	offset := 0
	for _, t := range w.list {
		w.text(t.name)
		w.put(uint32(len(t.shape)))
		w.put(t.shape)
		w.put(t.kind)
		w.put(uint64(offset))
		offset += (t.bytes() + 31) / 32 * 32
	}
	w.pad()
}

// data writes a tensor: norms are 1, matrices uniform with the standard deviation of an untrained model, 0.02.
func (w *ggufWriter) data(rng *rand.Rand, t ggufTensor) {
	const width = 0.02 * 1.7320508
	draw := func() float32 { return width * (2*rng.Float32() - 1) }
	buf := make([]byte, 0, t.bytes())
	for n := t.elements(); n > 0; {
		switch {
		case len(t.shape) == 1:
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(1))
			n--
		case t.kind == 8:
			const scale = 0x0A9E // 2.0e-4 as float16: the values are about as large as those of the other formats
			buf = binary.LittleEndian.AppendUint16(buf, scale)
			for range 32 {
				buf = append(buf, byte(int8(rng.IntN(255)-127)))
			}
			n -= 32
		case t.kind == 30:
			buf = binary.LittleEndian.AppendUint16(buf, uint16(math.Float32bits(draw())>>16))
			n--
		default:
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(draw()))
			n--
		}
	}
	w.put(buf)
	w.pad()
}
