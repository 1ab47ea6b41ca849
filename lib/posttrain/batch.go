package posttrain

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// A sample is a sequence of tokens with a label for each: the token itself where it counts, Ignore where not.
type sample struct {
	ids    []int32
	labels []int32
	parts  []int // lengths of the documents that were packed into it; nil: one
}

// counts is how many labels a model can learn from: nothing predicts the first token of a document.
func (s sample) counts() int {
	n := 0
	for _, y := range s.shifted() {
		if y != lossfn.Ignore {
			n++
		}
	}
	return n
}

// shifted moves the labels to the positions that predict them.
func (s sample) shifted() []int32 {
	out := make([]int32, len(s.labels))
	for i := range out {
		out[i] = lossfn.Ignore
		if i+1 < len(out) {
			out[i] = s.labels[i+1]
		}
	}
	at := 0
	for _, n := range s.parts {
		at += n
		if at-1 < len(out) {
			out[at-1] = lossfn.Ignore // the last token of a document does not predict the next one's first
		}
	}
	return out
}

// A padded batch is samples as one batch, the labels at the positions that predict them.
type padded struct {
	transformer.Batch
	labels []int32
	counts int // labels that count
	real   int // tokens that are no padding
}

// pad makes a batch of samples, filled up at the end.
func pad(samples []sample, fill int32) padded {
	rows := make([][]int32, len(samples))
	for i, s := range samples {
		rows[i] = s.ids
	}
	b := padded{Batch: transformer.Pad(rows, fill)}
	b.labels = make([]int32, len(b.IDs))
	for i := range b.labels {
		b.labels[i] = lossfn.Ignore
	}
	for i, s := range samples {
		copy(b.labels[i*b.Length:], s.shifted())
		b.real += len(s.ids)
		at := i * b.Length
		for doc, n := range s.parts {
			for j := range n {
				b.Segments[at+j] = int32(doc)
			}
			at += n
		}
	}
	for _, y := range b.labels {
		if y != lossfn.Ignore {
			b.counts++
		}
	}
	return b
}

// reading lets the padding see what stands before it, at the positions that Transformers gives it, so that what is computed at
// padding is what a mean over all positions means in TRL.
func (p padded) reading() padded {
	p.Positions = make([]int32, len(p.IDs))
	p.Segments = append([]int32(nil), p.Segments...)
	for i := range p.Positions {
		p.Positions[i] = int32(i % p.Length)
		if p.Segments[i] < 0 {
			p.Segments[i] = tensor.ReadingPadding
		}
	}
	return p
}
