package transformer

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// pass is what the blocks of one forward pass share.
type pass struct {
	rows, length int
	segments     []int32
	positions    []int32 // nil: 0, 1, ... in every row
	reach        int     // the last position + 1

	prefix *tensor.Tensor // prefix tuning's keys and values
	insert []int32        // rows of (the sequences, then the prefix) that make sequences with a prefix
	drop   []int32        // the rows of those that are tokens
	seen   []int32        // their segments

	*compact // nil: the layers work on the batch as it is
}

// Hidden returns the last hidden states, normalised, (B*T, D); with an adapter on the output layer they are wider, see Output.
func (m *LM) Hidden(b Batch) *tensor.Tensor {
	h, n := m.HiddenWithVirtual(b)
	if n == 0 {
		return h
	}
	return tensor.Embedding(h, tokens(b, n))
}

// HiddenWithVirtual returns the last hidden states of the sequences with the n virtual tokens of a prompt-tuning adapter
// before each, (B*(n+T), D). The state of the last virtual token predicts the first token of the sequence.
func (m *LM) HiddenWithVirtual(b Batch) (h *tensor.Tensor, n int) {
	b.check("LM.Hidden")
	p := &pass{rows: b.Rows, length: b.Length, segments: b.Segments, reach: b.Length}
	ids := b.IDs
	if m.compacts(b) {
		p.compact = b.compact()
	}
	if p.compact != nil {
		ids = p.pick(ids)
	}
	x := m.embedded(ids)
	if s := m.Config.EmbedScale; s != 0 {
		x = x.Scale(float32(s))
	}
	if m.noise != nil {
		x = x.Plus(m.noise.draw(b, x.Shape()))
	}
	first := 0
	if v := m.virtual(); v != nil && v.Prompt != nil {
		n = v.Prompt.Dim(0)
		x = tensor.Embedding(tensor.Concat(x, v.Prompt), interleave(b, n))
		b = b.behind(n)
		p.length, p.segments = b.Length, b.Segments
	} else if v != nil {
		first = v.Prefix.Dim(0)
		p.prefix, p.insert, p.drop = v.Prefix, interleave(b, first), tokens(b, first)
		p.seen = b.behind(first).Segments
	}
	p.reach = b.Length + first
	if first > 0 || !b.plain() || m.Config.Learned || p.compact != nil {
		p.positions = b.places(first)
		if p.compact != nil {
			p.positions = p.pick(p.positions)
		}
		p.reach = int(m.checkPositions(p.positions)) + 1
	} else if b.Length > 0 {
		m.checkPositions([]int32{int32(b.Length - 1)})
	}
	if m.Config.Learned {
		x = x.Plus(tensor.Embedding(m.Positions, p.positions))
	}
	for i, l := range m.Blocks {
		if m.Recompute && tensor.Recording() {
			x = m.recomputed(i, l, x, p)
		} else {
			x = tensor.Transient(x, func(x *tensor.Tensor) *tensor.Tensor { return m.block(i, l, x, p) })
		}
	}
	x = m.Norm.Forward(x)
	if p.compact != nil {
		x = tensor.Embedding(x, p.place)
	}
	return m.widened(x), n
}

// recomputed is block without what it leaves in memory. Dropout draws the same numbers both times.
func (m *LM) recomputed(i int, l *Block, x *tensor.Tensor, p *pass) *tensor.Tensor {
	mode, seed := &m.adapters.mode, uint64(0)
	if mode.Training {
		seed = mode.Rand.Uint64()
	}
	inputs := []*tensor.Tensor{x}
	if p.prefix != nil {
		inputs = append(inputs, p.prefix)
	}
	return tensor.Recompute(func(in []*tensor.Tensor) *tensor.Tensor {
		if mode.Training {
			before := mode.Rand
			defer func() { mode.Rand = before }()
			mode.Rand = tensor.NewRand(seed)
		}
		own := *p
		if p.prefix != nil {
			own.prefix = in[1]
		}
		return m.block(i, l, in[0], &own)
	}, inputs...)
}

// paddingRow is the token whose embedding is not trained, -1 for none: Transformers makes the table of every family but GPT-2
// with padding_idx = pad_token_id, which matters where that token has a meaning of its own, as the end of a turn.
func (m *LM) paddingRow() int32 {
	if m.Special == nil || m.Config.Learned {
		return -1
	}
	return m.Special.Pad
}

// checkPositions panics if a position is outside the context, and returns the largest.
func (m *LM) checkPositions(positions []int32) (most int32) {
	for i, p := range positions {
		if p < 0 || int(p) >= m.Config.reach() {
			panic(&tensor.Error{Op: "LM.Hidden", Text: fmt.Sprintf("token %d is at position %d: the model's context is %d", i, p, m.Config.reach())})
		}
		most = max(most, p)
	}
	return most
}

