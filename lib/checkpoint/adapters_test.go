package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// Tolerances against PEFT on the adapters of testdata/adapters.py: logits absolute, the norm of each parameter's gradient
// relative.
const (
	adapterLogits    = 1e-5
	mergedLogits     = 2e-5
	adapterGradients = 1e-4
)

type adapterGolden struct {
	Base           string
	Logits, Merged []float64
	IDs            [][]int32
	Mask           [][]int
	Gradients      map[string]float64
	Start          map[string][2]float64
}

// eachAdapter runs f for every adapter on its base. values computes what is compared, weighted is their sum with the
// weights of the script.
func eachAdapter(t *testing.T, f func(t *testing.T, folder string, g adapterGolden, m *transformer.LM, values func() *tensor.Tensor)) {
	files, _ := filepath.Glob("testdata/adapters/*/golden.json")
	if len(files) == 0 {
		t.Fatal("there are no adapters")
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g adapterGolden
			if err := json.Unmarshal(data, &g); err != nil {
				t.Fatal(err)
			}
			base := filepath.Join("testdata/families", g.Base)
			b := transformer.Pad([][]int32{g.IDs[0], g.IDs[1][:7]}, 0)
			if strings.HasPrefix(g.Base, "reward_") {
				s, err := LoadScorer(base, 0, 1)
				if err != nil {
					t.Fatal(err)
				}
				f(t, filepath.Dir(file), g, s.LM, func() *tensor.Tensor { return s.Scores(b) })
				return
			}
			m, err := Load(base)
			if err != nil {
				t.Fatal(err)
			}
			real := tensor.New(len(b.IDs), 1)
			for i, s := range b.Segments {
				real.Data()[i] = float32(1 + s)
			}
			f(t, filepath.Dir(file), g, m, func() *tensor.Tensor { return m.Logits(b).Mul(real) })
		})
	}
}

func TestAdaptersEqualPEFT(t *testing.T) {
	eachAdapter(t, func(t *testing.T, folder string, g adapterGolden, m *transformer.LM, values func() *tensor.Tensor) {
		if err := LoadAdapter(folder, m, "default"); err != nil {
			t.Fatal(err)
		}
		z := values()
		compare(t, "logits", z.Data(), g.Logits, adapterLogits)
		w := tensor.New(z.Shape()...)
		for i := range w.Data() {
			w.Data()[i] = float32(math.Cos(float64(i)))
		}
		z.Mul(w).Sum().Backward()
		seen := 0
		for _, p := range m.Trainable() {
			sum := 0.0
			for _, x := range p.Value.Grad().Data() {
				sum += float64(x) * float64(x)
			}
			want, ok := g.Gradients[p.Name]
			if got := math.Sqrt(sum); !ok || math.Abs(got-want) > adapterGradients*want+1e-6 {
				t.Errorf("%s: norm of the gradient %v, PEFT has %v", p.Name, got, want)
			}
			seen++
		}
		if seen != len(g.Gradients) {
			t.Errorf("%d parameters, PEFT trains %d", seen, len(g.Gradients))
		}
		if g.Merged != nil {
			if err := m.Merge("default"); err != nil {
				t.Fatal(err)
			}
			compare(t, "merged", values().Data(), g.Merged, mergedLogits)
		}
	})
}

// A new adapter begins with the numbers that PEFT draws from the same seed.
func TestAdaptersBeginAsInPEFT(t *testing.T) {
	eachAdapter(t, func(t *testing.T, folder string, g adapterGolden, m *transformer.LM, _ func() *tensor.Tensor) {
		if tiedInPEFT(folder) { // such adapters are read, not begun
			return
		}
		data, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := ParseAdapterConfig(folder, data)
		if err != nil {
			t.Fatal(err)
		}
		switch k := c.(type) {
		case nn.LoRA:
			k.Seed = 3
			c = k
		case nn.PromptTuning:
			k.Seed = 3
			c = k
		case nn.PrefixTuning:
			k.Seed = 3
			c = k
		}
		if err := m.AddAdapter("a", c); err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Trainable() {
			sum, data := 0.0, p.Value.Data()
			for _, x := range data {
				sum += float64(x) * float64(x)
			}
			want := g.Start[p.Name]
			if got := math.Sqrt(sum); math.Abs(got-want[0]) > 1e-6*want[0] || math.Abs(float64(data[len(data)-1])-want[1]) > 1e-6 {
				t.Errorf("%s: norm %v, last element %v; PEFT has %v", p.Name, got, data[len(data)-1], want)
			}
		}
	})
}

