package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

// LoadAdapter reads an adapter from a folder as PEFT writes it (adapter_config.json and adapter_model.safetensors) and adds
// it to a model under a name, PEFT's own being "default". The first adapter of a model is switched on. A method, a setting
// that would change what the model computes, or a tensor that is not known is an error.
func LoadAdapter(folder string, m *transformer.LM, name string) error {
	file := filepath.Join(folder, "adapter_config.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	c, err := ParseAdapterConfig(file, data)
	if err != nil {
		return err
	}
	weights, err := Open(filepath.Join(folder, "adapter_model.safetensors"))
	if err != nil {
		return err
	}
	if err := m.AddAdapter(name, c); err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	if err := fillAdapter(m.Adapter(name), weights); err != nil {
		return errorsJoin(err, m.DeleteAdapter(name))
	}
	return nil
}

func errorsJoin(err, second error) error {
	if second != nil {
		return fmt.Errorf("%w (and then: %v)", err, second)
	}
	return err
}

func fillAdapter(a *nn.Adapter, f *File) error {
	b, err := newBag([]*File{f})
	if err != nil {
		return err
	}
	for _, p := range a.Params {
		if other := p.Name + ".weight"; b.where[p.Name] == "" && b.where[other] != "" { // magnitudes of an earlier PEFT
			p.Name = other
		}
		if b.where[p.Name] == "" {
			return fmt.Errorf("checkpoint: %s: tensor %s is missing", f.name, p.Name)
		}
		if err := b.fill(p); err != nil {
			return err
		}
	}
	for n := range b.all {
		return fmt.Errorf("checkpoint: %s: tensor %s is not part of an adapter of these settings", f.name, n)
	}
	return b.read()
}

// ParseAdapterConfig reads an adapter_config.json; name stands in errors.
func ParseAdapterConfig(name string, data []byte) (nn.AdapterConfig, error) {
	f, err := parseFields(data)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %s", name, strings.Replace(err.Error(), "config.json", "adapter_config.json", 1))
	}
	var c nn.AdapterConfig
	switch kind := f.text("peft_type", ""); kind {
	case "LORA":
		c = f.lora()
	case "IA3":
		c = nn.IA3{Targets: f.targets(), Feedforward: f.words("feedforward_modules"), ModulesToSave: f.saved(), Init: initOf(f.truth("init_ia3_weights", true))}
	case "PROMPT_TUNING":
		f.must("num_transformer_submodules", 1.0)
		c = nn.PromptTuning{VirtualTokens: f.integer("num_virtual_tokens", 0)}
	case "PREFIX_TUNING":
		f.must("num_transformer_submodules", 1.0)
		c = nn.PrefixTuning{VirtualTokens: f.integer("num_virtual_tokens", 0)}
	case "BOTTLENECK":
		c = nn.Bottleneck{Form: f.text("form", ""), Reduction: f.integer("reduction", 0), Scale: f.number("scale", 0), Dropout: f.number("dropout", 0)}
	default:
		f.fail("the peft_type %q is not known: LORA, IA3, PROMPT_TUNING, PREFIX_TUNING and BOTTLENECK are", kind)
	}
	if f.err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", name, f.err)
	}
	return c, nil
}

func initOf(standard bool) string {
	if standard {
		return ""
	}
	return "random"
}

func (f *fields) lora() nn.LoRA {
	for _, key := range []string{"alora_invocation_tokens", "arrow_config", "layer_replication", "trainable_token_indices", "target_parameters", "kasa_config", "monteclora_config", "velora_config"} {
		f.must(key)
	}
	for _, key := range []string{"lora_bias", "use_qalora", "use_bdlora"} {
		f.must(key, false)
	}
	c := nn.LoRA{Rank: f.integer("r", 8), Alpha: f.number("lora_alpha", 8), Dropout: f.number("lora_dropout", 0), RSLoRA: f.truth("use_rslora", false), DoRA: f.truth("use_dora", false),
		Targets: f.targets(), ModulesToSave: f.saved(), Bias: f.text("bias", "none"), RankPattern: map[string]int{}, AlphaPattern: map[string]float64{}}
	switch v := f.all["init_lora_weights"]; v {
	case nil, true, "gaussian", "orthogonal", "eva":
		if v == "gaussian" {
			c.Init = "gaussian"
		}
	case false:
		c.Init = "random"
	default:
		f.fail("init_lora_weights is %v, which changes the weights of the model: convert the adapter to a plain one with PEFT first", v)
	}
	ranks, alphas := &fields{all: f.table("rank_pattern")}, &fields{all: f.table("alpha_pattern")}
	for k := range ranks.all {
		c.RankPattern[k] = ranks.integer(k, 0)
	}
	for k := range alphas.all {
		c.AlphaPattern[k] = alphas.number(k, 0)
	}
	f.take(ranks)
	f.take(alphas)
	return c
}

