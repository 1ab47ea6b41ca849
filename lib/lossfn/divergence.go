package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// A Divergence measures a log-ratio d = log pi - log pi_ref as the derivative of an f-divergence does: g(d) takes the place of
// d in the losses that compare the two completions of a pair (f-DPO; Wang et al. 2023, arXiv:2309.16240, theorem 1). It keeps
// the shape.
type Divergence func(d *tensor.Tensor) *tensor.Tensor

// ForwardKL is g(d) = 1 - e^-d, from f(u) = -log u.
func ForwardKL(d *tensor.Tensor) *tensor.Tensor { return d.Neg().Exp().Neg().AddScalar(1) }

// JensenShannon is g(d) = log 2 + log s(d).
func JensenShannon(d *tensor.Tensor) *tensor.Tensor { return d.LogSigmoid().AddScalar(math.Ln2) }

// mostExponent bounds the exponent of the alpha divergence, as TRL does in float32.
const mostExponent = 80

// AlphaDivergence is g(d) = (e^((a-1) d) - 1)/(a - 1), with the exponent at most 80; near a = 1 it is the reverse KL, g(d) = d.
func AlphaDivergence(a float64) Divergence {
	if math.Abs(a-1) < 1e-6 {
		return nil
	}
	return func(d *tensor.Tensor) *tensor.Tensor {
		return d.Scale(float32(a-1)).Clip(-math.MaxFloat32, mostExponent).Exp().AddScalar(-1).Scale(float32(1 / (a - 1)))
	}
}

// DivergenceByName finds a divergence by TRL's name for it; alpha is that of alpha_divergence. The empty name is reverse_kl.
func DivergenceByName(name string, alpha float64) (Divergence, error) {
	switch name {
	case "", "reverse_kl":
		return nil, nil
	case "forward_kl":
		return ForwardKL, nil
	case "js_divergence":
		return JensenShannon, nil
	case "alpha_divergence":
		return AlphaDivergence(alpha), nil
	}
	return nil, fmt.Errorf("lossfn: divergence %q is not known: use reverse_kl, forward_kl, js_divergence or alpha_divergence", name)
}
