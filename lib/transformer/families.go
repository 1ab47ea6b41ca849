package transformer

import (
	"fmt"
	"sort"
	"strings"
)

// A Family is the models that share a description: what is the same in all of them, and what their parameters are called.
type Family struct {
	Name  string // model_type in config.json
	Class string // the name of the classes in Transformers: LlamaForCausalLM
	Base  Config // what is the same in all
	// Transposed: matrices are stored (in, out), as the Conv1D of GPT-2.
	Transposed bool

	names names
}

// names are what Hugging Face calls the modules; empty: there is none. Those of a block come after block and its number.
type names struct {
	embed, positions, norm, block        string
	attnNorm, postAttn, mlpNorm, postMLP string
	q, k, v, qkv, out, qNorm, kNorm      string // qkv: the three are one module
	gate, up, down                       string
}

var llamaNames = names{embed: "model.embed_tokens", norm: "model.norm", block: "model.layers.",
	attnNorm: "input_layernorm", mlpNorm: "post_attention_layernorm",
	q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj", out: "self_attn.o_proj", qNorm: "self_attn.q_norm", kNorm: "self_attn.k_norm",
	gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj"}

var gemmaNames = func() names {
	n := llamaNames
	n.postAttn, n.mlpNorm, n.postMLP = "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"
	return n
}()

var gpt2Names = names{embed: "transformer.wte", positions: "transformer.wpe", norm: "transformer.ln_f", block: "transformer.h.",
	attnNorm: "ln_1", mlpNorm: "ln_2", qkv: "attn.c_attn", out: "attn.c_proj", up: "mlp.c_fc", down: "mlp.c_proj"}

// families are the architectures, by model_type. What a config.json says comes on top.
var families = map[string]Family{
	"llama":   {Class: "Llama", names: llamaNames},                              // Touvron et al. 2023, arXiv:2302.13971; SmolLM2 too
	"mistral": {Class: "Mistral", names: llamaNames},                            // Jiang et al. 2023, arXiv:2310.06825: local attention in every block
	"smollm3": {Class: "SmolLM3", names: llamaNames},                            // every fourth block without positions (Yang et al. 2025, arXiv:2501.18795)
	"qwen2":   {Class: "Qwen2", names: llamaNames, Base: Config{QKVBias: true}}, // Qwen2 and 2.5: arXiv:2412.15115
	"qwen3":   {Class: "Qwen3", names: llamaNames, Base: Config{QKNorm: true}},  // arXiv:2505.09388
	// Gemma 3 (arXiv:2503.19786): five local blocks to one global, norms before and after.
	"gemma3_text": {Class: "Gemma3", names: gemmaNames, Base: Config{Norm: "rms+1", QKNorm: true, PostNorms: true, Activation: "gelu_tanh"}},
	// Radford et al. 2019.
	"gpt2": {Class: "GPT2", names: gpt2Names, Transposed: true, Base: Config{Norm: "layer", QKVBias: true, OutBias: true, MLPBias: true,
		Activation: "gelu_tanh", Ungated: true, Learned: true}},
}

// ByFamily returns the description of a family by its model_type ("llama", "qwen3", ...); the error lists those that are
// known.
func ByFamily(name string) (Family, error) {
	f, ok := families[name]
	if !ok {
		var known []string
		for n := range families {
			known = append(known, n)
		}
		sort.Strings(known)
		return f, fmt.Errorf("the model type %q is not known: %s are", name, strings.Join(known, ", "))
	}
	f.Name, f.Base.Family = name, name
	if name == "llama" {
		f.Base.Family = "" // so that a Config written by hand is that of a file
	}
	return f, nil
}

func (c Config) family() (Family, error) {
	name := c.Family
	if name == "" {
		name = "llama"
	}
	f, err := ByFamily(name)
	if err != nil {
		return f, fmt.Errorf("transformer.Config: Family: %w", err)
	}
	n := f.names
	for what, missing := range map[string]bool{"QKNorm": c.QKNorm && n.qNorm == "", "PostNorms": c.PostNorms && n.postAttn == "",
		"Learned": c.Learned && n.positions == "", "a gated MLP": !c.Ungated && n.gate == ""} {
		if missing {
			return f, fmt.Errorf("transformer.Config: a model of the family %s has no %s", name, what)
		}
	}
	return f, nil
}
