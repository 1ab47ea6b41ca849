package optim

import (
	"math"

	"lyceum/lib/nn"
)

// RMSprop divides by a running root mean square of the gradients, as torch.optim.RMSprop:
//
//	g = g + decay p;  s = alpha s + (1-alpha) g^2;  a = alpha a + (1-alpha) g
//	u = g / (sqrt(s) + eps),  centred  u = g / (sqrt(s - a^2) + eps)
//	b = momentum b + u;  p = p - lr b
//
// Hinton, Srivastava and Swersky 2012, lecture 6e of "Neural Networks for Machine Learning"; Graves 2013, arXiv:1308.0850,
// eq. 38 to 45 for the centred form.
type RMSprop struct {
	Alpha, Eps, Momentum, WeightDecay float64
	Centered                          bool

	params               []nn.Param
	square, mean, buffer [][]float32 // mean and buffer are nil where they are not used
	decay                []float32
	step                 int
	pass
}

// NewRMSprop returns an optimiser with the settings of s.
func NewRMSprop(params []nn.Param, s RMSprop) *RMSprop {
	s.params, s.decay, s.square = params, decayOf(params, s.WeightDecay), slots(params)
	if s.Centered {
		s.mean = slots(params)
	}
	if s.Momentum > 0 {
		s.buffer = slots(params)
	}
	return &s
}

// Step changes the parameters by their gradients, multiplied by scale.
func (o *RMSprop) Step(learningRate, scale float64) {
	rate, by, eps, alpha, fresh, momentum := float32(learningRate), float32(scale), float32(o.Eps), float32(o.Alpha), float32(1-o.Alpha), float32(o.Momentum)
	o.elementwise(o.params, o.step+1, scale, func(i int) [3][]float32 {
		s := [3][]float32{o.square[i]}
		if o.mean != nil {
			s[1] = o.mean[i]
		}
		if o.buffer != nil {
			s[2] = o.buffer[i]
		}
		return s
	}, func(i int, x, g []float32, slots [3][]float32) {
		square, mean, buffer, d := slots[0][:len(x)], slots[1], slots[2], o.decay[i]
		for j, g := range g[:len(x)] {
			v := g*by + d*x[j]
			under := alpha*square[j] + fresh*v*v
			square[j] = under
			if mean != nil {
				a := mean[j]
				a += fresh * (v - a)
				mean[j] = a
				under -= a * a
			}
			u := v / (float32(math.Sqrt(float64(under))) + eps)
			if buffer != nil {
				u += momentum * buffer[j]
				buffer[j] = u
			}
			x[j] -= rate * u
		}
	})
	o.step++
}

// ZeroGrad sets all gradients to zero.
func (o *RMSprop) ZeroGrad() { zeroGrad(o.params) }

// Steps is how many steps were taken.
func (o *RMSprop) Steps() int { return o.step }

// Continue sets how many steps were taken before.
func (o *RMSprop) Continue(steps int) { o.step = steps }

// Slots are the running means of parameter i, and its momentum if there is one.
func (o *RMSprop) Slots(i int) []Slot {
	o.settle()
	shape := o.params[i].Value.Shape()
	out := []Slot{{"square_avg", shape, o.square[i]}}
	if o.mean != nil {
		out = append(out, Slot{"grad_avg", shape, o.mean[i]})
	}
	if o.buffer != nil {
		out = append(out, Slot{"momentum_buffer", shape, o.buffer[i]})
	}
	return out
}
