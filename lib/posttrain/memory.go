package posttrain

import (
	"fmt"

	"lyceum/lib/transformer"
)

// A shaper is a task that knows its largest micro-batch before the run.
type shaper interface{ shape() transformer.StepShape }

// checkMemory says before the first step that its steps cannot fit, instead of being killed in the middle of the run.
func (l *loop) checkMemory() error {
	t, ok := l.task.(shaper)
	if !ok {
		return nil
	}
	m, s := l.run.Model.LM, t.shape()
	s.Recompute, s.Adapter = m.Recompute, m.AdapterNumbers()
	if l.opt != nil {
		s.State = -1
	}
	for i, p := range l.task.params() {
		s.Trained += p.Value.Len()
		if l.opt == nil {
			continue
		}
		for _, x := range l.opt.Slots(i) {
			s.State = max(0, s.State) + 4*int64(len(x.Data))
		}
	}
	if l.s.room != nil {
		l.s.room(m.Config.StepBytes(s))
	}
	if err := m.Config.CheckMemory(s); err != nil {
		return fmt.Errorf("posttrain.%s: %w", l.run.Method, err)
	}
	return nil
}

// largest is the shape of a micro-batch of the longest samples.
func largest(rows int, samples []sample) transformer.StepShape {
	length, counts, total := 0, 0, 0
	for _, s := range samples {
		length, counts, total = max(length, len(s.ids)), max(counts, s.counts()), total+len(s.ids)
	}
	// Padding is left out of a batch, so that with rows of different lengths each has its own number of tokens.
	return transformer.StepShape{Rows: rows, Length: length, Scored: rows * counts, Varied: total < length*len(samples)}
}

// referred is a shape of a task with a reference.
func referred(s transformer.StepShape) transformer.StepShape {
	s.Referred = true
	return s
}

func (t *sft) shape() transformer.StepShape {
	return largest(min(t.s.BatchSize, len(t.train)), t.train)
}

func (t *dpo) shape() transformer.StepShape {
	var all []sample
	for _, p := range t.train {
		all = append(all, p.chosen, p.rejected)
	}
	return referred(largest(2*min(t.s.BatchSize, len(t.train)), all))
}

func (t *kto) shape() transformer.StepShape {
	var all []sample
	for _, v := range t.train {
		all = append(all, v.sample, v.other)
	}
	return referred(largest(min(t.s.BatchSize, len(t.train)), all))
}

func (t *cpo) shape() transformer.StepShape  { return largestPairs(t.s, t.train, 2) }
func (t *orpo) shape() transformer.StepShape { return largestPairs(t.s, t.train, 2) }
func (t *tpo) shape() transformer.StepShape  { return largestPairs(t.s, t.train, 3) }

// largestPairs is the shape of a micro-batch of pairs, or of triples with a gold completion.
func largestPairs(s settings, rows []pair, sides int) transformer.StepShape {
	var all []sample
	for _, p := range rows {
		all = append(all, p.chosen, p.rejected, p.gold)
	}
	return largest(sides*min(s.BatchSize, len(rows)), all)
}

// A reward model has one score a row where a language model has one a token.
func (t *reward) shape() transformer.StepShape {
	length, sides := 0, 1
	for _, r := range t.train {
		length = max(length, len(r.chosen), len(r.rejected))
	}
	if t.form == ranking {
		sides = 2
	}
	rows := sides * min(t.s.BatchSize, len(t.train))
	return transformer.StepShape{Rows: rows, Length: length, Scored: 1}
}

// The policy of before is scored only where completions are learned from more than once.
func (t *grpo) shape() transformer.StepShape {
	s := t.source.shape(t.c.MaxNewTokens)
	s.Referred = t.ref != nil || t.c.Iterations > 1
	return s
}

func (t *rloo) shape() transformer.StepShape { return referred(t.source.shape(t.c.MaxNewTokens)) }

// Policy and critic are learned from one after the other.
func (t *ppo) shape() transformer.StepShape { return referred(t.source.shape(t.c.MaxNewTokens)) }

func (t *distillation) shape() transformer.StepShape {
	return referred(t.source.shape(t.c.MaxNewTokens))
}

// shape is that of a micro-batch of the longest prompt with a completion that uses all its room.
func (o *source) shape(room int) transformer.StepShape {
	length := 0
	for _, p := range o.prompts {
		length = max(length, len(p.ids))
	}
	length = min(length+room, o.run.Model.LM.Config.Context)
	room = min(room, length)
	return transformer.StepShape{Rows: o.s.BatchSize, Length: length, Scored: o.s.BatchSize * room, Drawn: o.order.perBatch * o.group}
}
