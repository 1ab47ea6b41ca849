package bench

import (
	"math/rand/v2"

	"lyceum/lib/internal/compute"
	"lyceum/lib/transformer"
)

// shape is a model with what the peers need to build the same one.
type shape struct{ transformer.Config }

// sizes of all figures.
type sizes struct {
	squares, fewRows         []int
	gpt, smol                shape
	gptRows, smolRows, width int // width: tokens in a row of training, and of a long prompt
	prompt, answer           int // lengths in decoding; in a rollout these are means
	rollouts                 []int
	rows, cols, vocabRows    int // element-wise work, and rows of scores in the cross-entropy
	contexts                 []int
	batches, depths          []int
}

// gptShape is a GPT of 10.8 million weights over 65 characters; smolShape is SmolLM2-135M.
var (
	gptShape  = shape{transformer.Config{Vocab: 65, Dim: 384, Layers: 6, Heads: 6, KVHeads: 6, HeadDim: 64, Hidden: 1536, Context: 256, RopeTheta: 10000, NormEps: 1e-5}}
	smolShape = shape{transformer.Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 2048, RopeTheta: 100000, NormEps: 1e-5, Tied: true}}
)

func sizesOf(quick bool) sizes {
	s := sizes{squares: []int{512, 1024, 2048, 4096}, fewRows: []int{1, 4, 16}, gpt: gptShape, smol: smolShape, gptRows: 8, smolRows: 2, width: 256,
		prompt: 32, answer: 64, rollouts: []int{16, 64}, rows: 2048, cols: 1024, vocabRows: 64,
		contexts: []int{512, 1024, 2048, 4096, 8192}, batches: []int{1, 2, 4, 8}, depths: []int{2, 4, 8, 16}}
	if quick {
		s.squares, s.fewRows, s.gptRows, s.smolRows, s.width = []int{48}, []int{1}, 2, 2, 16
		s.gpt.Dim, s.gpt.Layers, s.gpt.Heads, s.gpt.KVHeads, s.gpt.Hidden, s.gpt.Context = 64, 2, 2, 2, 128, 32
		s.gpt.HeadDim = 32
		s.smol.Vocab, s.smol.Dim, s.smol.Layers, s.smol.Heads, s.smol.KVHeads, s.smol.HeadDim, s.smol.Hidden, s.smol.Context = 512, 96, 2, 3, 1, 32, 256, 256
		s.prompt, s.answer, s.rollouts, s.rows, s.cols, s.vocabRows = 4, 6, []int{3}, 16, 64, 2
		s.contexts, s.batches, s.depths = []int{32, 64}, []int{1, 2}, []int{1, 2}
	}
	return s
}

func (s sizes) gptTokens() int  { return s.gptRows * s.width }
func (s sizes) smolTokens() int { return s.smolRows * s.width }

// layersOf lists (out, in) of the products of a block, and of the output layer.
func (c shape) layersOf() [][2]int {
	gate := 2 // the products of gate and up are one
	if c.isGPT() {
		gate = 1 // GPT-2 has a GELU and no gate
	}
	return [][2]int{{(c.Heads + 2*c.KVHeads) * c.HeadDim, c.Dim}, {c.Dim, c.Heads * c.HeadDim}, {gate * c.Hidden, c.Dim}, {c.Dim, c.Hidden}, {c.Vocab, c.Dim}}
}

// isGPT tells the two models apart: only one predicts characters.
func (c shape) isGPT() bool { return c.Vocab == gptShape.Vocab }

// trainFlops counts a step as the package comment says.
func (c shape) trainFlops(rows, length int) float64 {
	weights := 0
	for i, w := range c.layersOf() {
		n := w[0] * w[1]
		if i < 4 {
			n *= c.Layers
		}
		weights += n
	}
	tokens := float64(rows * length)
	pairs := tokens * float64(length+1) / 2
	return 6*tokens*float64(weights) + 12*float64(c.Layers)*pairs*float64(c.Heads*c.HeadDim)
}

// peer describes the model to the peer script.
func (c shape) peer(op, precision string, more spec) spec {
	kind := "llama"
	if c.isGPT() {
		kind = "gpt"
	}
	s := spec{"op": op, "model": kind, "vocab": c.Vocab, "dim": c.Dim, "layers": c.Layers, "heads": c.Heads, "kv": c.KVHeads, "hidden": c.Hidden,
		"context": c.Context, "theta": c.RopeTheta, "precision": precision}
	for k, v := range more {
		s[k] = v
	}
	return s
}

func normals(rng *rand.Rand, n int) []float32 {
	x := compute.Aligned(n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func tokens(rng *rand.Rand, n, vocab int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(rng.IntN(vocab))
	}
	return ids
}
