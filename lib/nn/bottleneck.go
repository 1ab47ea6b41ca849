package nn

import (
	"fmt"
	"math/rand/v2"

	"lyceum/lib/tensor"
)

// Bottleneck puts small networks into the blocks, which are not part of PEFT:
//
//	f(x) = s (U relu(D x + c) + b),  D (d/Reduction, d), U (d, d/Reduction)
//
//	houlsby   y + f(y) after the attention and after the MLP (Houlsby et al. 2019, arXiv:1902.00751, section 2.1)
//	pfeiffer  y + f(y) after the MLP (Pfeiffer et al. 2021, arXiv:2005.00247, section 3.2)
//	parallel  y + f(x) beside the MLP, x its input (He et al. 2022, arXiv:2110.04366, section 4.3)
//
// D begins normal with deviation 0.02 and U at zero, so that the model begins as it was. It cannot be merged.
type Bottleneck struct {
	Form      string  // "pfeiffer" (or empty), "houlsby" or "parallel"
	Reduction int     // 0: 16 (parallel: 2)
	Scale     float64 // s; 0: 1 (parallel: 4)
	Dropout   float64
	Seed      uint64
}

// Kind is BOTTLENECK; PEFT does not have it.
func (Bottleneck) Kind() string { return "BOTTLENECK" }

// WithDefaults returns the settings as they will be used, or says what is wrong with them.
func (c Bottleneck) WithDefaults() (Bottleneck, error) {
	if c.Form == "" {
		c.Form = "pfeiffer"
	}
	parallel := c.Form == "parallel"
	if c.Form != "pfeiffer" && c.Form != "houlsby" && !parallel {
		return c, fmt.Errorf(`nn.Bottleneck: Form is %q, it must be "pfeiffer", "houlsby" or "parallel"`, c.Form)
	}
	if c.Reduction == 0 {
		c.Reduction = 16
		if parallel {
			c.Reduction = 2
		}
	}
	if c.Scale == 0 {
		c.Scale = 1
		if parallel {
			c.Scale = 4
		}
	}
	if c.Reduction < 1 {
		return c, fmt.Errorf("nn.Bottleneck: Reduction is %d, it must be positive", c.Reduction)
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return c, fmt.Errorf("nn.Bottleneck: Dropout is %v, it must be at least 0 and below 1", c.Dropout)
	}
	return c, nil
}

// Build makes the adapter.
func (c Bottleneck) Build(h *Host) (*Adapter, error) {
	c, err := c.WithDefaults()
	if err != nil {
		return nil, err
	}
	a := &Adapter{Config: c, hooks: map[*Linear][]hook{}}
	rng := tensor.NewRand(c.Seed)
	for _, s := range h.Sites {
		if !s.End || s.Role != "mlp" && c.Form != "houlsby" {
			continue
		}
		n := c.network(h, s, rng, a)
		if c.Form != "parallel" {
			a.hooks[s.Linear] = append(a.hooks[s.Linear], n)
			continue
		}
		side := &sideHook{network: n}
		a.hooks[s.In] = append(a.hooks[s.In], &listenHook{side: side})
		a.hooks[s.Linear] = append(a.hooks[s.Linear], side)
	}
	return a, nil
}

func (c Bottleneck) network(h *Host, s Site, rng *rand.Rand, a *Adapter) *bottleneckHook {
	d, w := h.Dim, max(1, h.Dim/c.Reduction)
	down := NewLinear(rng, d, w, InitStd)
	n := &bottleneckHook{down: down.Weight, c: tensor.New(w).RequireGrad(), up: tensor.New(d, w).RequireGrad(), b: tensor.New(d).RequireGrad(),
		scale: float32(c.Scale), dropout: c.Dropout, mode: h.Mode}
	at := fmt.Sprintf("%s.adapter_", s.Name)
	a.Params = append(a.Params, Param{Name: at + "down.weight", Value: n.down}, Param{Name: at + "down.bias", Value: n.c},
		Param{Name: at + "up.weight", Value: n.up}, Param{Name: at + "up.bias", Value: n.b})
	return n
}

// bottleneckHook is y + f(y).
type bottleneckHook struct {
	noHook
	down, c, up, b *tensor.Tensor
	scale          float32
	dropout        float64
	mode           *Mode
}

func (h *bottleneckHook) f(x *tensor.Tensor, plain bool) *tensor.Tensor {
	z := tensor.Linear(x, param(h.down, plain), param(h.c, plain)).Relu()
	if !plain {
		z = Dropout(z, h.dropout, h.mode)
	}
	out := tensor.Linear(z, param(h.up, plain), param(h.b, plain))
	if h.scale != 1 {
		out = out.Scale(h.scale)
	}
	return out
}

func (h *bottleneckHook) after(_ *Linear, _, y *tensor.Tensor, plain bool) *tensor.Tensor {
	return y.Plus(h.f(y, plain))
}

// sideHook adds f of the MLP's input, which listenHook has heard, to its output.
type sideHook struct {
	noHook
	network *bottleneckHook
	heard   *tensor.Tensor
}

func (h *sideHook) after(_ *Linear, _, y *tensor.Tensor, plain bool) *tensor.Tensor {
	out := y.Plus(h.network.f(h.heard, plain))
	h.heard = nil
	return out
}

type listenHook struct {
	noHook
	side *sideHook
}

func (h *listenHook) before(x *tensor.Tensor, plain bool) *tensor.Tensor {
	h.side.heard = x
	if plain { // generation writes the output over the input
		h.side.heard = duplicate(x)
	}
	return x
}
