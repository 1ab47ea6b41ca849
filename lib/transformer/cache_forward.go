package transformer

import (
	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
)

// chunkRows is how many tokens go through the model at once at most: enough to make the products efficient, few enough
// that working memory is small whatever the length of a prompt.
const chunkRows = 512

// workspace is the memory of a pass, kept from token to token.
type workspace struct {
	x, h, qkv, att, gate, act []float32 // by row of the chunk
	scale, place              []float32
	positions                 []int32
	wanted                    []float32 // the last hidden states whose logits are wanted, (n, D)
	out                       []float32 // logits

	added []int // by slot: tokens added by the call that is under way
	seen  []int // by slot: the call that it was last in
	turn  int
}

// A piece is some of a run's tokens, and their first row in the chunk.
type piece struct {
	slot   int
	ids    []int32
	row    int
	wanted int // after how many of the last of them the scores are wanted
}

// room returns n numbers of any content, in the same memory as before if it is large enough.
func room(p *[]float32, n int) []float32 {
	if cap(*p) < n {
		*p = compute.Aligned(max(n, cap(*p)+cap(*p)/4))
	}
	return (*p)[:n]
}

// forward takes n rows of tokens through the blocks, writes their keys and values, and appends the hidden states whose
// logits are wanted.
func (c *Cache) forward(pieces []piece, n int) {
	d, w, conf := c.d, &c.work, c.d.m.Config
	dim, q, width := conf.Dim, conf.Heads*conf.HeadDim, d.m.heads().Width()
	x, h, qkv, att := room(&w.x, n*dim), room(&w.h, n*dim), room(&w.qkv, n*width), room(&w.att, n*q)
	scale := room(&w.scale, n*max(2, conf.Heads))
	c.embed(x, pieces)
	bend, up := nn.Activation{Kind: conf.Activation, Gated: !conf.Ungated}, 2*conf.Hidden
	if conf.Ungated {
		up = conf.Hidden
	}
	for i := range d.blocks {
		b := &d.blocks[i]
		b.attnNorm.Rows(h, scale, x, n)
		b.qkv.apply(qkv, h, width, dim, n)
		if b.qNorm != nil {
			nn.QKNormRows(qkv, scale, d.m.heads(), b.qNorm, b.kNorm, n)
		}
		c.turn(i, qkv, pieces)
		c.attend(i, att, qkv, pieces)
		if i == len(d.blocks)-1 { // nothing after this looks at the other positions
			n = gatherWanted(x, dim, pieces)
			gatherWanted(att, q, pieces)
			if n == 0 {
				break
			}
			x, h = x[:n*dim], h[:n*dim]
		}
		b.out.apply(h, att, dim, q, n)
		if b.postAttn != nil {
			b.postAttn.Rows(h, scale, h, n)
		}
		compute.Add(x, x, h)
		b.mlpNorm.Rows(h, scale, x, n)
		gate, act := room(&w.gate, n*up), room(&w.act, n*conf.Hidden)
		b.gateUp.apply(gate, h, up, dim, n)
		bend.Rows(act, gate, n, conf.Hidden)
		b.down.apply(h, act, dim, conf.Hidden, n)
		if b.postMLP != nil {
			b.postMLP.Rows(h, scale, h, n)
		}
		compute.Add(x, x, h)
	}
	w.wanted = append(w.wanted, x[:n*dim]...)
	for _, p := range pieces {
		c.slots[p.slot].length += len(p.ids)
		w.added[p.slot] += len(p.ids)
	}
}

// embed writes the embeddings and positions of the tokens.
func (c *Cache) embed(x []float32, pieces []piece) {
	dim, factor := c.d.m.Config.Dim, float32(c.d.m.Config.EmbedScale)
	if n := len(x) / dim; cap(c.work.positions) < n {
		c.work.positions = make([]int32, n)
	}
	place, adapted := room(&c.work.place, dim), c.d.m.tableParts(false)
	for _, p := range pieces {
		for j, id := range p.ids {
			row := x[(p.row+j)*dim:][:dim]
			at := c.slots[p.slot].length + j
			c.work.positions[:cap(c.work.positions)][p.row+j] = int32(at)
			if id < 0 { // a virtual token
				copy(row, c.prompt.Data()[int(-1-id)*dim:])
			} else {
				c.d.embed.Row(row, int(id))
				for _, a := range adapted {
					a.EmbedRow(row, int(id))
				}
				for t := range row {
					if factor == 0 {
						break
					}
					row[t] *= factor
				}
			}
			if c.d.positions != nil {
				c.d.positions.Row(place, at)
				compute.Add(row, row, place)
			}
		}
	}
}