// tiedInPEFT tells the cases that were made with ensure_weight_tying on a model whose embedding and output layer are one.
func tiedInPEFT(folder string) bool { return strings.HasSuffix(folder, "one_table_tied") }

// What is written is what PEFT wrote: the same tensors and, but for what PEFT says of all linear layers, the same settings.
func TestAdaptersAreWrittenAsPEFTDoes(t *testing.T) {
	eachAdapter(t, func(t *testing.T, folder string, g adapterGolden, m *transformer.LM, values func() *tensor.Tensor) {
		if err := LoadAdapter(folder, m, "default"); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := SaveAdapter(dir, m, "default", "families/"+g.Base); err != nil {
			t.Fatal(err)
		}
		if tiedInPEFT(folder) { // it is written as an adapter of two targets, which comes to the same
			again, err := Load(filepath.Join("testdata/families", g.Base))
			if err == nil {
				err = LoadAdapter(dir, again, "default")
			}
			if err != nil {
				t.Fatal(err)
			}
			*m = *again
			compare(t, "logits", values().Data(), g.Logits, adapterLogits)
			return
		}
		var got, want map[string]any
		for folder, to := range map[string]*map[string]any{dir: &got, folder: &want} {
			data, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, to); err != nil {
				t.Fatal(err)
			}
		}
		for k, w := range want {
			v, ok := got[k]
			if fmt.Sprint(v) != fmt.Sprint(w) || !ok {
				t.Errorf("%s is %v, PEFT writes %v", k, v, w)
			}
			delete(got, k)
		}
		if len(got) > 0 {
			t.Errorf("PEFT does not write %v", got)
		}
		a, err := Open(filepath.Join(folder, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(filepath.Join(dir, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for n, e := range a.Tensors {
			o, ok := b.Tensors[n]
			if !ok || fmt.Sprint(e.Shape) != fmt.Sprint(o.Shape) || string(e.raw) != string(o.raw) {
				t.Errorf("tensor %s differs", n)
			}
			delete(b.Tensors, n)
		}
		for n := range b.Tensors {
			t.Errorf("PEFT has no tensor %s", n)
		}
	})
}

func TestAdapterFolderErrors(t *testing.T) {
	base := func() *transformer.LM {
		m, err := Load("testdata/families/llama")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	good, err := os.ReadFile("testdata/adapters/lora/adapter_config.json")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile("testdata/adapters/lora/adapter_model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		`peft_type "VERA" is not known`:                    {`"LORA"`, `"VERA"`},
		"lora_bias is true":                                {`"lora_bias": false`, `"lora_bias": true`},
		"init_lora_weights is pissa":                       {`"init_lora_weights": true`, `"init_lora_weights": "pissa"`},
		"has the shape [3 16], the configuration wants [4": {`"r": 3`, `"r": 4`},
		"Rank is -3":                       {`"r": 3`, `"r": -3`},
		"r is three, a number is expected": {`"r": 3`, `"r": "three"`},
		"is not part of an adapter":        {`"exclude_modules": null`, `"exclude_modules": ["o_proj"]`},
		"lora_magnitude_vector is missing": {`"use_dora": false`, `"use_dora": true`},
		"not a adapter_config.json":        {`{`, `[`},
	} {
		dir, m := t.TempDir(), base()
		text := strings.Replace(string(good), change[0], change[1], 1)
		os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(text), 0o644)
		os.WriteFile(filepath.Join(dir, "adapter_model.safetensors"), weights, 0o644)
		if err := LoadAdapter(dir, m, "a"); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v, want %q and the folder", err, want)
		}
		if len(m.Adapters()) > 0 || !m.Embed.Wants() {
			t.Errorf("%s: the model keeps an adapter that could not be read", want)
		}
	}
	if err := LoadAdapter(t.TempDir(), base(), "a"); err == nil {
		t.Error("an empty folder")
	}
	if err := SaveAdapter(t.TempDir(), base(), "a", ""); err == nil || !strings.Contains(err.Error(), "no adapter") {
		t.Error(err)
	}
}

// Each setting of PEFT's that changes what a model computes, and is not known, is refused by its name; what only says how an
// adapter begins or is trained is read over.
func TestEverySettingOfPEFT(t *testing.T) {
	for kind, settings := range map[string]string{
		"LORA": `alora_invocation_tokens [1]|arrow_config {"top_k": 3}|layer_replication [[0, 1]]|trainable_token_indices [3]|target_parameters ["x"]|kasa_config {"a": 1}|monteclora_config {"a": 1}|velora_config {"a": 1}|megatron_config {"a": 1}|
			lora_bias true|use_qalora true|use_bdlora {"a": 1}|init_lora_weights "pissa_niter_4"|init_lora_weights "olora"|init_lora_weights "corda"|init_lora_weights "loftq"|init_lora_weights "lora_ga"`,
		"PROMPT_TUNING": `modules_to_save ["lm_head"]|num_transformer_submodules 2`, "PREFIX_TUNING": `modules_to_save ["lm_head"]|num_transformer_submodules 2`,
	} {
		for _, setting := range strings.Split(settings, "|") {
			key, value, _ := strings.Cut(strings.TrimSpace(setting), " ")
			_, err := ParseAdapterConfig("c.json", []byte(fmt.Sprintf(`{"peft_type": %q, "target_modules": ["q_proj"], "num_virtual_tokens": 2, %q: %s}`, kind, key, value)))
			if err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s %s: %v", kind, setting, err)
			}
		}
	}
	for kind, rest := range map[string]string{
		"LORA": `"fan_in_fan_out": true, "layers_pattern": null, "loftq_config": {}, "eva_config": {"rho": 2.0}, "corda_config": null, "lora_ga_config": null, "megatron_core": "megatron.core", "qalora_group_size": 16, "runtime_config": {"ephemeral_gpu_offload": true},
			"ensure_weight_tying": true, "use_bdlora": null, "init_lora_weights": "eva"`,
		"IA3":           `"fan_in_fan_out": true, "feedforward_modules": [], "init_ia3_weights": false, "exclude_modules": null`,
		"PROMPT_TUNING": `"prompt_tuning_init": "TEXT", "prompt_tuning_init_text": "x", "tokenizer_name_or_path": "y", "tokenizer_kwargs": {"a": 1}, "token_dim": 16, "num_attention_heads": 2, "num_layers": 2, "num_transformer_submodules": 1`,
		"PREFIX_TUNING": `"encoder_hidden_size": 64, "prefix_projection": true, "init_weights": null, "token_dim": 16, "num_transformer_submodules": 1`,
	} {
		text := fmt.Sprintf(`{"peft_type": %q, "target_modules": ["q_proj"], "num_virtual_tokens": 2, "task_type": "CAUSAL_LM", "auto_mapping": null, "peft_version": "0.21.2", "base_model_name_or_path": "x", "revision": "main", "inference_mode": true, %s}`, kind, rest)
		if _, err := ParseAdapterConfig("c.json", []byte(text)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// Bottleneck adapters, which PEFT does not have, are kept in the same two files.
func TestBottlenecksAreKept(t *testing.T) {
	m, err := Load("testdata/families/llama")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.AddAdapter("a", nn.Bottleneck{Form: "parallel", Reduction: 4}); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Trainable() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] += 0.01 * float32(i%7)
		}
	}
	dir := t.TempDir()
	if err := SaveAdapter(dir, m, "a", ""); err != nil {
		t.Fatal(err)
	}
	n, _ := Load("testdata/families/llama")
	if err := LoadAdapter(dir, n, "b"); err != nil {
		t.Fatal(err)
	}
	b := transformer.Pad([][]int32{{1, 2, 3}}, 0)
	for i, x := range m.Logits(b).Data() {
		if x != n.Logits(b).Data()[i] {
			t.Fatalf("logit %d differs", i)
		}
	}
}
