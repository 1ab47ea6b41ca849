package optim

import (
	"lyceum/lib/nn"
)

// SGD is stochastic gradient descent with momentum, as torch.optim.SGD:
//
//	g = g + decay p;  b = momentum b + (1-dampening) g  (b = g at the first step)
//	p = p - lr b,  or with Nesterov  p = p - lr (g + momentum b)
//
// Decay here is part of the gradient, not decoupled as in AdamW. Sutskever et al. 2013, "On the importance of initialization
// and momentum in deep learning".
type SGD struct {
	Momentum, Dampening, WeightDecay float64
	Nesterov                         bool

	params []nn.Param
	buffer [][]float32 // nil without momentum
	decay  []float32
	step   int
	pass
}

// NewSGD returns an optimiser with the settings of s.
func NewSGD(params []nn.Param, s SGD) *SGD {
	s.params, s.decay = params, decayOf(params, s.WeightDecay)
	if s.Momentum != 0 {
		s.buffer = slots(params)
	}
	return &s
}

// Step changes the parameters by their gradients, multiplied by scale.
func (o *SGD) Step(learningRate, scale float64) {
	rate, by, momentum, fresh := float32(learningRate), float32(scale), float32(o.Momentum), float32(1-o.Dampening)
	if o.step == 0 {
		fresh = 1
	}
	o.elementwise(o.params, o.step+1, scale, func(i int) (s [3][]float32) {
		if o.buffer != nil {
			s[0] = o.buffer[i]
		}
		return s
	}, func(i int, x, g []float32, slots [3][]float32) {
		buffer, d, nesterov := slots[0], o.decay[i], o.Nesterov
		for j, g := range g[:len(x)] {
			v := g*by + d*x[j]
			if buffer != nil {
				b := momentum*buffer[j] + fresh*v
				buffer[j] = b
				if nesterov {
					v += momentum * b
				} else {
					v = b
				}
			}
			x[j] -= rate * v
		}
	})
	o.step++
}

// ZeroGrad sets all gradients to zero.
func (o *SGD) ZeroGrad() { zeroGrad(o.params) }

// Steps is how many steps were taken.
func (o *SGD) Steps() int { return o.step }

// Continue sets how many steps were taken before.
func (o *SGD) Continue(steps int) { o.step = steps }

// Slots are the momentum of parameter i, or nothing.
func (o *SGD) Slots(i int) []Slot {
	if o.buffer == nil {
		return nil
	}
	o.settle()
	return []Slot{{"momentum_buffer", o.params[i].Value.Shape(), o.buffer[i]}}
}
