package transformer

import (
	"math"
	"math/rand/v2"

	"lyceum/lib/tensor"
)

// noise is what a model in training adds to the embeddings of tokens: see LM.Noisy.
type noise struct {
	alpha float64
	rng   *rand.Rand
}

// Noisy adds noise to the embeddings of the tokens in every pass until Eval: uniform in +-alpha/sqrt(T D), T the length of the
// batch or its NoiseLength (NEFTune; Jain et al. 2023, arXiv:2310.05914, algorithm 1). The same seed and the same batches give
// the same noise.
func (m *LM) Noisy(alpha float64, seed uint64) { m.noise = &noise{alpha, tensor.NewRand(seed)} }

// draw makes the noise of a batch: (B*T, D).
func (n *noise) draw(b Batch, shape []int) *tensor.Tensor {
	length := b.Length
	if b.NoiseLength > 0 {
		length = b.NoiseLength
	}
	out := tensor.New(shape...)
	most := n.alpha / math.Sqrt(float64(length*shape[1]))
	for i := range out.Data() {
		out.Data()[i] = float32((2*n.rng.Float64() - 1) * most)
	}
	return out
}
