package posttrain

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

// explains runs a method and looks for what its explanation must say, in the run's own numbers.
func explains(t *testing.T, name string, r *Run, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	text := r.Explain().String()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not explain %q:\n%s", name, w, text)
		}
	}
}

func TestEveryMethodExplainsItsNumbers(t *testing.T) {
	for name, train := range methods(t) {
		r, err := train(Loop{})
		if err != nil {
			t.Fatal(err)
		}
		first, last := r.Metrics[0], r.Metrics[len(r.Metrics)-1]
		explains(t, name, r, err, map[string][]string{
			"SFT":          {fmt.Sprintf("from %.3f to %.3f nats a token", first["loss"], last["loss"]), fmt.Sprintf("perplexity of %.4g", math.Exp(first["loss"]))},
			"DPO":          {"0.6931, which is ln 2", fmt.Sprintf("The margin grew from 0 to %.3g", last["rewards/margins"]), "6% of the pairs have equal completions"},
			"KTO":          {"0.6931, which is ln 2", "the policy still is the reference"},
			"CPO":          {fmt.Sprintf("The first loss, %.4g, is that of the preference, %.4g,", first["loss"], first["loss"]-first["nll_loss"])},
			"ORPO":         {fmt.Sprintf("is nll_loss, %.4g nats", first["nll_loss"]), fmt.Sprintf("log_odds_ratio, %.4g", first["log_odds_ratio"])},
			"TPO":          {fmt.Sprintf("The first loss, %.4g,", first["loss"])},
			"Reward":       {fmt.Sprintf("in %.0f%% of the pairs at first, and in %.0f%%", 100*first["accuracy"], 100*last["accuracy"])},
			"GRPO":         {fmt.Sprintf("The loss of the first step is %.3g and not 0", first["loss"]), fmt.Sprintf("mean reward went from %.3f to %.3f", first["reward"], last["reward"]), "k3, which is never negative"},
			"RLOO":         {"The loss is 0 at the first step and the gradient is not", "k1, the mean of log pi - log pi_ref"},
			"PPO":          {fmt.Sprintf("mean score went from %.3f to %.3f", first["objective/scores"], last["objective/scores"]), fmt.Sprintf("critic's loss went from %.3g", first["loss/value_avg"])},
			"Distillation": {"from the teacher in nats a token", "0.0000 at first"},
		}[name]...)
		if text := r.Explain().String(); strings.Contains(text, "-0.0000") || strings.Contains(text, "NaN") || name == "PPO" && strings.Contains(text, "learning rate of the first step is 0") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// What a reader asks most: why is the loss 1/2, why 0, why is the divergence negative, what does a warm-up do.
func TestExplanationsOfWhatSurprises(t *testing.T) {
	r, err := KTO(tiny(t), dataOf(t, "labels"), KTOConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 4, Warmup: 1})
	explains(t, "KTO", r, err, "1 - s(0) = 1/2", "the warm-up starts there")
	even := rl.Named("even", func(b rl.Batch) []float64 { // of every group half are good: what is longer weighs as much
		out := make([]float64, b.Len())
		for i := range out {
			out[i] = float64(i % 2)
		}
		return out
	})
	r, err = GRPO(zoo.Base(), sums(), []rl.Reward{even}, GRPOConfig{LearningRate: 1e-4, MaxSteps: 1, BatchSize: 4, GroupSize: 4, MaxNewTokens: 2, Temperature: 2, Loss: "grpo"})
	explains(t, "GRPO", r, err, "every ratio is 1, and the advantages of a group add up to 0")
	r, err = GRPO(zoo.Base(), sums(), []rl.Reward{even}, GRPOConfig{MaxSteps: 1, BatchSize: 4, GroupSize: 4, MaxNewTokens: 2, Loss: "grpo", Beta: 0.5, Reference: zoo.Instruct()})
	explains(t, "GRPO with another reference", r, err, fmt.Sprintf("of which %.3g is Beta times kl", 0.5*r.Metrics[0]["kl"]))
	r = &Run{Method: "RLOO", Metrics: []Metrics{{"loss": 0.1, "kl": -0.02, "reward": 1, "grad_norm": 0.5, "learning_rate": 1}}, Steps: []int{1}}
	explains(t, "RLOO", r, nil, "kl is negative (-0.02 at step 1)")
	r, err = CPO(tiny(t), dataOf(t, "pairs"), CPOConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 3})
	explains(t, "CPO", r, err, "There is no reference here")
}

// Rows without words and rows that are too long are told before the run begins, which goes on.
func TestOddRowsAreNoted(t *testing.T) {
	row := func(prompt, chosen string) datasets.Row {
		return datasets.Row{Columns: map[string]any{"prompt": prompt, "chosen": chosen, "rejected": " B."}}
	}
	set := datasets.NewSet("data", []datasets.Row{row("Who?", " A."), row("Who?", ""), row(strings.Repeat("Who is it? ", 20), " A.")})
	var out strings.Builder
	r, err := DPO(tiny(t), set, DPOConfig{MaxSteps: 1, BatchSize: 2, MaxLength: 24, Loop: Loop{Console: &out}})
	explains(t, "DPO", r, err, "1 of 3 rows have an empty completion (the first is data, row 1, column chosen)", "1 of 3 rows are left out")
	if !strings.Contains(out.String(), "note: 1 of 3 rows have an empty completion") {
		t.Errorf("the console says\n%s", out.String())
	}
	talk := datasets.NewSet("talk", []datasets.Row{{Columns: map[string]any{"text": "A."}}, {Columns: map[string]any{"text": ""}}})
	r, err = SFT(tiny(t), talk, SFTConfig{MaxSteps: 1, BatchSize: 2})
	explains(t, "SFT", r, err, "1 of 2 rows have an empty completion (the first is talk, row 1, column text)")
	said := func(content string) []tokenize.Message {
		return []tokenize.Message{{Role: "assistant", Content: content}}
	}
	ask := []tokenize.Message{{Role: "user", Content: "Who?"}}
	rows := []datasets.Row{{Columns: map[string]any{"prompt": ask, "completion": said("A.")}}, {Columns: map[string]any{"prompt": ask, "completion": said("")}}}
	r, err = SFT(zoo.Base(), datasets.NewSet("chats", rows), SFTConfig{MaxSteps: 1, BatchSize: 2})
	explains(t, "SFT", r, err, "1 of 2 rows have an empty completion (the first is chats, row 1, column completion)")
	if call := said("")[0].With("tool_calls", []any{map[string]any{"name": "f"}}); wordless([]tokenize.Message{call}) {
		t.Error("a call of a tool says something")
	}
}
