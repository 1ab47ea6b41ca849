package transformer

import (
	"fmt"

	"lyceum/lib/internal/compute"
	"lyceum/lib/memory"
	"lyceum/lib/tensor"
)

// A StepShape is what decides how much memory a step of training takes beside the model's weights.
type StepShape struct {
	Rows, Length int  // of a micro-batch, padding included
	Trained      int  // numbers with a gradient and moments; 0: all of the model
	Recompute    bool // LM.Recompute
	// Scored is how many positions have a target; 0: all. Only they go through the output layer.
	Scored int
	// Passes is how many passes with a gradient are held at the same time, as the chosen and the rejected answers of a
	// preference loss when they are not in one batch; 0: 1.
	Passes int
	// Drawn is how many sequences are drawn together before the step, each of up to Length tokens: their keys and values are there
	// beside all the rest.
	Drawn int
	// State is what the optimiser keeps, in bytes; 0: AdamW's two moments of what is trained; negative: nothing.
	State int64
	// Referred: a reference, or the model of before, scores the same positions without a gradient.
	Referred bool
	// Varied: micro-batches have different numbers of tokens, and leave buffers of their own sizes in store.
	Varied bool
	// Adapter is how many numbers adapters keep of each token (LM.AdapterNumbers).
	Adapter int
}

// AdapterNumbers is how many numbers the adapters that are on keep of each token between forward and backward.
func (m *LM) AdapterNumbers() (n int) {
	for _, name := range m.adapters.active {
		if !m.isMerged(name) {
			n += m.adapters.byName[name].TokenNumbers()
		}
	}
	return n
}

const (
	mostSlots = 64
	// slotMemory bounds the slots when all of them should become as long as they can.
	slotMemory = 2 << 30
)

// Slots is how many sequences of up to room tokens are continued at a time when many wait, unless somebody says otherwise.
func (c Config) Slots(room int) int {
	return max(1, min(mostSlots, slotMemory/max(1, c.slotBytes(room))))
}

// slotBytes is the memory of the keys and values of a sequence.
func (c Config) slotBytes(room int) int { return 8 * c.Layers * c.KVHeads * c.HeadDim * room }

// headBytes is what the output layer holds: the scores that tensor.LogProbs keeps, or room for a chunk of them, which a pass
// without a gradient needs beside.
func (c Config) headBytes(scored int64, referred bool) (n int64) {
	chunk := 4 * int64(compute.HeadScratch(int(scored), c.Vocab))
	kept := scored*int64(c.Vocab) <= tensor.KeptScores
	if kept {
		n = 4 * scored * int64(c.Vocab)
	}
	if !kept || referred {
		n += chunk
	}
	return n + 4*scored*int64(c.Dim)
}

// StepBytes estimates, from the shapes alone, the memory that a step takes beside the weights: gradients, what the optimiser
// keeps, the activations at their peak, and the cache of sequences that are drawn for it. It is meant to be within a quarter of the truth.
func (c Config) StepBytes(s StepShape) int64 {
	trained, passes, tokens := int64(s.Trained), int64(max(1, s.Passes)), int64(s.Rows)*int64(s.Length)
	if trained == 0 {
		trained = int64(c.NumParams())
	}
	scored := int64(s.Scored)
	if scored == 0 {
		scored = tokens
	}
	block := c.blockNumbers()
	kept := int64(c.Layers)*block + int64(s.Adapter)
	if s.Recompute {
		kept = int64(c.Layers)*int64(c.Dim) + block + int64(s.Adapter/max(1, c.Layers))
	}
	up, width := c.widths()
	passing := up + c.Hidden + width + 3*c.Dim // of one block: gradients on the way back,
	if s.Referred {                            // or everything in a pass without them
		passing += width + c.Heads*c.HeadDim + c.Dim
	}
	activations := passes*tokens*(kept+3*int64(c.Dim)) + tokens*int64(passing)
	spare := 1.06 // sizes are rounded up by an eighth at most
	if s.Varied {
		spare *= 1.1 // the store keeps up to a quarter above the most in use
	}
	state := s.State
	if state == 0 {
		state = 8 * trained
	}
	if s.Drawn > 0 {
		slots := min(s.Drawn, c.Slots(s.Length))
		state = max(0, state) + int64(slots)*int64(c.slotBytes(s.Length)+4*c.Vocab)
	}
	return 4*trained + max(0, state) + int64(spare*4*float64(activations)) + c.headBytes(scored, s.Referred)
}

func (c Config) widths() (up, qkv int) {
	up = 2 * c.Hidden
	if c.Ungated {
		up = c.Hidden
	}
	return up, (c.Heads + 2*c.KVHeads) * c.HeadDim
}

// blockNumbers is how many numbers a block keeps for each token between forward and backward.
func (c Config) blockNumbers() int64 {
	up, width := c.widths()
	n := 2*c.Dim + width + c.Heads*c.HeadDim + up + c.Heads + 2 // norms and a gate's product are computed again
	if c.Ungated {
		n += c.Hidden
	}
	if c.QKNorm {
		n += width + c.Heads + c.KVHeads
	}
	if c.PostNorms {
		n += 2 * c.Dim
	}
	return int64(n)
}

// CheckMemory says before a run whether its steps fit into the memory that is free now, the model being loaded; the error
// says how much is missing and what would help. A run is given the benefit of the estimate's uncertainty. Where free memory is not known everything fits.
func (c Config) CheckMemory(s StepShape) error { return c.checkMemory(s, memory.Free()) }

func (c Config) checkMemory(s StepShape, free int64) error {
	need := c.StepBytes(s)
	if free == 0 || need-need/5 <= free { // an estimate that is a quarter too high must not end a run that fits
		return nil
	}
	text := fmt.Sprintf("transformer: a step of %d x %d tokens needs about %s, and %s are free", s.Rows, s.Length, memory.Size(need), memory.Size(free))
	one := s
	one.Rows, one.Scored = 1, s.Scored/max(1, s.Rows)
	again := s
	again.Recompute = true
	few := s
	few.Trained = max(1, c.NumParams()/100)
	few.State = 0
	for _, o := range []struct {
		what  string
		shape StepShape
		new   bool
	}{{"a batch of 1 with gradient accumulation", one, s.Rows > 1}, {"gradient checkpointing", again, !s.Recompute}, {"an adapter (LoRA) instead of all weights", few, s.Trained == 0 || s.Trained > c.NumParams()/50}} {
		if o.new {
			text += fmt.Sprintf("; %s: about %s", o.what, memory.Size(c.StepBytes(o.shape)))
		}
	}
	if s.Length > 256 {
		text += "; shorter rows (max_length) help in proportion"
	}
	return fmt.Errorf("%s", text)
}
