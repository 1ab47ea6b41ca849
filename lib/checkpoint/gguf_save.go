package checkpoint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lyceum/lib/internal/compute"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// SaveGGUF writes a model as a GGUF file that llama.cpp runs. Matrices have the type: F32, F16, BF16, Q8_0, Q4_0 or Q4_1; norms
// and biases stay F32, as llama.cpp wants them. With four bits the embedding and the output are Q8_0, and a matrix whose rows
// do not divide into blocks is F16. A setting that the format cannot tell is an error; a window of attention that llama.cpp
// does not have for the family becomes the context. meta is what the file says besides the architecture: its name, and the vocabulary (Vocabulary).
func SaveGGUF(file string, m *transformer.LM, kind string, meta []Pair) (err error) {
	defer stop.Catch(&err)
	standing := m.Config
	_, standing.Tied = m.Merged()
	config, err := ConfigJSON(standing)
	if err != nil {
		return err
	}
	var c map[string]any
	if err := json.Unmarshal(config, &c); err != nil {
		return err
	}
	modelType, _ := c["model_type"].(string)
	fam, err := familyOf("", modelType)
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	number, ok := fileTypes[kind]
	if !ok {
		return fmt.Errorf("checkpoint: %s: type %q cannot be written: F32, F16, BF16, Q8_0, Q4_0 and Q4_1 can", file, kind)
	}
	d := describer{c: c, arch: fam.arch}
	d.all(fam)
	if d.err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, d.err)
	}
	pairs := append([]Pair{{"general.architecture", fam.arch}, {"general.file_type", number}, {"general.quantization_version", uint32(2)}}, d.pairs...)
	for _, p := range meta {
		if !slices.ContainsFunc(pairs, func(q Pair) bool { return q.Key == p.Key }) && !strings.HasPrefix(p.Key, fam.arch+".") {
			pairs = append(pairs, p)
		}
	}
	tensors, err := fam.tensors(m, kind, d.heads, d.kvHeads)
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	if len(d.factors) > 0 {
		tensors = append(tensors, GGUFTensor{"rope_freqs.weight", []int{len(d.factors)}, "F32", func() []float32 { return d.factors }})
	}
	if pairs, err = told(standing, pairs, tensors); err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	return WriteGGUF(file, pairs, tensors)
}

