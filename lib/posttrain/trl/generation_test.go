package trl

import (
	"io"
	"path/filepath"
	"testing"

	"lyceum/lib/rl"
)

// drawn trains with completions of its own and returns what was saved of them.
func drawn(t *testing.T, method string, more fields) []rl.Rollout {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rollouts.jsonl")
	c, err := Parse("config.yaml", text(t, needed(t, method), fields{"max_steps": 2, "max_completion_length": 12, "bf16": false, "per_device_train_batch_size": 8, "learning_rate": 1e-3}, more), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c.SaveRollouts = file
	if _, err := Train(method, c); err != nil {
		t.Fatal(err)
	}
	out, err := rl.ReadRollouts(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What generation_kwargs say comes before the keys that stand by themselves, for drawing alone: the log-probabilities that the
// loss compares with stay those of temperature.
func TestGenerationKwargs(t *testing.T) {
	lengths := func(list []rl.Rollout) (least, most int) {
		least = 1 << 30
		for _, g := range list {
			for _, r := range g.Rows {
				least, most = min(least, len(r.CompletionIDs)), max(most, len(r.CompletionIDs))
			}
		}
		return least, most
	}
	for _, method := range []string{"grpo", "rloo"} {
		with := func(args fields) []rl.Rollout {
			return drawn(t, method, fields{"reward_funcs": "get_soft_overlong_punishment", "num_generations": 4, "beta": 0.1, "num_iterations": 2, "generation_kwargs": args})
		}
		if least, most := lengths(with(fields{"min_new_tokens": 7, "max_new_tokens": 9})); least < 7 || most != 9 {
			t.Errorf("%s: completions of %d to %d tokens, want 7 to 9", method, least, most)
		}
		for _, g := range with(fields{"do_sample": false}) {
			for i, r := range g.Rows {
				if want := g.Rows[i/4*4]; len(r.CompletionIDs) != len(want.CompletionIDs) || r.CompletionIDs[0] != want.CompletionIDs[0] {
					t.Errorf("%s: greedy completions %v and %v of one prompt", method, r.CompletionIDs, want.CompletionIDs)
				}
				for k := range r.OldLogProbs { // the reference is the policy as it was at the start
					if d := r.OldLogProbs[k] - r.RefLogProbs[k]; g.Step == 1 && (d > 1e-4 || d < -1e-4) {
						t.Fatalf("%s: the policy says %v of a token, the equal reference %v", method, r.OldLogProbs[k], r.RefLogProbs[k])
					}
				}
			}
		}
	}
}

// A completion of PPO that ends at the token of stop_token_id has no end token: the penalty for a missing one is due.
func TestStopTokenID(t *testing.T) {
	root, runs := recordings(t)
	for _, c := range runs {
		if c.Name != "ppo_stop_token_id" {
			continue
		}
		delete(c.Config, "missing_eos_penalty")
		if r, err := replay(t, root, c); err != nil || len(differences(c, r)) == 0 {
			t.Errorf("without the penalty the scores are the same: %v", err)
		}
		return
	}
	t.Error("there is no such run")
}
