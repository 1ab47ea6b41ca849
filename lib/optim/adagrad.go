package optim

import (
	"math"

	"lyceum/lib/nn"
)

// Adagrad divides by the root of all squared gradients so far, as torch.optim.Adagrad:
//
//	g = g + decay p;  s = s + g^2
//	p = p - lr / (1 + (t-1) rateDecay) * g / (sqrt(s) + eps)
//
// Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods".
type Adagrad struct {
	RateDecay, Eps, WeightDecay float64

	params []nn.Param
	sum    [][]float32
	decay  []float32
	step   int
	pass
}

// NewAdagrad returns an optimiser with the settings of s.
func NewAdagrad(params []nn.Param, s Adagrad) *Adagrad {
	s.params, s.decay, s.sum = params, decayOf(params, s.WeightDecay), slots(params)
	return &s
}

// Step changes the parameters by their gradients, multiplied by scale.
func (o *Adagrad) Step(learningRate, scale float64) {
	rate, by, eps := float32(learningRate/(1+float64(o.step)*o.RateDecay)), float32(scale), float32(o.Eps)
	o.elementwise(o.params, o.step+1, scale, func(i int) [3][]float32 { return [3][]float32{o.sum[i]} }, func(i int, x, g []float32, slots [3][]float32) {
		s, d := slots[0][:len(x)], o.decay[i]
		for j, g := range g[:len(x)] {
			v := g*by + d*x[j]
			s[j] += v * v
			x[j] -= rate * (v / (float32(math.Sqrt(float64(s[j]))) + eps))
		}
	})
	o.step++
}

// ZeroGrad sets all gradients to zero.
func (o *Adagrad) ZeroGrad() { zeroGrad(o.params) }

// Steps is how many steps were taken.
func (o *Adagrad) Steps() int { return o.step }

// Continue sets how many steps were taken before.
func (o *Adagrad) Continue(steps int) { o.step = steps }

// Slots are the sum of squares of parameter i.
func (o *Adagrad) Slots(i int) []Slot {
	o.settle()
	return []Slot{{"sum", o.params[i].Value.Shape(), o.sum[i]}}
}
