// Package transformer is the decoder language model of the Llama family (Touvron et al. 2023, arXiv:2302.13971): token
// embedding, blocks of attention and SwiGLU with RMSNorm before each, rotary positions, and an output layer that may share
// the embedding's weights. Sizes: B sequences, T tokens, D model width, V vocabulary.
package transformer

import "fmt"

// Config is the shape of a model.
type Config struct {
	Vocab     int     // V, tokens
	Dim       int     // D, model width
	Layers    int     // blocks
	Heads     int     // query heads
	KVHeads   int     // key and value heads; divides Heads
	HeadDim   int     // numbers per head; usually Dim/Heads
	Hidden    int     // width inside the MLP
	Context   int     // the longest sequence
	RopeTheta float64 // base of the rotary angles
	NormEps   float64
	Tied      bool // the output layer uses the embedding's weights
	QKVBias   bool // the query, key and value layers have a bias (Qwen2)

	RopeScaling RopeScaling // Llama 3.1's longer context; the zero value: none
}

// Check says what is wrong with a configuration.
func (c Config) Check() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"Vocab", c.Vocab}, {"Dim", c.Dim}, {"Layers", c.Layers}, {"Heads", c.Heads}, {"KVHeads", c.KVHeads}, {"HeadDim", c.HeadDim}, {"Hidden", c.Hidden}, {"Context", c.Context}} {
		if f.value <= 0 {
			return fmt.Errorf("transformer.Config: %s is %d, it must be positive", f.name, f.value)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("transformer.Config: %d Heads cannot share %d KVHeads evenly", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("transformer.Config: HeadDim is %d, rotary positions need an even number", c.HeadDim)
	case !(c.RopeTheta > 0):
		return fmt.Errorf("transformer.Config: RopeTheta is %v, it must be positive", c.RopeTheta)
	case !(c.NormEps > 0):
		return fmt.Errorf("transformer.Config: NormEps is %v, it must be positive", c.NormEps)
	}
	return c.RopeScaling.check()
}

// NumParams is how many numbers the model has.
func (c Config) NumParams() int {
	width := (c.Heads + 2*c.KVHeads) * c.HeadDim
	block := c.Dim*width + c.Heads*c.HeadDim*c.Dim + 3*c.Dim*c.Hidden + 2*c.Dim
	if c.QKVBias {
		block += width
	}
	n := c.Vocab*c.Dim + c.Layers*block + c.Dim
	if !c.Tied {
		n += c.Vocab * c.Dim
	}
	return n
}
