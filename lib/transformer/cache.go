package transformer

import (
	"fmt"
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// A Cache holds the keys and values of sequences that are being continued, so that each new token costs one row of work.
// Slots are independent: each sequence has its own length.
type Cache struct {
	m       *LM
	room    int         // tokens per slot
	keys    [][]float32 // per block, (slots, room, KVHeads*HeadDim)
	values  [][]float32
	lengths []int32
}

// NewCache makes room for a number of sequences of up to room tokens each.
func (m *LM) NewCache(slots, room int) *Cache {
	room = min(room, m.Config.Context)
	c := &Cache{m: m, room: room, lengths: make([]int32, slots)}
	n := slots * room * m.Config.KVHeads * m.Config.HeadDim
	for range m.Blocks {
		c.keys = append(c.keys, make([]float32, n))
		c.values = append(c.values, make([]float32, n))
	}
	return c
}

// Length is how many tokens the slot holds.
func (c *Cache) Length(slot int) int { return int(c.lengths[slot]) }

// Room is how many tokens a slot can hold.
func (c *Cache) Room() int { return c.room }

// Truncate forgets what the slot holds after the first n tokens.
func (c *Cache) Truncate(slot, n int) { c.lengths[slot] = int32(min(n, c.Length(slot))) }

// Prefill adds tokens to one slot and returns the logits after the last of them, (1, V).
func (c *Cache) Prefill(slot int, ids []int32) *tensor.Tensor {
	return c.extend([]int{slot}, ids, len(ids))
}

// Step adds one token to each of the slots, which must be all different, and returns the logits after it, (len(slots), V).
func (c *Cache) Step(slots []int, ids []int32) *tensor.Tensor { return c.extend(slots, ids, 1) }

// extend adds n tokens to each slot; for several slots they must be in order and without gaps, or n must be 1.
func (c *Cache) extend(slots []int, ids []int32, n int) (logits *tensor.Tensor) {
	if len(ids) != len(slots)*n || n == 0 {
		panic(&tensor.Error{Op: "Cache", Text: fmt.Sprintf("%d tokens for %d slots", len(ids), len(slots))})
	}
	var positions []int32
	for _, s := range slots {
		if c.Length(s)+n > c.room {
			panic(&tensor.Error{Op: "Cache", Text: fmt.Sprintf("slot %d holds %d tokens and has room for %d; %d more do not fit", s, c.Length(s), c.room, n)})
		}
		for i := range n {
			positions = append(positions, c.lengths[s]+int32(i))
		}
	}
	tensor.NoGrad(func() {
		x := tensor.Embedding(c.m.Embed, ids)
		for i, l := range c.m.Blocks {
			qkv := tensor.Rotary(l.QKV.Forward(l.AttnNorm.Forward(x)), c.m.heads(), c.m.cos, c.m.sin, positions, 0)
			x = x.Plus(l.Out.Forward(c.attend(i, qkv, slots, n)))
			x = x.Plus(l.Down.Forward(tensor.SwiGLU(l.GateUp.Forward(l.MLPNorm.Forward(x)))))
		}
		if n > 1 { // only the last position of each slot is wanted
			x = x.Slice(n-1, n)
		}
		logits = tensor.Linear(c.m.Norm.Forward(x), c.m.Head, nil)
	})
	for _, s := range slots {
		c.lengths[s] += int32(n)
	}
	return logits
}

// attend writes the new keys and values into the cache and lets the queries of each slot see all of its tokens.
func (c *Cache) attend(block int, qkv *tensor.Tensor, slots []int, n int) *tensor.Tensor {
	h := c.m.heads()
	w, q, kv := h.Width(), h.Heads*h.Dim, h.KVHeads*h.Dim
	out := tensor.New(len(slots)*n, q)
	lse := make([]float32, len(slots)*n*h.Heads)
	data := qkv.Data()
	for i, s := range slots {
		keys, values := c.keys[block][s*c.room*kv:], c.values[block][s*c.room*kv:]
		for j := range n {
			row, at := data[(i*n+j)*w:], (int(c.lengths[s])+j)*kv
			copy(keys[at:at+kv], row[q:])
			copy(values[at:at+kv], row[q+kv:])
		}
	}
	one := func(i, count int, counts []int32) {
		s := slots[i]
		shape := compute.AttentionShape{Batch: count, Queries: n, Keys: c.room, Heads: h.Heads, KVHeads: h.KVHeads, Dim: h.Dim,
			QStride: w, KStride: kv, VStride: kv, OStride: q, Scale: float32(1 / math.Sqrt(float64(h.Dim))), Causal: true, KeyCounts: counts}
		compute.Attention(out.Data()[i*n*q:], lse[i*n*h.Heads:], data[i*n*w:], c.keys[block][s*c.room*kv:], c.values[block][s*c.room*kv:], shape)
	}
	// Neighbouring slots go together.
	for i := 0; i < len(slots); {
		j := i + 1
		counts := []int32{c.lengths[slots[i]] + int32(n)}
		for j < len(slots) && slots[j] == slots[j-1]+1 {
			counts = append(counts, c.lengths[slots[j]]+int32(n))
			j++
		}
		one(i, j-i, counts)
		i = j
	}
	return out
}
