// Package nn is the layers of a decoder: what the papers call them, with the names of Hugging Face checkpoints.
package nn

import (
	"fmt"
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
	// Base holds the weights in less memory in place of Weight, which is nil then: they are not trained, as in QLoRA.
	Base *tensor.Frozen

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
		return l.own(x)
	}
	return l.adapted(x, l.own, false)
}

// own is the layer without adapters.
func (l *Linear) own(x *tensor.Tensor) *tensor.Tensor {
	if l.Base != nil {
		return tensor.LinearFrozen(x, l.Base, l.Bias)
	}
	return tensor.Linear(x, l.Weight, l.Bias)
}

// In is the length of the rows that the layer reads.
func (l *Linear) In() int {
	if l.Base != nil {
		return l.Base.Shape()[1]
	}
	return l.Weight.Dim(1)
}

// Out is the length of the rows that the layer writes.
func (l *Linear) Out() int {
	if l.Base != nil {
		return l.Base.Shape()[0]
	}
	return l.Weight.Dim(0)
}

// Quantise holds the weights in less memory from now on ("bf16", "int8", "int4"), for good: they want no gradient.
func (l *Linear) Quantise(kind string) error {
	if l.Base != nil {
		return fmt.Errorf("nn: the layer is held as %s already", l.Base.Kind())
	}
	b, err := tensor.Freeze(l.Weight, kind)
	if err == nil {
		l.Base, l.Weight = b, nil
	}
	return err
}

// Densify holds the weights in float32 again, with the values that the storage has.
func (l *Linear) Densify() {
	if l.Base != nil {
		l.Weight, l.Base = l.Base.Tensor(), nil
	}
}

// dense returns the weights as a new tensor in float32.
func (l *Linear) dense() *tensor.Tensor {
	if l.Base != nil {
		return l.Base.Tensor()
	}
	return duplicate(l.Weight)
}

// rows returns some rows of the weights in float32, which the caller must not change.
func (l *Linear) rows(low, high int) []float32 {
	in := l.In()
	if l.Base == nil {
		return l.Weight.Data()[low*in : high*in]
	}
	out, w := make([]float32, (high-low)*in), l.Base.Weights()
	for i := low; i < high; i++ {
		w.Row(out[(i-low)*in:(i-low+1)*in], i)
	}
	return out
}

// InitStd is the standard deviation of the weights of Llama-family models before training.
const InitStd = 0.02

// ResidualStd is InitStd for the layers whose output is added to the residual stream, made smaller so that the
// stream's variance does not grow with the number of layers (Radford et al. 2019, section 2.3).
func ResidualStd(layers int) float64 { return InitStd / math.Sqrt(2*float64(layers)) }
