package posttrain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/rl"
)

// onlineMethods are the methods that draw completions, with settings whose generations have the same shape: 4 prompts with one
// completion each, or 2 with two.
func onlineMethods(group int) map[string]func(rate float64, save, rollouts string, l Loop) (*Run, error) {
	return map[string]func(rate float64, save, rollouts string, l Loop) (*Run, error){
		"GRPO": func(rate float64, save, rollouts string, l Loop) (*Run, error) {
			return GRPO(small(), sums(), []rl.Reward{brief}, GRPOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, GroupSize: group, MaxNewTokens: 6, Beta: 0.1, SaveRollouts: save, Rollouts: rollouts, Loop: l})
		},
		"RLOO": func(rate float64, save, rollouts string, l Loop) (*Run, error) {
			return RLOO(small(), sums(), []rl.Reward{brief}, RLOOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, GroupSize: group, MaxNewTokens: 6, SaveRollouts: save, Rollouts: rollouts, Loop: l})
		},
		"PPO": func(rate float64, save, rollouts string, l Loop) (*Run, error) {
			return PPO(small(), nil, sums(), []rl.Reward{brief}, PPOConfig{LearningRate: rate, Episodes: 12, BatchSize: 4, PPOEpochs: 1, MaxNewTokens: 6, SaveRollouts: save, Rollouts: rollouts, Loop: l})
		},
		"Distillation": func(rate float64, save, rollouts string, l Loop) (*Run, error) {
			return Distillation(small(), small(), sums(), DistillationConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, MaxNewTokens: 6, SaveRollouts: save, Rollouts: rollouts, Loop: l})
		},
	}
}

// What one method has drawn, every other one learns from.
func TestRolloutsOfAnyMethodFeedAnyOther(t *testing.T) {
	methods := onlineMethods(2)
	for from, draw := range methods {
		file := filepath.Join(t.TempDir(), "rollouts.jsonl")
		if _, err := draw(1e-3, file, "", Loop{}); err != nil {
			t.Fatal(from, err)
		}
		drawn, err := rl.ReadRollouts(file)
		if err != nil {
			t.Fatal(from, err)
		}
		for to, learn := range methods {
			r, err := learn(1e-3, "", file, Loop{})
			if err != nil {
				t.Errorf("%s from rollouts of %s: %v", to, from, err)
				continue
			}
			if r.done != 3 || len(r.Metrics) != 3 {
				t.Errorf("%s from rollouts of %s: %d steps, %d logs", to, from, r.done, len(r.Metrics))
			}
			if to == "PPO" {
				continue // PPO logs no lengths
			}
			mean, n := 0.0, 0
			for _, x := range drawn[0].Rows {
				mean, n = mean+float64(len(x.CompletionIDs)), n+1
			}
			if got := r.Metrics[0]["completions/mean_length"]; got != mean/float64(n) {
				t.Errorf("%s from rollouts of %s: mean length %v, the file has %v", to, from, got, mean/float64(n))
			}
		}
	}
}

// Recorded rollouts of PPO that do not tell an order are taken in the one in which a run that draws takes them.
func TestPPOTakesUntoldRowsInItsOwnOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rollouts.jsonl")
	train := func(save, rollouts string) *Run {
		r, err := PPO(small(), nil, sums(), []rl.Reward{brief}, PPOConfig{LearningRate: 1e-3, Episodes: 12, BatchSize: 2, Accumulation: 2, MiniBatches: 2, PPOEpochs: 2, MaxNewTokens: 6, SaveRollouts: save, Rollouts: rollouts})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	drawn := train(file, "")
	all, err := rl.ReadRollouts(file)
	if err != nil {
		t.Fatal(err)
	}
	untold := filepath.Join(t.TempDir(), "untold.jsonl")
	w, err := rl.NewRecorder(untold, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		x.Order = nil
		if err := w.Write(x); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	again := train("", untold)
	for i, m := range drawn.Metrics {
		if got := again.Metrics[i]["loss/policy_avg"]; got != m["loss/policy_avg"] {
			t.Errorf("rollout %d: the loss is %v, of the run that drew it was %v", i+1, got, m["loss/policy_avg"])
		}
	}
}

// A run of any method is forked from any of its checkpoints: the logs up to there stay, what comes after has the fork's own
// settings, and the folder that it was forked from stays as it was.
func TestEveryMethodIsForkedFromAnyCheckpoint(t *testing.T) {
	type method = func(rate float64, l Loop) (*Run, error)
	all := map[string]method{}
	for name, m := range onlineMethods(2) {
		all[name] = func(rate float64, l Loop) (*Run, error) { return m(rate, "", "", l) }
	}
	pairs, labels, triples := dataOf(t, "pairs"), dataOf(t, "labels"), dataOf(t, "triples")
	all["DPO"] = func(rate float64, l Loop) (*Run, error) {
		return DPO(tiny(t), pairs, DPOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	all["KTO"] = func(rate float64, l Loop) (*Run, error) {
		return KTO(tiny(t), labels, KTOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	all["CPO"] = func(rate float64, l Loop) (*Run, error) {
		return CPO(tiny(t), pairs, CPOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	all["ORPO"] = func(rate float64, l Loop) (*Run, error) {
		return ORPO(tiny(t), pairs, ORPOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	all["TPO"] = func(rate float64, l Loop) (*Run, error) {
		return TPO(tiny(t), triples, TPOConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	all["Reward"] = func(rate float64, l Loop) (*Run, error) {
		return Reward(tiny(t), pairs, RewardConfig{LearningRate: rate, MaxSteps: 3, BatchSize: 4, Loop: l})
	}
	for name, train := range all {
		dir := t.TempDir()
		whole, err := train(1e-3, Loop{OutputDir: dir, SaveSteps: 1})
		if err != nil {
			t.Fatal(name, err)
		}
		before := listing(t, dir)
		rate := "learning_rate"
		if name == "PPO" {
			rate = "lr"
		}
		for k := 1; k <= 2; k++ {
			from := filepath.Join(dir, "checkpoint-"+string(rune('0'+k)))
			if _, err := os.Stat(from); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			r, err := train(5e-3, Loop{OutputDir: t.TempDir(), Resume: from})
			if err != nil {
				t.Errorf("%s from checkpoint %d: %v", name, k, err)
				continue
			}
			if len(r.Metrics) != 3 {
				t.Errorf("%s from checkpoint %d: %d logs", name, k, len(r.Metrics))
				continue
			}
			for i, m := range r.Metrics {
				want := whole.Metrics[i][rate]
				if i >= k {
					want *= 5
				}
				if d := m[rate] - want; d > 1e-9 || d < -1e-9 {
					t.Errorf("%s from checkpoint %d: the rate of step %d is %v, want %v", name, k, i+1, m[rate], want)
				}
			}
		}
		if after := listing(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s: a fork has changed the folder it came from: %v, then %v", name, before, after)
		}
	}
}

// listing is every file of a folder with its content.
func listing(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			out = append(out, strings.TrimPrefix(path, dir)+"\x00"+read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