// targets reads target_modules and what restricts them.
func (f *fields) targets() nn.Targets {
	t := nn.Targets{LayersPattern: f.words("layers_pattern")}
	if s, ok := f.all["target_modules"].(string); ok {
		t.Pattern = s
	} else {
		t.Modules = f.words("target_modules")
	}
	if s, ok := f.all["exclude_modules"].(string); ok {
		t.ExcludePattern = s
	} else {
		t.Exclude = f.words("exclude_modules")
	}
	for _, id := range f.ids("layers_to_transform") {
		t.Layers = append(t.Layers, int(id))
	}
	return t
}

// saved reads modules_to_save. PEFT puts names of heads there for every classifier; a Scorer trains its head by itself.
func (f *fields) saved() []string {
	var out []string
	for _, m := range f.words("modules_to_save") {
		if f.text("task_type", "") != "SEQ_CLS" || m != "classifier" && m != "score" {
			out = append(out, m)
		}
	}
	return out
}

// words reads a list of texts, or one.
func (f *fields) words(key string) []string {
	if s, ok := f.all[key].(string); ok {
		return []string{s}
	}
	var out []string
	for _, v := range f.list(key) {
		s, ok := v.(string)
		if !ok {
			f.fail("%s has %v, a text is expected", key, v)
		}
		out = append(out, s)
	}
	return out
}

// SaveAdapter writes an adapter of a model as PEFT does, in F32. base is the name or folder of the model, for
// base_model_name_or_path; empty: not told.
func SaveAdapter(folder string, m *transformer.LM, name, base string) error {
	a := m.Adapter(name)
	if a == nil {
		return fmt.Errorf("checkpoint: there is no adapter %q; there are %v", name, m.Adapters())
	}
	c, err := adapterJSON(m, a, base)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := Write(filepath.Join(folder, "adapter_model.safetensors"), tensorsOf(a.Params), "F32"); err != nil {
		return err
	}
	return WriteFile(filepath.Join(folder, "adapter_config.json"), c)
}

// peftVersion is the release whose settings are written.
const peftVersion = "0.21.2"

// decimal is a number that Python writes with a point.
func decimal(x float64) json.Number {
	b, _ := json.Marshal(x)
	if !bytes.ContainsAny(b, ".e") {
		b = append(b, '.', '0')
	}
	return json.Number(b)
}

