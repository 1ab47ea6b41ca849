package rl

import (
	"errors"
	"fmt"

	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// A Drawn is a completion of the live model.
type Drawn struct {
	IDs       []int32
	LogProbs  []float64 // log softmax(scores / Temperature) when it was drawn, in nats; 0 for tokens of an environment
	Mask      []int     // 0 for tokens of an environment; nil: all are the model's
	Truncated bool      // it ran out of room
}

// A Sampler draws completions.
type Sampler struct {
	Model   *transformer.LM
	Options sampling.Options // MaxNewTokens is the room of a whole completion, an environment's answers included
	// Answer makes tokens of what an environment said to completion i after its turn said; needed with environments only.
	Answer func(i int, said, answer string) []int32
	Decode func(ids []int32) string // of a turn, for environments
}

// Draw continues each prompt, samples times, those of one prompt side by side. envs holds an environment for each completion
// that Reset has begun, or is nil.
func (s Sampler) Draw(prompts [][]int32, samples int, envs []Environment) ([]Drawn, error) {
	o := s.Options
	o.Samples, o.KeepStop = samples, true
	first, err := sampling.Generate(s.Model, prompts, o)
	if err != nil {
		return nil, err
	}
	out := make([]Drawn, len(first))
	for i, c := range first {
		out[i] = Drawn{IDs: c.IDs, LogProbs: c.PolicyLogProbs, Truncated: !c.Stopped}
		if len(c.IDs) == 0 {
			return nil, fmt.Errorf("completion %d is empty: prompt %d fills the model's context of %d tokens", i, i/samples, s.Model.Config.Context)
		}
	}
	if envs == nil {
		return out, nil
	}
	return out, s.turns(prompts, samples, out, envs)
}

// turns goes on with the completions whose environments have not ended the episode, all of them at once in each round.
func (s Sampler) turns(prompts [][]int32, samples int, out []Drawn, envs []Environment) error {
	said := make([][]int32, len(out))
	var live []int
	for i := range out {
		said[i] = out[i].IDs
		out[i].Mask = ones(len(out[i].IDs))
		live = append(live, i)
	}
	for round := uint64(1); len(live) > 0; round++ {
		if stop.Requested() {
			return stop.ErrInterrupted
		}
		var next []int
		var texts [][]int32
		for _, i := range live {
			if out[i].Truncated {
				continue
			}
			ids, err := s.answer(i, said[i], envs[i])
			if err != nil {
				return err
			}
			room := s.Options.MaxNewTokens - len(out[i].IDs)
			if ids == nil {
				continue
			}
			if len(ids) >= room {
				out[i].Truncated = true
				continue
			}
			out[i].IDs, out[i].LogProbs, out[i].Mask = append(out[i].IDs, ids...), append(out[i].LogProbs, make([]float64, len(ids))...), append(out[i].Mask, make([]int, len(ids))...)
			next = append(next, i)
			texts = append(texts, append(append([]int32{}, prompts[i/samples]...), out[i].IDs...))
		}
		if len(next) == 0 {
			return nil
		}
		o := s.Options
		o.Samples, o.KeepStop = 1, true
		o.Seed += round * 0x9e3779b97f4a7c15
		more, err := sampling.Generate(s.Model, texts, o)
		if err != nil {
			return err
		}
		for k, i := range next {
			c := more[k]
			room := s.Options.MaxNewTokens - len(out[i].IDs)
			if len(c.IDs) > room {
				c.IDs, c.PolicyLogProbs, c.Stopped = c.IDs[:room], c.PolicyLogProbs[:room], false
			}
			said[i] = c.IDs
			out[i].IDs, out[i].LogProbs, out[i].Mask = append(out[i].IDs, c.IDs...), append(out[i].LogProbs, c.PolicyLogProbs...), append(out[i].Mask, ones(len(c.IDs))...)
			out[i].Truncated = !c.Stopped
		}
		live = next
	}
	return nil
}

// answer asks an environment; nil ids end the episode.
func (s Sampler) answer(i int, said []int32, env Environment) (ids []int32, err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok && errors.Is(e, stop.ErrInterrupted) {
				err = e
				return
			}
			err = fmt.Errorf("the environment of completion %d panicked: %v", i, p)
		}
	}()
	text := s.Decode(said)
	answer, done, err := env.Step(text)
	if err != nil {
		return nil, fmt.Errorf("the environment of completion %d: %w", i, err)
	}
	if done {
		return nil, nil
	}
	return s.Answer(i, text, answer), nil
}

func ones(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
