package nn

import (
	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// Activation is the bend of an MLP. Kind is "" for SiLU, "gelu_tanh" for GELU in its tanh form, "gelu" for GELU itself
// (Hendrycks and Gimpel 2016, arXiv:1606.08415). Gated: rows are gate and up one after another, and the result is
// act(gate) up (Shazeer 2020, arXiv:2002.05202); otherwise act(x). GELU itself has no gate.
type Activation struct {
	Kind  string
	Gated bool
}

// Forward computes it for x (..., 2H), gated, or (..., H): (..., H).
func (a Activation) Forward(x *tensor.Tensor) *tensor.Tensor {
	switch a {
	case Activation{"", true}:
		return tensor.SwiGLU(x)
	case Activation{"gelu_tanh", true}:
		return tensor.GEGLU(x)
	case Activation{"gelu_tanh", false}:
		return x.GELU()
	case Activation{"gelu", false}:
		return x.GELUErf()
	case Activation{"", false}:
		return x.SiLU()
	}
	panic(&tensor.Error{Op: "Activation", Text: a.Kind + " with a gate is not known"})
}

// Rows computes it for rows of x into out (rows, hidden), without a tape.
func (a Activation) Rows(out, x []float32, rows, hidden int) {
	n := rows * hidden
	switch a {
	case Activation{"", true}:
		compute.SwiGLURows(out, x, rows, hidden)
	case Activation{"gelu_tanh", true}:
		compute.GEGLURows(out, x, rows, hidden)
	case Activation{"gelu_tanh", false}:
		compute.GELU(out[:n], x[:n])
	case Activation{"gelu", false}:
		compute.GELUErf(out[:n], x[:n])
	default:
		copy(out[:n], a.Forward(tensor.From(x[:n], rows, hidden)).Data())
	}
}