// block computes one layer.
func (m *LM) block(i int, l *Block, x *tensor.Tensor, p *pass) *tensor.Tensor {
	seen := l.AttnNorm.Forward(x)
	mixed := m.attention(i, l, seen, p)
	a := l.Out.Forward(mixed)
	if l.PostAttnNorm != nil {
		a = l.PostAttnNorm.Forward(a)
	}
	x = x.PlusOver(a)
	normed := l.MLPNorm.Forward(x)
	bent := nn.Activation{Kind: m.Config.Activation, Gated: !m.Config.Ungated}.Forward(l.GateUp.Forward(normed))
	h := l.Down.Forward(bent)
	if l.PostMLPNorm != nil {
		h = l.PostMLPNorm.Forward(h)
	}
	for _, t := range []*tensor.Tensor{seen, mixed, normed, bent} { // a third of what a block would keep, and soon computed again
		t.Forget()
	}
	return x.PlusOver(h)
}

// attention mixes the tokens of each sequence.
func (m *LM) attention(i int, l *Block, x *tensor.Tensor, p *pass) *tensor.Tensor {
	h := m.heads()
	qkv := l.QKV.Forward(x)
	if l.QNorm != nil {
		qkv = nn.QKNorm(qkv, h, l.QNorm, l.KNorm)
	}
	if m.Config.Rotary(i) {
		cos, sin := m.rotation(i).table(p.reach)
		qkv = tensor.Rotary(qkv, h, cos, sin, p.positions, p.length)
	}
	o := tensor.AttentionOptions{Segments: p.segments, Scale: m.Config.attentionScale(i), Window: m.Config.window(i)}
	if p.compact != nil {
		return tensor.Embedding(tensor.AttentionWith(tensor.SpreadOver(qkv, p.place), h, p.rows, p.length, o), p.take)
	}
	if p.prefix == nil {
		return tensor.AttentionWith(qkv, h, p.rows, p.length, o)
	}
	// The prefix counts as tokens before the sequence, also for the window of a local block.
	o.Segments = p.seen
	qkv = tensor.Embedding(tensor.Concat(qkv, nn.PrefixRows(p.prefix, h, i)), p.insert)
	return tensor.Embedding(tensor.AttentionWith(qkv, h, p.rows, p.prefix.Dim(0)+p.length, o), p.drop)
}

// rotation is the table of angles of block i.
func (m *LM) rotation(i int) *rotation {
	if m.Config.Local(i) {
		return m.local
	}
	return m.global
}

// interleave lists, for sequences with n virtual tokens before each, the rows of (the tokens, then the virtual tokens).
func interleave(b Batch, n int) []int32 {
	out := make([]int32, 0, b.Rows*(n+b.Length))
	for r := range b.Rows {
		for i := range n {
			out = append(out, int32(b.Rows*b.Length+i))
		}
		for i := range b.Length {
			out = append(out, int32(r*b.Length+i))
		}
	}
	return out
}

// tokens lists the rows that are tokens in sequences with n virtual tokens before each.
func tokens(b Batch, n int) []int32 {
	out := make([]int32, 0, b.Rows*b.Length)
	for r := range b.Rows {
		for i := range b.Length {
			out = append(out, int32(r*(n+b.Length)+n+i))
		}
	}
	return out
}

// behind is the batch with n virtual tokens before each sequence, as far as documents and positions go.
func (b Batch) behind(n int) Batch {
	out := Batch{Rows: b.Rows, Length: n + b.Length}
	for r := range b.Rows {
		own := int32(-1)
		for i := range b.Length {
			if b.Segments == nil {
				break
			}
			s := b.Segments[r*b.Length+i]
			if s >= 0 && own >= 0 && s != own {
				panic(&tensor.Error{Op: "LM.Hidden", Text: fmt.Sprintf("row %d is packed of several documents: an adapter with virtual tokens needs one in each row", r)})
			}
			own = max(own, s)
		}
		for i := range n {
			if b.Segments != nil {
				out.Segments = append(out.Segments, own)
			}
			if b.Positions != nil {
				out.Positions = append(out.Positions, int32(i))
			}
		}
		for i := range b.Length {
			at := r*b.Length + i
			if b.Segments != nil {
				out.Segments = append(out.Segments, b.Segments[at])
			}
			if b.Positions != nil {
				out.Positions = append(out.Positions, b.Positions[at]+int32(n))
			}
		}
	}
	return out
}

// Logits returns the scores of all tokens at every position, (B*T, V). For training use NLL, which never holds them all.
func (m *LM) Logits(b Batch) *tensor.Tensor { return m.Scores(m.Hidden(b)) }

// Scores returns the scores of all tokens after hidden states (n, D): (n, V).
func (m *LM) Scores(hidden *tensor.Tensor) *tensor.Tensor {
	return tensor.Linear(hidden, m.Output(), nil)
}

// NLL returns -log p of each target in nats, (B*T); targets are negative where nothing is predicted.
func (m *LM) NLL(b Batch, targets []int32) *tensor.Tensor {
	hidden := m.Hidden(b)
	return tensor.NLL(hidden, m.Output(), targets)
}
