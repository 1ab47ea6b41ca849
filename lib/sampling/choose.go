package sampling

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"lyceum/lib/internal/compute"
	"lyceum/lib/sampling/constrain"
)

// A TokenLogProb is a token and log p of it.
type TokenLogProb struct {
	ID      int32
	LogProb float64
}

// choice is the next token of a row, and its log-probabilities as Completion has them.
type choice struct {
	id                     int32
	drawn, model, tempered float64
	top                    []TokenLogProb
	curtailed              bool
	err                    error
}

// A place is where in a completion a token is chosen.
type place struct {
	row    int     // the index of the completion
	ids    []int32 // prompt and completion
	prompt int     // tokens of the prompt
	rng    *rand.Rand
	left   int // tokens that may still come
	at     constrain.Cursor
}

var (
	errNotNumbers = errors.New("NaN or infinite")
	errForbidden  = errors.New("all forbidden")
)

// scratch is the working memory of one choice. It is used by one goroutine at a time.
type scratch struct {
	scores, probs, other []float32
	blocks               blocks
	list, kept           []candidate
	keys                 []weighted
	far                  []float64
	seen                 []uint64 // a bit for each token
	counts               map[int32]int
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grown(p *[]float32, n int) []float32 {
	if cap(*p) < n {
		*p = compute.Aligned(n)
	}
	return (*p)[:n]
}

// choose picks the token at a place from the model's scores raw, which stay as they are.
func (o *Options) choose(raw []float32, p place) (c choice) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	probs := grown(&s.probs, len(raw))
	norm, ok := softmax(probs, raw)
	if !ok {
		return choice{err: errNotNumbers}
	}
	if o.TopLogProbs > 0 {
		c.top = s.mostLikely(raw, norm, o.TopLogProbs)
	}
	scores, scoresNorm := raw, norm
	if o.processes() {
		scores = grown(&s.scores, len(raw))
		copy(scores, raw)
		c.curtailed = s.processed(o, scores, p)
		if scoresNorm, ok = softmax(probs, scores); !ok {
			return choice{err: errForbidden}
		}
	}
	if o.Temperature == 0 {
		c.id = s.blocks.argmax(scores)
		c.drawn = float64(scores[c.id]) - scoresNorm
	} else if c.id, c.drawn, ok = s.draw(scores, scoresNorm, o, p.rng); !ok {
		return choice{err: errForbidden}
	}
	c.model = float64(raw[c.id]) - norm
	c.tempered = c.model
	if t := o.Temperature; t != 0 && t != 1 {
		if o.processes() || o.filters() {
			cooled := s.cooled(raw, t)
			n, _ := softmax(cooled, cooled)
			c.tempered = float64(raw[c.id])/t - n
		} else {
			c.tempered = c.drawn
		}
	}
	return c
}

// processed changes the scores by every rule of the options.
func (s *scratch) processed(o *Options, scores []float32, p place) (curtailed bool) {
	s.process(o, scores, p.ids, p.prompt)
	for _, f := range o.Processors {
		f(p.row, p.ids, scores)
	}
	if o.Constraint != nil {
		return s.constrained(scores, p.at, p.left, o.Stop)
	}
	return false
}

// cooled returns scores / t.
func (s *scratch) cooled(scores []float32, t float64) []float32 {
	z := grown(&s.other, len(scores))
	copy(z, scores)
	compute.Scale(float32(1/t), z)
	return z
}

// softmax writes the probabilities and returns log sum exp; not ok if scores are NaN or infinite, or all -Inf.
func softmax(probs, scores []float32) (norm float64, ok bool) {
	top := float64(compute.Max(scores))
	if math.IsNaN(top) || math.IsInf(top, 0) {
		return 0, false
	}
	compute.SoftmaxRows(probs, scores, 1, len(scores))
	return top - math.Log(float64(compute.Max(probs))), true
}

// draw takes a token from the distribution that temperature and the filters leave of the scores, and returns log p of it
// there. s.probs holds softmax(scores), norm its log sum exp.
func (s *scratch) draw(scores []float32, norm float64, o *Options, rng *rand.Rand) (int32, float64, bool) {
	probs := s.probs[:len(scores)]
	t := o.Temperature
	if t != 1 {
		// The largest score goes first: divided by a small temperature it must not overflow.
		z := s.cooled(scores, t)
		var ok bool
		if norm, ok = softmax(probs, z); !ok {
			best := s.blocks.argmax(scores)
			return best, 0, true
		}
		scores = z
	}
	if !o.filters() {
		id := drawFrom(probs, rng.Float64())
		return id, float64(scores[id]) - norm, true
	}
	list := s.filter(scores, probs, o)
	sum := 0.0
	for _, c := range list {
		sum += float64(c.p)
	}
	if !(sum > 0) {
		return 0, 0, false
	}
	x := rng.Float64() * sum
	chosen := list[0]
	for _, c := range list {
		if c.p > 0 {
			chosen = c
		}
		if x -= float64(c.p); x < 0 {
			break
		}
	}
	return chosen.id, math.Log(float64(chosen.p) / sum), true
}

// drawFrom returns the token in whose share of the sum of probs the fraction u lies, in the order of ids.
func drawFrom(probs []float32, u float64) int32 {
	const block = 512
	var sums [256]float64
	step := max(block, (len(probs)-1)/len(sums)+1)
	total := 0.0
	for at := 0; at < len(probs); at += step {
		sum := compute.Sum(probs[at:min(at+step, len(probs))])
		sums[at/step] = sum
		total += sum
	}
	x := u * total
	last := 0
	for at := 0; at < len(probs); at += step {
		sum := sums[at/step]
		if sum > 0 {
			last = at
		}
		if x < sum {
			break
		}
		x -= sum
	}
	id := last
	for i, p := range probs[last:min(last+step, len(probs))] {
		if p > 0 {
			id = last + i
			if x -= float64(p); x < 0 {
				break
			}
		}
	}
	return int32(id)
}

// mostLikely returns the n tokens with the highest scores, the highest first, and their log-probabilities.
func (s *scratch) mostLikely(scores []float32, norm float64, n int) []TokenLogProb {
	s.list = s.blocks.largest(s.list[:0], scores, n)
	top := make([]TokenLogProb, len(s.list))
	for i, c := range s.list {
		top[i] = TokenLogProb{c.id, float64(scores[c.id]) - norm}
	}
	slices.SortStableFunc(top, func(a, b TokenLogProb) int {
		switch {
		case a.LogProb > b.LogProb:
			return -1
		case a.LogProb < b.LogProb:
			return 1
		}
		return int(a.ID - b.ID)
	})
	return top[:min(n, len(top))]
}
