package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"lyceum/lib/transformer"
)

// LoadGGUF reads a model from a GGUF file. Quantised weights are widened to float32, each to exactly what its block says.
func LoadGGUF(file string) (*transformer.LM, error) {
	g, err := OpenGGUF(file)
	if err != nil {
		return nil, err
	}
	return g.LM()
}

// LM makes a model of the file.
func (g *GGUF) LM() (*transformer.LM, error) {
	config, f, err := g.Model()
	if err != nil {
		return nil, err
	}
	c, err := ParseConfig(g.name, config)
	if err != nil {
		return nil, err
	}
	m, err := Assemble(c, f)
	if err != nil {
		return nil, err
	}
	said, err := parseFields(config)
	if err != nil {
		return nil, err
	}
	m.Special = said.special()
	return m, nil
}

// Model returns the file as a Hugging Face checkpoint: its config.json, and its tensors under the names there, with the rows
// in that order. An architecture or a tensor that is not known is an error.
func (g *GGUF) Model() (config []byte, f *File, err error) {
	arch, _ := g.Meta["general.architecture"].(string)
	bad := func(format string, args ...any) ([]byte, *File, error) {
		return nil, nil, fmt.Errorf("checkpoint: %s: %s", g.name, fmt.Sprintf(format, args...))
	}
	fam, err := familyOf(arch, "")
	if err != nil {
		return bad("%v", err)
	}
	m := &metaReader{g: g, arch: arch}
	c := m.config(fam)
	if m.err != nil {
		return bad("%v", m.err)
	}
	f = &File{name: g.name, Tensors: map[string]Entry{}}
	for _, name := range g.order {
		e := g.Tensors[name]
		if name == "rope_freqs.weight" {
			continue // told in the configuration
		}
		hf := fam.toHF(name)
		if hf == "" {
			return bad("tensor %s is not part of the architecture %s", name, arch)
		}
		e.form = fam.form(hf, e.Shape, m.heads, m.kvHeads)
		switch {
		case e.form.turn:
			e.Shape = []int{e.Shape[1], e.Shape[0]}
		case e.form.pairs > 0 && (len(e.Shape) == 0 || e.Shape[0]%(2*e.form.pairs) != 0):
			return bad("tensor %s has the shape %v, which %d heads cannot share", name, e.Shape, e.form.pairs)
		}
		f.Tensors[hf] = e
	}
	config, err = json.Marshal(c)
	return config, f, err
}

// metaReader reads what an architecture says of itself; the first thing that is wrong stays in err.
type metaReader struct {
	g              *GGUF
	arch           string
	heads, kvHeads int
	err            error
}

// number reads a number under the architecture's name. missing is what stands for one that is not there; NaN: it must be.
func (m *metaReader) number(key string, missing float64) float64 {
	key = m.arch + "." + key
	v, ok := m.g.Meta[key]
	x, isNumber := number(v)
	switch {
	case ok && isNumber && !math.IsNaN(x) && !math.IsInf(x, 0):
		if f, ok := v.(float32); ok { // 1e-5, not 9.999999747378752e-06
			x, _ = strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
		}
		return x
	case ok:
		if x, same := uniform(v); same {
			return x
		}
		m.fail("the metadata %s is %.60v, one number is expected", key, v)
	case math.IsNaN(missing):
		m.fail("the metadata %s is missing", key)
	}
	return missing
}

// uniform reads a list of numbers that are all the same: some files have one for each layer.
func uniform(v any) (float64, bool) {
	var list []float64
	switch x := v.(type) {
	case []int32:
		for _, n := range x {
			list = append(list, float64(n))
		}
	case []uint32:
		for _, n := range x {
			list = append(list, float64(n))
		}
	}
	for _, n := range list {
		if n != list[0] {
			return 0, false
		}
	}
	return append(list, 0)[0], len(list) > 0
}

func (m *metaReader) integer(key string, missing float64) int {
	x := m.number(key, missing)
	if x != math.Trunc(x) || math.Abs(x) > 1<<40 {
		m.fail("the metadata %s.%s is %v, a whole number is expected", m.arch, key, x)
		return 0
	}
	return int(x)
}

