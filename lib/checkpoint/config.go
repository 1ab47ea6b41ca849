package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

// spelling is what a family calls the sizes in its config.json, and its defaults in Transformers for keys that are absent.
type spelling struct {
	dim, layers, heads, hidden, context, eps, act string
	kvHeads                                       int     // 0: as many as heads
	headDim                                       int     // 0: dim / heads
	defaultContext                                int     //
	defaultEps, theta                             float64 //
	activation                                    string
	tied                                          bool
	window                                        int  // sliding_window
	biases                                        bool // attention_bias and mlp_bias are honoured
}

var plain = spelling{dim: "hidden_size", layers: "num_hidden_layers", heads: "num_attention_heads", hidden: "intermediate_size", context: "max_position_embeddings",
	eps: "rms_norm_eps", act: "hidden_act", defaultContext: 2048, defaultEps: 1e-6, theta: 10000, activation: "silu"}

// spellings are those of the families of package transformer.
var spellings = map[string]spelling{
	"llama":   with(func(s *spelling) { s.biases = true }),
	"mistral": with(func(s *spelling) { s.kvHeads, s.defaultContext, s.window = 8, 4096*32, 4096 }),
	"smollm3": with(func(s *spelling) { s.kvHeads, s.defaultContext, s.theta, s.tied, s.biases = 4, 32768, 2e6, true, true }),
	"qwen2":   with(func(s *spelling) { s.kvHeads, s.defaultContext, s.window = 32, 32768, 4096 }),
	"qwen3": with(func(s *spelling) {
		s.kvHeads, s.headDim, s.defaultContext, s.window, s.biases = 32, 128, 32768, 4096, true
	}),
	"gemma3_text": with(func(s *spelling) {
		s.kvHeads, s.headDim, s.defaultContext, s.theta, s.window, s.tied, s.biases = 4, 256, 131072, 1e6, 4096, true, true
		s.act, s.activation = "hidden_activation", "gelu_pytorch_tanh"
	}),
	"gpt2": {dim: "n_embd", layers: "n_layer", heads: "n_head", hidden: "n_inner", context: "n_positions", eps: "layer_norm_epsilon", act: "activation_function",
		defaultContext: 1024, defaultEps: 1e-5, activation: "gelu_new", tied: true},
}

func with(change func(*spelling)) spelling {
	s := plain
	change(&s)
	return s
}

// activations are Transformers' names for what transformer.Config calls otherwise.
var activations = map[string]string{"silu": "", "swish": "", "gelu_pytorch_tanh": "gelu_tanh", "gelu_new": "gelu_tanh", "gelu_fast": "gelu_tanh", "gelu": "gelu"}

// ParseConfig reads a config.json, in the spellings of Transformers 4 and 5; name stands in errors. A family, a kind of
// rotary positions or a setting that would change what the model computes, and is not known, is an error.
func ParseConfig(name string, data []byte) (transformer.Config, error) {
	f, err := parseFields(data)
	if err == nil {
		var c transformer.Config
		if c, err = f.config(); err == nil {
			return c, nil
		}
	}
	return transformer.Config{}, fmt.Errorf("checkpoint: %s: %w", name, err)
}

func (f *fields) config() (transformer.Config, error) {
	fam, err := transformer.ByFamily(f.text("model_type", ""))
	if err != nil {
		return transformer.Config{}, err
	}
	s, c := spellings[fam.Name], fam.Base
	if !f.has(s.layers) && f.has("num_hidden_layers") { // GPT-2 files may have either name
		s.dim, s.layers, s.heads, s.context = "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"
	}
	c.Vocab, c.Dim, c.Layers, c.Heads = f.integer("vocab_size", 0), f.integer(s.dim, 0), f.integer(s.layers, 0), f.integer(s.heads, 0)
	c.Hidden, c.Context = f.integer(s.hidden, 0), f.integer(s.context, s.defaultContext)
	c.NormEps, c.Tied = f.number(s.eps, s.defaultEps), f.truth("tie_word_embeddings", s.tied)
	if std := f.number("initializer_range", nn.InitStd); std != nn.InitStd {
		c.InitStd = std
	}
	f.heads(&c, fam.Name, s)
	act := f.text(s.act, s.activation)
	known := false
	if c.Activation, known = activations[act]; !known {
		f.fail("the activation %q is not known: silu, gelu and gelu_pytorch_tanh are", act)
	}
	if s.biases {
		bias := f.truth("attention_bias", false)
		c.QKVBias, c.OutBias, c.MLPBias = bias, bias, f.truth("mlp_bias", false)
	}
	f.neutral(fam.Name)
	if !c.Learned {
		f.rope(&c, s)
		f.pattern(&c, fam.Name, s)
	}
	if fam.Name == "gemma3_text" {
		c.EmbedScale = math.Sqrt(float64(c.Dim))
		c.AttnScale = 1 / math.Sqrt(f.number("query_pre_attn_scalar", 256))
	}
	if fam.Name == "gpt2" {
		if !f.truth("scale_attn_weights", true) {
			c.AttnScale = 1
		}
		c.AttnByLayer = f.truth("scale_attn_by_inverse_layer_idx", false)
	}
	if f.err != nil {
		return c, f.err
	}
	return c, c.Check()
}

