package transformer

import (
	"fmt"
	"slices"
	"strings"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// adapters are those that a model has, and which of them act.
type adapters struct {
	names  []string // in the order in which they were added
	byName map[string]*nn.Adapter
	active []string
	merged []mergedAdapter // in the order in which they were merged
	// base tells, for a tensor that an adapter has put into the model, which one it took the place of.
	base map[*tensor.Tensor]*tensor.Tensor
	mode nn.Mode
	// output is what an adapter made of the output layer in the last forward pass; nil without one.
	output *tensor.Tensor
	more   []nn.Slot // parameters around the model, as a score head
	// shared: the weights are another model's; they stay frozen.
	shared bool
}

type mergedAdapter struct {
	name  string
	swap  *nn.Merged
	saved []nn.Saved
}

// AddAdapter makes an adapter. The model's own parameters are frozen from then on: they want no gradient. The first adapter
// is switched on; further ones wait for SetAdapters, as in PEFT.
func (m *LM) AddAdapter(name string, c nn.AdapterConfig) error {
	if name == "" || strings.Contains(name, ".") {
		return fmt.Errorf("transformer: an adapter needs a name without dots, not %q", name)
	}
	if m.adapters.byName[name] != nil {
		return fmt.Errorf("transformer: there is an adapter %q already", name)
	}
	if c == nil {
		return fmt.Errorf("transformer: the adapter %q has no settings", name)
	}
	return m.add(name, func(h *nn.Host) (*nn.Adapter, error) {
		a, err := c.Build(h)
		if err == nil && len(m.adapters.more) > 0 { // PEFT always trains the head of a classifier
			err = a.SaveModules(h, moduleOf(m.adapters.more[0].Name))
		}
		return a, err
	})
}

// CombineAdapters makes a new adapter of LoRA adapters that the model has, each with a weight. It is not switched on.
func (m *LM) CombineAdapters(name string, from []string, weights []float64, c nn.Combination) error {
	var list []*nn.Adapter
	for _, n := range from {
		a := m.adapters.byName[n]
		if a == nil {
			return fmt.Errorf("transformer: there is no adapter %q; there are %v", n, m.adapters.names)
		}
		list = append(list, a)
	}
	if m.adapters.byName[name] != nil {
		return fmt.Errorf("transformer: there is an adapter %q already", name)
	}
	return m.add(name, func(h *nn.Host) (*nn.Adapter, error) { return c.Combine(h, list, weights) })
}

func (m *LM) add(name string, make func(h *nn.Host) (*nn.Adapter, error)) error {
	var a *nn.Adapter
	var err error
	m.WithoutAdapters(func() { a, err = make(m.Host()) }) // an adapter that saves modules copies the model's own
	if err != nil {
		return err
	}
	if m.adapters.byName == nil {
		m.adapters.byName = map[string]*nn.Adapter{}
	}
	first := len(m.adapters.names) == 0
	m.adapters.byName[name] = a
	m.adapters.names = append(m.adapters.names, name)
	if first {
		m.freeze()
		return m.SetAdapters(name)
	}
	return nil
}

func moduleOf(parameter string) string {
	return strings.TrimSuffix(strings.TrimSuffix(parameter, ".weight"), ".bias")
}

// freeze takes the wish for gradients from all of the model's own parameters.
func (m *LM) freeze() {
	for _, p := range m.Params() {
		p.Value.Freeze()
	}
	for _, s := range m.adapters.more {
		m.own(*s.Ref).Freeze()
	}
}

// Adapters lists the adapters of the model.
func (m *LM) Adapters() []string { return slices.Clone(m.adapters.names) }

// ActiveAdapters lists those that are switched on.
func (m *LM) ActiveAdapters() []string { return slices.Clone(m.adapters.active) }

// Adapter returns an adapter by name; nil if there is none.
func (m *LM) Adapter(name string) *nn.Adapter { return m.adapters.byName[name] }

// SetAdapters switches the named adapters on, one after another at every layer, and all others off; without names, the
// model computes as if it had none.
func (m *LM) SetAdapters(names ...string) error {
	virtual, seen := "", map[string]bool{}
	saved := map[string]string{}
	for _, n := range names {
		a := m.adapters.byName[n]
		switch {
		case a == nil:
			return fmt.Errorf("transformer: there is no adapter %q; there are %v", n, m.adapters.names)
		case seen[n]:
			return fmt.Errorf("transformer: the adapter %q is named twice", n)
		case (a.Prompt != nil || a.Prefix != nil) && virtual != "":
			return fmt.Errorf("transformer: the adapters %q and %q both add virtual tokens: one can be on at a time", virtual, n)
		case a.Prompt != nil || a.Prefix != nil:
			virtual = n
		}
		seen[n] = true
		for _, s := range a.Saved {
			if other := saved[s.Slot.Name]; other != "" {
				return fmt.Errorf("transformer: the adapters %q and %q both have their own %s: one can be on at a time", other, n, s.Slot.Name)
			}
			saved[s.Slot.Name] = n
		}
	}
	m.adapters.active = slices.Clone(names)
	m.attach()
	return nil
}

// attach makes the layers do what the list of active adapters says.
func (m *LM) attach() {
	h := m.Host()
	for _, s := range h.Slots {
		*s.Ref = m.own(*s.Ref)
	}
	m.adapters.base = map[*tensor.Tensor]*tensor.Tensor{}
	var on []*nn.Adapter
	put := func(saved []nn.Saved) {
		for _, s := range saved {
			m.adapters.base[s.Own] = m.own(*s.Slot.Ref)
			*s.Slot.Ref = s.Own
		}
	}
	for _, x := range m.adapters.merged {
		put(x.saved)
	}
	for _, n := range m.adapters.active {
		if a := m.adapters.byName[n]; !m.isMerged(n) {
			on = append(on, a)
			put(a.Saved)
		}
	}
	nn.Attach(h, on...)
}

// own returns the model's own tensor where an adapter has put another.
func (m *LM) own(t *tensor.Tensor) *tensor.Tensor {
	if b := m.adapters.base[t]; b != nil {
		return b
	}
	return t
}

// WithoutAdapters runs f while the model computes as if it had no adapter, merged ones included: so it is its own
// reference model.
func (m *LM) WithoutAdapters(f func()) {
	if len(m.adapters.names) == 0 {
		f()
		return
	}
	active, merged := m.adapters.active, m.adapters.merged
	takeOut(merged)
	m.adapters.active, m.adapters.merged = nil, nil
	m.attach()
	defer func() {
		m.adapters.active, m.adapters.merged = active, merged
		putIn(merged)
		m.attach()
	}()
	f()
}

// WithAdapters runs f while the named adapters and no others are on.
func (m *LM) WithAdapters(names []string, f func()) error {
	active := m.adapters.active
	if err := m.SetAdapters(names...); err != nil {
		return err
	}
	defer func() {
		m.adapters.active = active
		m.attach()
	}()
	f()
	return nil
}

// DeleteAdapter forgets an adapter. If it is merged, its change stays in the weights for good: a model whose embedding or
// output layer was the adapter's own is no longer tied. When the last one is gone the model's own parameters want gradients
// again.
func (m *LM) DeleteAdapter(name string) error {
	if m.adapters.byName[name] == nil {
		return fmt.Errorf("transformer: there is no adapter %q; there are %v", name, m.adapters.names)
	}
	is := func(n string) bool { return n == name }
	kept := m.isMerged(name)
	var saved []nn.Saved
	for _, x := range m.adapters.merged {
		if x.name == name {
			saved = x.saved
		}
	}
	m.adapters.merged = slices.DeleteFunc(m.adapters.merged, func(x mergedAdapter) bool { return x.name == name })
	delete(m.adapters.byName, name)
	m.adapters.names = slices.DeleteFunc(m.adapters.names, is)
	m.adapters.active = slices.DeleteFunc(m.adapters.active, is)
	m.attach()
	if kept {
		for _, s := range saved {
			*s.Slot.Ref = s.Own
		}
		if m.Config.Tied && m.Head != m.Embed && len(saved) > 0 { // one of the two is the adapter's: they are apart for good
			m.Config.Tied = false
		}
		if len(m.adapters.names) > 0 {
			m.freeze()
		}
	}
	if len(m.adapters.names) == 0 && !m.adapters.shared && m.Quantised() == "" {
		for _, p := range m.Params() {
			p.Value.RequireGrad()
		}
		for _, s := range m.adapters.more {
			(*s.Ref).RequireGrad()
		}
	}
	return nil
}

// Trainable lists what training changes: every parameter, or, when the model has adapters, those of the active ones, under
// their names in PEFT's files.
func (m *LM) Trainable() []nn.Param {
	if len(m.adapters.names) == 0 {
		return m.Params()
	}
	var out []nn.Param
	for _, n := range m.adapters.active {
		if !m.isMerged(n) {
			out = append(out, m.adapters.byName[n].Params...)
		}
	}
	return out
}

// Train switches dropout on, with random numbers from seed: the same seed and the same batches give the same numbers, so a
// trainer that passes a seed for each step can be stopped and resumed bit for bit.
func (m *LM) Train(seed uint64) {
	m.adapters.mode.Training, m.adapters.mode.Rand = true, tensor.NewRand(seed)
}

// Eval switches dropout and noise off, as they are in a new model.
func (m *LM) Eval() { m.adapters.mode.Training, m.noise = false, nil }

// VirtualTokens is how many learned embeddings the active prompt-tuning adapter puts before every sequence; 0 if none is on.
func (m *LM) VirtualTokens() int {
	if p := m.virtual(); p != nil && p.Prompt != nil {
		return p.Prompt.Dim(0)
	}
	return 0
}

// virtual returns the active adapter that adds virtual tokens, or nil.
func (m *LM) virtual() *nn.Adapter {
	for _, n := range m.adapters.active {
		if a := m.adapters.byName[n]; a.Prompt != nil || a.Prefix != nil {
			return a
		}
	}
	return nil
}

// Host is the model as adapters see it.
func (m *LM) Host() *nn.Host {
	c := m.Config
	h := &nn.Host{Arch: c.Family, Mode: &m.adapters.mode, Dim: c.Dim, Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Embed: m.Embed}
	if h.Arch == "" {
		h.Arch = "llama"
	}
	h.Sites = m.sites()
	h.Slots, h.Tables = append(m.slots(), m.adapters.more...), m.tables()
	return h
}
