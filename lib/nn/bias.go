package nn

import (
	"strings"

	"lyceum/lib/tensor"
)

// trainBiases lets the adapter train biases of the model, in a copy of its own: those of its sites ("lora_only") or all
// ("all"). PEFT names them ...q_proj.base_layer.bias where there is an adapter, ...k_proj.bias elsewhere.
func (a *Adapter) trainBiases(h *Host, which string, sites []Site) error {
	if which == "" || which == "none" {
		return nil
	}
	adapted := map[string]bool{}
	for _, s := range sites {
		adapted[s.Name] = true
	}
	for _, s := range h.Sites {
		if s.Linear.Bias == nil || which == "lora_only" && !adapted[s.Name] {
			continue
		}
		own := tensor.From(append([]float32(nil), s.Linear.Bias.Data()[s.Low:s.High]...), s.Outputs()).RequireGrad()
		name := prefix + s.Name + ".bias"
		if adapted[s.Name] {
			name = prefix + s.Name + ".base_layer.bias"
		}
		a.Params = append(a.Params, Param{Name: name, Value: own})
		a.hooks[s.Linear] = append(a.hooks[s.Linear], &biasHook{low: s.Low, own: own})
		a.deltas = append(a.deltas, delta{s, func(_, bias []float32) { copy(bias, own.Data()) }})
	}
	if which == "lora_only" {
		return nil
	}
	for _, s := range h.Slots { // biases of norms
		if strings.HasSuffix(s.Name, ".bias") && !siteBias(h, *s.Ref) {
			own := duplicate(*s.Ref).RequireGrad()
			a.Saved = append(a.Saved, Saved{s, own})
			a.Params = append(a.Params, Param{Name: prefix + s.Name, Value: own})
		}
	}
	return nil
}

func siteBias(h *Host, t *tensor.Tensor) bool {
	for _, s := range h.Sites {
		if s.Linear.Bias == t {
			return true
		}
	}
	return false
}

// biasHook replaces a layer's bias in some columns by the adapter's own. It comes after the others of its adapter.
type biasHook struct {
	noHook
	low int
	own *tensor.Tensor
}

func (h *biasHook) after(l *Linear, _, y *tensor.Tensor, plain bool) *tensor.Tensor {
	own, n := param(h.own, plain), y.Dim(-1)
	rows, m := own.Len(), y.Len()/n
	for i := range m {
		row := y.Data()[i*n+h.low:][:rows]
		for j, b := range own.Data() {
			row[j] += b - l.Bias.Data()[h.low+j]
		}
	}
	return y.Over("Bias", []*tensor.Tensor{own}, func(g []float32) {
		if own.Wants() {
			db := own.GradBuffer()
			for i := range m {
				for j := range db {
					db[j] += g[i*n+h.low+j]
				}
			}
		}
	})
}
