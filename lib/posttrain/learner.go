package posttrain

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// learner makes the model that a run trains: the given one with InPlace, else a copy; with the adapter of the config, if there
// is one.
func learner(method string, model *zoo.Model, adapter nn.AdapterConfig, s settings) (*zoo.Model, error) {
	m := model
	if !s.InPlace {
		m = model.Clone(model.Name + " + " + method)
	}
	if adapter != nil {
		if err := m.LM.AddAdapter("default", adapter); err != nil {
			return nil, fmt.Errorf("posttrain.%s: Adapter: %w", method, err)
		}
	}
	return m, nil
}

// A reference is the policy as it was at the start of a run: with an adapter the model itself, the adapter switched off, else
// a copy.
type reference struct {
	policy *transformer.LM
	copied *transformer.LM // nil: the policy without its adapters, or with them as they were
	start  [][]float32     // the adapters as they were, if they were not new
}

// newReference remembers the policy as it is. An adapter that has been trained before is part of the reference, as TRL has it
// for a model that comes with an adapter; a new one changes nothing yet and is switched off.
func newReference(policy *transformer.LM, fresh bool) *reference {
	r := &reference{policy: policy}
	switch {
	case len(policy.Adapters()) == 0:
		r.copied = policy.Clone()
	case !fresh:
		for _, p := range policy.Trainable() {
			r.start = append(r.start, append([]float32(nil), p.Value.Data()...))
		}
	}
	return r
}

// run calls f with the reference model, without gradients.
func (r *reference) run(f func(m *transformer.LM)) {
	tensor.NoGrad(func() {
		switch {
		case r.copied != nil:
			f(r.copied)
		case r.start == nil:
			r.policy.WithoutAdapters(func() { f(r.policy) })
		default:
			r.swap()
			defer r.swap()
			f(r.policy)
		}
	})
}

// swap exchanges the adapters with what they were.
func (r *reference) swap() {
	for i, p := range r.policy.Trainable() {
		for j, v := range p.Value.Data() {
			p.Value.Data()[j], r.start[i][j] = r.start[i][j], v
		}
	}
}

// mix moves the copied reference towards the policy: ref = alpha policy + (1 - alpha) ref (TR-DPO; Gorbatovski et al. 2024,
// arXiv:2404.09656, eq. 3).
func (r *reference) mix(alpha float64) {
	from := r.policy.Params()
	for i, p := range r.copied.Params() {
		src := from[i].Value.Data()
		for j, v := range p.Value.Data() {
			p.Value.Data()[j] = float32(alpha)*src[j] + float32(1-alpha)*v
		}
	}
}

// tensors are what a checkpoint must hold of the reference.
func (r *reference) tensors() []nn.Param {
	var out []nn.Param
	if r == nil {
		return nil
	}
	if r.copied != nil {
		for _, p := range r.copied.Params() {
			out = append(out, nn.Param{Name: "reference." + p.Name, Value: p.Value})
		}
	}
	for i, p := range r.start {
		out = append(out, nn.Param{Name: fmt.Sprintf("reference.%d", i), Value: tensor.From(p)})
	}
	return out
}
