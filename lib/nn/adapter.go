package nn

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"lyceum/lib/tensor"
)

// An AdapterConfig is the settings of a method of parameter-efficient fine-tuning: LoRA, IA3, PromptTuning, PrefixTuning,
// Bottleneck. Names and defaults are those of PEFT where it has the method.
type AdapterConfig interface {
	// Build makes an adapter for a model. It does not switch it on.
	Build(h *Host) (*Adapter, error)
	// Kind is the method's name, PEFT's peft_type where there is one: "LORA".
	Kind() string
}

// A Host is what an adapter gets to know of the model that it is made for.
type Host struct {
	Arch  string // the family, as model_type in config.json: it decides the default targets
	Sites []Site // the linear layers
	Slots []Slot // every parameter, for ModulesToSave
	// Tables are the embedding and the output layer.
	Tables []Table
	Mode   *Mode

	Dim, Layers, KVHeads, HeadDim int
	Embed                         *tensor.Tensor
}

// A Site is a linear layer under its name in Hugging Face's model, "model.layers.0.self_attn.q_proj"; it may be some rows
// of a fused one.
type Site struct {
	Name      string
	Layer     int // the block that it belongs to
	Linear    *Linear
	Low, High int // its rows of Linear
	// Role is "attention", "mlp" or "" and End tells the last layer of its block's attention or MLP, whose output is added
	// to the residual stream: bottleneck adapters sit there.
	Role string
	End  bool
	// In is the layer that gets the input of the MLP, for adapters that lie parallel to it.
	In *Linear
}

// Inputs is the length of the rows that the site reads.
func (s Site) Inputs() int { return s.Linear.In() }

// Outputs is the length of the rows that it writes.
func (s Site) Outputs() int { return s.High - s.Low }

// A Slot is where the model keeps a parameter. An adapter that saves modules puts its own tensor there while it is on.
type Slot struct {
	Name  string
	Ref   **tensor.Tensor
	Parts []Part
}

// Mode says whether the model is being trained: dropout acts only then. Its random numbers come from a seed, so that a step
// can be replayed.
type Mode struct {
	Training bool
	Rand     *rand.Rand
}

// An Adapter is a set of small parameters that change what a model computes while the model's own stay as they are.
type Adapter struct {
	Config AdapterConfig
	// Params are the parameters under their names in PEFT's adapter_model.safetensors.
	Params []Param

	Saved  []Saved        // parameters of the model that the adapter has its own copy of
	Prompt *tensor.Tensor // prompt tuning: (n, D) embeddings before every sequence
	Prefix *tensor.Tensor // prefix tuning: (n, 2 L KVHeads HeadDim) keys and values before every sequence

	Tables []*TablePart // what is done to the embedding and the output layer

	hooks  map[*Linear][]hook
	deltas []delta
	lora   map[string]*loraPart // by site
}

// Saved is a parameter of the model and the tensor that takes its place.
type Saved struct {
	Slot Slot
	Own  *tensor.Tensor
}

// A hook is what an adapter does at a linear layer. Both work on tensors whose gradient is wanted in training, and on plain
// ones in generation (plain: no tape is kept). after may change y in place.
type hook interface {
	before(x *tensor.Tensor, plain bool) *tensor.Tensor
	after(l *Linear, x, y *tensor.Tensor, plain bool) *tensor.Tensor
}

// A delta is how a matrix of the model changes when the adapter is merged into it: rows Low to High of the result are
// written over those of w, a copy of the weights.
type delta struct {
	site  Site
	apply func(w, bias []float32) // w (rows, in), bias (rows) or nil
}

// noHook does nothing; hooks embed it.
type noHook struct{}

func (noHook) before(x *tensor.Tensor, _ bool) *tensor.Tensor              { return x }
func (noHook) after(_ *Linear, _, y *tensor.Tensor, _ bool) *tensor.Tensor { return y }

// adapted computes the layer with its adapters around base, which is the layer itself.
func (l *Linear) adapted(x *tensor.Tensor, base func(x *tensor.Tensor) *tensor.Tensor, plain bool) *tensor.Tensor {
	for _, h := range l.hooks {
		x = h.before(x, plain)
	}
	y := base(x)
	for _, h := range l.hooks {
		y = h.after(l, x, y, plain)
	}
	return y
}

// Adapted reports whether an adapter is on at this layer.
func (l *Linear) Adapted() bool { return len(l.hooks) > 0 }

