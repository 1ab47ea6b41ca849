package nn

import (
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/tensor"
)

// IA3 scales activations by learned vectors that begin at 1 (Liu et al. 2022, arXiv:2205.05638, section 3.3):
//
//	y = l * (W x + b)   for keys and values (vectors of length out)
//	y = W (l * x) + b   for the layers of Feedforward (vectors of length in)
//
// Settings are those of PEFT's IA3Config.
type IA3 struct {
	Targets       Targets  // empty: keys, values and the MLP's last layer (queries, values and it in Qwen and Gemma)
	Feedforward   []string // which of the targets scale their input; nil with empty Targets: the MLP's last layer
	ModulesToSave []string
	// Init "random" begins with normal numbers instead of ones (PEFT's init_ia3_weights False).
	Init string
	Seed uint64
}

// Kind is PEFT's peft_type.
func (IA3) Kind() string { return "IA3" }

var ia3Targets = map[string][]string{"gpt2": {"c_attn", "mlp.c_proj"}, "llama": {"k_proj", "v_proj", "down_proj"},
	"mistral": {"k_proj", "v_proj", "down_proj"}, "qwen2": {"q_proj", "v_proj", "down_proj"},
	"qwen3": {"q_proj", "v_proj", "down_proj"}, "gemma3_text": {"q_proj", "v_proj", "down_proj"}}

var ia3Feedforward = map[string][]string{"gpt2": {"mlp.c_proj"}}

// Build makes the adapter.
func (c IA3) Build(h *Host) (*Adapter, error) {
	if c.Feedforward == nil && len(c.Targets.Modules) == 0 && c.Targets.Pattern == "" {
		if c.Feedforward = ia3Feedforward[h.Arch]; c.Feedforward == nil {
			c.Feedforward = []string{"down_proj"}
		}
	}
	sites, err := c.Targets.resolve(h, ia3Targets[h.Arch], c.ModulesToSave)
	if err != nil {
		return nil, err
	}
	c.Targets = c.Targets.withDefaults(ia3Targets[h.Arch])
	a := &Adapter{Config: c, hooks: map[*Linear][]hook{}}
	rng := torchrand.New(c.Seed)
	for _, s := range sites {
		forward := endsWith(s.Name, c.Feedforward)
		shape := []int{s.Outputs(), 1}
		if forward {
			shape = []int{1, s.Inputs()}
		}
		l := tensor.Full(1, shape...).RequireGrad()
		if c.Init == "random" {
			rng.Randn(l.Data())
		}
		a.Params = append(a.Params, Param{Name: prefix + s.Name + ".ia3_l", Value: l})
		hook := &ia3Hook{l: l, low: s.Low, input: forward}
		a.hooks[s.Linear] = append(a.hooks[s.Linear], hook)
		a.deltas = append(a.deltas, delta{s, hook.merge})
	}
	return a, a.SaveModules(h, c.ModulesToSave...)
}

type ia3Hook struct {
	noHook
	l     *tensor.Tensor
	low   int
	input bool
}

func (h *ia3Hook) before(x *tensor.Tensor, plain bool) *tensor.Tensor {
	if !h.input {
		return x
	}
	data := tensor.Buffer(x.Len()) // x is used elsewhere too
	copy(data, x.Data())
	fresh := tensor.From(data, x.Shape()...)
	return scaled(fresh, x, param(h.l, plain), 0)
}

func (h *ia3Hook) after(_ *Linear, _, y *tensor.Tensor, plain bool) *tensor.Tensor {
	if h.input {
		return y
	}
	return scaled(y, y, param(h.l, plain), h.low)
}

// scaled multiplies the columns of out from low on, which holds the numbers of x, by l. Derivative: dx = l g, dl = sum x g.
func scaled(out, x, l *tensor.Tensor, low int) *tensor.Tensor {
	n, rows := x.Dim(-1), l.Len()
	m := x.Len() / n
	was := tensor.Buffer(m * rows)
	for i := range m {
		row := out.Data()[i*n+low:][:rows]
		copy(was[i*rows:], row)
		for j, f := range l.Data() {
			row[j] *= f
		}
	}
	return tensor.Custom("IA3", out.Data(), x.Shape(), []*tensor.Tensor{x, l}, func(g []float32) {
		if l.Wants() {
			dl := l.GradBuffer()
			for i := range m {
				for j := range dl {
					dl[j] += was[i*rows+j] * g[i*n+low+j]
				}
			}
		}
		if x.Wants() {
			dx := x.GradBuffer()
			for i := range m {
				for j := range n {
					f := float32(1)
					if k := j - low; k >= 0 && k < rows {
						f = l.Data()[k]
					}
					dx[i*n+j] += f * g[i*n+j]
				}
			}
		}
	})
}

// merge scales rows of the weights, and the bias, or columns.
func (h *ia3Hook) merge(w, bias []float32) {
	l := h.l.Data()
	if h.input {
		for i := range w {
			w[i] *= l[i%len(l)]
		}
		return
	}
	in := len(w) / len(l)
	for i := range w {
		w[i] *= l[i/in]
	}
	for i := range bias {
		bias[i] *= l[i]
	}
}
