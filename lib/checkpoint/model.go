package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// Load reads a model from a Hugging Face folder: config.json, and model.safetensors or its shards.
func Load(folder string) (_ *transformer.LM, err error) {
	defer stop.Catch(&err)
	c, f, files, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	m, err := Assemble(c, files...)
	if err != nil {
		return nil, err
	}
	m.Special = f.special()
	if f.err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", filepath.Join(folder, "config.json"), f.err)
	}
	return m, nil
}

// openFolder reads the configuration of a folder and opens its files of weights.
func openFolder(folder string) (transformer.Config, *fields, []*File, error) {
	file := filepath.Join(folder, "config.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return transformer.Config{}, nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := ParseConfig(file, data)
	if err != nil {
		return c, nil, nil, err
	}
	f, err := parseFields(data)
	if err != nil {
		return c, nil, nil, fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	files, err := weightFiles(folder)
	return c, f, files, err
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
	if len(x.Map) == 0 {
		return nil, fmt.Errorf("checkpoint: %s: it has no weight_map, which says where the tensors are", index)
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
func Assemble(c transformer.Config, files ...*File) (_ *transformer.LM, err error) {
	defer stop.Catch(&err)
	b, err := newBag(files)
	if err != nil {
		return nil, err
	}
	if err := b.enough(c); err != nil {
		return nil, err
	}
	m := transformer.Empty(c)
	for _, p := range m.Params() {
		if err := b.fill(p); err != nil {
			return nil, err
		}
	}
	if c.Tied {
		delete(b.all, "lm_head.weight")
	}
	if err := b.empty(); err != nil {
		return nil, err
	}
	return m, b.read()
}

// Tensors lists a model's parameters under the names and in the parts of Hugging Face, with the adapters that are merged.
func Tensors(m *transformer.LM) []Tensor {
	params, _ := m.Merged()
	return tensorsOf(params)
}

func tensorsOf(params []nn.Param) []Tensor {
	var out []Tensor
	for _, p := range params {
		shape, data := p.Value.Shape(), p.Value.Data()
		switch {
		case p.Transposed:
			standing := make([]float32, len(data))
			compute.Transpose(standing, data, shape[0], shape[1])
			out = append(out, Tensor{p.Name, []int{shape[1], shape[0]}, standing})
		case len(p.Parts) == 0:
			out = append(out, Tensor{p.Name, shape, data})
		}
		row, at := len(data)/max(shape[0], 1), 0
		for _, part := range p.Parts {
			n := part.Rows * row
			out = append(out, Tensor{part.Name, append([]int{part.Rows}, shape[1:]...), data[at : at+n]})
			at += n
		}
	}
	return out
}

// dtypes are PyTorch's names for the types of a safetensors file.
var dtypes = map[string]string{"F32": "float32", "F16": "float16", "BF16": "bfloat16"}

// Save writes a model as a Hugging Face folder, in F32, F16 or BF16. Adapters that are merged are in the weights, others
// are left out. Quantised weights are written with the values that they stand for.
func Save(folder string, m *transformer.LM, dtype string) (err error) {
	defer stop.Catch(&err)
	if m.Quantised() != "" {
		m = m.Dense()
	}
	params, tied := m.Merged()
	config := m.Config
	config.Tied = tied
	return save(folder, config, tensorsOf(params), dtype, m.Special, nil)
}

func save(folder string, config transformer.Config, tensors []Tensor, dtype string, special *transformer.Special, more map[string]any) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := WriteFolder(folder, tensors, dtype, 0); err != nil {
		return err
	}
	c, err := configJSON(config, dtypes[dtype], special, more)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(folder, "config.json"), append(c, '\n'))
}