// fileTypes are the numbers of enum llama_ftype.
var fileTypes = map[string]uint32{"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "BF16": 32}

// tensors are those of a model as they lie in a GGUF file.
func (f family) tensors(m *transformer.LM, kind string, heads, kvHeads int) ([]GGUFTensor, error) {
	var out []GGUFTensor
	for _, t := range Tensors(m) {
		name := f.toGGUF(t.Name)
		if name == "" {
			return nil, fmt.Errorf("tensor %s has no place in a GGUF file of the architecture %s", t.Name, f.arch)
		}
		how := f.form(t.Name, t.Shape, heads, kvHeads)
		shape := t.Shape
		if how.turn {
			shape = []int{shape[1], shape[0]}
		}
		out = append(out, GGUFTensor{name, shape, typeOf(name, shape, kind), func() []float32 { return how.lay(t) }})
	}
	return out, nil
}

// typeOf is the type of one tensor in a file of a kind.
func typeOf(name string, shape []int, kind string) string {
	switch block := kinds[kind].block; {
	case len(shape) < 2 || name == "position_embd.weight":
		return "F32"
	case block > 1 && shape[len(shape)-1]%block != 0:
		return "F16"
	case kinds[kind].bytes*2 < block*3 && (name == "token_embd.weight" || name == "output.weight"): // fewer than 12 bits
		return "Q8_0"
	}
	return kind
}

// lay is the reverse of Entry.Read: the elements in the order of the file.
func (f form) lay(t Tensor) []float32 {
	switch {
	case f.turn:
		out := make([]float32, len(t.Data))
		compute.Transpose(out, t.Data, t.Shape[0], t.Shape[1])
		return out
	case f.pairs > 0:
		out := make([]float32, len(t.Data))
		rows := t.Shape[0]
		cols := len(t.Data) / rows
		for i := range rows {
			copy(out[f.row(rows, i)*cols:], t.Data[i*cols:(i+1)*cols])
		}
		return out
	case f.add != 0:
		out := make([]float32, len(t.Data))
		for i, x := range t.Data {
			out[i] = x - f.add
		}
		return out
	}
	return t.Data
}

// describer turns a config.json into the metadata of an architecture.
type describer struct {
	c              map[string]any
	arch           string
	pairs          []Pair
	heads, kvHeads int
	factors        []float32
	err            error
}

func (d *describer) put(key string, v any) { d.pairs = append(d.pairs, Pair{d.arch + "." + key, v}) }

// number reads a number that must be there.
func (d *describer) number(keys ...string) float64 {
	for _, k := range keys {
		if x, ok := d.c[k].(float64); ok {
			return x
		}
	}
	if d.err == nil {
		d.err = fmt.Errorf("the configuration has no %s", keys[0])
	}
	return 0
}

func (d *describer) all(fam family) {
	u32 := func(key string, from ...string) int {
		n := d.number(from...)
		d.put(key, uint32(n))
		return int(n)
	}
	u32("block_count", "num_hidden_layers", "n_layer")
	u32("context_length", "max_position_embeddings", "n_positions")
	dim := u32("embedding_length", "hidden_size", "n_embd")
	if n, ok := d.c["n_inner"]; fam.kind == "gpt2" && (!ok || n == nil) {
		d.put("feed_forward_length", uint32(4*dim))
	} else {
		u32("feed_forward_length", "intermediate_size", "n_inner")
	}
	d.heads = u32("attention.head_count", "num_attention_heads", "n_head")
	if fam.kind == "gpt2" {
		d.put("attention.layer_norm_epsilon", float32(d.number("layer_norm_epsilon")))
		return
	}
	d.kvHeads = u32("attention.head_count_kv", "num_key_value_heads")
	d.put("attention.layer_norm_rms_epsilon", float32(d.number("rms_norm_eps")))
	head := u32("attention.key_length", "head_dim")
	u32("attention.value_length", "head_dim")
	u32("rope.dimension_count", "head_dim")
	u32("vocab_size", "vocab_size")
	if w, ok := d.c["sliding_window"].(float64); ok && fam.kind == "gemma3_text" {
		d.put("attention.sliding_window", uint32(w))
	}
	d.rope(head)
}

// rope tells the rotary angles and how they are stretched, from rope_parameters (Transformers 5) or rope_scaling (4).
func (d *describer) rope(head int) {
	rope, _ := d.c["rope_parameters"].(map[string]any)
	if inner, ok := rope["full_attention"].(map[string]any); ok {
		if local, ok := rope["sliding_attention"].(map[string]any); ok && d.c["rope_local_base_freq"] == nil {
			d.c["rope_local_base_freq"] = local["rope_theta"]
		}
		rope = inner
	}
	theta, ok := rope["rope_theta"].(float64)
	if !ok {
		theta = d.number("rope_theta")
	}
	d.put("rope.freq_base", float32(theta))
	if local, ok := d.c["rope_local_base_freq"].(float64); ok {
		d.put("rope.freq_base_swa", float32(local))
	}
	if s, ok := d.c["rope_scaling"].(map[string]any); ok {
		rope = s
	}
	get := func(key string) float64 { x, _ := rope[key].(float64); return x }
	switch kind, _ := rope["rope_type"].(string); kind {
	case "", "default":
	case "linear":
		d.put("rope.scaling.type", "linear")
		d.put("rope.scaling.factor", float32(get("factor")))
	case "yarn":
		d.put("rope.scaling.type", "yarn")
		d.put("rope.scaling.factor", float32(get("factor")))
		d.put("rope.scaling.original_context_length", uint32(get("original_max_position_embeddings")))
		for _, p := range [][2]string{{"beta_fast", "yarn_beta_fast"}, {"beta_slow", "yarn_beta_slow"}} {
			if x := get(p[0]); x != 0 {
				d.put("rope.scaling."+p[1], float32(x))
			}
		}
	case "llama3":
		d.factors = llama3Factors(theta, head, get("factor"), get("low_freq_factor"), get("high_freq_factor"), get("original_max_position_embeddings"))
	default:
		d.err = fmt.Errorf("the rope_type %q cannot be told in a GGUF file: default, linear, yarn and llama3 can", kind)
	}
}
