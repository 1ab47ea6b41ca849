package bench

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

// gpt is GPT-2 (Radford et al. 2019) with an output layer of its own: LayerNorm, learned positions, a GELU in the MLP.
type gpt struct {
	c                 shape
	tokens, positions *tensor.Tensor
	blocks            []gptBlock
	norm              affineNorm
	head              *tensor.Tensor
	params            []nn.Param
}

type gptBlock struct {
	norm1, norm2       affineNorm
	qkv, out, up, down *nn.Linear
}

type affineNorm struct{ weight, bias *tensor.Tensor }

func (n affineNorm) forward(x *tensor.Tensor) *tensor.Tensor {
	return tensor.LayerNorm(x, n.weight, n.bias, 1e-5)
}

func newGPT(c shape) *gpt {
	m, rng := &gpt{c: c}, tensor.NewRand(1)
	keep := func(name string, t *tensor.Tensor) *tensor.Tensor {
		m.params = append(m.params, nn.Param{Name: name, Value: t.RequireGrad()})
		return t
	}
	matrix := func(name string, out, in int) *tensor.Tensor {
		return keep(name, nn.NewLinear(rng, in, out, nn.InitStd).Weight)
	}
	linear := func(name string, out, in int) *nn.Linear {
		return &nn.Linear{Weight: matrix(name+".weight", out, in), Bias: keep(name+".bias", tensor.New(out))}
	}
	norm := func(name string) affineNorm {
		return affineNorm{keep(name+".weight", tensor.Full(1, c.Dim)), keep(name+".bias", tensor.New(c.Dim))}
	}
	m.tokens, m.positions = matrix("tokens", c.Vocab, c.Dim), matrix("positions", c.Context, c.Dim)
	for i := range c.Layers {
		at := fmt.Sprintf("blocks.%d.", i)
		m.blocks = append(m.blocks, gptBlock{norm1: norm(at + "norm1"), norm2: norm(at + "norm2"), qkv: linear(at+"qkv", 3*c.Dim, c.Dim),
			out: linear(at+"out", c.Dim, c.Dim), up: linear(at+"up", c.Hidden, c.Dim), down: linear(at+"down", c.Dim, c.Hidden)})
	}
	m.norm, m.head = norm("norm"), matrix("head", c.Vocab, c.Dim)
	return m
}

// loss is the mean negative log-likelihood of the targets.
func (m *gpt) loss(ids, targets []int32, rows, length int) *tensor.Tensor {
	at := make([]int32, len(ids))
	for i := range at {
		at[i] = int32(i % length)
	}
	x := tensor.Embedding(m.tokens, ids).Plus(tensor.Embedding(m.positions, at))
	heads := tensor.Heads{Heads: m.c.Heads, KVHeads: m.c.Heads, Dim: m.c.HeadDim}
	for _, b := range m.blocks {
		x = x.PlusOver(b.out.Forward(tensor.Attention(b.qkv.Forward(b.norm1.forward(x)), heads, rows, length, nil)))
		x = x.PlusOver(b.down.Forward(b.up.Forward(b.norm2.forward(x)).GELU()))
	}
	return tensor.NLL(m.norm.forward(x), m.head, targets).Mean()
}

// gptStep prepares whole training steps: forward, backward, clipping at norm 1, AdamW.
func (c shape) gptStep(rows, length int, precision string) func() (func(), error) {
	return func() (func(), error) {
		m, rng := newGPT(c), tensor.NewRand(2)
		ids, targets := tokens(rng, rows*length, c.Vocab), tokens(rng, rows*length, c.Vocab)
		opt := optim.NewAdamW(m.params)
		return func() {
			opt.ZeroGrad()
			tensor.Scope(func() {
				tensor.Autocast(precision, func() { m.loss(ids, targets, rows, length).Backward() })
			})
			_, scale := optim.Clip(m.params, 1)
			opt.Step(1e-4, scale)
		}, nil
	}
}
