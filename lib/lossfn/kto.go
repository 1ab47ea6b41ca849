package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// KTO returns the loss of Kahneman-Tversky Optimization, which needs no pairs: each completion has a verdict of its own.
//
//	L = 1 - s(beta (d - z)) if desirable, else 1 - s(beta (z - d)),   d = log pi(y|x) - log pi_ref(y|x)
//
// z is what the policy has drifted from the reference in general: KTOReferencePoint. Ethayarajh et al. 2024, arXiv:2402.01306,
// eq. 8; weights for the two classes multiply the losses.
// Shapes: ratio (B) is d of each completion, in nats; desirable (B); the result is (B). beta > 0; KTO panics otherwise. Gradients
// flow to ratio only. Equal policies give 1/2.
func KTO(ratio *tensor.Tensor, desirable []bool, beta, z float64) *tensor.Tensor {
	verdicts("KTO", ratio, desirable, beta)
	return ratio.AddScalar(float32(-z)).Scale(float32(beta)).Mul(signs(desirable)).Sigmoid().Neg().AddScalar(1)
}

// KTOReferencePoint is z: the mean log-ratio of completions that were put behind prompts they do not belong to, and not below 0.
//
//	z = max(0, mean_b [log pi(y'|x) - log pi_ref(y'|x)])
//
// Ethayarajh et al. 2024, arXiv:2402.01306, section 4.1. Shapes: both (B), summed over the tokens, in nats. No gradient flows.
func KTOReferencePoint(policy, reference *tensor.Tensor) float64 {
	sameShape("KTOReferencePoint", []string{"policy", "reference"}, policy, reference)
	return max(0, float64(policy.Detach().Sub(reference.Detach()).Mean().Item()))
}

// APOZeroUnpaired is APOZero for completions with a verdict each (TRL's "apo_zero_unpaired" of KTO).
//
//	L = 1 - s(beta d) if desirable, else s(beta d)
//
// D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7. Shapes: as KTO. Equal policies give 1/2.
func APOZeroUnpaired(ratio *tensor.Tensor, desirable []bool, beta float64) *tensor.Tensor {
	verdicts("APOZeroUnpaired", ratio, desirable, beta)
	return ratio.Scale(float32(beta)).Mul(signs(desirable)).Sigmoid().Neg().AddScalar(1)
}

func verdicts(op string, ratio *tensor.Tensor, desirable []bool, beta float64) {
	positive(op, "beta", beta)
	if len(ratio.Shape()) != 1 || ratio.Len() != len(desirable) {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%d verdicts for completions of shape %s", len(desirable), tensor.ShapeText(ratio.Shape()))})
	}
}
