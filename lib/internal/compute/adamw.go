package compute

import "math"

// AdamWStep holds the numbers of one optimiser step. Step counts from 1.
type AdamWStep struct {
	LearningRate, Beta1, Beta2, Eps, WeightDecay float64
	Step                                         int
	// GradScale multiplies every gradient as it is read; clipping by global norm sets it below 1, and no clipping is 1.
	GradScale float64
}

// AdamW updates parameters p and moments m, v in place from gradients g, as torch.optim.AdamW does:
//
//	g' = g * GradScale
//	p -= lr * wd * p
//	m += (g' - m)(1 - beta1)
//	v  = beta2 v + (1 - beta2) g'^2
//	p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// Loshchilov and Hutter 2019, arXiv:1711.05101. It never looks at the stop flag: a step is whole or not begun.
func AdamW(p, g, m, v []float32, s AdamWStep) {
	same("AdamW", "g", len(g), len(p))
	same("AdamW", "m", len(m), len(p))
	same("AdamW", "v", len(v), len(p))
	positive("AdamW", "Step", s.Step)
	c := s.constants()
	Parallel(len(p), span/2, func(lo, hi int) { active.adamw(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &c) })
}

// adamwConstants are the factors of one step in float32; the assembly reads them in this order.
type adamwConstants struct {
	gradScale  float32
	decay      float32 // 1 - lr wd
	oneMinusB1 float32
	beta2      float32
	oneMinusB2 float32
	rootBias2  float32 // sqrt(1 - beta2^t)
	eps        float32
	step       float32 // lr / (1 - beta1^t)
}

func (s *AdamWStep) constants() adamwConstants {
	t := float64(s.Step)
	return adamwConstants{
		gradScale:  float32(s.GradScale),
		decay:      float32(1 - s.LearningRate*s.WeightDecay),
		oneMinusB1: float32(1 - s.Beta1),
		beta2:      float32(s.Beta2),
		oneMinusB2: float32(1 - s.Beta2),
		rootBias2:  float32(math.Sqrt(1 - math.Pow(s.Beta2, t))),
		eps:        float32(s.Eps),
		step:       float32(s.LearningRate / (1 - math.Pow(s.Beta1, t))),
	}
}

func scalarAdamW(p, g, m, v []float32, c *adamwConstants) {
	for i := range p {
		grad := g[i] * c.gradScale
		m[i] += (grad - m[i]) * c.oneMinusB1
		v[i] = v[i]*c.beta2 + grad*grad*c.oneMinusB2
		denom := float32(math.Sqrt(float64(v[i])))/c.rootBias2 + c.eps
		p[i] = p[i]*c.decay - c.step*(m[i]/denom)
	}
}
