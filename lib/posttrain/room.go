package posttrain

import (
	"runtime/debug"

	"lyceum/lib/tensor"
)

// Drawing and learning take turns, and each takes much memory that the other does not need: keys and values of all
// completions, the activations of a micro-batch. What one leaves is given back before the other begins, if it is worth the time:
// collected alone it would stay, in gaps that are too small for the large pieces of the other.

// muchMemory is what is worth a collection, in bytes.
const muchMemory = 128 << 20

// roomToBegin collects what a run before has left, its optimiser and its activations, which would lie beside those of this one.
func (r *Run) roomToBegin() {
	numbers := 0
	for _, p := range r.trainable() {
		numbers += p.Value.Len()
	}
	if 4*numbers >= muchMemory {
		debug.FreeOSMemory()
	}
}

// roomToDraw collects the buffers of the steps before.
func roomToDraw() {
	if tensor.ScopeBytes() >= muchMemory {
		tensor.FreeScopes()
		debug.FreeOSMemory()
	}
}

// roomToLearn collects the keys and values of completions that have been drawn, and the weights of the decoder.
func (o *source) roomToLearn(g *generation) {
	c, tokens := o.run.Model.LM.Config, 0
	for _, e := range g.rows {
		tokens += len(e.prompt) + len(e.ids)
	}
	if 8*tokens*c.Layers*c.KVHeads*c.HeadDim >= muchMemory {
		debug.FreeOSMemory()
	}
}

// drawingWeights are those that completions are drawn with: a run whose products are in bfloat16 draws from these too.
func (s settings) drawingWeights() string {
	if s.Precision == "bf16" {
		return "bf16"
	}
	return ""
}
