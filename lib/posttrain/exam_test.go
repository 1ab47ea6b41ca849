package posttrain

import (
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

func TestGRPOIsEvaluated(t *testing.T) {
	c := smallGRPO()
	c.MaxSteps, c.Eval, c.EvalGroupSize, c.EvalSteps, c.EvalStart = 2, sums(), 4, 1, true
	asked := 0
	count := rl.Named("count", func(b rl.Batch) []float64 { asked += b.Len(); return brief(b) })
	r, err := GRPO(zoo.Base(), sums(), []rl.Reward{count}, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Evals) != 3 {
		t.Fatalf("%d evaluations, want one before the first step and one after each", len(r.Evals))
	}
	for _, name := range []string{"eval_loss", "eval_reward", "eval_reward_std", "eval_rewards/count/mean", "eval_completions/mean_length", "eval_frac_reward_zero_std", "eval_num_tokens"} {
		if _, ok := r.Evals[0][name]; !ok {
			t.Errorf("%s is not among %v", name, r.Evals[0])
		}
	}
	c.LearningRate, c.EvalStart = 1e-30, false
	still, err := GRPO(zoo.Base(), sums(), []rl.Reward{count}, c)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := still.Evals[0]["eval_reward"], still.Evals[1]["eval_reward"]; a != b || a != r.Evals[0]["eval_reward"] {
		t.Errorf("the same model is evaluated as %v, %v and %v", a, b, r.Evals[0]["eval_reward"])
	}
	bad := rl.Named("bad", func(b rl.Batch) []float64 { panic("no") })
	if _, err := GRPO(zoo.Base(), sums(), []rl.Reward{bad}, c); err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("a reward that panics: %v", err)
	}
}

// eval_loss of six completions of three prompts in batches of four, as the Trainer weighs them: it cuts the last batch to the
// three prompts that it believes are left, but with dataloader_drop_last it takes every batch for a full one.
func TestBatchesOfAnEvaluationWeighAsInTheTrainer(t *testing.T) {
	o := &source{group: 2, prompts: make([]prompt, 3)}
	o.s.EvalBatchSize = 4
	if a, b := o.weight(4, false), o.weight(2, true); a != 4 || b != 3 {
		t.Errorf("weights %d and %d, want 4 and 3", a, b)
	}
	o.s.DropLast = true
	if a, b := o.weight(4, false), o.weight(2, true); a != 4 || b != 4 {
		t.Errorf("with DropLast weights %d and %d, want 4 and 4", a, b)
	}
}

// Evaluations are saved beside what is trained on, and a replay takes both.
func TestEveryOnlineMethodIsEvaluatedAndReplayed(t *testing.T) {
	loop := Loop{EvalSteps: 1, EvalBatchSize: 4}
	methods := map[string]func(save, rollouts string) (*Run, error){
		"GRPO": func(save, rollouts string) (*Run, error) {
			return GRPO(zoo.Base(), sums(), []rl.Reward{brief}, GRPOConfig{LearningRate: 1e-5, MaxSteps: 2, BatchSize: 4, GroupSize: 2, MaxNewTokens: 6, Eval: sums(), EvalGroupSize: 1, SaveRollouts: save, Rollouts: rollouts, Loop: loop})
		},
		"RLOO": func(save, rollouts string) (*Run, error) {
			return RLOO(zoo.Base(), sums(), []rl.Reward{brief}, RLOOConfig{LearningRate: 1e-5, MaxSteps: 2, BatchSize: 4, MaxNewTokens: 6, Eval: sums(), SaveRollouts: save, Rollouts: rollouts, Loop: loop})
		},
		"Distillation": func(save, rollouts string) (*Run, error) {
			return Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{LearningRate: 1e-5, MaxSteps: 2, BatchSize: 2, MaxNewTokens: 6, Eval: sums(), SaveRollouts: save, Rollouts: rollouts, Loop: loop})
		},
	}
	for name, run := range methods {
		file := filepath.Join(t.TempDir(), "rollouts.jsonl")
		r, err := run(file, "")
		if err != nil {
			t.Fatal(name, err)
		}
		again, err := run("", file)
		if err != nil {
			t.Fatal(name, err)
		}
		if len(r.Evals) != 2 || len(again.Evals) != 2 {
			t.Fatalf("%s: %d and %d evaluations, want 2", name, len(r.Evals), len(again.Evals))
		}
		for i, want := range r.Evals {
			for k, v := range want {
				if g := again.Evals[i][k]; g != v && v == v && !strings.HasSuffix(k, "_runtime") && !strings.HasSuffix(k, "_per_second") {
					t.Errorf("%s: %s of evaluation %d is %v, and %v in the replay", name, k, i+1, v, g)
				}
			}
		}
		if n := r.Evals[1]["eval_num_tokens"]; n != r.Last("num_tokens") {
			t.Errorf("%s: eval_num_tokens is %v, the run has trained on %v", name, n, r.Last("num_tokens"))
		}
	}
}

// As in the Trainer, DropLast leaves a short batch out of an evaluation too.
func TestDropLastInAnEvaluation(t *testing.T) {
	for n, want := range map[int]int{0: 0, 3: 0, 8: 8, 10: 8} {
		rows := 0
		for _, b := range (settings{Loop: Loop{DropLast: true}}).examined(n, 4) {
			rows += len(b)
		}
		if rows != want {
			t.Errorf("of %d rows %d are looked at, want %d", n, rows, want)
		}
	}
	pairs := dataOf(t, "pairs").Take(5)
	loss := func(eval *datasets.Set, drop bool) float64 {
		r, err := DPO(tiny(t), pairs, DPOConfig{LearningRate: 1e-2, MaxSteps: 2, BatchSize: 2, Eval: eval, Loop: Loop{EvalEpoch: true, EvalBatchSize: 4, DropLast: drop}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Evals[len(r.Evals)-1]["eval_loss"]
	}
	if all, four := loss(pairs, false), loss(pairs.Take(4), true); loss(pairs, true) != four || all == four {
		t.Errorf("eval_loss of 5 rows %v, of the first 4 %v, with DropLast %v", all, four, loss(pairs, true))
	}
}
