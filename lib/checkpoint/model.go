package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

// Load reads a model from a Hugging Face folder: config.json, and model.safetensors or its shards.
func Load(folder string) (*transformer.LM, error) {
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
	return m, b.empty()
}

// bag is the tensors of files that nobody has taken yet.
type bag struct {
	all   map[string]Entry
	where map[string]string
	from  string // what stands in an error about a tensor that is nowhere
}

func newBag(files []*File) (*bag, error) {
	b := &bag{all: map[string]Entry{}, where: map[string]string{}}
	for i, f := range files {
		if b.from = f.name; i > 0 {
			b.from = filepath.Dir(f.name)
		}
		for n, e := range f.Tensors {
			if b.where[n] != "" {
				return nil, fmt.Errorf("checkpoint: %s: tensor %s is in %s too", f.name, n, b.where[n])
			}
			b.all[n], b.where[n] = e, f.name
		}
	}
	return b, nil
}

// enough checks that the files can hold a model of the configuration, before memory is asked for: a damaged number in it
// must not ask for all there is.
func (b *bag) enough(c transformer.Config) error {
	have := 0.0
	for _, e := range b.all {
		have += float64(e.Len())
	}
	vocab, dim, layers, hidden, q := float64(c.Vocab), float64(c.Dim), float64(c.Layers), float64(c.Hidden), float64(c.Heads)*float64(c.HeadDim)
	if want := vocab*dim + layers*(2*dim*q+2*dim*hidden); want <= 2*have+1e6 { // what is nearly there is told tensor by tensor
		return nil
	}
	for name, e := range b.all {
		if (strings.HasSuffix(name, "embed_tokens.weight") || strings.HasSuffix(name, "wte.weight")) && fmt.Sprint(e.Shape) != fmt.Sprint([]int{c.Vocab, c.Dim}) {
			return fmt.Errorf("checkpoint: %s: tensor %s has the shape %v, the configuration wants %v", b.where[name], name, e.Shape, []int{c.Vocab, c.Dim})
		}
	}
	return fmt.Errorf("checkpoint: %s: the tensors have %.0f numbers, too few for %d blocks of width %d and %d with %d heads of %d, as the configuration says", b.from, have, c.Layers, c.Dim, c.Hidden, c.Heads, c.HeadDim)
}

// fill reads a parameter, or its parts.
func (b *bag) fill(p nn.Param) error {
	data, shape := p.Value.Data(), p.Value.Shape()
	if len(p.Parts) == 0 {
		return b.take(b.find(p.Name), shape, data, p.Transposed)
	}
	row, at := len(data)/max(shape[0], 1), 0
	for _, part := range p.Parts {
		n := part.Rows * row
		if err := b.take(part.Name, append([]int{part.Rows}, shape[1:]...), data[at:at+n], false); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// find returns the name that a tensor has here: files of GPT-2 may leave out "transformer.".
func (b *bag) find(name string) string {
	if short, ok := strings.CutPrefix(name, "transformer."); ok && b.where[name] == "" && b.where[short] != "" {
		return short
	}
	return name
}

func (b *bag) take(name string, shape []int, dst []float32, transposed bool) error {
	e, ok := b.all[name]
	if !ok {
		return fmt.Errorf("checkpoint: %s: tensor %s is missing", b.from, name)
	}
	if transposed {
		shape = []int{shape[1], shape[0]}
	}
	if fmt.Sprint(e.Shape) != fmt.Sprint(shape) {
		return fmt.Errorf("checkpoint: %s: tensor %s has the shape %v, the configuration wants %v", b.where[name], name, e.Shape, shape)
	}
	delete(b.all, name)
	to := dst
	if transposed {
		to = make([]float32, len(dst))
	}
	finite := e.readFinite(to)
	if transposed {
		compute.Transpose(dst, to, shape[0], shape[1])
	}
	if !finite {
		return b.finite(name, dst)
	}
	return nil
}

// finite is an error if a number is NaN or infinite.
func (b *bag) finite(name string, data []float32) error {
	for i, x := range data { // squares of large numbers overflow too
		if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("checkpoint: %s: tensor %s: element %d is %v: the file is damaged, or the run that wrote it had diverged", b.where[name], name, i, x)
		}
	}
	return nil
}

// ignored are tensors that older files have and that follow from the configuration: tables of angles, masks.
var ignored = regexp.MustCompile(`rotary_emb\.inv_freq$|(^|\.)h\.\d+\.attn\.(masked_)?bias$`)

// empty is an error if a tensor is left that no model of this configuration has.
func (b *bag) empty() error {
	for n := range b.all {
		if !ignored.MatchString(n) {
			return fmt.Errorf("checkpoint: %s: tensor %s is not part of a model of this configuration", b.where[n], n)
		}
	}
	return nil
}

// Tensors lists a model's parameters under the names and in the parts of Hugging Face.
func Tensors(m *transformer.LM) []Tensor { return tensorsOf(m.Params()) }

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
func Save(folder string, m *transformer.LM, dtype string) error {
	if m.Quantised() != "" {
		m = m.Dense()
	}
	return save(folder, m.Config, tensorsOf(m.Params()), dtype, m.Special, nil)
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