// heads reads how attention and MLP are divided.
func (f *fields) heads(c *transformer.Config, family string, s spelling) {
	kv := s.kvHeads
	if kv == 0 || f.has("num_key_value_heads") {
		kv = c.Heads
	}
	c.KVHeads = c.Heads
	if family != "gpt2" {
		c.KVHeads = f.integer("num_key_value_heads", kv)
	}
	dim := s.headDim
	if dim == 0 && c.Heads > 0 {
		dim = c.Dim / c.Heads
	}
	c.HeadDim = dim
	if family != "gpt2" {
		c.HeadDim = f.integer("head_dim", dim)
	} else if c.Hidden == 0 {
		c.Hidden = 4 * c.Dim
	}
}

// neutral checks the settings that are only supported at the value that changes nothing.
func (f *fields) neutral(family string) {
	f.must("is_encoder_decoder", false)
	f.must("partial_rotary_factor", 1.0)
	f.must("attn_logit_softcapping")
	f.must("final_logit_softcapping")
	f.must("use_bidirectional_attention", false)
	f.must("add_cross_attention", false)
	f.must("logit_scale", 1.0)
	f.must("logits_scaling", 1.0)
	f.must("embedding_multiplier", 1.0)
	f.must("residual_multiplier", 1.0)
	f.must("clip_qkv")
	f.must("num_local_experts", 0.0, 1.0)
	f.must("num_experts", 0.0)
	if q := f.table("quantization_config"); q != nil {
		f.fail("quantization_config (%v) is not supported in safetensors folders: GGUF files may be quantised", q["quant_method"])
	}
	if !spellings[family].biases {
		f.must("attention_bias", false, family == "qwen2")
		f.must("mlp_bias", false)
	}
}

// pattern reads which blocks are local and which have no rotary positions.
func (f *fields) pattern(c *transformer.Config, family string, s spelling) {
	window := s.window
	if f.has("sliding_window") {
		window = f.integer("sliding_window", 0)
	}
	if (strings.HasPrefix(family, "qwen") || family == "smollm3") && !f.truth("use_sliding_window", false) {
		window = 0
	}
	if family == "llama" {
		window = 0
	}
	local := func(i int) bool { return false }
	every := f.integer("sliding_window_pattern", f.integer("_sliding_window_pattern", 6))
	from := f.integer("max_window_layers", 28)
	roped, nope := f.list("no_rope_layers"), f.integer("no_rope_layer_interval", 4)
	rotary := func(i int) bool {
		switch {
		case family != "smollm3":
			return true
		case i < len(roped):
			return roped[i] == 1.0
		}
		return nope <= 0 || (i+1)%nope != 0
	}
	switch family {
	case "mistral":
		local = func(int) bool { return true }
	case "qwen2", "qwen3":
		local = func(i int) bool { return i >= from }
	case "smollm3":
		local = func(i int) bool { return !rotary(i) }
	case "gemma3_text":
		local = func(i int) bool { return every > 0 && (i+1)%every != 0 }
	}
	if kinds := f.list("layer_types"); kinds != nil && family != "mistral" {
		if len(kinds) != c.Layers {
			f.fail("layer_types has %d entries for %d layers", len(kinds), c.Layers)
			return
		}
		for i, k := range kinds {
			if k != "sliding_attention" && k != "full_attention" {
				f.fail("layer_types: entry %d is %v, sliding_attention or full_attention is expected", i+1, k)
			}
		}
		local = func(i int) bool { return kinds[i] == "sliding_attention" }
	}
	if c.Layers > 1<<16 {
		return // Check says so
	}
	letters := make([]byte, max(c.Layers, 0))
	for i := range letters {
		letters[i] = 'G'
		if window > 0 && local(i) {
			letters[i] = 'L'
		}
		if !rotary(i) {
			letters[i] += 'a' - 'A'
		}
	}
	p := string(letters)
	if strings.Contains(strings.ToUpper(p), "L") {
		c.Window = window
	} else {
		c.LocalTheta = 0
	}
	if strings.Trim(p, "G") != "" {
		c.Pattern = p
	}
}

// ConfigJSON writes a config.json for a model in bfloat16, as both Transformers 4 and 5 read it.
func ConfigJSON(c transformer.Config) ([]byte, error) { return configJSON(c, "bfloat16", nil, nil) }

