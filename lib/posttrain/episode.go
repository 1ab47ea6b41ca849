package posttrain

import (
	"fmt"

	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// An episode is one completion as the online trainers see it.
type episode struct {
	prompt, ids []int32
	said        []bool // tokens that the model wrote itself; nil: all
	group       int
	truncated   bool // it ran out of room
	masked      bool // it is left out of the loss

	rewards   []float64 // one a function
	advantage float64
	old, ref  []float64 // log-probabilities of ids when they were drawn and under the reference; nil: not needed
	values    []float64 // of a critic
}

// counts reports whether token t of the completion is learned from.
func (e *episode) counts(t int) bool {
	return t < len(e.ids) && !e.masked && (e.said == nil || e.said[t])
}

// length is how many tokens the model wrote.
func (e *episode) length() int {
	n := 0
	for t := range e.ids {
		if e.said == nil || e.said[t] {
			n++
		}
	}
	return n
}

// sequence is prompt and completion.
func (e *episode) sequence() []int32 { return append(append([]int32{}, e.prompt...), e.ids...) }

// A policyView is what a model says about the completions of a micro-batch, (B, T), padded at the end.
type policyView struct {
	logp    *tensor.Tensor // 0 at padding
	entropy *tensor.Tensor // 0 at padding
	mask    *tensor.Tensor // 1 for tokens that are learned from
}

// viewPolicy runs a model over completions with their prompts.
func viewPolicy(m *transformer.LM, rows []*episode, temperature float64) policyView {
	b, targets, pick, width := layout(rows)
	s := outputScores(m, m.Hidden(b), targets, temperature)
	return policyView{pickMatrix(s.LogP, pick, width), pickMatrix(s.Entropy, pick, width), maskMatrix(rows, width)}
}

// outputScores is what the output layer says about targets.
func outputScores(m *transformer.LM, hidden *tensor.Tensor, targets []int32, temperature float64) *tensor.TokenScores {
	return tensor.LogProbs(hidden, m.Output(), targets, tensor.LogProbsOptions{Temperature: float32(temperature)})
}

// layout makes a batch of prompts and completions. targets holds the token that each position predicts, if it is one of a
// completion; pick says, for a matrix (B, width), at which position each token of a completion is predicted. A row's last
// position predicts nothing: padding points there.
func layout(rows []*episode) (b transformer.Batch, targets, pick []int32, width int) {
	all := make([][]int32, len(rows))
	for i, e := range rows {
		all[i] = e.sequence()
		width = max(width, len(e.ids))
	}
	b = transformer.Pad(all, 0)
	targets = make([]int32, len(b.IDs))
	for i := range targets {
		targets[i] = lossfn.Ignore
	}
	for i, e := range rows {
		for t := range width {
			at := int32(i*b.Length + b.Length - 1)
			if t < len(e.ids) {
				at = int32(i*b.Length + len(e.prompt) - 1 + t)
				targets[at] = e.ids[t]
			}
			pick = append(pick, at)
		}
	}
	return b, targets, pick, width
}

// pickMatrix arranges per-position numbers as (B, width).
func pickMatrix(x *tensor.Tensor, pick []int32, width int) *tensor.Tensor {
	return tensor.Embedding(x.Reshape(x.Len(), 1), pick).Reshape(len(pick)/width, width)
}

// maskMatrix is 1 where a token counts.
func maskMatrix(rows []*episode, width int) *tensor.Tensor {
	m := tensor.New(len(rows), width)
	for i, e := range rows {
		for t := range e.ids {
			if e.counts(t) {
				m.Set(1, i, t)
			}
		}
	}
	return m
}

// matrix pads what of holds of each row, 0 elsewhere; nil if the first row has nothing.
func matrix(rows []*episode, width int, of func(*episode) []float64) *tensor.Tensor {
	if of(rows[0]) == nil {
		return nil
	}
	m := tensor.New(len(rows), width)
	for i, e := range rows {
		for t, v := range of(e) {
			if t < width {
				m.Set(float32(v), i, t)
			}
		}
	}
	return m
}

// logProbs computes log-probabilities of completions without gradients, batch rows at a time.
func logProbs(m *transformer.LM, rows []*episode, temperature float64, batch int) [][]float64 {
	var out [][]float64
	tensor.NoGrad(func() {
		for at := 0; at < len(rows); at += batch {
			part := rows[at:min(at+batch, len(rows))]
			tensor.Scope(func() {
				v := viewPolicy(m, part, temperature)
				for i, e := range part {
					row := make([]float64, len(e.ids))
					for t := range row {
						row[t] = float64(v.logp.At(i, t))
					}
					out = append(out, row)
				}
			})
		}
	})
	return out
}

// anchorOf is the reference model of an online run: the given one, or the policy as it is now.
func anchorOf(policy, given *zoo.Model, fresh bool) *reference {
	if given != nil {
		return &reference{policy: given.LM, copied: given.LM.Clone()}
	}
	return newReference(policy.LM, fresh)
}

// logProbs are those of completions under the reference.
func (r *reference) logProbs(rows []*episode, temperature float64, batch int) (out [][]float64) {
	r.run(func(m *transformer.LM) { out = logProbs(m, rows, temperature, batch) })
	return out
}

// checkSync says that a reference which follows the policy must be a copy.
func checkSync(config string, every int, policy *zoo.Model, adapter nn.AdapterConfig, given *zoo.Model) error {
	if every < 0 || every > 0 && (adapter != nil || len(policy.LM.Adapters()) > 0 || given != nil) {
		return fmt.Errorf("posttrain.%s: SyncEvery is %d: it moves a copy of the model that is the reference, and cannot be used with adapters or another Reference", config, every)
	}
	return nil
}
