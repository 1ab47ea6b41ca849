package posttrain

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// viewPolicy runs the policy over the completions of a micro-batch, (B, width). TRL's mean entropy runs over padding as well, so
// what the policy would say there is computed too: a padding token sees the whole sequence and stands at the place after it,
// whichever padding token it is, so that one a row is enough.
func (t *ppo) viewPolicy(rows []*episode, width int) policyView {
	b, targets, pick := layoutPadded(rows, width)
	s := outputScores(t.run.Model.LM, t.run.Model.LM.Hidden(b), targets, t.c.Temperature)
	return policyView{pickMatrix(s.LogP, pick, width), pickMatrix(s.Entropy, pick, width), maskMatrix(rows, width)}
}

// viewValues runs the critic: values (B, width), 0 where none counts, and where one does.
func (t *ppo) viewValues(rows []*episode, width int) (values, mask *tensor.Tensor) {
	b, _, pick := layoutPadded(rows, width)
	mask = tensor.New(len(rows), width)
	for i, e := range rows {
		for k := range min(len(e.ids)+1, width) {
			mask.Set(1, i, k)
		}
	}
	return pickMatrix(t.run.Critic.TokenScores(b), pick, width).Mul(mask), mask
}

// layoutPadded is layout with a padding token behind each sequence.
func layoutPadded(rows []*episode, width int) (b transformer.Batch, targets, pick []int32) {
	var all [][]int32
	for _, e := range rows {
		all = append(all, append(e.sequence(), 0))
	}
	b = transformer.Pad(all, 0)
	b.Positions = make([]int32, len(b.IDs))
	targets = make([]int32, len(b.IDs))
	for i := range targets {
		targets[i] = lossfn.Ignore
	}
	for i, e := range rows {
		at, n := i*b.Length, len(e.prompt)+len(e.ids)
		for k := range n + 1 {
			b.Positions[at+k] = int32(k)
		}
		b.Segments[at+n] = tensor.ReadingPadding
		for k := range width {
			p := at + len(e.prompt) - 1 + min(k, len(e.ids)+1)
			pick = append(pick, int32(p))
			targets[p] = 0 // padding: only the entropy is asked for
			if k < len(e.ids) {
				targets[p] = e.ids[k]
			}
		}
	}
	return b, targets, pick
}
