package transformer

import "lyceum/lib/tensor"

// compact is a batch without padding and with what rows have in common at their beginning only once: a prompt that several
// completions follow is one prompt, since no token sees what comes after it. All layers but attention work on these tokens;
// for attention they are laid out in rows again.
type compact struct {
	take  []int32 // for each token, where it stands in the batch
	place []int32 // for each place of the batch, its token; any token at padding
}

// worthCompacting is the share of a batch, as a divisor, that must be saved: laying out costs a little.
const worthCompacting = 16

// compact returns nil if there is not enough to be saved. Rows whose padding is between tokens are left as they are.
func (b Batch) compact() *compact {
	if b.Rows*b.Length == 0 || b.Segments == nil && b.Rows == 1 {
		return nil
	}
	c := &compact{place: make([]int32, b.Rows*b.Length)}
	first, count := make([]int, b.Rows), make([]int, b.Rows) // tokens of a row
	for r := range b.Rows {
		lo, hi := r*b.Length, (r+1)*b.Length
		for lo < hi && b.padding(lo) {
			lo++
		}
		for hi > lo && b.padding(hi-1) {
			hi--
		}
		for i := lo; i < hi; i++ {
			if b.padding(i) {
				return nil
			}
		}
		first[r], count[r] = lo, hi-lo
		from, same := 0, 0
		for q := range r {
			if n := b.common(first[q], lo, min(count[q], count[r])); n > same {
				from, same = q, n
			}
		}
		for i := range count[r] {
			if i < same {
				c.place[lo+i] = c.place[first[from]+i]
				continue
			}
			c.place[lo+i] = int32(len(c.take))
			c.take = append(c.take, int32(lo+i))
		}
	}
	if saved := len(b.IDs) - len(c.take); len(c.take) == 0 || saved < len(b.IDs)/worthCompacting || saved == 0 {
		return nil
	}
	return c
}

// padding reports whether nothing is computed at place i.
func (b Batch) padding(i int) bool {
	return b.Segments != nil && b.Segments[i] < 0 && b.Segments[i] != tensor.ReadingPadding
}

// common is how many tokens from places i and j on are the same, at most most.
func (b Batch) common(i, j, most int) int {
	n := 0
	for n < most && b.IDs[i+n] == b.IDs[j+n] && (b.Segments == nil || b.Segments[i+n] == b.Segments[j+n]) && (b.Positions == nil || b.Positions[i+n] == b.Positions[j+n]) {
		n++
	}
	return n
}

// pick returns the tokens' own of a list with one element a place.
func (c *compact) pick(all []int32) []int32 {
	out := make([]int32, len(c.take))
	for i, at := range c.take {
		out[i] = all[at]
	}
	return out
}

// compacts reports whether equal tokens of a batch stay equal in the model: not with noise or dropout, and adapters with
// virtual tokens lay out rows themselves.
func (m *LM) compacts(b Batch) bool {
	return m.noise == nil && m.virtual() == nil && !(m.adapters.mode.Training && len(m.adapters.active) > 0)
}
