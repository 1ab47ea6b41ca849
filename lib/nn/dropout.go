package nn

import "lyceum/lib/tensor"

// Dropout sets each element of x to 0 with probability p and divides the others by 1-p while the model is trained
// (Srivastava et al. 2014, JMLR 15); otherwise it returns x itself. Derivative: the same mask.
func Dropout(x *tensor.Tensor, p float64, m *Mode) *tensor.Tensor {
	if p <= 0 || m == nil || !m.Training {
		return x
	}
	keep := float32(1 / (1 - p))
	mask := make([]float32, x.Len())
	data := make([]float32, x.Len())
	for i, v := range x.Data() {
		if m.Rand.Float64() >= p {
			mask[i] = keep
			data[i] = keep * v
		}
	}
	return tensor.Custom("Dropout", data, x.Shape(), []*tensor.Tensor{x}, func(grad []float32) {
		g := x.GradBuffer()
		for i, k := range mask {
			g[i] += k * grad[i]
		}
	})
}