func (m *metaReader) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

var must = math.NaN()

// config is the config.json of a file.
func (m *metaReader) config(fam family) map[string]any {
	embed, ok := m.g.Tensors["token_embd.weight"]
	if !ok || len(embed.Shape) != 2 {
		m.fail("the tensor token_embd.weight is missing: this file has no model in it")
		return nil
	}
	_, untied := m.g.Tensors["output.weight"]
	c := map[string]any{"model_type": fam.kind, "architectures": []string{fam.class}, "vocab_size": embed.Shape[0], "tie_word_embeddings": !untied}
	for ours, theirs := range map[string]string{"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"} {
		if id, ok := number(m.g.Meta["tokenizer.ggml."+theirs+"_token_id"]); ok && id >= 0 && id < float64(embed.Shape[0]) {
			c[ours] = int(id)
		}
	}
	dim, layers, context := m.integer("embedding_length", must), m.integer("block_count", must), m.integer("context_length", must)
	m.heads = m.integer("attention.head_count", must)
	m.kvHeads = m.integer("attention.head_count_kv", float64(m.heads))
	hidden := m.integer("feed_forward_length", must)
	if m.err != nil {
		return nil
	}
	if m.heads <= 0 || m.kvHeads <= 0 || dim <= 0 {
		m.fail("%d query heads, %d key heads and a width of %d cannot be", m.heads, m.kvHeads, dim)
		return nil
	}
	if fam.kind == "gpt2" {
		for k, v := range map[string]any{"n_embd": dim, "n_layer": layers, "n_head": m.heads, "n_positions": context, "n_ctx": context, "n_inner": hidden,
			"layer_norm_epsilon": m.number("attention.layer_norm_epsilon", 1e-5), "activation_function": "gelu_new"} {
			c[k] = v
		}
		return c
	}
	theta := m.number("rope.freq_base", 10000)
	for k, v := range map[string]any{"hidden_size": dim, "num_hidden_layers": layers, "max_position_embeddings": context, "num_attention_heads": m.heads, "num_key_value_heads": m.kvHeads,
		"intermediate_size": hidden, "head_dim": m.integer("attention.key_length", float64(m.integer("rope.dimension_count", float64(dim/m.heads)))),
		"rms_norm_eps": m.number("attention.layer_norm_rms_epsilon", must), "rope_theta": theta, "hidden_act": "silu"} {
		c[k] = v
	}
	if _, ok := m.g.Tensors["blk.0.attn_q.bias"]; ok && fam.kind != "qwen2" {
		c["attention_bias"] = true
	}
	if _, ok := m.g.Tensors["blk.0.ffn_gate.bias"]; ok {
		c["mlp_bias"] = true
	}
	m.special(fam, c)
	m.scaling(fam, c)
	return c
}

// special is what one family has beyond the common.
func (m *metaReader) special(fam family, c map[string]any) {
	switch fam.kind {
	case "smollm3":
		c["no_rope_layer_interval"] = 4 // llama.cpp has it in the program, not in the file
	case "gemma3_text":
		c["hidden_activation"] = "gelu_pytorch_tanh"
		delete(c, "hidden_act")
		size := c["head_dim"].(int)
		if c["num_hidden_layers"] == 62 { // the 27B alone scales by its width, which llama.cpp tells by the layers
			size = c["hidden_size"].(int) / m.heads
		}
		c["query_pre_attn_scalar"] = size
		c["sliding_window"] = m.integer("attention.sliding_window", 0)
		c["sliding_window_pattern"] = m.integer("attention.sliding_window_pattern", 6)
		c["rope_local_base_freq"] = m.number("rope.freq_base_swa", 10000)
	}
}

