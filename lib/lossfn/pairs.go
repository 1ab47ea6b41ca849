package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// Pairs are what the preference losses see of B prompts with a chosen and a rejected completion each: the log-probabilities of
// the completions under the policy and under the reference, each (B), summed over the tokens of the completion, in nats.
// Without a reference (nil) its log-probabilities count as 0: the loss is reference-free.
type Pairs struct {
	Chosen, Rejected       *tensor.Tensor
	RefChosen, RefRejected *tensor.Tensor
	// ChosenTokens and RejectedTokens are the lengths of the completions, (B); only losses that divide by them need them.
	ChosenTokens, RejectedTokens []int
	// Divergence replaces the reverse KL of DPO, see divergence.go; nil: reverse KL.
	Divergence Divergence
}

// ChosenRatio is d_c = log pi(y_c|x) - log pi_ref(y_c|x), (B).
func (p Pairs) ChosenRatio() *tensor.Tensor { return ratioTo(p.Chosen, p.RefChosen) }

// RejectedRatio is d_r, the same of the rejected completions.
func (p Pairs) RejectedRatio() *tensor.Tensor { return ratioTo(p.Rejected, p.RefRejected) }

func ratioTo(policy, reference *tensor.Tensor) *tensor.Tensor {
	if reference == nil {
		return policy
	}
	return policy.Sub(reference.Detach())
}

// Scores are the ratios as the divergence measures them: (B) each, the ratios themselves for the reverse KL.
func (p Pairs) Scores() (chosen, rejected *tensor.Tensor) {
	chosen, rejected = p.ChosenRatio(), p.RejectedRatio()
	if p.Divergence != nil {
		chosen, rejected = p.Divergence(chosen), p.Divergence(rejected)
	}
	return chosen, rejected
}

// delta is the difference of the scores, D = g(d_c) - g(d_r).
func (p Pairs) delta() *tensor.Tensor {
	c, r := p.Scores()
	return c.Sub(r)
}

// perToken is the difference of the scores, each divided by the length of its completion.
func (p Pairs) perToken(op string) *tensor.Tensor {
	c, r := p.Scores()
	return c.Mul(overTokens(op, p.ChosenTokens, c)).Sub(r.Mul(overTokens(op, p.RejectedTokens, r)))
}

// overTokens is 1/max(1, n) for each completion.
func overTokens(op string, tokens []int, like *tensor.Tensor) *tensor.Tensor {
	if len(tokens) != like.Len() {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%d lengths for %d completions", len(tokens), like.Len())})
	}
	out := tensor.New(like.Len())
	for i, n := range tokens {
		out.Data()[i] = float32(1 / math.Max(1, float64(n)))
	}
	return out
}

// check panics unless the shapes agree and beta is positive.
func (p Pairs) check(op string, beta float64) {
	names, ts := []string{"Chosen", "Rejected"}, []*tensor.Tensor{p.Chosen, p.Rejected}
	if (p.RefChosen == nil) != (p.RefRejected == nil) {
		panic(&tensor.Error{Op: op, Text: "RefChosen and RefRejected go together: one of them is nil"})
	}
	if p.RefChosen != nil {
		names, ts = append(names, "RefChosen", "RefRejected"), append(ts, p.RefChosen, p.RefRejected)
	}
	sameShape(op, names, ts...)
	positive(op, "beta", beta)
}

// positive panics unless v is.
func positive(op, name string, v float64) {
	if !(v > 0) || math.IsInf(v, 0) {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%s is %v, it must be positive", name, v)})
	}
}

// fraction panics unless v lies from 0 to below most.
func fraction(op, name string, v, most float64) {
	if !(v >= 0 && v < most) {
		panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%s is %v, it must be at least 0 and below %v", name, v, most)})
	}
}

// logistic is -log s(x), and smoothed -(1-e) log s(x) - e log s(-x).
func logistic(x *tensor.Tensor) *tensor.Tensor { return x.LogSigmoid().Neg() }

func smoothed(x *tensor.Tensor, e float64) *tensor.Tensor {
	if e == 0 {
		return logistic(x)
	}
	return logistic(x).Scale(float32(1 - e)).Add(logistic(x.Neg()).Scale(float32(e)))
}
