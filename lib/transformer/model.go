package transformer

import (
	"fmt"
	"slices"

	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// LM is a decoder language model.
type LM struct {
	Config    Config
	Embed     *tensor.Tensor // (V, D)
	Positions *tensor.Tensor // (Context, D) or nil: learned positions
	Blocks    []*Block
	Norm      *nn.Norm
	Head      *tensor.Tensor // (V, D); Embed itself if the weights are tied
	Special   *Special       // tokens with a meaning of their own, if they are known

	// Recompute keeps only the inputs of blocks between forward and backward, and computes the blocks a second time:
	// gradient checkpointing, a third more time for the memory of one block in place of all.
	Recompute bool

	fam           Family
	global, local *rotation
	adapters      adapters
	noise         *noise // of training; nil: none
}

// Special are the tokens with a meaning of their own, as a config.json names them.
type Special struct {
	BOS, EOS []int32
	Pad      int32 // negative: none
}

// Block is one layer: x += Out(Attention(QKV(Norm(x)))), then x += Down(SwiGLU(GateUp(Norm(x)))), with what the family has
// besides: norms of queries and keys, norms of what is added.
type Block struct {
	AttnNorm     *nn.Norm
	QKV          *nn.Linear // queries, keys and values in one product
	QNorm, KNorm *nn.Norm   // or nil; over the numbers of a head
	Out          *nn.Linear
	PostAttnNorm *nn.Norm // or nil
	MLPNorm      *nn.Norm
	GateUp       *nn.Linear // gate and up in one product; only up if the MLP has no gate
	Down         *nn.Linear
	PostMLPNorm  *nn.Norm // or nil
}

// New returns a model with random weights: normal, standard deviation 0.02, smaller where a layer adds to the residual stream.
// It panics if the configuration is impossible; Config.Check says so beforehand.
func New(c Config, seed uint64) *LM {
	if err := c.Check(); err != nil {
		panic(err)
	}
	rng := tensor.NewRand(seed)
	return build(c, func(in, out int, std float64) *tensor.Tensor { return nn.NewLinear(rng, in, out, std).Weight })
}

// Empty returns a model whose weights are zero (those of norms 1), to be filled from a file.
func Empty(c Config) *LM {
	return build(c, func(in, out int, _ float64) *tensor.Tensor { return tensor.New(out, in).RequireGrad() })
}

// build makes a model of matrices from weight.
func build(c Config, weight func(in, out int, std float64) *tensor.Tensor) *LM {
	fam, err := c.family()
	if err != nil {
		panic(err)
	}
	m := &LM{Config: c, fam: fam, Norm: c.norm(c.Dim), Embed: weight(c.Dim, c.Vocab, nn.InitStd)}
	m.Head = m.Embed
	if !c.Tied {
		m.Head = weight(c.Dim, c.Vocab, nn.InitStd)
	}
	if c.Learned {
		m.Positions = weight(c.Dim, c.Context, nn.InitStd)
	}
	linear := func(in, out int, std float64, bias bool) *nn.Linear {
		l := &nn.Linear{Weight: weight(in, out, std)}
		if bias {
			l.Bias = tensor.New(out).RequireGrad()
		}
		return l
	}
	residual, up := nn.ResidualStd(c.Layers), 2*c.Hidden
	if c.Ungated {
		up = c.Hidden
	}
	for range c.Layers {
		b := &Block{AttnNorm: c.norm(c.Dim), QKV: linear(c.Dim, m.heads().Width(), nn.InitStd, c.QKVBias), Out: linear(c.Heads*c.HeadDim, c.Dim, residual, c.OutBias),
			MLPNorm: c.norm(c.Dim), GateUp: linear(c.Dim, up, nn.InitStd, c.MLPBias), Down: linear(c.Hidden, c.Dim, residual, c.MLPBias)}
		if c.QKNorm {
			b.QNorm, b.KNorm = c.norm(c.HeadDim), c.norm(c.HeadDim)
		}
		if c.PostNorms {
			b.PostAttnNorm, b.PostMLPNorm = c.norm(c.Dim), c.norm(c.Dim)
		}
		m.Blocks = append(m.Blocks, b)
	}
	m.global, m.local = newRotation(c, false), newRotation(c, true)
	return m
}

func (c Config) norm(dim int) *nn.Norm { return nn.NewNorm(c.Norm, dim, c.NormEps) }

func (m *LM) heads() tensor.Heads {
	return tensor.Heads{Heads: m.Config.Heads, KVHeads: m.Config.KVHeads, Dim: m.Config.HeadDim}
}

// Clone returns a copy with weights and adapters of its own.
func (m *LM) Clone() *LM { return m.clone(nil) }

// clone calls before, if it is given, before adapters are added.
func (m *LM) clone(before func(*LM)) *LM {
	n := Empty(m.Config)
	n.Special = m.Special
	if before != nil {
		before(n)
	}
	m.WithoutAdapters(func() {
		for i, b := range n.Blocks {
			from := m.Blocks[i]
			for _, pair := range [][2]*nn.Linear{{b.QKV, from.QKV}, {b.Out, from.Out}, {b.GateUp, from.GateUp}, {b.Down, from.Down}} {
				if pair[1].Base != nil { // quantised weights do not change: both may have them
					pair[0].Base, pair[0].Weight = pair[1].Base, nil
				}
			}
		}
		from := m.Params()
		for i, p := range n.Params() {
			stop.Check()
			copy(p.Value.Data(), from[i].Value.Data())
		}
		if m.Quantised() != "" {
			n.freeze()
		}
	})
	must := func(err error) {
		if err != nil {
			panic(err) // what the original has can be made again
		}
	}
	for _, name := range m.adapters.names {
		a := m.adapters.byName[name]
		must(n.AddAdapter(name, a.Config))
		own := n.Adapter(name)
		for i, p := range own.Params {
			copy(p.Value.Data(), a.Params[i].Value.Data())
		}
		for _, s := range a.Saved[len(own.Saved):] { // tables that it carries
			for _, slot := range n.Host().Slots {
				if slot.Name == s.Slot.Name {
					own.Carry(slot, slices.Clone(s.Own.Data()))
				}
			}
		}
	}
	must(n.SetAdapters(m.adapters.active...))
	for _, x := range m.adapters.merged {
		must(n.Merge(x.name))
	}
	return n
}

func copyOf(t *tensor.Tensor) *tensor.Tensor {
	return tensor.From(append([]float32(nil), t.Data()...), t.Shape()...)
}

// CheckFinite names the first parameter that has a NaN or infinite value or, if there is none, gradient.
func (m *LM) CheckFinite() error { return checkFinite(append(m.Params(), m.adapterParams()...)) }

func checkFinite(ps []nn.Param) error {
	for _, p := range ps {
		if !p.Value.Finite() {
			return fmt.Errorf("%s has a value that is NaN or infinite", p.Name)
		}
	}
	for _, p := range ps {
		if !p.Value.FiniteGrad() {
			return fmt.Errorf("the gradient of %s is NaN or infinite", p.Name)
		}
	}
	return nil
}

func (m *LM) adapterParams() (out []nn.Param) {
	for _, n := range m.adapters.names {
		out = append(out, m.adapters.byName[n].Params...)
	}
	return out
}
