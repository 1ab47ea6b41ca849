package sampling

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"lyceum/lib/internal/compute"
	"lyceum/lib/sampling/constrain"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// Beam says how beam search goes. The zero value is no beam search; BeamSearch fills in what Transformers defaults to.
type Beam struct {
	Width         int           // num_beams; 0: no beam search
	LengthPenalty float64       // scores are divided by length^LengthPenalty; 0: they are not
	Early         EarlyStopping // when a prompt is done
}

// EarlyStopping says when beam search is done with a prompt, once it has Width finished completions.
type EarlyStopping int

// The values that Transformers writes False, True and "never".
const (
	EarlyHeuristic EarlyStopping = iota // when the best beam at its present length cannot improve on them
	EarlyAlways                         // at once
	EarlyNever                          // when no beam can improve on them at any length
)

// BeamSearch returns beam search of this width with length penalty 1.
func BeamSearch(width int) Beam { return Beam{Width: width, LengthPenalty: 1} }

func (b Beam) check(o Options) error {
	switch {
	case b.Width == 0:
		return nil
	case !finite(b.LengthPenalty):
		return fmt.Errorf("sampling: Beam.LengthPenalty is %v, it must be finite", b.LengthPenalty)
	case b.Early < EarlyHeuristic || b.Early > EarlyNever:
		return fmt.Errorf("sampling: Beam.Early is %d, it must be EarlyHeuristic, EarlyAlways or EarlyNever", b.Early)
	case o.Temperature != 0:
		return fmt.Errorf("sampling: beam search is greedy, Temperature must be 0, not %v", o.Temperature)
	case o.Samples > b.Width:
		return fmt.Errorf("sampling: %d Samples of %d beams", o.Samples, b.Width)
	case len(o.StopStrings) > 0 || o.TopLogProbs > 0:
		return fmt.Errorf("sampling: beam search has no StopStrings and no TopLogProbs")
	}
	return nil
}

// hopeless is the score of what must not be chosen, as Transformers has it.
const hopeless = -1e9

// A hypothesis is a completion in beam search: running, or finished.
type hypothesis struct {
	ids          []int32 // prompt and completion
	drawn, model []float64
	score        float64 // sum of log-probabilities; of a finished one, divided by length^LengthPenalty
	from         int     // the beam that it continues
	finished     bool
	stopped      bool // by a stop token
	at           constrain.Cursor
	curtailed    bool
}

// beamSearch fills out with the best Samples completions of each prompt, the best first.
func beamSearch(d *transformer.Decoder, prompts [][]int32, o *Options, out []Completion) error {
	for p, ids := range prompts {
		b := beams{o: o, prompt: len(ids), room: o.room(len(ids), d.Config().Context) - len(ids), vocab: d.Config().Vocab, improvable: true}
		b.cache = d.NewCache(o.Beam.Width, len(ids)+b.room)
		best, err := b.search(ids, p)
		if err != nil {
			return err
		}
		for i := range o.Samples {
			best[i].complete(out, p*o.Samples+i, len(ids), o)
		}
	}
	return nil
}

// complete writes the hypothesis to out[row].
func (h *hypothesis) complete(out []Completion, row, prompt int, o *Options) {
	c := &out[row]
	c.Score, c.Curtailed, c.Stopped = h.score, h.curtailed, h.at.Final()
	n := len(h.ids) - prompt
	if h.stopped {
		c.Stopped, c.StopToken = true, h.ids[len(h.ids)-1]
		if !o.KeepStop {
			n--
		}
	}
	c.IDs = append(c.IDs, h.ids[prompt:prompt+n]...)
	c.LogProbs = append(c.LogProbs, h.drawn[:n]...)
	c.ModelLogProbs = append(c.ModelLogProbs, h.model[:n]...)
	c.PolicyLogProbs = append(c.PolicyLogProbs, h.model[:n]...)
	for _, id := range c.IDs {
		if o.OnToken != nil {
			o.OnToken(row, id)
		}
	}
}

// beams is the search for one prompt, step by step as Transformers does it (GenerationMixin._beam_search).
type beams struct {
	o          *Options
	cache      *transformer.Cache
	prompt     int // tokens of the prompt
	room       int // new tokens at most
	vocab      int
	running    []hypothesis
	finished   []hypothesis // the best so far; those with finished false are only place holders
	improvable bool
	s          scratch
}

func (b *beams) search(ids []int32, row int) ([]hypothesis, error) {
	width := b.o.Beam.Width
	for i := range width {
		h := hypothesis{ids: ids, score: hopeless, from: i}
		if b.o.Constraint != nil {
			h.at = b.o.Constraint.Begin()
		}
		if i == 0 {
			h.score = 0
		}
		b.running = append(b.running, h)
		b.finished = append(b.finished, hypothesis{ids: ids, score: hopeless})
	}
	logits := b.cache.Extend([]transformer.Run{{Slot: 0, IDs: ids, Logits: true}})
	for i := 1; i < width; i++ {
		b.cache.Copy(i, 0, len(ids))
	}
	for n := 1; ; n++ {
		if stop.Requested() {
			return nil, stop.ErrInterrupted
		}
		next, err := b.continuations(logits, row)
		if err != nil {
			return nil, err
		}
		allDone := b.choose(next, n)
		if allDone || !b.improvable || b.full() && b.o.Beam.Early == EarlyAlways {
			return b.finished, nil
		}
		logits = b.step()
	}
}