// scaling is how the rotary angles were stretched.
func (m *metaReader) scaling(fam family, c map[string]any) {
	if e, ok := m.g.Tensors["rope_freqs.weight"]; ok {
		c["rope_scaling"] = m.llama3(e, c)
		return
	}
	kind, _ := m.g.Meta[m.arch+".rope.scaling.type"].(string)
	switch kind {
	case "", "none":
	case "linear":
		c["rope_scaling"] = map[string]any{"rope_type": "linear", "factor": m.number("rope.scaling.factor", must)}
	case "yarn":
		s := map[string]any{"rope_type": "yarn", "factor": m.number("rope.scaling.factor", must), "original_max_position_embeddings": m.integer("rope.scaling.original_context_length", must)}
		for ours, theirs := range map[string]string{"beta_fast": "yarn_beta_fast", "beta_slow": "yarn_beta_slow", "attention_factor": "attn_factor"} {
			if _, ok := m.g.Meta[m.arch+".rope.scaling."+theirs]; ok {
				s[ours] = m.number("rope.scaling."+theirs, must)
			}
		}
		c["rope_scaling"] = s
	default:
		m.fail("the metadata %s.rope.scaling.type is %q: linear, yarn and the factors of Llama 3 are known", m.arch, kind)
	}
}

// llama3 finds the four numbers of Llama 3.1's scaling behind the factors that llama.cpp keeps of it, (HeadDim/2): 1 for fast
// angles, the factor for slow ones. Factors that no such numbers make are an error.
func (m *metaReader) llama3(e Entry, c map[string]any) map[string]any {
	head, theta := c["head_dim"].(int), c["rope_theta"].(float64)
	if e.Len() != head/2 {
		m.fail("the tensor rope_freqs.weight has %d numbers, a head of %d needs %d", e.Len(), head, head/2)
		return nil
	}
	factors := make([]float32, e.Len())
	e.Read(factors)
	factor := float64(slices.Max(append(factors, 1)))
	for _, n := range llama3Numbers(factors, theta, factor) {
		if fits(factors, llama3Factors(theta, head, factor, n[0], n[1], n[2])) {
			return map[string]any{"rope_type": "llama3", "factor": factor, "low_freq_factor": n[0], "high_freq_factor": n[1], "original_max_position_embeddings": int(n[2])}
		}
	}
	m.fail("the tensor rope_freqs.weight: %.4g are not the factors of Llama 3.1's scaling by %v: another scaling is not known", factors, factor)
	return nil
}

func fits(factors, want []float32) bool {
	for i, w := range want {
		if !(math.Abs(float64(factors[i]-w)) <= 1e-3*float64(w)) {
			return false
		}
	}
	return true
}

// llama3Numbers lists what low_freq_factor, high_freq_factor and original_max_position_embeddings may have been: those of the
// published models, those of others with another context, and last what two factors between 1 and the largest say. There
// (1/f - 1/factor) / (1 - 1/factor) = (original w - low) / (high - low), w turns per token; only ratios of the three matter.
func llama3Numbers(factors []float32, theta, factor float64) [][3]float64 {
	list := [][3]float64{{1, 4, 8192}}
	for n := 16.0; n <= 1<<20; n *= 2 {
		list = append(list, [3]float64{1, 4, n})
	}
	var w, keep []float64
	for i, f := range factors {
		if f := float64(f); f > 1 && f < factor {
			w = append(w, math.Pow(theta, -float64(i)/float64(len(factors)))/(2*math.Pi))
			keep = append(keep, (1/f-1/factor)/(1-1/factor))
		}
	}
	if n := len(w) - 1; n > 0 {
		slope := (keep[0] - keep[n]) / (w[0] - w[n])
		if below := slope*w[0] - keep[0]; below > 0 && slope > 0 {
			list = append(list, [3]float64{1, 1 + 1/below, math.Round(slope / below)})
		}
	}
	return list
}

// llama3Factors is by what each angle is divided, (head/2); see transformer.RopeScaling.
func llama3Factors(theta float64, head int, factor, low, high, original float64) []float32 {
	out := make([]float32, head/2)
	for i := range out {
		turns := original * math.Pow(theta, -2*float64(i)/float64(head)) / (2 * math.Pi)
		switch {
		case turns > high:
			out[i] = 1
		case turns < low:
			out[i] = float32(factor)
		default:
			keep := (turns - low) / (high - low)
			out[i] = float32(1 / ((1-keep)/factor + keep))
		}
	}
	return out
}
