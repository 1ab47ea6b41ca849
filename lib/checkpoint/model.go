package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"lyceum/lib/transformer"
)

// config is the part of a Hugging Face config.json that describes a Llama-family model, in the spellings of
// Transformers 4 (rope_theta) and 5 (rope_parameters).
type config struct {
	Architectures []string       `json:"architectures"`
	ModelType     string         `json:"model_type"`
	Vocab         int            `json:"vocab_size"`
	Dim           int            `json:"hidden_size"`
	Layers        int            `json:"num_hidden_layers"`
	Heads         int            `json:"num_attention_heads"`
	KVHeads       int            `json:"num_key_value_heads"`
	HeadDim       int            `json:"head_dim,omitempty"`
	Hidden        int            `json:"intermediate_size"`
	Context       int            `json:"max_position_embeddings"`
	RopeTheta     float64        `json:"rope_theta,omitempty"`
	Rope          map[string]any `json:"rope_parameters,omitempty"`
	RopeScaling   map[string]any `json:"rope_scaling,omitempty"`
	NormEps       float64        `json:"rms_norm_eps"`
	Tied          bool           `json:"tie_word_embeddings"`
	Activation    string         `json:"hidden_act"`
	DType         string         `json:"torch_dtype,omitempty"`
	Sliding       bool           `json:"use_sliding_window,omitempty"`
	BOS           *int           `json:"bos_token_id,omitempty"`
	EOS           *int           `json:"eos_token_id,omitempty"`
}

// ParseConfig reads a config.json; name stands in errors.
func ParseConfig(name string, data []byte) (transformer.Config, error) {
	var c config
	bad := func(format string, args ...any) (transformer.Config, error) {
		return transformer.Config{}, fmt.Errorf("checkpoint: %s: %s", name, fmt.Sprintf(format, args...))
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return bad("not a config.json: %v", err)
	}
	if c.ModelType != "llama" && c.ModelType != "qwen2" {
		return bad("the model type %q is not known: llama and qwen2 are", c.ModelType)
	}
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadDim == 0 && c.Heads > 0 {
		c.HeadDim = c.Dim / c.Heads
	}
	if v, ok := c.Rope["rope_theta"].(float64); ok {
		c.RopeTheta = v
	}
	scaling, err := ropeScaling(c.Rope, c.RopeScaling)
	switch {
	case err != nil:
		return bad("%v", err)
	case c.Sliding:
		return bad("use_sliding_window is set: sliding-window attention is not supported")
	case c.Activation != "" && c.Activation != "silu":
		return bad("the activation %q is not known: only silu is", c.Activation)
	}
	if c.RopeTheta == 0 {
		c.RopeTheta = 10000
	}
	out := transformer.Config{Vocab: c.Vocab, Dim: c.Dim, Layers: c.Layers, Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Hidden: c.Hidden,
		Context: c.Context, RopeTheta: c.RopeTheta, NormEps: c.NormEps, Tied: c.Tied, QKVBias: c.ModelType == "qwen2", RopeScaling: scaling}
	if err := out.Check(); err != nil {
		return bad("%v", err)
	}
	return out, nil
}

// ConfigJSON writes a config.json for a model.
func ConfigJSON(c transformer.Config) ([]byte, error) {
	out := config{Architectures: []string{"LlamaForCausalLM"}, ModelType: "llama", Vocab: c.Vocab, Dim: c.Dim, Layers: c.Layers, Heads: c.Heads, KVHeads: c.KVHeads,
		HeadDim: c.HeadDim, Hidden: c.Hidden, Context: c.Context, RopeTheta: c.RopeTheta, NormEps: c.NormEps, Tied: c.Tied, Activation: "silu", DType: "bfloat16"}
	out.Rope, out.RopeScaling = ropeJSON(c)
	if c.QKVBias {
		out.Architectures, out.ModelType = []string{"Qwen2ForCausalLM"}, "qwen2"
	}
	return json.MarshalIndent(out, "", "  ")
}

