package transformer

import (
	"fmt"

	"lyceum/lib/tensor"
)

// Batch is sequences of tokens, one row each, all of the same length.
type Batch struct {
	IDs      []int32 // (B*T)
	Rows     int     // B
	Length   int     // T
	Segments []int32 // (B*T) or nil: the document of each token; negative for padding, at either end
	// Positions are the places of the tokens in their sequences, (B*T); nil: each document counts from 0, padding apart.
	Positions []int32
	// NoiseLength is what LM.Noisy takes for the length of the sequences; 0: Length.
	NoiseLength int
}

// Pad makes a batch of sequences of different lengths, filled up at the end.
func Pad(rows [][]int32, fill int32) Batch { return pad(rows, fill, false) }

// PadLeft makes a batch of sequences of different lengths, filled up at the beginning, as generation has them.
func PadLeft(rows [][]int32, fill int32) Batch { return pad(rows, fill, true) }

func pad(rows [][]int32, fill int32, left bool) Batch {
	b := Batch{Rows: len(rows)}
	for _, r := range rows {
		b.Length = max(b.Length, len(r))
	}
	b.IDs, b.Segments = make([]int32, b.Rows*b.Length), make([]int32, b.Rows*b.Length)
	for i, r := range rows {
		at, gap := i*b.Length, b.Length-len(r)
		if !left {
			gap = 0
		}
		for j := range b.Length {
			b.IDs[at+j], b.Segments[at+j] = fill, -1
		}
		for j, id := range r {
			b.IDs[at+gap+j], b.Segments[at+gap+j] = id, 0
		}
	}
	return b
}

// Last returns, for each row, the index into IDs of its last token that is no padding; -1 if there is none.
func (b Batch) Last() []int32 {
	out := make([]int32, b.Rows)
	for r := range out {
		out[r] = -1
		for i := b.Length - 1; i >= 0 && out[r] < 0; i-- {
			if at := r*b.Length + i; b.Segments == nil || b.Segments[at] >= 0 {
				out[r] = int32(at)
			}
		}
	}
	return out
}

// check panics unless the slices fit.
func (b Batch) check(op string) {
	bad := func(format string, args ...any) {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf(format, args...)})
	}
	n := b.Rows * b.Length
	switch {
	case len(b.IDs) != n:
		bad("%d tokens are not %d rows of %d", len(b.IDs), b.Rows, b.Length)
	case b.Segments != nil && len(b.Segments) != n:
		bad("%d Segments for %d tokens", len(b.Segments), n)
	case b.Positions != nil && len(b.Positions) != n:
		bad("%d Positions for %d tokens", len(b.Positions), n)
	}
}

// places returns the position of every token, counted from first.
func (b Batch) places(first int) []int32 {
	out := make([]int32, b.Rows*b.Length)
	for r := range b.Rows {
		met := map[int32]int32{}
		for i := range b.Length {
			at := r*b.Length + i
			switch {
			case b.Positions != nil:
				out[at] = b.Positions[at]
			case b.Segments == nil:
				out[at] = int32(i)
			case b.Segments[at] >= 0:
				s := b.Segments[at]
				out[at] = met[s]
				met[s]++
			}
			out[at] += int32(first)
		}
	}
	return out
}

// plain reports whether every row is one document from its beginning, so that positions repeat with every row.
func (b Batch) plain() bool { return b.Positions == nil && b.Segments == nil }