// Apply computes y for rows of x without keeping a tape, with the adapters that are on; base computes the layer itself,
// bias included. It is for generation, where the weights may be held in another form.
func (l *Linear) Apply(y, x []float32, rows int, base func(y, x []float32)) {
	if len(l.hooks) == 0 {
		base(y, x)
		return
	}
	out := tensor.From(y, rows, len(y)/max(rows, 1))
	got := l.adapted(tensor.From(x, rows, len(x)/max(rows, 1)), func(x *tensor.Tensor) *tensor.Tensor {
		base(y, x.Data())
		return out
	}, true)
	if got != out {
		copy(y, got.Data())
	}
}

// Attach switches adapters on at every layer that they touch, in this order, and off at all others of the host.
func Attach(h *Host, adapters ...*Adapter) {
	for _, s := range h.Sites {
		s.Linear.hooks = nil
	}
	for _, a := range adapters {
		for l, hooks := range a.hooks {
			l.hooks = append(l.hooks, hooks...)
		}
	}
}

// Merged are the layers that an adapter was merged into.
type Merged struct{ layers []mergedLayer }

type mergedLayer struct {
	linear       *Linear
	weight, bias *tensor.Tensor // those that are not in use now
	base         *tensor.Frozen
}

// Swap exchanges the merged weights and those from before.
func (m *Merged) Swap() {
	for i := range m.layers {
		x := &m.layers[i]
		x.weight, x.linear.Weight = x.linear.Weight, x.weight
		x.bias, x.linear.Bias = x.linear.Bias, x.bias
		x.base, x.linear.Base = x.linear.Base, x.base
	}
}

// Merge writes the adapter into the weights of the model, which it replaces by changed copies: who holds the old tensors
// keeps them as they were. The error says that the adapter cannot be merged. A stop, by a panic, leaves it as it was.
func (a *Adapter) Merge() (*Merged, error) {
	if a.Prompt != nil || a.Prefix != nil || len(a.deltas) == 0 && len(a.hooks) > 0 {
		return nil, fmt.Errorf("nn: a %s adapter cannot be merged: it adds tokens or layers and does not change weights", a.Config.Kind())
	}
	m := &Merged{}
	done := false
	defer func() {
		if !done { // by a stop, half way
			m.Swap()
		}
	}()
	at := map[*Linear]bool{}
	for _, d := range a.deltas {
		l := d.site.Linear
		if !at[l] {
			at[l] = true
			m.layers = append(m.layers, mergedLayer{l, l.Weight, l.Bias, l.Base})
			l.Weight, l.Base = l.dense(), nil
			if l.Bias != nil {
				l.Bias = duplicate(l.Bias)
			}
		}
		in := l.Weight.Dim(1)
		var bias []float32
		if l.Bias != nil {
			bias = l.Bias.Data()[d.site.Low:d.site.High]
		}
		d.apply(l.Weight.Data()[d.site.Low*in:d.site.High*in], bias)
	}
	done = true
	return m, nil
}

func duplicate(t *tensor.Tensor) *tensor.Tensor {
	return tensor.From(append([]float32(nil), t.Data()...), t.Shape()...)
}

// param is t for training, or the same numbers without history.
func param(t *tensor.Tensor, plain bool) *tensor.Tensor {
	if plain {
		return t.Detach()
	}
	return t
}

// SaveModules gives the adapter its own copy of the parameters of the modules that names end with, to be trained and saved
// with it.
func (a *Adapter) SaveModules(h *Host, names ...string) error {
	for _, want := range names {
		found := false
		for _, s := range h.Slots {
			module := s.Name[:strings.LastIndexByte(s.Name, '.')]
			if !strings.HasSuffix(module, want) { // PEFT asks for no dot before: "norm" means "input_layernorm" too
				continue
			}
			found = true
			if a.saves(s.Name) {
				continue
			}
			own := duplicate(*s.Ref).RequireGrad()
			a.Saved = append(a.Saved, Saved{s, own})
			name := prefix + s.Name
			if a.Prompt != nil || a.Prefix != nil { // PEFT does not wrap the model a second time for virtual tokens
				name = "base_model." + s.Name
			}
			a.Params = append(a.Params, Param{Name: name, Value: own})
		}
		if !found {
			return fmt.Errorf("nn: ModulesToSave: the model has no module %q that can be trained whole; it has %s", want, moduleNames(h))
		}
	}
	return nil
}

func (a *Adapter) saves(name string) bool {
	for _, s := range a.Saved {
		if s.Slot.Name == name {
			return true
		}
	}
	return false
}

func moduleNames(h *Host) string {
	seen := map[string]bool{}
	var list []string
	for _, s := range h.Slots {
		parts := strings.Split(s.Name, ".")
		if n := parts[len(parts)-2]; !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	return strings.Join(list, ", ")
}

// prefix stands before every name in PEFT's files.
const prefix = "base_model.model."
