package sampling

import (
	"fmt"
	"math"

	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// A Scored text is what the model would have given for tokens that are there already.
type Scored struct {
	IDs      []int32
	LogProbs []float64        // log p(IDs[i+1] | IDs[:i+1]) in nats: one fewer than IDs, since nothing predicts the first
	Top      [][]TokenLogProb // for each of LogProbs, the most likely tokens there
}

// Total is the sum of LogProbs.
func (s Scored) Total() float64 {
	sum := 0.0
	for _, x := range s.LogProbs {
		sum += x
	}
	return sum
}

// Score returns the log-probabilities of the tokens of a text, and the top most likely ones at each place.
func Score(d *transformer.Decoder, ids []int32, top int) (s Scored, err error) {
	s = Scored{IDs: ids, LogProbs: make([]float64, 0, max(0, len(ids)-1))}
	var sc scratch
	err = EachPosition(d, ids, func(at int, logits []float32) error {
		if at == len(ids)-1 {
			return nil
		}
		norm, ok := softmax(grown(&sc.probs, len(logits)), logits)
		if !ok {
			return scoresError(errNotNumbers, at+1, 0)
		}
		s.LogProbs = append(s.LogProbs, float64(logits[ids[at+1]])-norm)
		if top > 0 {
			s.Top = append(s.Top, sc.mostLikely(logits, norm, top))
		}
		return nil
	})
	return s, err
}

// scoredAtOnce bounds how many positions' scores over the vocabulary are in memory together.
const scoredAtOnce = 64

// EachPosition runs a text of at most Context tokens through the model and calls f with the scores, (V), of the token that
// follows ids[:at+1], for each at in order. The scores are valid until f returns. An error of f ends the work.
func EachPosition(d *transformer.Decoder, ids []int32, f func(at int, logits []float32) error) (err error) {
	c := d.Config()
	switch {
	case len(ids) == 0:
		return fmt.Errorf("sampling: a text without tokens has no scores")
	case len(ids) > c.Context:
		return fmt.Errorf("sampling: the text has %d tokens, the model's context is %d", len(ids), c.Context)
	}
	for i, id := range ids {
		if id < 0 || int(id) >= c.Vocab {
			return fmt.Errorf("sampling: token %d of the text is %d, the model's vocabulary is %d", i, id, c.Vocab)
		}
	}
	defer stop.Catch(&err)
	cache := d.NewCache(1, len(ids))
	for at := 0; at < len(ids); at += scoredAtOnce {
		n := min(scoredAtOnce, len(ids)-at)
		logits := cache.Extend([]transformer.Run{{Slot: 0, IDs: ids[at : at+n], All: true}})
		for j := range n {
			if err := f(at+j, logits[j*c.Vocab:(j+1)*c.Vocab]); err != nil {
				return err
			}
		}
	}
	return nil
}

// LogSoftmax writes log-probabilities of the scores, in nats, and returns an error if they are not finite.
func LogSoftmax(dst []float64, scores []float32) error {
	top := math.Inf(-1)
	for _, z := range scores {
		top = math.Max(top, float64(z)) // NaN stays NaN
	}
	sum := 0.0
	for _, z := range scores {
		sum += math.Exp(float64(z) - top)
	}
	if norm := top + math.Log(sum); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return fmt.Errorf("sampling: the scores are NaN or infinite; the model's CheckFinite names the tensor")
	} else {
		for i, z := range scores {
			dst[i] = float64(z) - norm
		}
	}
	return nil
}
