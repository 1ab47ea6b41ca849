package bench

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// step prepares whole training steps: forward, backward, clipping at norm 1, AdamW. way is "", "recompute" (activations are
// computed twice) or "lora" (only adapters of rank 8 on queries and values are trained).
func (c shape) step(rows, length int, precision, way string) func() (func(), error) {
	return func() (func(), error) {
		m, rng := transformer.New(c.Config, 1), tensor.NewRand(2)
		params := m.Params()
		switch way {
		case "recompute":
			m.Recompute = true
		case "lora":
			if err := m.AddAdapter("lora", nn.LoRA{}); err != nil {
				return nil, err
			}
			if err := m.SetAdapters("lora"); err != nil {
				return nil, err
			}
			params = m.Trainable()
		}
		batch := transformer.Batch{IDs: tokens(rng, rows*length, c.Vocab), Rows: rows, Length: length}
		targets := tokens(rng, rows*length, c.Vocab)
		opt := optim.NewAdamW(params)
		return func() {
			opt.ZeroGrad()
			tensor.Scope(func() {
				tensor.Autocast(precision, func() { m.NLL(batch, targets).Mean().Backward() })
			})
			_, scale := optim.Clip(params, 1)
			opt.Step(1e-4, scale)
		}, nil
	}
}

// trainCase is one step as a figure.
func trainCase(group, name, precision string, c shape, rows, length int) Case {
	open := c.step(rows, length, precision, "")
	if c.isGPT() {
		open = c.gptStep(rows, length, precision)
	}
	return Case{Group: group, Name: name, Precision: precision, once: true, open: open,
		Work:  Work{Tokens: float64(rows * length), Flops: c.trainFlops(rows, length)},
		torch: c.peer("train", precision, spec{"rows": rows, "length": length})}
}

// trainCases are the training steps; their peak memory is in the figure.
func trainCases(s sizes) []Case {
	return []Case{
		trainCase("gpt", "gpt/step/float32", "float32", s.gpt, s.gptRows, s.width),
		trainCase("gpt", "gpt/step/bf16", "bf16", s.gpt, s.gptRows, s.width),
		trainCase("smol", "smol/step/float32", "float32", s.smol, s.smolRows, s.width),
		trainCase("smol", "smol/step/bf16", "bf16", s.smol, s.smolRows, s.width),
		s.memoryCase("recompute"), s.memoryCase("lora"),
	}
}

// memoryCase is a step that saves memory, against the peer's whole step: what is compared is what it takes to learn at all.
func (s sizes) memoryCase(way string) Case {
	c := trainCase("smol", "smol/step/"+way, "float32", s.smol, s.smolRows, s.width)
	c.open = s.smol.step(s.smolRows, s.width, "float32", way)
	if way == "lora" {
		c.Work.Flops = 0 // the weights have no gradient, so that the count of a whole step is not that of this one
	}
	return c
}

// scaleCases show how the cost grows: with the batch, the layers, the tokens of a row, and attention alone with the context.
func scaleCases(s sizes) []Case {
	var out []Case
	small := s.smol
	small.Vocab, small.Layers, small.Context = min(small.Vocab, 4096), 4, s.contexts[len(s.contexts)-1]
	add := func(what string, n int, c shape, rows, length int) {
		k := trainCase("scale", fmt.Sprintf("scale/%s/%d", what, n), "float32", c, rows, length)
		k.torch = nil // the question is how our own cost grows
		out = append(out, k)
	}
	for _, n := range s.batches {
		add("batch", n, small, n, s.width)
	}
	for _, n := range s.depths {
		c := small
		c.Layers = n
		add("layers", n, c, 2, s.width)
	}
	for _, n := range s.contexts {
		add("tokens", n, small, 1, n)
	}
	for _, n := range s.contexts {
		k := attentionCase("scale", fmt.Sprintf("scale/attention/%d", n), 1, n, s.smol)
		k.torch = nil
		out = append(out, k)
	}
	return out
}
