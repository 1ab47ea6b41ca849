// Package sampling continues token sequences: greedily, by beam search, or drawn from the model's distribution with the
// filters and penalties that Transformers, vLLM and llama.cpp have, with a seed.
package sampling

import (
	"fmt"

	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// A Completion is what the model added to one prompt. Log-probabilities are in nats, one for each of IDs.
type Completion struct {
	IDs []int32
	// LogProbs are under the distribution that the token was drawn from: after penalties, temperature and filters (at
	// temperature 1 when greedy).
	LogProbs []float64
	// ModelLogProbs are under the model itself: temperature 1, the whole vocabulary, no penalties.
	ModelLogProbs []float64
	// PolicyLogProbs are at the temperature of the draw over the whole vocabulary, without penalties and filters:
	// log softmax(scores / Temperature), what PPO and GRPO compare with (temperature 1 when greedy).
	PolicyLogProbs []float64
	Top            [][]TokenLogProb // for each token, the TopLogProbs most likely ones under the model itself
	Stopped        bool             // a stop token or string, or the Constraint, ended it; otherwise it ran out of room
	Curtailed      bool             // MaxNewTokens made the text of a Constraint end earlier than the model would have
	StopToken      int32            // the token that ended it, if one did; else -1
	StopString     string           // the stop string that ended it, if one did
	Text           string           // with Options.StopStrings: the text, up to the stop string
	Score          float64          // beam search: the sum of LogProbs over length^LengthPenalty
}

// Generate continues each prompt, Samples times: the completions of prompt i begin at i*Samples. At most Slots of them are
// in work at the same time, and a finished one gives its place to the next; what comes out does not depend on that, since
// every completion has a stream of random numbers of its own. When a host asks for a stop, what there is is returned with
// stop.ErrInterrupted.
func Generate(m *transformer.LM, prompts [][]int32, o Options) ([]Completion, error) {
	d, err := m.Decoder(transformer.DecodeOptions{Weights: o.Weights})
	if err != nil {
		return nil, err
	}
	return GenerateWith(d, prompts, o)
}

// GenerateWith is Generate with a decoder that is kept from call to call, as one with bf16 or int8 weights should be;
// Options.Weights has no effect.
func GenerateWith(d *transformer.Decoder, prompts [][]int32, o Options) (out []Completion, err error) {
	if out, err = prepared(d, prompts, &o); err != nil {
		return nil, err
	}
	defer stop.Catch(&err)
	if o.Beam.Width > 0 {
		return out, beamSearch(d, prompts, &o, out)
	}
	return out, newGenerator(d, prompts, &o, out).run()
}

// prepared checks everything, fills in what the options leave open, and makes room for the completions.
func prepared(d *transformer.Decoder, prompts [][]int32, o *Options) ([]Completion, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := o.checkIDs(d.Config().Vocab); err != nil {
		return nil, err
	}
	if o.MaxNewTokens == 0 {
		if o.MaxNewTokens = 64; o.MaxLength > 0 {
			o.MaxNewTokens = o.MaxLength
		}
	}
	o.Samples = max(1, o.Samples)
	if err := checkPrompts(prompts, d.Config()); err != nil {
		return nil, err
	}
	for i, p := range prompts {
		if o.MaxLength > 0 && len(p) >= o.MaxLength {
			return nil, fmt.Errorf("sampling: prompt %d has %d tokens, and MaxLength is %d", i, len(p), o.MaxLength)
		}
	}
	if err := o.checkConstraint(prompts, d.Config()); err != nil {
		return nil, err
	}
	out := make([]Completion, len(prompts)*o.Samples)
	for i := range out {
		out[i].StopToken = -1
	}
	return out, nil
}

func checkPrompts(prompts [][]int32, c transformer.Config) error {
	for i, p := range prompts {
		if len(p) == 0 {
			return fmt.Errorf("sampling: prompt %d has no tokens", i)
		}
		if len(p) >= c.Context {
			return fmt.Errorf("sampling: prompt %d has %d tokens, the model's context is %d and needs room for an answer", i, len(p), c.Context)
		}
		for _, id := range p {
			if id < 0 || int(id) >= c.Vocab {
				return fmt.Errorf("sampling: prompt %d has token %d, the model's vocabulary is %d", i, id, c.Vocab)
			}
		}
	}
	return nil
}

// checkConstraint says which prompt leaves too little room for the shortest text of the constraint.
func (o *Options) checkConstraint(prompts [][]int32, c transformer.Config) error {
	if o.Constraint == nil {
		return nil
	}
	if n := o.Constraint.Size(); n > c.Vocab {
		return fmt.Errorf("sampling: the Constraint is over %d tokens, the model's vocabulary is %d", n, c.Vocab)
	}
	needs := o.Constraint.Needs()
	for i, p := range prompts {
		if room := o.room(len(p), c.Context) - len(p); needs > room {
			return fmt.Errorf("sampling: the shortest text of %s takes %d tokens; after prompt %d there is room for %d (MaxNewTokens %d, context %d)", o.Constraint, needs, i, room, o.MaxNewTokens, c.Context)
		}
	}
	return nil
}

// scoresError says that the scores after n tokens of a row allow no choice.
func scoresError(err error, n, prompt int) error {
	if err == errForbidden {
		return fmt.Errorf("sampling: after token %d of prompt %d every token is forbidden, or a Processor made the scores NaN", n, prompt)
	}
	return fmt.Errorf("sampling: the scores after token %d of prompt %d are NaN or infinite; the model's CheckFinite names the tensor", n, prompt)
}
