package posttrain

import (
	"path/filepath"
	"slices"
	"testing"

	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

// The rows of a generation are shuffled, as in TRL, where the loss of one depends on those beside it; elsewhere those of a
// prompt stay together.
func TestRowsAreShuffledWhereTheirNeighboursCount(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*GRPOConfig)
		shuffled bool
	}{
		"dapo":        {func(c *GRPOConfig) {}, false},
		"all tokens":  {func(c *GRPOConfig) { c.TopEntropy = 1 }, false},
		"bnpo":        {func(c *GRPOConfig) { c.Loss = "bnpo" }, true},
		"top entropy": {func(c *GRPOConfig) { c.TopEntropy = 0.5 }, true},
		"bonus":       {func(c *GRPOConfig) { c.EntropyCoef = 0.01 }, true},
		"adaptive":    {func(c *GRPOConfig) { c.Adaptive.On = true }, true},
		"iterations":  {func(c *GRPOConfig) { c.Iterations = 2 }, true},
	} {
		x := GRPOConfig{MaxSteps: 1, BatchSize: 4, Accumulation: 2, GroupSize: 4, MaxNewTokens: 4, SaveRollouts: filepath.Join(t.TempDir(), "rollouts.jsonl")}
		c.change(&x)
		if _, err := GRPO(zoo.Base(), sums(), []rl.Reward{brief}, x); err != nil {
			t.Fatal(err)
		}
		all, err := rl.ReadRollouts(x.SaveRollouts)
		if err != nil || len(all) == 0 {
			t.Fatal(err)
		}
		if got := !slices.IsSorted(all[0].Order[:8]); got != c.shuffled {
			t.Errorf("%s: order %v, shuffled should be %v", name, all[0].Order, c.shuffled)
		}
	}
}