// turn rotates the queries and keys of block i by their positions.
func (c *Cache) turn(i int, qkv []float32, pieces []piece) {
	m, conf := c.d.m, c.d.m.Config
	if !conf.Rotary(i) {
		return
	}
	width := m.heads().Width()
	s := compute.RotaryShape{Heads: conf.Heads + conf.KVHeads, Dim: conf.HeadDim, Stride: width}
	r := m.rotation(i)
	reach, n := 0, 0
	for _, p := range pieces {
		reach, n = max(reach, c.slots[p.slot].length+len(p.ids)), n+len(p.ids)
	}
	if !r.scaling.varies(reach) {
		cos, sin := r.table(reach)
		s.Tokens, s.Positions = n, c.work.positions[:n]
		compute.Rotary(qkv, s, cos, sin, false)
		return
	}
	for _, p := range pieces { // the angles depend on how long the sequence is
		cos, sin := r.table(c.slots[p.slot].length + len(p.ids))
		s.Tokens, s.Positions = len(p.ids), c.work.positions[p.row:p.row+len(p.ids)]
		compute.Rotary(qkv[p.row*width:], s, cos, sin, false)
	}
}

// gatherWanted moves the rows whose logits are wanted to the front and returns how many there are.
func gatherWanted(x []float32, dim int, pieces []piece) (n int) {
	for _, p := range pieces {
		from := p.row + len(p.ids) - p.wanted
		copy(x[n*dim:(n+p.wanted)*dim], x[from*dim:])
		n += p.wanted
	}
	return n
}

// logits computes the scores after the hidden states that are wanted.
func (c *Cache) logits() []float32 {
	w, conf := &c.work, c.d.m.Config
	n := len(w.wanted) / conf.Dim
	out := room(&w.out, n*conf.Vocab)
	if n == 0 {
		return out
	}
	c.d.norm.Rows(w.wanted, room(&w.scale, 2*n), w.wanted, n)
	c.d.head.MulT(out, conf.Vocab, w.wanted, conf.Dim, n)
	for _, a := range c.d.m.tableParts(true) {
		a.Score(out, w.wanted, n)
	}
	return out
}

// attend writes the new keys and values into the slots and lets the queries of each see all of its tokens.
func (c *Cache) attend(block int, att, qkv []float32, pieces []piece) {
	// A long piece is shared out within; when there are many pieces, or short ones, each is one worker's.
	const long, many = 64, 8
	longOnes := 0
	for _, p := range pieces {
		if len(p.ids) >= long {
			longOnes++
		}
	}
	if len(pieces) == 1 {
		c.attendPiece(block, att, qkv, pieces[0])
		return
	}
	within := longOnes < many
	for i := 0; within && longOnes > 0 && i < len(pieces); i++ {
		if len(pieces[i].ids) >= long {
			c.attendPiece(block, att, qkv, pieces[i])
		}
	}
	compute.Parallel(len(pieces), 1, func(lo, hi int) {
		for _, p := range pieces[lo:hi] {
			if !within || len(p.ids) < long {
				c.attendPiece(block, att, qkv, p)
			}
		}
	})
}

func (c *Cache) attendPiece(block int, att, qkv []float32, p piece) {
	conf, s, n := c.d.m.Config, &c.slots[p.slot], len(p.ids)
	width, q, kv := c.d.m.heads().Width(), conf.Heads*conf.HeadDim, c.d.width()
	keys, values := s.keys[block], s.values[block]
	for j := range n {
		row, at := qkv[(p.row+j)*width:], (s.length+j)*kv
		copy(keys[at:at+kv], row[q:])
		copy(values[at:at+kv], row[q+kv:])
	}
	count := s.length + n
	compute.Attention(att[p.row*q:], nil, qkv[p.row*width:], keys[:count*kv], values[:count*kv], compute.AttentionShape{
		Batch: 1, Queries: n, Keys: count, Heads: conf.Heads, KVHeads: conf.KVHeads, Dim: conf.HeadDim,
		QStride: width, KStride: kv, VStride: kv, OStride: q, Scale: conf.attentionScale(block), Causal: true, Window: conf.window(block)})
}
