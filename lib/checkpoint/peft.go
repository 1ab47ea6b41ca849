package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	if c, err = tiedTables(m, c, file, data); err != nil {
		return err
	}
	weights, err := Open(filepath.Join(folder, "adapter_model.safetensors"))
	if err != nil {
		return err
	}
	if err := m.AddAdapter(name, c); err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	if err := fillAdapter(m, m.Adapter(name), weights); err != nil {
		return errorsJoin(err, m.DeleteAdapter(name))
	}
	return nil
}

// tiedTables is what ensure_weight_tying means where the embedding and the output layer are one: PEFT then names the embedding
// alone among the targets, and writes the matrices of both, those of the output layer being the transposed ones of the
// embedding. Here both become targets. Training moves the two apart, as it does without that setting. A copy of the table
// under modules_to_save that serves both is refused.
func tiedTables(m *transformer.LM, c nn.AdapterConfig, file string, config []byte) (nn.AdapterConfig, error) {
	f, err := parseFields(config)
	if err != nil || !f.truth("ensure_weight_tying", false) || !m.Config.Tied {
		return c, err
	}
	lora, ok := c.(nn.LoRA)
	if !ok {
		return c, nil
	}
	for _, t := range m.Host().Tables {
		for _, module := range lora.ModulesToSave {
			if t.Name == module || strings.HasSuffix(t.Name, "."+module) {
				return nil, fmt.Errorf("checkpoint: %s: ensure_weight_tying with %s among modules_to_save is not supported on a model whose embedding and output layer are one", file, module)
			}
		}
	}
	for _, t := range m.Host().Tables {
		if hit, err := lora.Targets.Names(t.Name); err != nil {
			return nil, fmt.Errorf("checkpoint: %s: %w", file, err)
		} else if !t.Output && hit {
			if lora.Targets.Pattern != "" {
				lora.Targets.Pattern = "(?:" + lora.Targets.Pattern + "|lm_head)"
			} else {
				lora.Targets.Modules = append(slices.Clone(lora.Targets.Modules), "lm_head")
			}
			return lora, nil
		}
	}
	return lora, nil
}

func errorsJoin(err, second error) error {
	if second != nil {
		return fmt.Errorf("%w (and then: %v)", err, second)
	}
	return err
}

func fillAdapter(m *transformer.LM, a *nn.Adapter, f *File) error {
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
	carried, err := b.carried(a)
	if err != nil {
		return err
	}
	for n := range b.all {
		return fmt.Errorf("checkpoint: %s: tensor %s is not part of an adapter of these settings", f.name, n)
	}
	if err := b.read(); err != nil {
		return err
	}
	for i, p := range a.Tables {
		if carried[i] != nil && !slices.Equal(carried[i], (*p.Ref).Data()) {
			carry(m, a, p.Name, carried[i])
		}
	}
	return m.SetAdapters(m.ActiveAdapters()...)
}

// baseLayer is the name under which PEFT puts a table that an adapter changes, as it was, into the adapter's file.
func baseLayer(p *nn.TablePart) string { return "base_model.model." + p.Name + ".base_layer.weight" }

// carried takes the tables that an adapter's file may have.
func (b *bag) carried(a *nn.Adapter) ([][]float32, error) {
	out := make([][]float32, len(a.Tables))
	for i, p := range a.Tables {
		if b.where[baseLayer(p)] == "" {
			continue
		}
		out[i] = make([]float32, (*p.Ref).Len())
		if err := b.take(baseLayer(p), (*p.Ref).Shape(), out[i], false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// carry puts a table that is not the model's, for one that has been quantised since or grown, into the adapter: while it is on,
// the model has this one, in both places if its weights are tied.
func carry(m *transformer.LM, a *nn.Adapter, name string, data []float32) {
	for _, s := range m.Host().Slots {
		if slices.ContainsFunc(a.Saved, func(x nn.Saved) bool { return x.Slot.Ref == s.Ref }) {
			continue // the other table, which is the same, has brought it
		}
		if s.Name == name+".weight" || m.Config.Tied && (s.Name == "lm_head.weight" || s.Ref == &m.Embed) {
			a.Carry(s, data)
		}
	}
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
		f.headsAlone()
		c = nn.PromptTuning{VirtualTokens: f.integer("num_virtual_tokens", 0)}
	case "PREFIX_TUNING":
		f.must("num_transformer_submodules", 1.0)
		f.headsAlone()
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
	for _, key := range []string{"alora_invocation_tokens", "arrow_config", "layer_replication", "trainable_token_indices", "target_parameters", "kasa_config", "monteclora_config", "velora_config", "megatron_config"} {
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

// headsAlone refuses modules_to_save of an adapter of virtual tokens, except for the names of heads.
func (f *fields) headsAlone() {
	if len(f.saved()) > 0 {
		f.must("modules_to_save")
	}
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
