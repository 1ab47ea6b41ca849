package posttrain

import (
	"fmt"
	"math"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/optim"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// SFT trains a copy of the model on conversations: it learns to predict the tokens that the mask lets count. The loss of a
// step is the mean over all counting tokens of its accumulation window, the gradient is clipped to norm 1 and the learning
// rate falls linearly to 0, as in TRL's SFTTrainer. An interrupt ends the run after a whole step; what was trained so far is
// in the Run, beside the error.
func SFT(model *zoo.Model, data *datasets.Chats, config SFTConfig) (*Run, error) {
	c, err := config.withDefaults(model.LM.Config.Context)
	if err != nil {
		return nil, err
	}
	examples := encode(model.Tok, data, c)
	if len(examples) == 0 {
		return nil, fmt.Errorf("posttrain.SFT: %s has no row in which a token counts: nothing can be learned", data.Name)
	}
	r := &Run{Method: "SFT", Model: model.Clone(model.Name + " + SFT"), Config: c}
	perStep := c.BatchSize * c.Accumulation
	perEpoch := (len(examples) + perStep - 1) / perStep
	r.Planned = c.MaxSteps
	if r.Planned == 0 {
		r.Planned = max(1, int(math.Ceil(c.Epochs*float64(perEpoch))))
	}
	t, err := newTrainer(r, c)
	if err != nil {
		return nil, err
	}
	board := newBoard(r)
	order := shuffled{n: len(examples), seed: c.Seed}
	for step := range r.Planned {
		if stop.Requested() {
			board.step(true)
			return r, stop.ErrInterrupted
		}
		window := order.next(perStep)
		m, err := t.step(step, examples, window)
		if err != nil {
			board.step(true)
			return r, err
		}
		m["epoch"] = float64((step+1)*perStep) / float64(len(examples))
		r.Metrics = append(r.Metrics, m)
		board.step(step+1 == r.Planned)
	}
	tensor.FreeScopes()
	return r, nil
}

// encode turns conversations into examples; those cut at MaxLength that have nothing left to learn are dropped (TRL too).
func encode(tok *tokenize.Tokenizer, data *datasets.Chats, c SFTConfig) []datasets.Example {
	var out []datasets.Example
	for i := range data.Len() {
		e := data.Row(i).Masked(tok, c.Mask)
		if len(e.IDs) > c.MaxLength {
			e.IDs, e.Mask = e.IDs[:c.MaxLength], e.Mask[:c.MaxLength]
		}
		n := e.Counted()
		if len(e.Mask) > 0 && e.Mask[0] {
			n-- // nothing predicts the first token
		}
		if n > 0 {
			out = append(out, e)
		}
	}
	return out
}

// shuffled gives the rows of the data in a new order every epoch.
type shuffled struct {
	n     int
	seed  uint64
	epoch uint64
	left  []int
}

// next returns the next rows; the last window of an epoch may be shorter.
func (s *shuffled) next(k int) []int {
	if len(s.left) == 0 {
		s.left = tensor.NewRand(s.seed + s.epoch).Perm(s.n)
		s.epoch++
	}
	k = min(k, len(s.left))
	out := s.left[:k]
	s.left = s.left[k:]
	return out
}

// trainer is the state of a run.
type trainer struct {
	run      *Run
	c        SFTConfig
	opt      *optim.AdamW
	schedule optim.Schedule
	tokens   float64
}

func newTrainer(r *Run, c SFTConfig) (*trainer, error) {
	s, err := optim.ScheduleByName(c.Schedule, c.LearningRate, c.Warmup)
	if err != nil {
		return nil, fmt.Errorf("posttrain.SFTConfig: Schedule: %w", err)
	}
	o := optim.NewAdamW(r.Model.LM.Params())
	o.WeightDecay = c.WeightDecay
	return &trainer{run: r, c: c, opt: o, schedule: s}, nil
}

// step trains on one window of examples.
func (t *trainer) step(step int, examples []datasets.Example, window []int) (Metrics, error) {
	total := 0
	type part struct {
		batch  transformer.Batch
		labels []int32
	}
	var parts []part
	for len(window) > 0 {
		k := min(t.c.BatchSize, len(window))
		b, labels, n, real := collate(examples, window[:k])
		parts = append(parts, part{b, labels})
		total += n
		t.tokens += float64(real)
		window = window[k:]
	}
	m := Metrics{}
	for _, p := range parts {
		tensor.Scope(func() {
			s := forward(t.run.Model.LM, p.batch, p.labels)
			loss := s.nll.Sum().Scale(1 / float32(total))
			m["loss"] += float64(loss.Item())
			m["mean_token_accuracy"] += s.accuracy / float64(len(parts))
			m["entropy"] += s.entropy / float64(len(parts))
			loss.Backward()
		})
	}
	norm, scale := optim.Clip(t.run.Model.LM.Params(), math.Max(t.c.MaxGradNorm, 0))
	if bad := math.IsNaN(m["loss"]+norm) || math.IsInf(m["loss"]+norm, 0); bad {
		err := t.run.Model.LM.CheckFinite()
		t.opt.ZeroGrad()
		return nil, fmt.Errorf("posttrain.SFT: step %d: the loss is %v and the gradient norm %v (%v): %s", step+1, m["loss"], norm, err, t.cause(step))
	}
	rate := t.schedule(step, t.run.Planned)
	t.opt.Step(rate, scale)
	t.opt.ZeroGrad()
	m["grad_norm"], m["learning_rate"], m["num_tokens"] = norm, rate, t.tokens
	return m, nil
}

// cause guesses why a run diverged.
func (t *trainer) cause(step int) string {
	if step == 0 {
		return "the model was damaged before the run"
	}
	return fmt.Sprintf("the learning rate %.3g is probably too high", t.c.LearningRate)
}

// collate pads examples to one batch and shifts the labels; n labels count, real tokens are no padding.
func collate(examples []datasets.Example, rows []int) (b transformer.Batch, labels []int32, n, real int) {
	var ids [][]int32
	for _, r := range rows {
		ids = append(ids, examples[r].IDs)
		real += len(examples[r].IDs)
	}
	b = transformer.Pad(ids, 0)
	mask := make([]bool, len(b.IDs))
	for i, r := range rows {
		copy(mask[i*b.Length:], examples[r].Mask)
	}
	labels = lossfn.Shift(b.IDs, mask, b.Length)
	for _, y := range labels {
		if y != lossfn.Ignore {
			n++
		}
	}
	return b, labels, n, real
}
