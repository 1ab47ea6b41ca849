package nn

import (
	"fmt"
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/tensor"
)

// LoRA adds a product of two thin matrices to linear layers (Hu et al. 2021, arXiv:2106.09685, section 4.1):
//
//	y = W x + s B A dropout(x),  s = Alpha / Rank  (rsLoRA: Alpha / sqrt(Rank))
//
// A (Rank, in) begins uniform in +-1/sqrt(in), B (out, Rank) at zero, so that the model begins as it was. With DoRA the
// columns are scaled to a learned magnitude, see dora.go. Settings and defaults are those of PEFT's LoraConfig.
type LoRA struct {
	Rank    int     // r; 0: 8
	Alpha   float64 // lora_alpha; 0: 8
	Dropout float64 // of the adapter's input, in training
	RSLoRA  bool    // use_rslora: rank-stabilised scaling (Kalajdzievski 2023, arXiv:2312.03732)
	DoRA    bool    // use_dora: weight decomposition (Liu et al. 2024, arXiv:2402.09353)
	Targets Targets // empty: q_proj and v_proj (c_attn in GPT-2); embed_tokens (wte) and lm_head can be named too, see TablePart
	// RankPattern and AlphaPattern give some targets another Rank or Alpha; keys are regular expressions for ends of names.
	RankPattern  map[string]int
	AlphaPattern map[string]float64
	// ModulesToSave are modules that are trained whole and saved with the adapter, as "input_layernorm" or "lm_head".
	ModulesToSave []string
	// Bias is "none" (or empty), "lora_only" or "all": which biases of the model are trained too.
	Bias string
	// Init is "" (Kaiming), "gaussian" (A normal with deviation 1/Rank) or "random" (B not zero either: PEFT's False).
	Init string
	Seed uint64 // with the same one, the numbers are those that PEFT gets after torch.manual_seed
}

// Kind is PEFT's peft_type.
func (LoRA) Kind() string { return "LORA" }

// WithDefaults returns the settings as they will be used, or says what is wrong with them.
func (c LoRA) WithDefaults() (LoRA, error) {
	bad := func(format string, args ...any) (LoRA, error) {
		return c, fmt.Errorf("nn.LoRA: "+format, args...)
	}
	if c.Rank == 0 {
		c.Rank = 8
	}
	if c.Alpha == 0 {
		c.Alpha = 8
	}
	if c.Bias == "" {
		c.Bias = "none"
	}
	switch {
	case c.Rank < 0:
		return bad("Rank is %d, it must be positive", c.Rank)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return bad("Dropout is %v, it must be at least 0 and below 1", c.Dropout)
	case math.IsNaN(c.Alpha) || math.IsInf(c.Alpha, 0):
		return bad("Alpha is %v", c.Alpha)
	case c.Bias != "none" && c.Bias != "all" && c.Bias != "lora_only":
		return bad(`Bias is %q, it must be "none", "all" or "lora_only"`, c.Bias)
	case c.Init != "" && c.Init != "gaussian" && c.Init != "random":
		return bad(`Init is %q, it must be empty, "gaussian" or "random"`, c.Init)
	}
	for k, r := range c.RankPattern {
		if r <= 0 {
			return bad("RankPattern[%q] is %d, it must be positive", k, r)
		}
	}
	return c, nil
}

var loraTargets = map[string][]string{"gpt2": {"c_attn"}, "llama": {"q_proj", "v_proj"}, "mistral": {"q_proj", "v_proj"},
	"qwen2": {"q_proj", "v_proj"}, "qwen3": {"q_proj", "v_proj"}, "gemma3_text": {"q_proj", "v_proj"}}

// Build makes the adapter.
func (c LoRA) Build(h *Host) (*Adapter, error) {
	c, err := c.WithDefaults()
	if err != nil {
		return nil, err
	}
	tables, err := c.Targets.tables(h, c.ModulesToSave)
	if err != nil {
		return nil, err
	}
	sites, err := c.Targets.resolve(h, loraTargets[h.Arch], c.ModulesToSave)
	if err != nil && len(tables) == 0 {
		return nil, err
	}
	c.Targets = c.Targets.withDefaults(loraTargets[h.Arch])
	a := &Adapter{Config: c, hooks: map[*Linear][]hook{}, lora: map[string]*loraPart{}}
	rng := torchrand.New(c.Seed)
	if err := c.addTables(a, tables, false, h, rng); err != nil {
		return nil, err
	}
	byLinear := map[*Linear]*loraHook{}
	for _, s := range sites {
		p, err := c.part(s, rng)
		if err != nil {
			return nil, err
		}
		hook := byLinear[s.Linear]
		if hook == nil {
			hook = &loraHook{dropout: c.Dropout, mode: h.Mode}
			byLinear[s.Linear], a.hooks[s.Linear] = hook, append(a.hooks[s.Linear], hook)
		}
		hook.parts, a.lora[s.Name] = append(hook.parts, p), p
		name := prefix + s.Name + "."
		a.Params = append(a.Params, Param{Name: name + "lora_A.weight", Value: p.a}, Param{Name: name + "lora_B.weight", Value: p.b})
		if p.magnitude != nil {
			a.Params = append(a.Params, Param{Name: name + "lora_magnitude_vector", Value: p.magnitude})
		}
		a.deltas = append(a.deltas, delta{s, p.merge})
	}
	if err := c.addTables(a, tables, true, h, rng); err != nil {
		return nil, err
	}
	if err := a.trainBiases(h, c.Bias, sites); err != nil {
		return nil, err
	}
	return a, a.SaveModules(h, c.ModulesToSave...)
}

