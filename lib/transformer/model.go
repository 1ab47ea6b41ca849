package transformer

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// LM is a decoder language model.
type LM struct {
	Config Config
	Embed  *tensor.Tensor // (V, D)
	Blocks []*Block
	Norm   *nn.RMSNorm
	Head   *tensor.Tensor // (V, D); Embed itself if the weights are tied

	cos, sin []float32
}

// Block is one layer: x += Out(Attention(QKV(Norm(x)))), then x += Down(SwiGLU(GateUp(Norm(x)))).
type Block struct {
	AttnNorm *nn.RMSNorm
	QKV      *nn.Linear // queries, keys and values in one product
	Out      *nn.Linear
	MLPNorm  *nn.RMSNorm
	GateUp   *nn.Linear // gate and up in one product
	Down     *nn.Linear
}

// New returns a model with random weights: normal, standard deviation 0.02, smaller where a layer adds to the residual stream.
// It panics if the configuration is impossible; Config.Check says so beforehand.
func New(c Config, seed uint64) *LM {
	if err := c.Check(); err != nil {
		panic(err)
	}
	rng := tensor.NewRand(seed)
	m := &LM{Config: c, Norm: nn.NewRMSNorm(c.Dim, c.NormEps)}
	m.Embed = nn.NewLinear(rng, c.Dim, c.Vocab, nn.InitStd).Weight
	m.Head = m.Embed
	if !c.Tied {
		m.Head = nn.NewLinear(rng, c.Dim, c.Vocab, nn.InitStd).Weight
	}
	h, out := m.heads(), nn.ResidualStd(c.Layers)
	for range c.Layers {
		b := &Block{AttnNorm: nn.NewRMSNorm(c.Dim, c.NormEps), QKV: nn.NewLinear(rng, c.Dim, h.Width(), nn.InitStd),
			Out: nn.NewLinear(rng, c.Heads*c.HeadDim, c.Dim, out), MLPNorm: nn.NewRMSNorm(c.Dim, c.NormEps),
			GateUp: nn.NewLinear(rng, c.Dim, 2*c.Hidden, nn.InitStd), Down: nn.NewLinear(rng, c.Hidden, c.Dim, out)}
		if c.QKVBias {
			b.QKV.Bias = tensor.New(h.Width()).RequireGrad()
		}
		m.Blocks = append(m.Blocks, b)
	}
	m.cos, m.sin = c.rotaryTable()
	return m
}

func (m *LM) heads() tensor.Heads {
	return tensor.Heads{Heads: m.Config.Heads, KVHeads: m.Config.KVHeads, Dim: m.Config.HeadDim}
}

// Params lists the parameters under their names in a Hugging Face checkpoint.
func (m *LM) Params() []nn.Param {
	c := m.Config
	ps := []nn.Param{{Name: "model.embed_tokens.weight", Value: m.Embed}}
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	for i, b := range m.Blocks {
		at := func(s string) string { return fmt.Sprintf("model.layers.%d.%s", i, s) }
		qkv := func(kind string) []nn.Part {
			return []nn.Part{{Name: at("self_attn.q_proj." + kind), Rows: q}, {Name: at("self_attn.k_proj." + kind), Rows: kv}, {Name: at("self_attn.v_proj." + kind), Rows: kv}}
		}
		ps = append(ps,
			nn.Param{Name: at("input_layernorm.weight"), Value: b.AttnNorm.Weight},
			nn.Param{Name: at("self_attn.qkv_proj.weight"), Value: b.QKV.Weight, Parts: qkv("weight")},
			nn.Param{Name: at("self_attn.o_proj.weight"), Value: b.Out.Weight},
			nn.Param{Name: at("post_attention_layernorm.weight"), Value: b.MLPNorm.Weight},
			nn.Param{Name: at("mlp.gate_up_proj.weight"), Value: b.GateUp.Weight, Parts: []nn.Part{{Name: at("mlp.gate_proj.weight"), Rows: c.Hidden}, {Name: at("mlp.up_proj.weight"), Rows: c.Hidden}}},
			nn.Param{Name: at("mlp.down_proj.weight"), Value: b.Down.Weight})
		if b.QKV.Bias != nil {
			ps = append(ps, nn.Param{Name: at("self_attn.qkv_proj.bias"), Value: b.QKV.Bias, Parts: qkv("bias")})
		}
	}
	ps = append(ps, nn.Param{Name: "model.norm.weight", Value: m.Norm.Weight})
	if !c.Tied {
		ps = append(ps, nn.Param{Name: "lm_head.weight", Value: m.Head})
	}
	return ps
}

