package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

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
	tensors := tensorsOf(a.Params)
	for _, p := range a.Tables {
		tensors = append(tensors, Tensor{baseLayer(p), (*p.Ref).Shape(), m.Standing(a, p).Data()})
	}
	if err := Write(filepath.Join(folder, "adapter_model.safetensors"), tensors, "F32"); err != nil {
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
		x["fan_in_fan_out"] = c.Family == "gpt2" && !slices.ContainsFunc(a.Tables, func(p *nn.TablePart) bool { return p.Output }) // its output layer is the one that is not Conv1D
	case nn.IA3:
		targetsJSON(x, k.Targets, m)
		x["feedforward_modules"], x["init_ia3_weights"], x["fan_in_fan_out"] = sorted(k.Feedforward), k.Init == "", c.Family == "gpt2"
		x["exclude_modules"] = excluded(k.Targets)
		saveJSON(x, k.ModulesToSave, m)
	case nn.PromptTuning:
		virtual(k.VirtualTokens)
		saveJSON(x, nil, m)
		x["prompt_tuning_init"], x["prompt_tuning_init_text"], x["tokenizer_kwargs"], x["tokenizer_name_or_path"] = "RANDOM", nil, nil, nil
	case nn.PrefixTuning:
		virtual(k.VirtualTokens)
		saveJSON(x, nil, m)
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
	x["use_rslora"], x["use_dora"] = k.RSLoRA, k.DoRA
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
