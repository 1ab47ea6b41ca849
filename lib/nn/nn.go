// Package nn is the layers of a decoder: what the papers call them, with the names of Hugging Face checkpoints.
package nn

import (
	"math"
	"math/rand/v2"

	"lyceum/lib/tensor"
)

// A Param is one trained tensor and its name in a checkpoint, such as "model.layers.0.mlp.down_proj.weight".
type Param struct {
	Name  string
	Value *tensor.Tensor
	// Parts are the names under which the rows of Value are stored one after another, when it is fused of several
	// matrices: a single product is faster than three. Empty: Name alone.
	Parts []Part
	// Transposed: files have the matrix as (in, out), as the Conv1D of GPT-2; Value is (out, in) as everywhere.
	Transposed bool
}

// A Part is a run of rows of a fused parameter.
type Part struct {
	Name string
	Rows int
}

// Linear is y = x W^T + b. Weight is (out, in), Bias (out) or nil. Adapters that are switched on change what it computes
// and leave both as they are.
type Linear struct {
	Weight, Bias *tensor.Tensor

	hooks []hook
}

// NewLinear returns a layer whose weights are normal with the given standard deviation, without bias.
func NewLinear(rng *rand.Rand, in, out int, std float64) *Linear {
	w := tensor.Randn(rng, out, in)
	for i, x := range w.Data() {
		w.Data()[i] = float32(std) * x
	}
	return &Linear{Weight: w.RequireGrad()}
}

// Forward computes y for x (..., in).
func (l *Linear) Forward(x *tensor.Tensor) *tensor.Tensor {
	if len(l.hooks) == 0 {
		return tensor.Linear(x, l.Weight, l.Bias)
	}
	return l.adapted(x, func(x *tensor.Tensor) *tensor.Tensor { return tensor.Linear(x, l.Weight, l.Bias) }, false)
}

// InitStd is the standard deviation of the weights of Llama-family models before training.
const InitStd = 0.02

// ResidualStd is InitStd for the layers whose output is added to the residual stream, made smaller so that the
// stream's variance does not grow with the number of layers (Radford et al. 2019, section 2.3).
func ResidualStd(layers int) float64 { return InitStd / math.Sqrt(2*float64(layers)) }
