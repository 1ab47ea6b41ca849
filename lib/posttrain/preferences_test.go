package posttrain

import (
	"math"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/tokenize"
)

// Every trainer takes every adapter; the base stays as it was, and with a new adapter the reference is the base.
func TestOfflineTrainersTakeEveryAdapter(t *testing.T) {
	for name, a := range map[string]nn.AdapterConfig{"lora": nn.LoRA{Rank: 2}, "dora": nn.LoRA{Rank: 2, DoRA: true}, "ia3": nn.IA3{}, "prompt": nn.PromptTuning{VirtualTokens: 3}, "prefix": nn.PrefixTuning{VirtualTokens: 3}} {
		for method, train := range map[string]func() (*Run, error){
			"sft": func() (*Run, error) {
				return SFT(tiny(t), dataOf(t, "prompted"), SFTConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"dpo": func() (*Run, error) {
				return DPO(tiny(t), dataOf(t, "pairs"), DPOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"kto": func() (*Run, error) {
				return KTO(tiny(t), dataOf(t, "labels"), KTOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"cpo": func() (*Run, error) {
				return CPO(tiny(t), dataOf(t, "pairs"), CPOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"orpo": func() (*Run, error) {
				return ORPO(tiny(t), dataOf(t, "pairs"), ORPOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"tpo": func() (*Run, error) {
				return TPO(tiny(t), dataOf(t, "triples"), TPOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
			"reward": func() (*Run, error) {
				return Reward(tiny(t), dataOf(t, "pairs"), RewardConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 4, Adapter: a})
			},
		} {
			r, err := train()
			if err != nil {
				t.Errorf("%s with %s: %v", method, name, err)
				continue
			}
			if r.Last("grad_norm") <= 0 {
				t.Errorf("%s with %s learns nothing", method, name)
			}
			if base := tiny(t).LM.Params(); base[1].Value.Data()[0] != r.Model.LM.Params()[1].Value.Data()[0] {
				t.Errorf("%s with %s changed the base", method, name)
			}
		}
	}
}

func TestDPOStartsAtLn2AndSaysWhy(t *testing.T) {
	r, err := DPO(tiny(t), dataOf(t, "pairs"), DPOConfig{LearningRate: 1e-2, Epochs: 8, BatchSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Metrics[0]["loss"]; math.Abs(l-math.Ln2) > 1e-6 {
		t.Errorf("the first loss is %v, not ln 2", l)
	}
	e := r.Explain().String()
	for _, want := range []string{"which is ln 2", "equal completions", "cannot fall below"} {
		if !strings.Contains(e, want) {
			t.Errorf("%q is not explained:\n%s", want, e)
		}
	}
}

// A reward model of each form learns what its data says.
func TestRewardModelsOfEveryForm(t *testing.T) {
	var steps []datasets.Row
	for i := range 12 {
		steps = append(steps, datasets.Row{Columns: map[string]any{"prompt": "Who is it?", "completions": []any{"The cat.", "A river."}, "labels": []any{true, i%2 == 0}}})
	}
	for name, data := range map[string]*datasets.Set{"pairs": dataOf(t, "margins"), "outcomes": dataOf(t, "labels"), "steps": datasets.NewSet("steps", steps)} {
		r, err := Reward(tiny(t), data, RewardConfig{LearningRate: 1e-2, Epochs: 10, BatchSize: 4})
		if err != nil {
			t.Fatal(err)
		}
		if !(r.Last("loss") < r.Metrics[0]["loss"]) {
			t.Errorf("%s: loss %v -> %v", name, r.Metrics[0]["loss"], r.Last("loss"))
		}
		if name == "steps" {
			continue
		}
		if s, err := r.Score([]tokenize.Message{{Role: "user", Content: "Who?"}, {Role: "assistant", Content: "The cat."}}); err != nil || len(s) != 1 {
			t.Errorf("%v %v", s, err)
		}
	}
}

func TestBadPreferences(t *testing.T) {
	set := func(columns ...map[string]any) *datasets.Set {
		var rows []datasets.Row
		for _, c := range columns {
			rows = append(rows, datasets.Row{Columns: c})
		}
		return datasets.NewSet("data", rows)
	}
	pair := map[string]any{"prompt": "Who?", "chosen": " A.", "rejected": " B."}
	long := map[string]any{"prompt": strings.Repeat("Who is it? ", 20), "chosen": " A.", "rejected": " B."}
	for want, f := range map[string]func() error{
		"has no column chosen":              func() error { _, err := DPO(tiny(t), dataOf(t, "text"), DPOConfig{}); return err },
		"Beta is 0, it must be more than 0": func() error { _, err := DPO(tiny(t), set(pair), DPOConfig{Beta: Set(0)}); return err },
		"Beta is -1":                        func() error { _, err := KTO(tiny(t), dataOf(t, "labels"), KTOConfig{Beta: Set(-1)}); return err },
		`"sigmoidal" is not known`:          func() error { _, err := DPO(tiny(t), set(pair), DPOConfig{Losses: []string{"sigmoidal"}}); return err },
		"exo_pair needs one above 0":        func() error { _, err := DPO(tiny(t), set(pair), DPOConfig{Losses: []string{"exo_pair"}}); return err },
		"normaliser does not cancel": func() error {
			_, err := DPO(tiny(t), set(pair), DPOConfig{Losses: []string{"apo_zero"}, Divergence: "forward_kl"})
			return err
		},
		"Weights has 1 numbers for 2 Losses": func() error {
			_, err := DPO(tiny(t), set(pair), DPOConfig{Losses: []string{"sft", "ipo"}, Weights: []float64{1}})
			return err
		},
		"leaves room for a completion": func() error { _, err := DPO(tiny(t), set(long), DPOConfig{MaxLength: 16}); return err },
		"the prompt alone has":         func() error { _, err := CPO(tiny(t), set(long), CPOConfig{MaxLength: 16}); return err },
		"row 1: column rejected is missing": func() error {
			_, err := DPO(tiny(t), set(pair, map[string]any{"prompt": "x", "chosen": "y"}), DPOConfig{})
			return err
		},
		"row 0: column chosen holds the number": func() error {
			_, err := DPO(tiny(t), set(map[string]any{"prompt": "x", "chosen": 1.0, "rejected": "y"}), DPOConfig{})
			return err
		},
		"column label holds a string": func() error {
			_, err := KTO(tiny(t), set(map[string]any{"prompt": "x", "completion": "y", "label": "good"}), KTOConfig{})
			return err
		},
		"needs at least 2":                         func() error { _, err := KTO(tiny(t), dataOf(t, "labels"), KTOConfig{BatchSize: 1}); return err },
		"no column reference, the gold completion": func() error { _, err := TPO(tiny(t), set(pair), TPOConfig{}); return err },
		"neither chosen and rejected":              func() error { _, err := Reward(tiny(t), dataOf(t, "text"), RewardConfig{}); return err },
		"SyncEvery moves a copy": func() error {
			_, err := DPO(tiny(t), set(pair), DPOConfig{SyncEvery: 1, Adapter: nn.LoRA{}})
			return err
		},
		"OutputDir": func() error { _, err := DPO(tiny(t), set(pair), DPOConfig{Loop: Loop{SaveSteps: 1}}); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := SFT(tiny(t), dataOf(t, "text").Take(3), SFTConfig{BatchSize: 4, Loop: Loop{DropLast: true}}); err == nil || !strings.Contains(err.Error(), "not one full batch") {
		t.Errorf("%v", err)
	}
}