// Load reads a model from a Hugging Face folder: config.json, and model.safetensors or its shards.
func Load(folder string) (*transformer.LM, error) {
	file := filepath.Join(folder, "config.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := ParseConfig(file, data)
	if err != nil {
		return nil, err
	}
	files, err := weightFiles(folder)
	if err != nil {
		return nil, err
	}
	return Assemble(c, files...)
}

// weightFiles opens the file or the shards of a folder.
func weightFiles(folder string) ([]*File, error) {
	index := filepath.Join(folder, "model.safetensors.index.json")
	data, err := os.ReadFile(index)
	if os.IsNotExist(err) {
		f, err := Open(filepath.Join(folder, "model.safetensors"))
		return []*File{f}, err
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var x struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: not an index of shards: %v", index, err)
	}
	names := map[string]bool{}
	for tensor, n := range x.Map {
		if filepath.Base(n) != n || n == ".." || strings.ContainsAny(n, `/\`) {
			return nil, fmt.Errorf("checkpoint: %s: tensor %s is said to be in %q, outside the folder", index, tensor, n)
		}
		names[n] = true
	}
	var list []string
	for n := range names {
		list = append(list, n)
	}
	sort.Strings(list)
	var out []*File
	for _, n := range list {
		f, err := Open(filepath.Join(folder, n))
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// Assemble makes a model of the tensors of files. Every parameter must be there, in its shape, and nothing else.
func Assemble(c transformer.Config, files ...*File) (*transformer.LM, error) {
	m := transformer.Empty(c)
	all, where := map[string]Entry{}, map[string]string{}
	for _, f := range files {
		for n, e := range f.Tensors {
			if where[n] != "" {
				return nil, fmt.Errorf("checkpoint: %s: tensor %s is in %s too", f.name, n, where[n])
			}
			all[n], where[n] = e, f.name
		}
	}
	for _, p := range m.Params() {
		data, row := p.Value.Data(), p.Value.Len()/max(p.Value.Dim(0), 1)
		parts := p.Parts
		at := 0
		take := func(name string, shape []int, n int) error {
			e, ok := all[name]
			if !ok {
				return fmt.Errorf("checkpoint: tensor %s is missing", name)
			}
			if fmt.Sprint(e.Shape) != fmt.Sprint(shape) {
				return fmt.Errorf("checkpoint: %s: tensor %s has the shape %v, the configuration wants %v", where[name], name, e.Shape, shape)
			}
			e.Read(data[at : at+n])
			at += n
			delete(all, name)
			return nil
		}
		if len(parts) == 0 {
			if err := take(p.Name, p.Value.Shape(), p.Value.Len()); err != nil {
				return nil, err
			}
		}
		for _, part := range parts {
			shape := append([]int{part.Rows}, p.Value.Shape()[1:]...)
			if err := take(part.Name, shape, part.Rows*row); err != nil {
				return nil, err
			}
		}
	}
	if c.Tied {
		delete(all, "lm_head.weight")
	}
	for n := range all {
		if !strings.HasSuffix(n, "rotary_emb.inv_freq") {
			return nil, fmt.Errorf("checkpoint: %s: tensor %s is not part of a model of this configuration", where[n], n)
		}
	}
	return m, nil
}

// Tensors lists a model's parameters under the names and in the parts of Hugging Face.
func Tensors(m *transformer.LM) []Tensor {
	var out []Tensor
	for _, p := range m.Params() {
		if len(p.Parts) == 0 {
			out = append(out, Tensor{p.Name, p.Value.Shape(), p.Value.Data()})
			continue
		}
		row, at := p.Value.Len()/p.Value.Dim(0), 0
		for _, part := range p.Parts {
			n := part.Rows * row
			out = append(out, Tensor{part.Name, append([]int{part.Rows}, p.Value.Shape()[1:]...), p.Value.Data()[at : at+n]})
			at += n
		}
	}
	return out
}

// Save writes a model as a Hugging Face folder, in F32 or BF16.
func Save(folder string, m *transformer.LM, dtype string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := Write(filepath.Join(folder, "model.safetensors"), Tensors(m), dtype); err != nil {
		return err
	}
	c, err := ConfigJSON(m.Config)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(folder, "config.json"), append(c, '\n'))
}
