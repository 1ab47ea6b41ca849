// Package transformer is the decoder language model: token embedding, blocks of attention and an MLP, and an output layer
// that may share the embedding's weights. What the families (Llama, Qwen, Mistral, SmolLM, Gemma, GPT-2) have of their own
// is in their description, not in code of their own: see Config and families.go. Sizes: B sequences, T tokens, D model
// width, V vocabulary.
package transformer

import (
	"fmt"
	"math"
)

// Config is the shape of a model. The fields up to RopeScaling are enough for Llama's (Touvron et al. 2023,
// arXiv:2302.13971); the others describe what other families do otherwise. ByFamily begins with those of a family.
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

	RopeScaling RopeScaling // for a context that was lengthened; the zero value: none

	Family  string // model_type of Hugging Face, which decides the names of the parameters; empty: llama
	OutBias bool   // the attention's output layer has a bias
	MLPBias bool   // the layers of the MLP have
	// Norm is "" for RMSNorm, "rms+1" for RMSNorm with weights 1+w (Gemma), "layer" for LayerNorm (GPT-2).
	Norm      string
	QKNorm    bool // queries and keys are normalised head by head before they are turned (Qwen3, Gemma 3)
	PostNorms bool // what attention and MLP add to the stream is normalised too (Gemma)
	// Activation of the MLP is "" for SiLU, "gelu_tanh" or "gelu".
	Activation string
	Ungated    bool // the MLP is down(act(up x)), without a gate (GPT-2)
	Learned    bool // learned positions are added to the embeddings; nothing is turned (GPT-2)

	EmbedScale float64 // factor of the embeddings; 0: 1 (Gemma: sqrt D)
	AttnScale  float64 // factor of the attention scores; 0: 1/sqrt(HeadDim)
	// AttnByLayer divides the attention scores of block i by i+1 too (scale_attn_by_inverse_layer_idx of GPT-2).
	AttnByLayer bool

	Window int // in local blocks a query sees this many tokens, itself the last; 0: there are none
	// Pattern has a letter for each block: G global attention, L local; small letters: without rotary positions (SmolLM3).
	// Empty: all global.
	Pattern    string
	LocalTheta float64 // RopeTheta of local blocks, without RopeScaling; 0: as the others

	InitStd float64 // initializer_range, the standard deviation of a new head's weights; 0: 0.02
}

// Local reports whether block i sees only the last Window tokens.
func (c Config) Local(i int) bool {
	return c.Window > 0 && i < len(c.Pattern) && (c.Pattern[i] == 'L' || c.Pattern[i] == 'l')
}

// window is how many tokens a query of block i sees; 0: all before it.
func (c Config) window(i int) int {
	if c.Local(i) {
		return c.Window
	}
	return 0
}

// attentionScale is the factor of the attention scores in block i.
func (c Config) attentionScale(i int) float32 {
	scale := c.AttnScale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(c.HeadDim))
	}
	if c.AttnByLayer {
		scale /= float64(i + 1)
	}
	return float32(scale)
}

// reach is how long a sequence can be: Context, or more with angles that adapt to its length.
func (c Config) reach() int {
	if c.RopeScaling.Kind == "dynamic" {
		return int(float64(c.Context) * c.RopeScaling.Factor)
	}
	return c.Context
}

// Rotary reports whether block i turns queries and keys by their positions.
func (c Config) Rotary(i int) bool {
	return !c.Learned && (i >= len(c.Pattern) || c.Pattern[i] == 'G' || c.Pattern[i] == 'L')
}

// Check says what is wrong with a configuration.
func (c Config) Check() error {
	bad := func(format string, args ...any) error { return fmt.Errorf("transformer.Config: "+format, args...) }
	for _, f := range []struct {
		name  string
		value int
	}{{"Vocab", c.Vocab}, {"Dim", c.Dim}, {"Layers", c.Layers}, {"Heads", c.Heads}, {"KVHeads", c.KVHeads}, {"HeadDim", c.HeadDim}, {"Hidden", c.Hidden}, {"Context", c.Context}} {
		if f.value <= 0 {
			return bad("%s is %d, it must be positive", f.name, f.value)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return bad("%d Heads cannot share %d KVHeads evenly", c.Heads, c.KVHeads)
	case !c.Learned && c.HeadDim%2 != 0:
		return bad("HeadDim is %d, rotary positions need an even number", c.HeadDim)
	case !c.Learned && !(c.RopeTheta > 0):
		return bad("RopeTheta is %v, it must be positive", c.RopeTheta)
	case !(c.NormEps > 0):
		return bad("NormEps is %v, it must be positive", c.NormEps)
	case c.Norm != "" && c.Norm != "rms+1" && c.Norm != "layer":
		return bad(`Norm is %q, it must be empty, "rms+1" or "layer"`, c.Norm)
	case c.Activation != "" && c.Activation != "gelu_tanh" && c.Activation != "gelu":
		return bad(`Activation is %q, it must be empty, "gelu_tanh" or "gelu"`, c.Activation)
	case c.Activation == "gelu" && !c.Ungated:
		return bad(`Activation "gelu" is known without a gate only`)
	case c.Window < 0:
		return bad("Window is %d, it must not be negative", c.Window)
	case c.LocalTheta < 0 || math.IsNaN(c.LocalTheta):
		return bad("LocalTheta is %v, it must not be negative", c.LocalTheta)
	}
	return c.checkMore()
}

func (c Config) checkMore() error {
	bad := func(format string, args ...any) error { return fmt.Errorf("transformer.Config: "+format, args...) }
	if _, err := c.family(); err != nil {
		return err
	}
	for name, x := range map[string]float64{"EmbedScale": c.EmbedScale, "AttnScale": c.AttnScale, "InitStd": c.InitStd} {
		if !(x >= 0) || math.IsInf(x, 0) {
			return bad("%s is %v, it must not be negative", name, x)
		}
	}
	if c.Pattern != "" && len(c.Pattern) != c.Layers {
		return bad("Pattern %q has %d letters for %d Layers", c.Pattern, len(c.Pattern), c.Layers)
	}
	for i, k := range c.Pattern {
		switch {
		case k != 'G' && k != 'g' && k != 'L' && k != 'l':
			return bad("Pattern %q: letter %d must be one of G, L, g and l", c.Pattern, i+1)
		case (k == 'L' || k == 'l') && c.Window == 0:
			return bad("Pattern %q has local blocks, Window is 0", c.Pattern)
		}
	}
	return c.RopeScaling.check(c)
}

// NumParams is how many numbers the model has.
func (c Config) NumParams() int {
	q, width, hidden := c.Heads*c.HeadDim, (c.Heads+2*c.KVHeads)*c.HeadDim, 2*c.Hidden
	norm := c.Dim
	if c.Norm == "layer" {
		norm *= 2
	}
	if c.Ungated {
		hidden = c.Hidden
	}
	block := c.Dim*width + q*c.Dim + c.Dim*hidden + c.Hidden*c.Dim + 2*norm
	for _, x := range []struct {
		has bool
		n   int
	}{{c.QKVBias, width}, {c.OutBias, c.Dim}, {c.MLPBias, hidden + c.Dim}, {c.QKNorm, 2 * c.HeadDim}, {c.PostNorms, 2 * norm}} {
		if x.has {
			block += x.n
		}
	}
	n := c.Vocab*c.Dim + c.Layers*block + norm
	if !c.Tied {
		n += c.Vocab * c.Dim
	}
	if c.Learned {
		n += c.Context * c.Dim
	}
	return n
}
