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
	s.Recompute = m.Recompute
	for _, p := range l.task.params() {
		s.Trained += p.Value.Len()
	}
	if err := m.Config.CheckMemory(s); err != nil {
		return fmt.Errorf("posttrain.%s: %w", l.run.Method, err)
	}
	return nil
}

// largest is the shape of a micro-batch of the longest samples.
func largest(rows int, samples []sample) transformer.StepShape {
	length, counts := 0, 0
	for _, s := range samples {
		length, counts = max(length, len(s.ids)), max(counts, s.counts())
	}
	return transformer.StepShape{Rows: rows, Length: length, Scored: rows * counts}
}

func (t *sft) shape() transformer.StepShape {
	return largest(min(t.s.BatchSize, len(t.train)), t.train)
}

func (t *dpo) shape() transformer.StepShape {
	var all []sample
	for _, p := range t.train {
		all = append(all, p.chosen, p.rejected)
	}
	return largest(2*min(t.s.BatchSize, len(t.train)), all)
}

func (t *grpo) shape() transformer.StepShape {
	length := 0
	for _, p := range t.source.prompts {
		length = max(length, len(p.ids))
	}
	length = min(length+t.c.MaxNewTokens, t.run.Model.LM.Config.Context)
	return transformer.StepShape{Rows: t.s.BatchSize, Length: length, Scored: t.s.BatchSize * t.c.MaxNewTokens}
}
