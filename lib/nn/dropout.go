package nn

import "lyceum/lib/tensor"

// Dropout is tensor.Dropout while the model is trained, and x itself otherwise.
func Dropout(x *tensor.Tensor, p float64, m *Mode) *tensor.Tensor {
	if m == nil || !m.Training {
		return x
	}
	return x.Dropout(p, m.Rand)
}
