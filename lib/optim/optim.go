// Package optim is the optimiser, its learning-rate schedules, and gradient clipping, with the formulas and defaults of
// PyTorch and the Hugging Face Trainer.
package optim

import (
	"math"
	"regexp"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2):
//
//	m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
//	p = p - lr decay p - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)
type AdamW struct {
	Beta1, Beta2, Eps, WeightDecay float64

	params []nn.Param
	m, v   [][]float32
	decay  []bool
	step   int
	pass
}

// NewAdamW returns an optimiser with the Trainer's defaults: betas 0.9 and 0.999, eps 1e-8, no weight decay.
func NewAdamW(params []nn.Param) *AdamW {
	o := &AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, params: params}
	o.store.frugal = true
	n := 0
	for _, p := range params {
		n += (p.Value.Len() + 15) / 16 * 16
	}
	moments := compute.Aligned(2 * n) // one piece, of large pages: taking memory page by page makes the first step slow
	take := func(n int) []float32 {
		s := moments[:n:n]
		moments = moments[(n+15)/16*16:]
		return s
	}
	for _, p := range params {
		o.m, o.v = append(o.m, take(p.Value.Len())), append(o.v, take(p.Value.Len()))
		o.decay = append(o.decay, Decays(p.Name))
	}
	return o
}

var noDecay = regexp.MustCompile(`bias|layernorm|rmsnorm|(^|\.)norm($|\.)|_norm($|\.)`)

// Decays reports whether weight decay acts on a parameter: not on biases and norms (transformers.Trainer's rule).
func Decays(name string) bool { return !noDecay.MatchString(name) }

// Steps is how many steps were taken.
func (o *AdamW) Steps() int { return o.step }

// Continue sets how many steps were taken before, of which Slots hold what they left.
func (o *AdamW) Continue(steps int) { o.step = steps }

// Slots are the moments of parameter i.
func (o *AdamW) Slots(i int) []Slot {
	o.settle()
	shape := o.params[i].Value.Shape()
	return []Slot{{"exp_avg", shape, o.m[i]}, {"exp_avg_sq", shape, o.v[i]}}
}

// Step changes the parameters by their gradients, multiplied by scale (the factor of Clip, or 1).
func (o *AdamW) Step(learningRate, scale float64) {
	s := compute.AdamWStep{LearningRate: learningRate, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, Step: o.step + 1, GradScale: scale}
	o.elementwise(o.params, o.step+1, scale, func(i int) [3][]float32 { return [3][]float32{o.m[i], o.v[i]} }, func(i int, x, g []float32, moments [3][]float32) {
		s := s
		if o.decay[i] {
			s.WeightDecay = o.WeightDecay
		}
		compute.AdamW(x, g, moments[0], moments[1], s)
	})
	o.step++
}

// ZeroGrad sets all gradients to zero.
func (o *AdamW) ZeroGrad() { zeroGrad(o.params) }

// Clip returns the norm of all gradients together, and the factor that brings it down to most (torch.nn.utils.clip_grad_norm_:
// most / (norm + 1e-6), at most 1). most 0 means no clipping. A norm that is NaN or infinite makes Step panic.
func Clip(params []nn.Param, most float64) (norm, scale float64) {
	var parts [][]float32
	for _, p := range params {
		if g := p.Value.Grad(); g != nil {
			parts = append(parts, g.Data())
		}
	}
	norm = compute.GlobalNorm(parts...)
	if !math.IsNaN(norm) && !math.IsInf(norm, 0) {
		for _, p := range params {
			p.Value.MarkSound()
		}
	}
	if most <= 0 {
		return norm, 1
	}
	return norm, math.Min(1, most/(norm+1e-6))
}