func (b *beams) full() bool {
	return !slices.ContainsFunc(b.finished, func(h hypothesis) bool { return !h.finished })
}

// step moves the running beams' tokens into the cache.
func (b *beams) step() []float32 {
	slots, from := make([]int, len(b.running)), make([]int, len(b.running))
	runs := make([]transformer.Run, len(b.running))
	for i := range b.running {
		h := &b.running[i]
		slots[i], from[i] = i, h.from
		runs[i] = transformer.Run{Slot: i, IDs: h.ids[len(h.ids)-1:], Logits: true}
	}
	b.cache.Reorder(slots, from)
	return b.cache.Extend(runs)
}

// continuations returns the best continuations of all beams by one token, enough of them that as many as there are beams
// go on even if the others end.
func (b *beams) continuations(logits []float32, row int) ([]hypothesis, error) {
	keep := max(2, 1+len(b.o.Stop)) * len(b.running)
	var next []hypothesis
	for i := range b.running {
		h := &b.running[i]
		raw := logits
		if len(logits) > b.vocab {
			raw = logits[i*b.vocab : (i+1)*b.vocab]
		}
		scores := grown(&b.s.scores, b.vocab)
		norm, ok := softmax(grown(&b.s.probs, b.vocab), raw)
		if !ok {
			return nil, scoresError(errNotNumbers, len(h.ids), row)
		}
		for j, z := range raw {
			scores[j] = float32(float64(z) - norm)
		}
		h.curtailed = b.s.processed(b.o, scores, place{row: row, ids: h.ids, prompt: b.prompt, left: b.room - (len(h.ids) - b.prompt), at: h.at}) || h.curtailed
		if top := float64(compute.Max(scores)); math.IsNaN(top) || math.IsInf(top, 1) {
			return nil, scoresError(errForbidden, len(h.ids), row)
		}
		b.s.list = b.s.blocks.largest(b.s.list[:0], scores, keep)
		for _, c := range b.s.list {
			next = append(next, b.extended(h, i, c.id, float64(c.p), float64(raw[c.id])-norm))
		}
	}
	sort.SliceStable(next, func(i, j int) bool { return next[i].score > next[j].score })
	for b.o.Constraint != nil && len(next) > 0 && len(next) < len(b.running) { // fewer continuations than beams: the last fills up
		next = append(next, next[len(next)-1])
		next[len(next)-1].score += hopeless
	}
	if len(next) < len(b.running) {
		return nil, scoresError(errForbidden, len(b.running[0].ids), row)
	}
	return next[:min(keep, len(next))], nil
}

func (b *beams) extended(h *hypothesis, from int, id int32, drawn, model float64) hypothesis {
	n := hypothesis{ids: append(slices.Clip(h.ids), id), drawn: append(slices.Clip(h.drawn), drawn),
		model: append(slices.Clip(h.model), model), score: h.score + drawn, from: from, at: h.at, curtailed: h.curtailed}
	if b.o.Constraint != nil && !slices.Contains(b.o.Stop, id) {
		n.at, _ = h.at.After(id)
	}
	return n
}

// choose sorts the continuations into those that go on and those that are finished, n tokens after the prompt. It reports
// whether none can go on.
func (b *beams) choose(next []hypothesis, n int) (allDone bool) {
	width, full := b.o.Beam.Width, b.full()
	going := slices.Clone(next)
	merged := slices.Clone(b.finished)
	allDone = true
	for i, h := range next {
		h.stopped = slices.Contains(b.o.Stop, h.ids[len(h.ids)-1])
		ends := h.stopped || n >= b.room || !h.stopped && h.at.Final()
		if allDone = allDone && ends; ends {
			going[i].score += hopeless
		}
		h.score /= math.Pow(float64(n), b.o.Beam.LengthPenalty)
		if full && b.o.Beam.Early == EarlyAlways {
			h.score += hopeless
		}
		if !b.improvable {
			h.score += hopeless
		}
		if h.finished = ends && i < width; !h.finished {
			h.score += hopeless
		}
		merged = append(merged, h)
	}
	better := func(list []hypothesis) []hypothesis {
		sort.SliceStable(list, func(i, j int) bool { return list[i].score > list[j].score })
		return list[:width]
	}
	b.running, b.finished = better(going), better(merged)
	b.improvable = b.improvable && b.canImprove(n)
	return allDone
}

// canImprove reports whether the best running beam may become better than the worst finished completion.
func (b *beams) canImprove(n int) bool {
	length := n
	if b.o.Beam.Early == EarlyNever && b.o.Beam.LengthPenalty > 0 {
		length = b.room
	}
	best := b.running[0].score / math.Pow(float64(length), b.o.Beam.LengthPenalty)
	least := math.Inf(1)
	for _, h := range b.finished {
		least = min(least, h.score)
	}
	for _, h := range b.finished {
		worst := hopeless
		if h.finished {
			worst = least
		}
		if best > worst {
			return true
		}
	}
	return false
}
