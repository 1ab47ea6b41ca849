package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/rl"
	"lyceum/lib/tensor"
)

// An exam measures an online run on prompts that it does not train on: completions are drawn and judged as in training, always
// with the same random numbers, so that two evaluations differ by the model alone. The loss is that of fresh completions, near
// 0 as in training for methods with rewards; eval_reward is what counts.
type exam struct {
	source *source // nil: there are no such prompts
	err    error   // why the last evaluation came to nothing
}

// newExam reads the prompts; data may be nil. Recorded rollouts that are marked so are taken instead of drawing.
func newExam(r *Run, s settings, data *datasets.Set, x sourceSettings, rollouts string) (exam, error) {
	if data == nil {
		return exam{}, nil
	}
	x.replays = rollouts != ""
	o, err := newSource(r, s, data, x)
	if err != nil {
		return exam{}, err
	}
	if rollouts == "" {
		return exam{source: o}, nil
	}
	all, err := rl.ReadRollouts(rollouts)
	if err != nil {
		return exam{}, fmt.Errorf("posttrain.%s: %w", r.Method, err)
	}
	for _, line := range all {
		if line.Eval {
			o.replay = append(o.replay, line)
		}
	}
	if o.replays = len(o.replay) > 0; !o.replays && x.rewarded && o.judge == nil {
		return exam{}, fmt.Errorf("posttrain.%sConfig: Eval draws completions, and there is no reward function to judge them", r.Method)
	}
	return exam{source: o}, nil
}

// examined is how many prompts there are.
func (x *exam) examined() int {
	if x.source == nil {
		return 0
	}
	return len(x.source.prompts)
}

// failed is why the last evaluation came to nothing.
func (x *exam) failed() error { return x.err }

// evaluate makes the batches of an evaluation of a run that trains on completions of training: prepare completes a generation,
// loss is its loss. The prompts come in the order of TRL's sampler, whose permutation differs from one evaluation to the next.
func (x *exam) evaluate(training *source, prepare func(*source, *generation), loss func(*generation, *meter) *tensor.Tensor) (out []micro) {
	o := x.source
	x.err = nil
	if o == nil {
		return nil
	}
	past, random := len(o.run.Evals), torchrand.New(o.s.Seed)
	for range past {
		random.Perm(len(o.prompts))
	}
	perm := random.Perm(len(o.prompts))
	batches := o.s.examined(len(o.prompts), max(1, o.s.EvalBatchSize/o.group))
	o.seen, o.made = 0, 0
	if o.replays {
		o.made = past * len(batches)
	}
	for n, picked := range batches {
		for i, k := range picked {
			picked[i] = perm[k]
		}
		g, err := o.examination(picked, training.seen)
		if err != nil {
			x.err = err
			return nil
		}
		prepare(o, g)
		if training.record != nil {
			line := o.rollout(g, o.run.done, 0)
			line.Eval = true
			if x.err = training.record.Write(*line); x.err != nil {
				return nil
			}
		}
		out = append(out, micro{rows: o.weight(len(g.rows), n == len(batches)-1), loss: func(log *meter) *tensor.Tensor {
			g.write(log)
			return loss(g, log)
		}})
	}
	return out
}

// weight is how many rows a batch stands for in eval_loss. The Trainer takes every batch for a full one and the last for what
// is left when the prompts, not the completions, are cut into batches; with DropLast it does not look for what is left.
func (o *source) weight(rows int, last bool) int {
	n := o.s.EvalBatchSize
	if n%o.group != 0 {
		return rows
	}
	if left := len(o.prompts) % n; last && left > 0 && !o.s.DropLast {
		return left
	}
	return n
}

// examination makes the completions of some prompts.
func (o *source) examination(picked []int, trained float64) (g *generation, err error) {
	g = &generation{}
	var names []string
	if o.replays {
		o.order.perBatch = len(picked)
		names, err = o.fromFile(g)
	} else {
		names, err = o.fromModel(g, picked, o.run.done)
	}
	if err != nil {
		return nil, err
	}
	o.made++
	o.names = names
	o.lengths(g)
	o.rewardNotes(g, names)
	for i, n := range g.logs {
		if n.name == "num_tokens" { // as in TRL: what the run has trained on
			g.logs[i].value = trained
		}
	}
	for _, e := range g.rows {
		e.old = nil
	}
	return g, nil
}

// alone are the advantages of completions that have nothing to be compared with.
func alone(rewards []float64, scale string) rl.Advantages {
	a := rl.Advantages{Values: make([]float64, len(rewards)), ZeroStd: 1}
	if scale == rl.ScaleBatch && !(rl.Std(rewards) <= 1e-8) {
		a.ZeroStd = 0
	}
	return a
}

func (t *grpo) evaluation() []micro {
	return t.exam.evaluate(t.source, func(o *source, g *generation) {
		t.compare(o, g)
		o.knownLogProbs(g, false, t.ref, t.c.Temperature)
	}, func(g *generation, log *meter) *tensor.Tensor { return t.lossOf(g, g.rows, 1, 1, log) })
}

func (t *rloo) evaluation() []micro {
	return t.exam.evaluate(t.source, func(o *source, g *generation) { t.compare(o, g) },
		func(g *generation, log *meter) *tensor.Tensor { return t.loss(g.rows, log) })
}

func (t *distillation) evaluation() []micro {
	return t.exam.evaluate(t.source, func(_ *source, g *generation) {
		for _, e := range g.rows {
			g.tokens += float64(e.length())
		}
	}, func(g *generation, log *meter) *tensor.Tensor { return t.loss(g, g.rows, log) })
}