// part makes the matrices of one site.
func (c LoRA) part(s Site, rng *torchrand.Generator) (*loraPart, error) {
	p, err := c.scaled(s.Name, s.Inputs(), s.Outputs(), s.Outputs())
	if err != nil {
		return nil, err
	}
	p.low = s.Low
	uniform(rng, p.a) // the layers of torch begin like this; what follows begins anew
	uniform(rng, p.b)
	if c.Init != "random" {
		clear(p.b.Data())
	}
	switch c.Init {
	case "":
		uniform(rng, p.a)
	case "gaussian":
		rng.Randn(p.a.Data())
		for i := range p.a.Data() {
			p.a.Data()[i] *= 1 / float32(p.a.Dim(0))
		}
	}
	if c.DoRA {
		p.magnitude = tensor.From(p.norms(s.Linear), p.rows).RequireGrad()
	}
	return p, nil
}

// scaled makes the matrices of a name, A (r, in) and B (out, r), all zero, for so many rows.
func (c LoRA) scaled(name string, in, out, rows int) (*loraPart, error) {
	rank, err := keyed(c.RankPattern, name, c.Rank)
	if err != nil {
		return nil, err
	}
	alpha, err := keyed(c.AlphaPattern, name, c.Alpha)
	if err != nil {
		return nil, err
	}
	p := &loraPart{rows: rows, scale: float32(alpha / float64(rank))}
	if c.RSLoRA {
		p.scale = float32(alpha / math.Sqrt(float64(rank)))
	}
	p.a, p.b = tensor.New(rank, in).RequireGrad(), tensor.New(out, rank).RequireGrad()
	return p, nil
}

// uniform fills a matrix (out, in) as torch.nn.Linear begins: uniform in +-1/sqrt(in), which is Kaiming with a = sqrt 5. The
// numbers are those of PyTorch.
func uniform(rng *torchrand.Generator, t *tensor.Tensor) {
	bound := math.Sqrt(3) * (math.Sqrt(2.0/6) / math.Sqrt(float64(t.Dim(1))))
	low, width := float32(-bound), float32(bound)-float32(-bound)
	rng.Rand(t.Data())
	for i, x := range t.Data() {
		t.Data()[i] = x*width + low
	}
}

// loraPart is the adapter of some rows of a layer.
type loraPart struct {
	low, rows int
	scale     float32
	a, b      *tensor.Tensor // (r, in), (rows, r)
	magnitude *tensor.Tensor // (rows) with DoRA, else nil

	normed normCache
}

// loraHook is the adapter of a layer.
type loraHook struct {
	noHook
	parts   []*loraPart
	dropout float64
	mode    *Mode
}

func (h *loraHook) after(l *Linear, x, y *tensor.Tensor, plain bool) *tensor.Tensor {
	for _, p := range h.parts {
		in := x
		if !plain {
			in = Dropout(x, h.dropout, h.mode)
		}
		if p.magnitude != nil {
			y = p.dora(l, x, in, y, plain)
		} else {
			y = lowRank(y, in, param(p.a, plain), param(p.b, plain), p.low, p.scale)
		}
	}
	return y
}

// lowRank adds scale (x A^T) B^T to the columns of y from low on, in place. With G for those columns of the gradient and
// h = x A^T: dB = s G^T h, dA = s (G B)^T x, dx = s G B A.
func lowRank(y, x, a, b *tensor.Tensor, low int, scale float32) *tensor.Tensor {
	n, in, r, rows := y.Dim(-1), x.Dim(-1), a.Dim(0), b.Dim(0)
	m := x.Len() / in
	h := tensor.Buffer(m * r)
	compute.Gemm(false, true, m, r, in, 1, x.Data(), in, a.Data(), in, 0, h, r)
	compute.Gemm(false, true, m, rows, r, scale, h, r, b.Data(), r, 1, y.Data()[low:], n)
	return y.Over("LoRA", []*tensor.Tensor{x, a, b}, func(g []float32) {
		if b.Wants() {
			compute.Gemm(true, false, rows, r, m, scale, g[low:], n, h, r, 1, b.GradBuffer(), r)
		}
		if !a.Wants() && !x.Wants() {
			return
		}
		dh := tensor.Buffer(m * r)
		defer tensor.Release(dh)
		compute.Gemm(false, false, m, r, rows, scale, g[low:], n, b.Data(), r, 0, dh, r)
		if a.Wants() {
			compute.Gemm(true, false, r, in, m, 1, dh, r, x.Data(), in, 1, a.GradBuffer(), in)
		}
		if x.Wants() {
			compute.Gemm(false, false, m, in, r, 1, dh, r, a.Data(), in, 1, x.GradBuffer(), in)
		}
	})
}

// merge adds the product to the weights: W + s B A; with DoRA, rows are then scaled to their magnitudes.
func (p *loraPart) merge(w, _ []float32) {
	in, r := p.a.Dim(1), p.a.Dim(0)
	compute.Gemm(false, false, p.rows, in, r, p.scale, p.b.Data(), r, p.a.Data(), in, 1, w, in)
	if p.magnitude == nil {
		return
	}
	for i, m := range p.magnitude.Data() {
		row := w[i*in : (i+1)*in]
		f := m / norm(row)
		for j := range row {
			row[j] *= f
		}
	}
}
