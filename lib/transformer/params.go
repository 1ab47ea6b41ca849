package transformer

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// module is a part of the model under its name: the one list that parameters, adapter sites and decoders go by.
type module struct {
	name   string
	layer  int // its block, -1 outside
	norm   *nn.Norm
	linear *nn.Linear
	table  **tensor.Tensor // an embedding or the output layer
	parts  []nn.Part       // of a fused linear layer
	role   string          // of a linear layer: attention or mlp
	end    bool            // its output is added to the stream
}

// modules lists the parts of the model in the order of Transformers.
func (m *LM) modules() []module {
	c, n := m.Config, m.fam.names
	out := []module{{name: n.embed, layer: -1, table: &m.Embed}}
	if c.Learned {
		out = append(out, module{name: n.positions, layer: -1, table: &m.Positions})
	}
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	for i, b := range m.Blocks {
		at := func(s string) string { return fmt.Sprintf("%s%d.%s", n.block, i, s) }
		norm := func(name string, x *nn.Norm) {
			if x != nil {
				out = append(out, module{name: at(name), layer: i, norm: x})
			}
		}
		linear := func(name, role string, l *nn.Linear, end bool, parts ...nn.Part) {
			out = append(out, module{name: at(name), layer: i, linear: l, role: role, end: end, parts: parts})
		}
		norm(n.attnNorm, b.AttnNorm)
		if n.qkv != "" {
			linear(n.qkv, "attention", b.QKV, false)
		} else {
			linear("self_attn.qkv_proj", "attention", b.QKV, false, nn.Part{Name: at(n.q), Rows: q}, nn.Part{Name: at(n.k), Rows: kv}, nn.Part{Name: at(n.v), Rows: kv})
		}
		linear(n.out, "attention", b.Out, true)
		norm(n.qNorm, b.QNorm)
		norm(n.kNorm, b.KNorm)
		norm(n.postAttn, b.PostAttnNorm)
		norm(n.mlpNorm, b.MLPNorm)
		if c.Ungated {
			linear(n.up, "mlp", b.GateUp, false)
		} else {
			linear("mlp.gate_up_proj", "mlp", b.GateUp, false, nn.Part{Name: at(n.gate), Rows: c.Hidden}, nn.Part{Name: at(n.up), Rows: c.Hidden})
		}
		linear(n.down, "mlp", b.Down, true)
		norm(n.postMLP, b.PostMLPNorm)
	}
	out = append(out, module{name: n.norm, layer: -1, norm: m.Norm})
	if !c.Tied || m.Head != m.Embed {
		out = append(out, module{name: "lm_head", layer: -1, table: &m.Head})
	}
	return out
}

// Params lists the model's own parameters under their names in a Hugging Face checkpoint, whatever adapters are on. Weights
// that are quantised are not among them.
func (m *LM) Params() []nn.Param {
	return m.params(func(ref **tensor.Tensor) *tensor.Tensor { return m.own(*ref) }, m.Config.Tied)
}

// params lists the parameters, with what pick says of their places.
func (m *LM) params(pick func(**tensor.Tensor) *tensor.Tensor, tied bool) []nn.Param {
	var out []nn.Param
	for _, x := range m.modules() {
		add := func(kind string, ref **tensor.Tensor, transposed bool) {
			if *ref == nil {
				return
			}
			p := nn.Param{Name: x.name + "." + kind, Value: pick(ref), Transposed: transposed}
			for _, part := range x.parts {
				p.Parts = append(p.Parts, nn.Part{Name: part.Name + "." + kind, Rows: part.Rows})
			}
			out = append(out, p)
		}
		switch {
		case x.table != nil:
			if x.name != "lm_head" || !tied {
				add("weight", x.table, false)
			}
		case x.norm != nil:
			add("weight", &x.norm.Weight, false)
			add("bias", &x.norm.Bias, false)
		default:
			add("weight", &x.linear.Weight, m.fam.Transposed)
			add("bias", &x.linear.Bias, false)
		}
	}
	return out
}

// slots lists the places of parameters that an adapter can train whole: those of norms, tables and unfused layers.
func (m *LM) slots() []nn.Slot {
	var out []nn.Slot
	add := func(name string, ref **tensor.Tensor) {
		if *ref != nil {
			out = append(out, nn.Slot{Name: name, Ref: ref})
		}
	}
	for _, x := range m.modules() {
		switch {
		case x.table != nil:
			add(x.name+".weight", x.table)
		case x.norm != nil:
			add(x.name+".weight", &x.norm.Weight)
			add(x.name+".bias", &x.norm.Bias)
		case x.parts == nil && !m.fam.Transposed:
			add(x.name+".weight", &x.linear.Weight)
			add(x.name+".bias", &x.linear.Bias)
		}
	}
	if m.Config.Tied && m.Head == m.Embed {
		add("lm_head.weight", &m.Head)
	}
	return out
}

// sites lists the linear layers that an adapter can act on.
func (m *LM) sites() []nn.Site {
	var out []nn.Site
	for _, x := range m.modules() {
		if x.linear == nil {
			continue
		}
		s := nn.Site{Layer: x.layer, Linear: x.linear, Role: x.role, End: x.end, In: m.Blocks[x.layer].GateUp}
		parts := x.parts
		if parts == nil {
			parts = []nn.Part{{Name: x.name, Rows: x.linear.Out()}}
		}
		for _, p := range parts {
			s.Name, s.Low, s.High = p.Name, s.High, s.High+p.Rows
			out = append(out, s)
		}
	}
	return out
}
