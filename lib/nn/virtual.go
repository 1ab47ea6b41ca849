package nn

import (
	"fmt"

	"lyceum/lib/internal/torchrand"
	"lyceum/lib/tensor"
)

// PromptTuning puts n learned embeddings before every sequence (Lester et al. 2021, arXiv:2104.08691, section 2): the only
// parameters that are trained. They begin as the embeddings of the tokens Init, repeated as often as needed, or, if there
// are none, as normal numbers of deviation 1, as PEFT's RANDOM.
type PromptTuning struct {
	VirtualTokens int // n
	Init          []int32
	Seed          uint64
}

// Kind is PEFT's peft_type.
func (PromptTuning) Kind() string { return "PROMPT_TUNING" }

// Build makes the adapter.
func (c PromptTuning) Build(h *Host) (*Adapter, error) {
	if c.VirtualTokens <= 0 {
		return nil, fmt.Errorf("nn.PromptTuning: VirtualTokens is %d, it must be positive", c.VirtualTokens)
	}
	t := normal(c.Seed, c.VirtualTokens, h.Dim)
	for i := 0; len(c.Init) > 0 && i < c.VirtualTokens; i++ {
		id := int(c.Init[i%len(c.Init)])
		if id < 0 || id >= h.Embed.Dim(0) {
			return nil, fmt.Errorf("nn.PromptTuning: Init has the token %d, outside the vocabulary of %d", id, h.Embed.Dim(0))
		}
		copy(t.Data()[i*h.Dim:(i+1)*h.Dim], h.Embed.Data()[id*h.Dim:])
	}
	a := &Adapter{Config: c, Prompt: t.RequireGrad()}
	a.Params = []Param{{Name: "prompt_embeddings", Value: a.Prompt}}
	return a, nil
}

// PrefixTuning puts n learned keys and values before those of every sequence in every block (Li and Liang 2021,
// arXiv:2101.00190, section 4). Row i holds, for each block, the keys and then the values of virtual token i. They are not
// turned by position; the tokens of the sequence count from n. They begin as normal numbers of deviation 1, as in PEFT.
type PrefixTuning struct {
	VirtualTokens int // n
	Seed          uint64
}

// Kind is PEFT's peft_type.
func (PrefixTuning) Kind() string { return "PREFIX_TUNING" }

// Build makes the adapter.
func (c PrefixTuning) Build(h *Host) (*Adapter, error) {
	if c.VirtualTokens <= 0 {
		return nil, fmt.Errorf("nn.PrefixTuning: VirtualTokens is %d, it must be positive", c.VirtualTokens)
	}
	t := normal(c.Seed, c.VirtualTokens, 2*h.Layers*h.KVHeads*h.HeadDim)
	a := &Adapter{Config: c, Prefix: t.RequireGrad()}
	a.Params = []Param{{Name: "prompt_embeddings", Value: a.Prefix}}
	return a, nil
}

// normal is torch.randn after torch.manual_seed.
func normal(seed uint64, shape ...int) *tensor.Tensor {
	t := tensor.New(shape...)
	torchrand.New(seed).Randn(t.Data())
	return t
}