// configJSON writes a config.json; more comes on top.
func configJSON(c transformer.Config, dtype string, special *transformer.Special, more map[string]any) ([]byte, error) {
	name := c.Family
	switch {
	case name == "" && c.QKVBias && !c.OutBias: // the family that has them
		name = "qwen2"
	case name == "":
		name = "llama"
	}
	fam, err := transformer.ByFamily(name)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	s := spellings[name]
	class := fam.Class + "ForCausalLM"
	if name == "gpt2" {
		class = "GPT2LMHeadModel"
	}
	m := map[string]any{"architectures": []string{class}, "model_type": name, "vocab_size": c.Vocab, s.dim: c.Dim, s.layers: c.Layers, s.heads: c.Heads,
		s.hidden: c.Hidden, s.context: c.Context, s.eps: c.NormEps, "tie_word_embeddings": c.Tied, "torch_dtype": dtype, "dtype": dtype}
	m[s.act] = s.activation
	if activations[s.activation] != c.Activation {
		m[s.act] = map[string]string{"": "silu", "gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh"}[c.Activation]
	}
	if c.InitStd != 0 {
		m["initializer_range"] = c.InitStd
	}
	if name != "gpt2" {
		m["num_key_value_heads"], m["head_dim"] = c.KVHeads, c.HeadDim
		m["rope_theta"] = c.RopeTheta
		writeRope(m, c)
		writePattern(m, c, name)
	}
	if s.biases {
		m["attention_bias"], m["mlp_bias"] = c.QKVBias, c.MLPBias
	}
	writeFamily(m, c, name)
	if special != nil {
		writeSpecial(m, *special)
	}
	for k, v := range more {
		m[k] = v
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("checkpoint: config.json: %w", err)
	}
	return data, sayable(c, name, data)
}

// sayable is an error if a config.json does not say what the configuration is: families have only some of the settings.
func sayable(c transformer.Config, family string, data []byte) error {
	read, err := ParseConfig("config.json", data)
	if err != nil {
		return err
	}
	read.Family, read.RopeScaling.Long = c.Family, c.RopeScaling.Long
	if read != c {
		return fmt.Errorf("checkpoint: a config.json of the family %s cannot say what this model is: %+v would be read as %+v", family, c, read)
	}
	return nil
}

// writePattern says which blocks are local, as lists and in the older settings.
func writePattern(m map[string]any, c transformer.Config, family string) {
	kinds, roped := make([]string, c.Layers), make([]int, c.Layers)
	for i := range kinds {
		kinds[i] = "full_attention"
		if c.Local(i) {
			kinds[i] = "sliding_attention"
		}
		if c.Rotary(i) {
			roped[i] = 1
		}
	}
	switch family {
	case "mistral":
		m["sliding_window"] = nil
		if c.Window > 0 {
			m["sliding_window"] = c.Window
		}
		return
	case "llama":
		return
	case "smollm3":
		m["no_rope_layers"] = roped
	}
	m["layer_types"] = kinds
	m["use_sliding_window"], m["sliding_window"] = c.Window > 0, nil
	if c.Window > 0 {
		m["sliding_window"] = c.Window
	}
	switch family {
	case "qwen2", "qwen3":
		m["max_window_layers"] = c.Layers
		for i := range kinds {
			if c.Local(i) {
				m["max_window_layers"] = i
				break
			}
		}
	case "gemma3_text":
		delete(m, "use_sliding_window")
		if c.Window == 0 { // the class wants a number
			m["sliding_window"] = c.Context
		}
	}
}

// writeFamily adds what only one family has.
func writeFamily(m map[string]any, c transformer.Config, family string) {
	switch family {
	case "gemma3_text":
		scale := c.AttnScale
		if scale == 0 {
			scale = 1 / math.Sqrt(float64(c.HeadDim))
		}
		m["query_pre_attn_scalar"] = math.Round(1/(scale*scale)*1e6) / 1e6
	case "gpt2":
		m["scale_attn_weights"], m["scale_attn_by_inverse_layer_idx"] = c.AttnScale == 0, c.AttnByLayer
	}
}

// special reads the tokens with a meaning of their own.
func (f *fields) special() *transformer.Special {
	s := &transformer.Special{BOS: f.ids("bos_token_id"), EOS: f.ids("eos_token_id"), Pad: -1}
	if p := f.ids("pad_token_id"); len(p) > 0 {
		s.Pad = p[0]
	}
	return s
}

// writeSpecial writes them; null where there is none, because some classes have other defaults.
func writeSpecial(m map[string]any, s transformer.Special) {
	m["bos_token_id"], m["eos_token_id"], m["pad_token_id"] = idOrList(s.BOS), idOrList(s.EOS), nil
	if s.Pad >= 0 {
		m["pad_token_id"] = s.Pad
	}
}

func idOrList(ids []int32) any {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return ids[0]
	}
	return ids
}
