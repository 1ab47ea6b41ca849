package posttrain

import (
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
)

// The shorter of four completions is kept for each prompt, and can be learned.
func TestRejectionSampling(t *testing.T) {
	prompts := dataOf(t, "prompted_chat").Take(6)
	short := rl.Reward(func(b rl.Batch) []float64 {
		return b.Each(func(r rl.Row) float64 { return -float64(len(r.IDs())) })
	})
	kept, err := RejectionSample(tiny(t), prompts, []rl.Reward{short}, RejectionConfig{Samples: 4, MaxNewTokens: 60, Threshold: Set(-60)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range kept.Len() {
		if m, err := kept.Row(i).Turns("completion"); err != nil || len(m) != 1 || m[0].Role != "assistant" || !kept.Row(i).Has("reward") {
			t.Fatalf("%v %v", kept.Row(i), err)
		}
	}
	if _, err := SFT(tiny(t), kept, SFTConfig{LearningRate: 1e-3, MaxSteps: 1, BatchSize: 2}); err != nil {
		t.Error(err)
	}
	_, err = RejectionSample(tiny(t), prompts, []rl.Reward{short}, RejectionConfig{Samples: 2, MaxNewTokens: 8, Threshold: Set(1)})
	if err == nil || !strings.Contains(err.Error(), "no completion") {
		t.Errorf("%v", err)
	}
	if got := chosen([]float64{1, 3, 2}, Opt{}); len(got) != 1 || got[0] != 1 {
		t.Errorf("the best is %v", got)
	}
	if got := chosen([]float64{2, 2}, Opt{}); got != nil {
		t.Errorf("equal rewards give %v", got)
	}
	if _, err := RejectionSample(tiny(t), datasets.NewSet("none", nil), []rl.Reward{short}, RejectionConfig{}); err == nil {
		t.Error("no prompts are no error")
	}
}
