package posttrain

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lyceum/lib/rl"
)

// A reward function that fails in the third step, whatever the method, ends the run with one message, and nothing of the steps
// before is lost: the model, the metrics, the logs and the checkpoints.
func TestNothingIsLostWhenARewardFails(t *testing.T) {
	never := make(chan bool)
	defer close(never)
	for fault, bad := range map[string]func(b rl.Batch) []float64{
		"panicked":           func(b rl.Batch) []float64 { var m map[string]int; m["x"] = 1; return nil },
		"returned 3 rewards": func(b rl.Batch) []float64 { return make([]float64, 3) },
		"returned 0 rewards": func(b rl.Batch) []float64 { return nil },
		"returned -Inf":      func(b rl.Batch) []float64 { return b.Each(func(rl.Row) float64 { return math.Inf(-1) }) },
		"has not judged":     func(b rl.Batch) []float64 { <-never; return brief(b) },
	} {
		limit := time.Minute // no limit for those that answer: the machine may be busy
		if fault == "has not judged" {
			limit = 2 * time.Second
		}
		for name, train := range map[string]func(f rl.Reward, l Loop) (*Run, error){
			"GRPO": func(f rl.Reward, l Loop) (*Run, error) {
				return GRPO(small(), sums(), []rl.Reward{f}, GRPOConfig{LearningRate: 1e-3, MaxSteps: 5, BatchSize: 4, GroupSize: 4, MaxNewTokens: 4, RewardTimeout: limit, Loop: l})
			},
			"RLOO": func(f rl.Reward, l Loop) (*Run, error) {
				return RLOO(small(), sums(), []rl.Reward{f}, RLOOConfig{LearningRate: 1e-3, MaxSteps: 5, BatchSize: 4, MaxNewTokens: 4, RewardTimeout: limit, Loop: l})
			},
			"PPO": func(f rl.Reward, l Loop) (*Run, error) {
				return PPO(small(), nil, sums(), []rl.Reward{f}, PPOConfig{LearningRate: 1e-3, Episodes: 20, BatchSize: 4, PPOEpochs: 1, MaxNewTokens: 4, RewardTimeout: limit, Loop: l})
			},
		} {
			dir, calls := t.TempDir(), 0
			r, err := train(rl.Named("judge", func(b rl.Batch) []float64 {
				if calls++; calls == 3 {
					return bad(b)
				}
				return brief(b)
			}), Loop{OutputDir: dir, SaveSteps: 1})
			if err == nil || !strings.Contains(err.Error(), fault) || !strings.Contains(err.Error(), `reward "judge"`) || !strings.Contains(err.Error(), "step 3") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: the error is %v", name, fault, err)
			}
			if r == nil || r.Model == nil || len(r.Metrics) != 2 || r.done != 2 {
				t.Errorf("%s, %s: what is left is %v", name, fault, r)
				continue
			}
			if n := strings.Count(read(t, dir, "metrics.jsonl"), "\n"); n != 2 {
				t.Errorf("%s, %s: metrics.jsonl has %d lines", name, fault, n)
			}
			if last := LastCheckpoint(dir); filepath.Base(last) != "checkpoint-2" {
				t.Errorf("%s, %s: the last checkpoint is %q", name, fault, last)
			}
			calls = 3
			if again, err := train(rl.Named("judge", brief), Loop{OutputDir: dir, Resume: "last"}); err != nil || len(again.Metrics) != 5 {
				t.Errorf("%s, %s: the mended run: %v", name, fault, err)
			}
		}
	}
}
