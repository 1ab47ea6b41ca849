package posttrain

import "lyceum/lib/tensor"

// evaluation draws and judges a group of completions to every prompt of Eval, always with the same random numbers, so that two
// evaluations differ by the model alone. The loss is that of fresh completions, near 0 as in training; eval_reward is what counts.
func (t *grpo) evaluation() (out []micro) {
	o := t.eval
	if o == nil {
		return nil
	}
	o.made, o.seen, t.evalErr = 0, 0, nil
	for _, picked := range inOrder(len(o.prompts), max(1, t.s.EvalBatchSize/o.group)) {
		g := &generation{}
		names, err := o.fromModel(g, picked, t.run.done)
		if err != nil {
			t.evalErr = err
			return nil
		}
		o.made++
		o.names = names
		o.lengths(g)
		o.rewardNotes(g, names)
		t.compare(o, g)
		for _, e := range g.rows {
			e.old = nil
		}
		o.knownLogProbs(g, false, t.ref, t.c.Temperature)
		out = append(out, micro{rows: len(g.rows), loss: func(log *meter) *tensor.Tensor {
			g.write(log)
			return t.lossOf(g, g.rows, 1, 1, log)
		}})
	}
	return out
}

// failed is why the last evaluation came to nothing.
func (t *grpo) failed() error { return t.evalErr }
