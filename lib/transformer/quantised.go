package transformer

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/stop"
)

// Quantise holds the matrices of attention and MLP in less memory from now on: "bf16", "int8" or "int4" (see
// tensor.Freeze), rounded for good. Nothing of the model itself wants gradients any more; adapters can be trained on it, as
// in QLoRA (Dettmers et al. 2023, arXiv:2305.14314). Embedding, output layer and norms stay in float32. An error, or a stop,
// which ends it by a panic with stop.ErrInterrupted, leaves the model as it was.
func (m *LM) Quantise(kind string) error {
	if len(m.adapters.merged) > 0 {
		return fmt.Errorf("transformer: an adapter is merged: take it out (Unmerge) or delete it before the weights are quantised")
	}
	var undo []func()
	done := false
	defer func() {
		if !done {
			for _, f := range undo {
				f()
			}
		}
	}()
	for _, x := range m.modules() {
		if x.linear == nil {
			continue
		}
		stop.Check()
		l, was := x.linear, x.linear.Weight
		if err := l.Quantise(kind); err != nil {
			return fmt.Errorf("transformer: %s: %w", x.name, err)
		}
		undo = append(undo, func() { l.Base, l.Weight = nil, was })
	}
	done = true
	m.attach()
	m.freeze()
	return nil
}

// Quantised is how the matrices are held: "" in float32, or what Quantise was told.
func (m *LM) Quantised() string {
	if b := m.Blocks[0].QKV.Base; b != nil {
		return b.Kind()
	}
	return ""
}

// Dense returns the model with its matrices in float32 again, with the values that the storage holds; the model itself if
// they are. Embedding and norms are shared. Adapters are left out, except merged ones.
func (m *LM) Dense() *LM {
	n := m.Share()
	for _, x := range n.modules() {
		stop.Check()
		if x.linear != nil {
			x.linear.Densify()
		}
	}
	return n
}

// Share returns a model over the same weights, which are frozen in it, with adapters of its own: several adapters can be
// trained on one base at a time, each as a model of its own. It has no adapter at first; what is merged in m is merged in
// it for good.
func (m *LM) Share() *LM {
	n := &LM{Config: m.Config, Special: m.Special, fam: m.fam, global: m.global, local: m.local, Embed: m.kept(&m.Embed).Detach()}
	n.Head = n.Embed
	if m.kept(&m.Head) != m.kept(&m.Embed) {
		n.Head, n.Config.Tied = m.kept(&m.Head).Detach(), false
	}
	if m.Positions != nil {
		n.Positions = m.kept(&m.Positions).Detach()
	}
	norm := func(x *nn.Norm) *nn.Norm {
		if x == nil {
			return nil
		}
		c := &nn.Norm{Weight: m.kept(&x.Weight).Detach(), Eps: x.Eps, Kind: x.Kind}
		if x.Bias != nil {
			c.Bias = m.kept(&x.Bias).Detach()
		}
		return c
	}
	linear := func(l *nn.Linear) *nn.Linear {
		c := &nn.Linear{Base: l.Base}
		if l.Weight != nil {
			c.Weight = m.kept(&l.Weight).Detach()
		}
		if l.Bias != nil {
			c.Bias = m.kept(&l.Bias).Detach()
		}
		return c
	}
	n.Norm = norm(m.Norm)
	for _, b := range m.Blocks {
		n.Blocks = append(n.Blocks, &Block{AttnNorm: norm(b.AttnNorm), QKV: linear(b.QKV), QNorm: norm(b.QNorm), KNorm: norm(b.KNorm), Out: linear(b.Out),
			PostAttnNorm: norm(b.PostAttnNorm), MLPNorm: norm(b.MLPNorm), GateUp: linear(b.GateUp), Down: linear(b.Down), PostMLPNorm: norm(b.PostMLPNorm)})
	}
	n.adapters.shared = true
	return n
}
