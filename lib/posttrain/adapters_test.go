package posttrain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// rowsOf makes a set of JSONL rows, each four times.
func rowsOf(t *testing.T, rows ...string) *datasets.Set {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(file, []byte(strings.Repeat(strings.Join(rows, "\n")+"\n", 4)), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := datasets.LoadSplit(file, "train")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// small is a model of random weights with the tokenizer of the base.
func small() *zoo.Model { return seeded(1) }

func seeded(seed uint64) *zoo.Model {
	tok := zoo.Base().Tok
	c := transformer.Config{Vocab: tok.Size(), Dim: 16, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 64, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	return &zoo.Model{Name: "small", LM: transformer.New(c, seed), Tok: tok}
}

// stepsOfEveryMethod takes one step of a method on a model, with an adapter or without.
func stepsOfEveryMethod(t *testing.T) map[string]func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
	text := rowsOf(t, `{"text":"The teacher paints twelve letters."}`)
	pairs := rowsOf(t, `{"prompt":"The teacher","chosen":" paints twelve letters.","rejected":" writes the road."}`)
	labelled := rowsOf(t, `{"prompt":"The teacher","completion":" paints letters.","label":true}`, `{"prompt":"The clock","completion":" writes it.","label":false}`)
	triples := rowsOf(t, `{"prompt":"The teacher","reference":" paints.","chosen":" paints twelve letters.","rejected":" writes the road."}`)
	prompts := rowsOf(t, `{"prompt":"The teacher"}`)
	rewards := []rl.Reward{func(b rl.Batch) []float64 {
		out := make([]float64, b.Len())
		for i := range out {
			out[i] = float64(i % 3)
		}
		return out
	}}
	const rate = 1e-3
	return map[string]func(m *zoo.Model, a nn.AdapterConfig) (*Run, error){
		"SFT": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return SFT(m, text, SFTConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"DPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return DPO(m, pairs, DPOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"KTO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return KTO(m, labelled, KTOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"CPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return CPO(m, pairs, CPOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"ORPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return ORPO(m, pairs, ORPOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"TPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return TPO(m, triples, TPOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"Reward": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return Reward(m, pairs, RewardConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 2, Adapter: a})
		},
		"GRPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return GRPO(m, prompts, rewards, GRPOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 4, GroupSize: 4, MaxNewTokens: 6, Beta: 0.1, Adapter: a})
		},
		"RLOO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return RLOO(m, prompts, rewards, RLOOConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 4, MaxNewTokens: 6, Adapter: a})
		},
		"PPO": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return PPO(m, nil, prompts, rewards, PPOConfig{LearningRate: rate, Episodes: 4, BatchSize: 4, MaxNewTokens: 6, Adapter: a})
		},
		"Distillation": func(m *zoo.Model, a nn.AdapterConfig) (*Run, error) {
			return Distillation(m, seeded(2), prompts, DistillationConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 4, MaxNewTokens: 6, Adapter: a})
		},
	}
}

// Every trainer takes every adapter, also on quantised weights: the base stays as it was and has no gradients.
func TestEveryTrainerTakesEveryAdapter(t *testing.T) {
	trainers := stepsOfEveryMethod(t)
	for kind, x := range map[string]struct {
		adapter nn.AdapterConfig
		base    string // how its matrices are held; "": in float32
	}{
		"LoRA": {nn.LoRA{Rank: 2, Dropout: 0.1, ModulesToSave: []string{"lm_head"}}, ""}, "DoRA": {nn.LoRA{Rank: 2, DoRA: true}, ""},
		"tables": {nn.LoRA{Rank: 2, Dropout: 0.1, Targets: nn.Modules("embed_tokens", "lm_head", "v_proj")}, ""},
		"IA3":    {nn.IA3{}, ""}, "prompt": {nn.PromptTuning{VirtualTokens: 3}, ""}, "prefix": {nn.PrefixTuning{VirtualTokens: 3}, ""},
		"houlsby": {nn.Bottleneck{Form: "houlsby", Reduction: 4}, ""}, "pfeiffer": {nn.Bottleneck{Form: "pfeiffer", Reduction: 4}, ""}, "parallel": {nn.Bottleneck{Form: "parallel", Reduction: 4}, ""},
		"QLoRA bf16": {nn.LoRA{Rank: 2, RSLoRA: true}, "bf16"}, "QLoRA int8": {nn.LoRA{Rank: 2}, "int8"}, "QLoRA int4": {nn.LoRA{Rank: 2, Targets: nn.Targets{Pattern: "all-linear"}}, "int4"}, "QDoRA": {nn.LoRA{Rank: 2, DoRA: true}, "int8"},
		"prefix int8": {nn.PrefixTuning{VirtualTokens: 2}, "int8"}, "houlsby int4": {nn.Bottleneck{Form: "houlsby", Reduction: 4}, "int4"}, "IA3 int4": {nn.IA3{}, "int4"},
	} {
		a := x.adapter
		for name, train := range trainers {
			m := small()
			if x.base != "" {
				if err := m.LM.Quantise(x.base); err != nil {
					t.Fatal(err)
				}
			}
			r, err := train(m, a)
			if err != nil || len(r.Metrics) == 0 {
				t.Errorf("%s with %s: %v", name, kind, err)
				continue
			}
			if norm, logged := r.Metrics[0]["grad_norm"]; logged && !(norm > 0) {
				t.Errorf("%s with %s: the norm of the gradient is %v", name, kind, norm)
			}
			if r.Model == nil {
				continue
			}
			if q := r.Model.LM.Quantised(); q != x.base {
				t.Errorf("%s with %s: the trained model's matrices are held as %q, the given one's as %q", name, kind, q, x.base)
			}
			was := m.LM.Params()
			for i, p := range r.Model.LM.Params() {
				if p.Value.Grad() != nil {
					t.Errorf("%s with %s: %s of the base has a gradient", name, kind, p.Name)
				}
				for j, x := range p.Value.Data() {
					if x != was[i].Value.Data()[j] {
						t.Errorf("%s with %s: %s of the base has changed", name, kind, p.Name)
						break
					}
				}
			}
		}
	}
}

// Of several adapters a trainer moves those that are on; the others, and the base, stay. With none on and none asked for, the
// whole model is trained.
func TestOfSeveralAdaptersTheActiveOnesAreTrained(t *testing.T) {
	for name, train := range stepsOfEveryMethod(t) {
		m := small()
		for i, adapter := range []string{"kept", "trained"} {
			if err := m.LM.AddAdapter(adapter, nn.LoRA{Rank: 2, Init: "random", Seed: uint64(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.LM.SetAdapters("trained"); err != nil {
			t.Fatal(err)
		}
		r, err := train(m, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(r.Model.LM.Adapters(), " "); got != "kept trained" {
			t.Errorf("%s: the trained model has the adapters %s", name, got)
			continue
		}
		for adapter, moves := range map[string]bool{"kept": false, "trained": true} {
			moved := false
			was := m.LM.Adapter(adapter).Params
			for i, p := range r.Model.LM.Adapter(adapter).Params {
				for j, x := range p.Value.Data() {
					moved = moved || x != was[i].Value.Data()[j]
				}
			}
			if moved != moves {
				t.Errorf("%s: adapter %s has moved: %v", name, adapter, moved)
			}
		}
	}
}
