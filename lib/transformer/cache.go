package transformer

import (
	"fmt"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// A Cache holds the keys and values of sequences that are being continued, so that each new token costs one row of work.
// Slots are independent: each sequence has its own length, and takes memory for the tokens that it holds, not for those
// that it might. A cache is used by one goroutine at a time.
type Cache struct {
	d     *Decoder
	room  int // tokens per slot at most
	slots []slot
	work  workspace

	// An adapter that adds virtual tokens, as it was on when the cache was made: each slot begins with them.
	virtual int
	prompt  *tensor.Tensor // (virtual, D), of prompt tuning
	prefix  *tensor.Tensor // of prefix tuning
}

// A slot is one sequence.
type slot struct {
	keys, values [][]float32 // per block, (tokens, KVHeads*HeadDim); length*KVHeads*HeadDim are in use
	length       int
}

// NewCache makes room for a number of sequences of up to room tokens each, over the model's own float32 weights: what
// training changes is seen at the next token.
func (m *LM) NewCache(slots, room int) *Cache { return m.sharing().NewCache(slots, room) }

// NewCache makes room for a number of sequences of up to room tokens each.
func (d *Decoder) NewCache(slots, room int) *Cache {
	c := &Cache{d: d, slots: make([]slot, slots)}
	if a := d.m.virtual(); a != nil && a.Prompt != nil {
		c.prompt, c.virtual = a.Prompt, a.Prompt.Dim(0)
	} else if a != nil {
		c.prefix, c.virtual = a.Prefix, a.Prefix.Dim(0)
	}
	c.room = min(room+c.virtual, d.m.Config.reach())
	for i := range c.slots {
		n := len(d.m.Blocks)
		c.slots[i] = slot{keys: make([][]float32, n), values: make([][]float32, n)}
	}
	return c
}

// Length is how many tokens the slot holds.
func (c *Cache) Length(slot int) int { return max(0, c.slots[slot].length-c.virtual) }

// Room is how many tokens a slot can hold.
func (c *Cache) Room() int { return c.room - c.virtual }

// Slots is how many sequences the cache can hold.
func (c *Cache) Slots() int { return len(c.slots) }

// Bytes is the memory that keys and values take now.
func (c *Cache) Bytes() int {
	n := 0
	for _, s := range c.slots {
		for b := range s.keys {
			n += 4 * (cap(s.keys[b]) + cap(s.values[b]))
		}
	}
	return n
}

// Truncate forgets what the slot holds after the first n tokens.
func (c *Cache) Truncate(slot, n int) {
	if n <= 0 {
		c.slots[slot].length = 0
		return
	}
	c.slots[slot].length = min(n+c.virtual, c.slots[slot].length)
}

// Copy makes slot to hold the first n tokens of slot from: a prompt that is continued several times is computed once.
func (c *Cache) Copy(to, from, n int) {
	src := &c.slots[from]
	if n > c.Length(from) || n < 0 {
		panic(&tensor.Error{Op: "Cache.Copy", Text: fmt.Sprintf("%d tokens of slot %d, which holds %d", n, from, c.Length(from))})
	}
	if n > 0 {
		n += c.virtual
	}
	dst := &c.slots[to]
	if to != from {
		dst.length = 0
		dst.grow(n, c.room, c.d.width())
		for b := range src.keys {
			copy(dst.keys[b], src.keys[b][:n*c.d.width()])
			copy(dst.values[b], src.values[b][:n*c.d.width()])
		}
	}
	dst.length = n
}

// Reorder lets slots[i] hold what from[i] held, for all i together, as beam search needs it. Each of from must be one of
// slots; a sequence that is wanted once moves without being copied.
func (c *Cache) Reorder(slots, from []int) {
	old := make(map[int]slot, len(slots))
	wanted := make(map[int]bool, len(slots))
	for i, s := range slots {
		old[s], wanted[from[i]] = c.slots[s], true
	}
	var free []slot
	for _, s := range slots {
		if !wanted[s] {
			free = append(free, old[s])
		}
	}
	var again []int
	holder := make(map[int]int, len(slots)) // where the contents of a slot have gone
	for i, s := range slots {
		kept, ok := old[from[i]]
		if !ok {
			panic(&tensor.Error{Op: "Cache.Reorder", Text: fmt.Sprintf("slot %d is not one of %v", from[i], slots)})
		}
		if _, moved := holder[from[i]]; moved {
			again = append(again, i)
			continue
		}
		holder[from[i]], c.slots[s] = s, kept
	}
	for n, i := range again {
		c.slots[slots[i]] = free[n]
		at := holder[from[i]]
		c.Copy(slots[i], at, c.Length(at))
	}
}

// grow makes room for n tokens, or for all there can be if these are not many more: what is outgrown lies about as garbage.
func (s *slot) grow(n, room, width int) {
	if len(s.keys) == 0 || len(s.keys[0]) >= n*width {
		return
	}
	const step = 64
	have := len(s.keys[0]) / width
	n = (max(n, have+have/2) + step - 1) / step * step
	if room <= 4*n {
		n = room
	}
	for b := range s.keys {
		for _, p := range []*[]float32{&s.keys[b], &s.values[b]} {
			larger := compute.Aligned(n * width)
			copy(larger, (*p)[:s.length*width])
			*p = larger
		}
	}
}

// Prefill adds tokens to one slot and returns the logits after the last of them, (1, V).
func (c *Cache) Prefill(slot int, ids []int32) *tensor.Tensor {
	return c.keep(c.Extend([]Run{{Slot: slot, IDs: ids, Logits: true}}))
}

// Step adds one token to each of the slots, which must be all different, and returns the logits after it, (len(slots), V).
func (c *Cache) Step(slots []int, ids []int32) *tensor.Tensor {
	if len(ids) != len(slots) {
		panic(&tensor.Error{Op: "Cache", Text: fmt.Sprintf("%d tokens for %d slots", len(ids), len(slots))})
	}
	runs := make([]Run, len(slots))
	for i, s := range slots {
		runs[i] = Run{Slot: s, IDs: ids[i : i+1], Logits: true}
	}
	return c.keep(c.Extend(runs))
}

// keep copies logits out of the workspace.
func (c *Cache) keep(logits []float32) *tensor.Tensor {
	v := c.d.m.Config.Vocab
	t := tensor.New(len(logits)/v, v)
	copy(t.Data(), logits)
	return t
}

// A Run is tokens to be added to a slot.
type Run struct {
	Slot   int
	IDs    []int32
	Logits bool // the scores after the last of them are wanted
	All    bool // the scores after each of them are wanted

	virtual int // how many of the first are virtual tokens
}

// wanted is after how many of the last of n tokens from at on the scores are wanted; last says that the run ends with them.
func (r Run) wanted(at, n int, last bool) int {
	switch {
	case r.All:
		return max(0, min(n, at+n-r.virtual))
	case r.Logits && last:
		return 1
	}
	return 0
}

// Extend adds tokens to slots, each its own number, as one pass over the weights: prompts and single tokens may be mixed.
// It returns the logits that the runs want, in order, (n, V); they are valid until the next call. Long runs go
// through in pieces, so that working memory does not grow with them. When a host asks for a stop it panics with
// stop.ErrInterrupted and every slot is as it was before.
func (c *Cache) Extend(runs []Run) []float32 {
	c.check(runs)
	done := false
	defer func() {
		for _, r := range runs {
			if !done {
				c.slots[r.Slot].length -= c.work.added[r.Slot]
			}
			c.work.added[r.Slot] = 0
		}
	}()
	runs = c.begin(runs)
	for _, r := range runs {
		s := &c.slots[r.Slot]
		s.grow(s.length+len(r.IDs), c.room, c.d.width())
	}
	c.work.wanted = c.work.wanted[:0]
	var pieces []piece
	rows := 0
	for _, r := range runs {
		for at := 0; at < len(r.IDs); {
			n := min(len(r.IDs)-at, chunkRows-rows)
			pieces = append(pieces, piece{slot: r.Slot, ids: r.IDs[at : at+n], row: rows, wanted: r.wanted(at, n, at+n == len(r.IDs))})
			at, rows = at+n, rows+n
			if rows == chunkRows {
				c.forward(pieces, rows)
				pieces, rows = pieces[:0], 0
			}
		}
	}
	if rows > 0 {
		c.forward(pieces, rows)
	}
	logits := c.logits()
	done = true
	return logits
}

// begin puts virtual tokens into the slots that are empty: keys and values where an adapter has them, else tokens to be
// computed, whose ids are negative.
func (c *Cache) begin(runs []Run) []Run {
	if c.virtual == 0 {
		return runs
	}
	out := append([]Run(nil), runs...)
	for i, r := range out {
		s := &c.slots[r.Slot]
		if s.length > 0 {
			continue
		}
		if c.prompt != nil {
			ids := make([]int32, c.virtual, c.virtual+len(r.IDs))
			for j := range ids {
				ids[j] = int32(-1 - j)
			}
			out[i].IDs, out[i].virtual = append(ids, r.IDs...), c.virtual
			continue
		}
		kv, all := c.d.width(), c.prefix.Dim(1)
		s.grow(c.virtual+len(r.IDs), c.room, kv)
		for b := range s.keys {
			for j := range c.virtual {
				row := c.prefix.Data()[j*all+2*b*kv:]
				copy(s.keys[b][j*kv:(j+1)*kv], row)
				copy(s.values[b][j*kv:(j+1)*kv], row[kv:])
			}
		}
		s.length = c.virtual
		c.work.added[r.Slot] += c.virtual
	}
	return out
}

// check panics unless the runs are of different slots and fit.
func (c *Cache) check(runs []Run) {
	bad := func(format string, args ...any) {
		panic(&tensor.Error{Op: "Cache", Text: fmt.Sprintf(format, args...)})
	}
	if c.work.added == nil {
		c.work.added, c.work.seen = make([]int, len(c.slots)), make([]int, len(c.slots))
	}
	c.work.turn++
	for _, r := range runs {
		switch {
		case r.Slot < 0 || r.Slot >= len(c.slots):
			bad("slot %d of %d", r.Slot, len(c.slots))
		case len(r.IDs) == 0:
			bad("no tokens for slot %d", r.Slot)
		case c.work.seen[r.Slot] == c.work.turn:
			bad("slot %d comes twice", r.Slot)
		case c.Length(r.Slot)+len(r.IDs) > c.Room():
			bad("slot %d holds %d tokens and has room for %d; %d more do not fit", r.Slot, c.Length(r.Slot), c.Room(), len(r.IDs))
		}
		c.work.seen[r.Slot] = c.work.turn
		for _, id := range r.IDs {
			if id < 0 || int(id) >= c.d.m.Config.Vocab {
				bad("token %d is outside the vocabulary of %d", id, c.d.m.Config.Vocab)
			}
		}
	}
}
