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
func small() *zoo.Model {
	tok := zoo.Base().Tok
	c := transformer.Config{Vocab: tok.Size(), Dim: 16, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 4, Hidden: 24, Context: 64, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	return &zoo.Model{Name: "small", LM: transformer.New(c, 1), Tok: tok}
}

// Every trainer takes every adapter, also on quantised weights: the base stays as it was and has no gradients.
func TestEveryTrainerTakesEveryAdapter(t *testing.T) {
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
	trainers := map[string]func(m *zoo.Model, a nn.AdapterConfig) (*Run, error){
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
			return Distillation(m, small(), prompts, DistillationConfig{LearningRate: rate, MaxSteps: 1, BatchSize: 4, MaxNewTokens: 6, Adapter: a})
		},
	}
	for kind, a := range map[string]nn.AdapterConfig{"LoRA": nn.LoRA{Rank: 2, Dropout: 0.1, ModulesToSave: []string{"lm_head"}}, "DoRA": nn.LoRA{Rank: 2, DoRA: true},
		"tables": nn.LoRA{Rank: 2, Dropout: 0.1, Targets: nn.Modules("embed_tokens", "lm_head", "v_proj")},
		"IA3":    nn.IA3{}, "prompt": nn.PromptTuning{VirtualTokens: 3}, "prefix": nn.PrefixTuning{VirtualTokens: 3}, "bottleneck": nn.Bottleneck{Form: "houlsby", Reduction: 4}} {
		for name, train := range trainers {
			m := small()
			if kind == "DoRA" || kind == "bottleneck" {
				if err := m.LM.Quantise("int8"); err != nil {
					t.Fatal(err)
				}
			}
			r, err := train(m, a)
			if err != nil || len(r.Metrics) == 0 {
				t.Errorf("%s with %s: %v", name, kind, err)
				continue
			}
			if r.Model == nil {
				continue
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