// Clone returns a copy with weights of its own.
func (m *LM) Clone() *LM {
	n := Empty(m.Config)
	from := m.Params()
	for i, p := range n.Params() {
		copy(p.Value.Data(), from[i].Value.Data())
	}
	return n
}

// Batch is sequences of tokens, one row each, all of the same length.
type Batch struct {
	IDs      []int32 // (B*T)
	Rows     int     // B
	Length   int     // T
	Segments []int32 // (B*T) or nil: the document of each token; negative for padding
}

// Pad makes a batch of sequences of different lengths, filled up at the end.
func Pad(rows [][]int32, fill int32) Batch {
	b := Batch{Rows: len(rows)}
	for _, r := range rows {
		b.Length = max(b.Length, len(r))
	}
	for _, r := range rows {
		for i := range b.Length {
			if i < len(r) {
				b.IDs, b.Segments = append(b.IDs, r[i]), append(b.Segments, 0)
			} else {
				b.IDs, b.Segments = append(b.IDs, fill), append(b.Segments, -1)
			}
		}
	}
	return b
}

// Hidden returns the last hidden states, normalised, (B*T, D).
func (m *LM) Hidden(b Batch) *tensor.Tensor {
	if b.Length > m.Config.Context {
		panic(&tensor.Error{Op: "LM.Hidden", Text: fmt.Sprintf("%d tokens in a row: the model's context is %d", b.Length, m.Config.Context)})
	}
	x := tensor.Embedding(m.Embed, b.IDs)
	for _, l := range m.Blocks {
		qkv := tensor.Rotary(l.QKV.Forward(l.AttnNorm.Forward(x)), m.heads(), m.cos, m.sin, nil, b.Length)
		x = x.Plus(l.Out.Forward(tensor.Attention(qkv, m.heads(), b.Rows, b.Length, b.Segments)))
		x = x.Plus(l.Down.Forward(tensor.SwiGLU(l.GateUp.Forward(l.MLPNorm.Forward(x)))))
	}
	return m.Norm.Forward(x)
}

// Logits returns the scores of all tokens at every position, (B*T, V). For training use NLL, which never holds them all.
func (m *LM) Logits(b Batch) *tensor.Tensor { return tensor.Linear(m.Hidden(b), m.Head, nil) }

// NLL returns -log p of each target in nats, (B*T); targets are negative where nothing is predicted.
func (m *LM) NLL(b Batch, targets []int32) *tensor.Tensor {
	return tensor.NLL(m.Hidden(b), m.Head, targets)
}

// CheckFinite names the first parameter that has a NaN or infinite value or, if there is none, gradient.
func (m *LM) CheckFinite() error {
	for _, p := range m.Params() {
		if !p.Value.Finite() {
			return fmt.Errorf("%s has a value that is NaN or infinite", p.Name)
		}
	}
	for _, p := range m.Params() {
		if !p.Value.FiniteGrad() {
			return fmt.Errorf("the gradient of %s is NaN or infinite", p.Name)
		}
	}
	return nil
}

// Empty returns a model whose weights are zero, to be filled from a file.
func Empty(c Config) *LM {
	m := &LM{Config: c, Norm: nn.NewRMSNorm(c.Dim, c.NormEps), Embed: tensor.New(c.Vocab, c.Dim).RequireGrad()}
	m.Head = m.Embed
	if !c.Tied {
		m.Head = tensor.New(c.Vocab, c.Dim).RequireGrad()
	}
	zero := func(out, in int) *nn.Linear { return &nn.Linear{Weight: tensor.New(out, in).RequireGrad()} }
	w := m.heads().Width()
	for range c.Layers {
		b := &Block{AttnNorm: nn.NewRMSNorm(c.Dim, c.NormEps), QKV: zero(w, c.Dim), Out: zero(c.Dim, c.Heads*c.HeadDim),
			MLPNorm: nn.NewRMSNorm(c.Dim, c.NormEps), GateUp: zero(2*c.Hidden, c.Dim), Down: zero(c.Dim, c.Hidden)}
		if c.QKVBias {
			b.QKV.Bias = tensor.New(w).RequireGrad()
		}
		m.Blocks = append(m.Blocks, b)
	}
	m.cos, m.sin = c.rotaryTable()
	return m
}