func adapterJSON(m *transformer.LM, a *nn.Adapter, base string) ([]byte, error) {
	c := m.Config
	x := map[string]any{"peft_type": a.Config.Kind(), "peft_version": peftVersion, "inference_mode": true, "revision": nil, "auto_mapping": nil,
		"base_model_name_or_path": nil, "task_type": "CAUSAL_LM", "modules_to_save": nil}
	if base != "" {
		x["base_model_name_or_path"] = base
	}
	if scored(m) {
		x["task_type"] = "SEQ_CLS"
	}
	virtual := func(n int) {
		x["num_virtual_tokens"], x["num_layers"], x["num_transformer_submodules"] = n, c.Layers, 1
		x["num_attention_heads"], x["token_dim"] = c.Heads, c.Dim
	}
	switch k := a.Config.(type) {
	case nn.LoRA:
		loraJSON(x, k, m)
	case nn.IA3:
		targetsJSON(x, k.Targets, m)
		x["feedforward_modules"], x["init_ia3_weights"], x["fan_in_fan_out"] = sorted(k.Feedforward), k.Init == "", c.Family == "gpt2"
		x["exclude_modules"] = excluded(k.Targets)
		saveJSON(x, k.ModulesToSave, m)
	case nn.PromptTuning:
		virtual(k.VirtualTokens)
		x["prompt_tuning_init"], x["prompt_tuning_init_text"], x["tokenizer_kwargs"], x["tokenizer_name_or_path"] = "RANDOM", nil, nil, nil
	case nn.PrefixTuning:
		virtual(k.VirtualTokens)
		x["num_attention_heads"], x["token_dim"] = c.KVHeads, c.KVHeads*c.HeadDim // PEFT counts the heads of the cache
		x["encoder_hidden_size"], x["init_weights"], x["prefix_projection"] = c.KVHeads*c.HeadDim, nil, false
	case nn.Bottleneck:
		k, _ = k.WithDefaults()
		x["form"], x["reduction"], x["scale"], x["dropout"] = k.Form, k.Reduction, decimal(k.Scale), decimal(k.Dropout)
	default:
		return nil, fmt.Errorf("checkpoint: an adapter of the kind %s cannot be written", a.Config.Kind())
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(x); err != nil {
		return nil, fmt.Errorf("checkpoint: adapter_config.json: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// scored reports whether the model carries a score head.
func scored(m *transformer.LM) bool {
	for _, s := range m.Host().Slots {
		if s.Name == "score.weight" {
			return true
		}
	}
	return false
}

func loraJSON(x map[string]any, k nn.LoRA, m *transformer.LM) {
	for _, key := range []string{"alora_invocation_tokens", "arrow_config", "corda_config", "eva_config", "kasa_config", "layer_replication", "lora_ga_config",
		"megatron_config", "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "velora_config"} {
		x[key] = nil
	}
	for _, key := range []string{"ensure_weight_tying", "lora_bias", "use_qalora"} {
		x[key] = false
	}
	x["loftq_config"], x["megatron_core"], x["qalora_group_size"] = map[string]any{}, "megatron.core", 16
	x["r"], x["lora_alpha"], x["lora_dropout"], x["bias"] = k.Rank, json.Number(trim(k.Alpha)), decimal(k.Dropout), k.Bias
	x["use_rslora"], x["use_dora"], x["fan_in_fan_out"] = k.RSLoRA, k.DoRA, m.Config.Family == "gpt2"
	x["init_lora_weights"] = map[string]any{"": true, "gaussian": "gaussian", "random": false}[k.Init]
	ranks, alphas := map[string]int{}, map[string]json.Number{}
	for p, r := range k.RankPattern {
		ranks[p] = r
	}
	for p, v := range k.AlphaPattern {
		alphas[p] = json.Number(trim(v))
	}
	x["rank_pattern"], x["alpha_pattern"] = ranks, alphas
	x["layers_to_transform"], x["layers_pattern"] = nil, nil
	if k.Targets.Layers != nil {
		x["layers_to_transform"] = k.Targets.Layers
	}
	if k.Targets.LayersPattern != nil {
		x["layers_pattern"] = k.Targets.LayersPattern
	}
	x["exclude_modules"] = excluded(k.Targets)
	targetsJSON(x, k.Targets, m)
	saveJSON(x, k.ModulesToSave, m)
}

func trim(x float64) string {
	b, _ := json.Marshal(x)
	return string(b)
}

// targetsJSON writes target_modules: a pattern as it is, "all-linear" as the names of all linear layers.
func targetsJSON(x map[string]any, t nn.Targets, m *transformer.LM) {
	switch {
	case strings.EqualFold(t.Pattern, "all-linear"):
		seen := map[string]bool{}
		var list []string
		for _, s := range m.Host().Sites {
			if n := s.Name[strings.LastIndexByte(s.Name, '.')+1:]; !seen[n] {
				seen[n] = true
				list = append(list, n)
			}
		}
		x["target_modules"] = sorted(list)
	case t.Pattern != "":
		x["target_modules"] = t.Pattern
	default:
		x["target_modules"] = sorted(t.Modules)
	}
}

func excluded(t nn.Targets) any {
	switch {
	case t.ExcludePattern != "":
		return t.ExcludePattern
	case len(t.Exclude) > 0:
		return sorted(t.Exclude)
	}
	return nil
}

// saveJSON writes modules_to_save. PEFT adds the names of classifier heads by itself.
func saveJSON(x map[string]any, modules []string, m *transformer.LM) {
	list := append([]string{}, modules...)
	if scored(m) {
		for _, n := range []string{"classifier", "score"} {
			if !strings.Contains(","+strings.Join(list, ",")+",", ","+n+",") {
				list = append(list, n)
			}
		}
	}
	if len(list) > 0 {
		x["modules_to_save"] = list
	}
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	sort.Strings(out)
	return out
}
