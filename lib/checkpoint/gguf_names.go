package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// A family is an architecture under both of its names, llama.cpp's and Hugging Face's.
type family struct {
	arch    string // general.architecture
	kind    string // model_type
	class   string // architectures of config.json
	pairs   bool   // q_proj and k_proj lie with the rows that rotate together side by side
	addNorm bool   // the norms' weights are one larger in GGUF: llama.cpp multiplies by w, the model by 1 + w
	turned  bool   // the matrices are (in, out) in Hugging Face checkpoints
	outer   []renamed
	block   []renamed // after "blk.N." and the prefix
	prefix  string
}

// renamed is a tensor without ".weight" or ".bias".
type renamed struct{ gguf, hf string }

var (
	llamaOuter = []renamed{{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}}
	llamaBlock = []renamed{{"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"}, {"attn_k", "self_attn.k_proj"}, {"attn_v", "self_attn.v_proj"}, {"attn_output", "self_attn.o_proj"},
		{"ffn_norm", "post_attention_layernorm"}, {"ffn_gate", "mlp.gate_proj"}, {"ffn_up", "mlp.up_proj"}, {"ffn_down", "mlp.down_proj"}}
	qwen3Block = append(llamaBlock[:len(llamaBlock):len(llamaBlock)], renamed{"attn_q_norm", "self_attn.q_norm"}, renamed{"attn_k_norm", "self_attn.k_norm"})
	gemmaBlock = []renamed{{"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"}, {"attn_k", "self_attn.k_proj"}, {"attn_v", "self_attn.v_proj"}, {"attn_output", "self_attn.o_proj"},
		{"attn_q_norm", "self_attn.q_norm"}, {"attn_k_norm", "self_attn.k_norm"}, {"post_attention_norm", "post_attention_layernorm"},
		{"ffn_norm", "pre_feedforward_layernorm"}, {"post_ffw_norm", "post_feedforward_layernorm"}, {"ffn_gate", "mlp.gate_proj"}, {"ffn_up", "mlp.up_proj"}, {"ffn_down", "mlp.down_proj"}}
	gpt2Outer = []renamed{{"token_embd", "transformer.wte"}, {"position_embd", "transformer.wpe"}, {"output_norm", "transformer.ln_f"}, {"output", "lm_head"}}
	gpt2Block = []renamed{{"attn_norm", "ln_1"}, {"attn_qkv", "attn.c_attn"}, {"attn_output", "attn.c_proj"}, {"ffn_norm", "ln_2"}, {"ffn_up", "mlp.c_fc"}, {"ffn_down", "mlp.c_proj"}}
)

// families are the architectures that can be read from and written to GGUF.
var families = []family{
	{arch: "llama", kind: "llama", class: "LlamaForCausalLM", pairs: true, outer: llamaOuter, block: llamaBlock, prefix: "model.layers."},
	{arch: "llama", kind: "mistral", class: "MistralForCausalLM", pairs: true, outer: llamaOuter, block: llamaBlock, prefix: "model.layers."},
	{arch: "smollm3", kind: "smollm3", class: "SmolLM3ForCausalLM", pairs: true, outer: llamaOuter, block: llamaBlock, prefix: "model.layers."},
	{arch: "qwen2", kind: "qwen2", class: "Qwen2ForCausalLM", outer: llamaOuter, block: llamaBlock, prefix: "model.layers."},
	{arch: "qwen3", kind: "qwen3", class: "Qwen3ForCausalLM", outer: llamaOuter, block: qwen3Block, prefix: "model.layers."},
	{arch: "gemma3", kind: "gemma3_text", class: "Gemma3ForCausalLM", addNorm: true, outer: llamaOuter, block: gemmaBlock, prefix: "model.layers."},
	{arch: "gpt2", kind: "gpt2", class: "GPT2LMHeadModel", turned: true, outer: gpt2Outer, block: gpt2Block, prefix: "transformer.h."},
}

// familyOf finds a family by either name.
func familyOf(arch, kind string) (family, error) {
	var known []string
	for _, f := range families {
		if f.arch == arch || f.kind == kind {
			return f, nil
		}
		if name := f.arch; kind == "" && (len(known) == 0 || known[len(known)-1] != name) {
			known = append(known, name)
		} else if kind != "" {
			known = append(known, f.kind)
		}
	}
	return family{}, fmt.Errorf("the architecture %q is not known: %s are", arch+kind, strings.Join(known, ", "))
}

// toHF returns the name in a Hugging Face checkpoint, or "" for a tensor that the family does not have.
func (f family) toHF(name string) string {
	stem, end := cutKind(name)
	if rest, ok := strings.CutPrefix(stem, "blk."); ok {
		n, part, ok := strings.Cut(rest, ".")
		if _, err := strconv.ParseUint(n, 10, 16); err != nil || !ok {
			return ""
		}
		for _, r := range f.block {
			if r.gguf == part {
				return f.prefix + n + "." + r.hf + end
			}
		}
		return ""
	}
	for _, r := range f.outer {
		if r.gguf == stem {
			return r.hf + end
		}
	}
	return ""
}

// toGGUF is the reverse.
func (f family) toGGUF(name string) string {
	stem, end := cutKind(name)
	if rest, ok := strings.CutPrefix(stem, f.prefix); ok {
		n, part, _ := strings.Cut(rest, ".")
		for _, r := range f.block {
			if r.hf == part {
				return "blk." + n + "." + r.gguf + end
			}
		}
		return ""
	}
	for _, r := range f.outer {
		if r.hf == stem {
			return r.gguf + end
		}
	}
	return ""
}

func cutKind(name string) (stem, end string) {
	for _, end := range []string{".weight", ".bias"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			return s, end
		}
	}
	return name, ""
}

// form says how a tensor with a Hugging Face name lies in a GGUF file.
func (f family) form(name string, shape []int, heads, kvHeads int) form {
	stem, end := cutKind(name)
	switch {
	case f.pairs && strings.HasSuffix(stem, "self_attn.q_proj"):
		return form{pairs: heads}
	case f.pairs && strings.HasSuffix(stem, "self_attn.k_proj"):
		return form{pairs: kvHeads}
	case f.addNorm && strings.HasSuffix(stem, "norm"):
		return form{add: -1}
	case f.turned && end == ".weight" && len(shape) == 2 && strings.Contains(stem, ".c_"):
		return form{turn: true}
	}
	return form{}
}
