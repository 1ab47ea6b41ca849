package posttrain

import (
	"math"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

// Whatever makes a run go wrong, the error says the step, the first tensor and what probably did it.
func TestDivergenceOfManyKinds(t *testing.T) {
	nan, huge := float32(math.NaN()), float32(1e38)
	damaged := func(value float32) *zoo.Model {
		m := tiny(t)
		m.LM.Blocks[0].Down.Weight.Data()[3] = value
		return m
	}
	const down = "model.layers.0.mlp.down_proj.weight"
	for name, c := range map[string]struct {
		run  func() error
		want []string
	}{
		"a NaN under an adapter": {func() error {
			_, err := SFT(damaged(nan), some(t), SFTConfig{MaxSteps: 3, Adapter: nn.LoRA{}})
			return err
		}, []string{"SFT: step 1", down + " has a value", "damaged before the run"}},
		"a NaN, accumulated": {func() error {
			_, err := DPO(damaged(nan), dataOf(t, "pairs"), DPOConfig{MaxSteps: 3, BatchSize: 2, Accumulation: 2})
			return err
		}, []string{"DPO: step 1", down, "damaged before the run"}},
		"numbers too large": {func() error {
			m := tiny(t)
			for i := range m.LM.Blocks[0].Down.Weight.Data() {
				m.LM.Blocks[0].Down.Weight.Data()[i] = huge
			}
			_, err := SFT(m, some(t), SFTConfig{MaxSteps: 3})
			return err
		}, []string{"SFT: step 1", "it comes out of Linear", "with " + down, "inputs reach 1e+38", "look at the data"}},
		"a learning rate": {func() error {
			_, err := SFT(tiny(t), some(t), SFTConfig{MaxSteps: 30, LearningRate: 1e30, Schedule: "constant"})
			return err
		}, []string{"SFT: step 2", "learning rate 1e+30 is probably too high"}},
		"a learning rate with SGD": {func() error {
			_, err := SFT(tiny(t), some(t), SFTConfig{MaxSteps: 30, LearningRate: 1e25, Schedule: "constant", Loop: Loop{Optimizer: "sgd"}})
			return err
		}, []string{"SFT: step 2", "learning rate 1e+25"}},
		"noise": {func() error {
			_, err := SFT(tiny(t), some(t), SFTConfig{MaxSteps: 3, NEFTune: 1e42})
			return err
		}, []string{"SFT: step 1", "look at the data"}},
		"an infinite reward": {func() error {
			_, err := GRPO(zoo.Base(), sums(), []rl.Reward{rl.Named("odd", func(b rl.Batch) []float64 {
				return append(make([]float64, b.Len()-1), math.Inf(1))
			})}, GRPOConfig{MaxSteps: 2, BatchSize: 4, GroupSize: 4, MaxNewTokens: 4})
			return err
		}, []string{`reward "odd" returned +Inf`}},
		"a large reward": {func() error {
			_, err := GRPO(zoo.Base(), sums(), []rl.Reward{rl.Named("odd", func(b rl.Batch) []float64 {
				return append(make([]float64, b.Len()-1), 1e300)
			})}, GRPOConfig{MaxSteps: 2, BatchSize: 4, GroupSize: 4, MaxNewTokens: 4, Scale: "none"})
			return err
		}, []string{`reward "odd" returned 1e+300`, "float32"}},
		"PPO": {func() error {
			m := zoo.Base()
			m.LM.Norm.Weight.Data()[0] = nan
			_, err := PPO(m, nil, sums(), []rl.Reward{brief}, PPOConfig{Episodes: 8, BatchSize: 2, MaxNewTokens: 4})
			return err
		}, []string{"PPO: step 1", "model.norm.weight has a value", "damaged before the run"}},
	} {
		err := c.run()
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q is missing in: %v", name, w, err)
			}
		}
		if testing.Verbose() {
			t.Logf("%s: %v", name, err)
		}
	}
}
