// Package sampling continues token sequences: greedily, or drawn from the model's distribution with temperature, top-k,
// top-p and min-p, with a seed.
package sampling

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// Options say how to continue. The zero value is greedy decoding of 64 tokens.
type Options struct {
	MaxNewTokens int     // 0: 64
	Temperature  float64 // 0: greedy, the most likely token each time
	TopK         int     // keep the k most likely tokens; 0: all
	TopP         float64 // keep the most likely tokens whose probabilities add up to p; 0: all
	MinP         float64 // keep tokens at least MinP times as likely as the most likely one; 0: all
	Penalty      float64 // divide the scores of tokens that were there already (repetition penalty, Keskar et al. 2019); 0 or 1: none
	Seed         uint64
	Stop         []int32                 // tokens that end the text; they are not part of it
	OnToken      func(row int, id int32) // called for each new token
}

// Check says what is wrong with the options.
func (o Options) Check() error {
	switch {
	case o.MaxNewTokens < 0:
		return fmt.Errorf("sampling: MaxNewTokens is %d, it must not be negative", o.MaxNewTokens)
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0):
		return fmt.Errorf("sampling: Temperature is %v, it must be 0 (greedy) or more", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("sampling: TopK is %d, it must not be negative", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("sampling: TopP is %v, it must be between 0 and 1", o.TopP)
	case !(o.MinP >= 0 && o.MinP <= 1):
		return fmt.Errorf("sampling: MinP is %v, it must be between 0 and 1", o.MinP)
	case !(o.Penalty >= 0):
		return fmt.Errorf("sampling: Penalty is %v, it must not be negative", o.Penalty)
	}
	return nil
}

// A Completion is what the model added to one prompt.
type Completion struct {
	IDs      []int32
	LogProbs []float64 // of each id, in nats, under the distribution that it was drawn from (at temperature 1 when greedy)
	Stopped  bool      // a stop token ended it; otherwise it ran out of room
}

// Generate continues each prompt. The prompts are handled together, each at its own length. When a host asks for a stop,
// what there is is returned with stop.ErrInterrupted.
func Generate(m *transformer.LM, prompts [][]int32, o Options) ([]Completion, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.MaxNewTokens == 0 {
		o.MaxNewTokens = 64
	}
	out := make([]Completion, len(prompts))
	longest := 0
	for i, p := range prompts {
		if len(p) == 0 {
			return nil, fmt.Errorf("sampling: prompt %d has no tokens", i)
		}
		if len(p) >= m.Config.Context {
			return nil, fmt.Errorf("sampling: prompt %d has %d tokens, the model's context is %d and needs room for an answer", i, len(p), m.Config.Context)
		}
		longest = max(longest, len(p))
	}
	cache := m.NewCache(len(prompts), longest+o.MaxNewTokens)
	rngs := make([]*rand.Rand, len(prompts))
	next := make([]int32, len(prompts))
	var live []int
	var broken error // the model's scores are not numbers
	accept := func(row int, logits []float32) {
		id, lp := pick(logits, seenIn(prompts[row], out[row].IDs), o, rngs[row])
		if math.IsNaN(lp) {
			broken = fmt.Errorf("sampling: the scores after token %d of prompt %d are NaN or infinite; the model's CheckFinite names the tensor", len(prompts[row])+len(out[row].IDs), row)
			return
		}
		for _, s := range o.Stop {
			if id == s {
				out[row].Stopped = true
				return
			}
		}
		out[row].IDs = append(out[row].IDs, id)
		out[row].LogProbs = append(out[row].LogProbs, lp)
		if o.OnToken != nil {
			o.OnToken(row, id)
		}
		if len(out[row].IDs) < o.MaxNewTokens && cache.Length(row) < cache.Room() {
			next[row] = id
			live = append(live, row)
		}
	}
	for i, p := range prompts {
		if stop.Requested() {
			return out, stop.ErrInterrupted
		}
		rngs[i] = tensor.NewRand(o.Seed + uint64(i)*0x9e3779b9)
		if accept(i, cache.Prefill(i, p).Data()); broken != nil {
			return out, broken
		}
	}
	for len(live) > 0 {
		if stop.Requested() {
			return out, stop.ErrInterrupted
		}
		rows := live
		ids := make([]int32, len(rows))
		for i, r := range rows {
			ids[i] = next[r]
		}
		logits := cache.Step(rows, ids).Data()
		live = nil
		for i, r := range rows {
			if accept(r, logits[i*m.Config.Vocab:][:m.Config.Vocab]); broken != nil {
				return out, broken
			}
		}
	}
	return out, nil
}

func seenIn(prompt, added []int32) func(func(int32)) {
	return func(yield func(int32)) {
		for _, id := range prompt {
			yield(id)
		}
		for _, id := range added {
			yield(id)
		}
	}
}

// pick chooses the next token from its scores and returns its log-probability.
func pick(logits []float32, seen func(func(int32)), o Options, rng *rand.Rand) (int32, float64) {
	scores := append([]float32(nil), logits...)
	if o.Penalty > 0 && o.Penalty != 1 {
		done := map[int32]bool{}
		seen(func(id int32) {
			if done[id] {
				return
			}
			done[id] = true
			if scores[id] > 0 {
				scores[id] /= float32(o.Penalty)
			} else {
				scores[id] *= float32(o.Penalty)
			}
		})
	}
	if o.Temperature == 0 {
		best := 0
		for i, s := range scores {
			if s > scores[best] {
				best = i
			}
		}
		return int32(best), float64(scores[best]) - logSum(scores, 1)
	}
	return draw(scores, o, rng)
}

func logSum(scores []float32, temperature float64) float64 {
	top := math.Inf(-1)
	for _, s := range scores {
		top = math.Max(top, float64(s)/temperature)
	}
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(float64(s)/temperature - top)
	}
	return top + math.Log(sum)
}

// draw takes a token from the distribution that temperature, top-k, top-p and min-p leave, in this order.
func draw(scores []float32, o Options, rng *rand.Rand) (int32, float64) {
	type token struct {
		id int32
		p  float64
	}
	lse := logSum(scores, o.Temperature)
	list := make([]token, len(scores))
	for i, s := range scores {
		list[i] = token{int32(i), math.Exp(float64(s)/o.Temperature - lse)}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].p > list[j].p || list[i].p == list[j].p && list[i].id < list[j].id })
	if o.TopK > 0 {
		list = list[:min(o.TopK, len(list))]
	}
	if o.TopP > 0 {
		sum := 0.0
		for i, t := range list {
			sum += t.p
			if sum >= o.TopP {
				list = list[:i+1]
				break
			}
		}
	}
	if o.MinP > 0 {
		for i, t := range list {
			if t.p < o.MinP*list[0].p {
				list = list[:i]
				break
			}
		}
	}
	sum := 0.0
	for _, t := range list {
		sum += t.p
	}
	x := rng.Float64() * sum
	for _, t := range list {
		if x -= t.p; x < 0 {
			return t.id, math.Log(t.p / sum)
		}
	}
	last := list[len(list)-1]
	return last.id, math.Log(last.p / sum)
}

func newRand(seed uint64) *rand.Rand { return tensor.NewRand(seed) }
