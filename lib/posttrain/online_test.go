package posttrain

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// sums are prompts with a column more.
func sums() *datasets.Set {
	var rows []datasets.Row
	for _, p := range [][3]int{{2, 3, 5}, {4, 4, 8}, {1, 6, 7}, {3, 3, 6}} {
		rows = append(rows, datasets.Row{Columns: map[string]any{"prompt": fmt.Sprintf("%d + %d =", p[0], p[1]), "answer": float64(p[2])}})
	}
	return datasets.NewSet("sums", rows)
}

// brief rewards short completions.
func brief(b rl.Batch) []float64 {
	out := make([]float64, b.Len())
	for i, ids := range b.CompletionIDs {
		out[i] = -float64(len(ids))
	}
	return out
}

func smallGRPO() GRPOConfig {
	return GRPOConfig{LearningRate: 1e-4, MaxSteps: 3, BatchSize: 4, Accumulation: 2, GroupSize: 4, MaxNewTokens: 8}
}

func sameColumn(t *testing.T, name string, a, b *Run) {
	t.Helper()
	x, y := a.Column(name), b.Column(name)
	for i := range x {
		if x[i] != y[i] && (x[i] == x[i] || y[i] == y[i]) {
			t.Errorf("%s: %v, then %v", name, x, y)
			return
		}
	}
	if len(x) != len(y) {
		t.Errorf("%s: %d logs, then %d", name, len(x), len(y))
	}
}

func TestGRPOIsReplayedBitForBit(t *testing.T) {
	c := smallGRPO()
	c.Iterations, c.MaxSteps, c.Beta = 2, 4, 0.1
	c.SaveRollouts = filepath.Join(t.TempDir(), "rollouts.jsonl")
	a, err := GRPO(zoo.Base(), sums(), []rl.Reward{rl.ExactNumber("answer"), brief}, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Rollouts, c.SaveRollouts = c.SaveRollouts, ""
	b, err := GRPO(zoo.Base(), sums(), nil, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"loss", "grad_norm", "reward", "rewards/brief/mean", "kl", "entropy", "num_tokens", "completions/mean_length"} {
		sameColumn(t, n, a, b)
	}
	if len(a.Samples) != 8 || a.Samples[0].Rewards["brief"] == 0 {
		t.Errorf("samples %+v", a.Samples)
	}
	if h := a.SampleTable().HTML(); strings.Count(h, "<tr>") != 9 {
		t.Error(h)
	}
}

// Resume must continue in the middle of a generation, with the same completions and the same random numbers.
func TestOnlineRunsResumeBitForBit(t *testing.T) {
	for name, train := range map[string]func(l Loop) (*Run, error){
		"GRPO": func(l Loop) (*Run, error) {
			c := smallGRPO()
			c.Iterations, c.MaxSteps, c.Beta, c.SyncEvery, c.Loop = 2, 4, 0.1, 2, l
			return GRPO(zoo.Base(), sums(), []rl.Reward{brief}, c)
		},
		"RLOO": func(l Loop) (*Run, error) {
			return RLOO(zoo.Base(), sums(), []rl.Reward{brief}, RLOOConfig{LearningRate: 1e-4, MaxSteps: 4, BatchSize: 4, GroupSize: 2, Iterations: 2, MaxNewTokens: 8, Loop: l})
		},
		"PPO": func(l Loop) (*Run, error) {
			return PPO(zoo.Base(), nil, sums(), []rl.Reward{brief}, PPOConfig{LearningRate: 1e-4, Episodes: 8, BatchSize: 2, Accumulation: 2, PPOEpochs: 3, MaxNewTokens: 8, Loop: l})
		},
		"Distillation": func(l Loop) (*Run, error) {
			return Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{LearningRate: 1e-4, MaxSteps: 4, BatchSize: 2, Beta: Set(0.5), MaxNewTokens: 8, Loop: l})
		},
	} {
		dir := t.TempDir()
		whole, err := train(Loop{OutputDir: dir, SaveSteps: 3})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		at := filepath.Join(dir, "checkpoint-3")
		again, err := train(Loop{OutputDir: t.TempDir(), Resume: at})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		others := again.Model.LM.Params()
		for i, p := range whole.Model.LM.Params() {
			other := others[i].Value.Data()
			for j, x := range p.Value.Data() {
				if x != other[j] {
					t.Fatalf("%s: %s differs after a resume", name, p.Name)
				}
			}
		}
	}
}

func TestRewardFunctionsThatFail(t *testing.T) {
	never := make(chan bool)
	defer close(never)
	for want, f := range map[string]rl.Reward{
		`step 1: reward "reward" panicked at online_test.go:`:                   func(b rl.Batch) []float64 { return []float64{b.Row(99).Number("x")} },
		`reward "reward" returned 1 rewards for 8 completions`:                  func(b rl.Batch) []float64 { return []float64{1} },
		`reward "reward" returned +Inf for completion 0`:                        func(b rl.Batch) []float64 { return b.Each(func(rl.Row) float64 { return math.Inf(1) }) },
		`: the data set has no column "solution"; it has answer`:                func(b rl.Batch) []float64 { return b.Each(func(r rl.Row) float64 { return r.Number("solution") }) },
		`reward "slow" has not judged 8 completions after 30ms (RewardTimeout)`: rl.Named("slow", func(b rl.Batch) []float64 { <-never; return brief(b) }),
	} {
		c := smallGRPO()
		if strings.Contains(want, "slow") {
			c.RewardTimeout = 30 * time.Millisecond
		}
		if strings.Contains(want, "at online_test.go") {
			want = "step 1: reward \"reward\" panicked"
		}
		r, err := GRPO(zoo.Base(), sums(), []rl.Reward{f}, c)
		if err == nil || !strings.Contains(err.Error(), want) || r == nil || r.Model == nil {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestEqualRewardsAreSaidOnce(t *testing.T) {
	c := smallGRPO()
	r, err := GRPO(zoo.Base(), sums(), []rl.Reward{rl.Named("one", func(b rl.Batch) []float64 { return b.Each(func(rl.Row) float64 { return 1 }) })}, c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Last("frac_reward_zero_std") != 1 || r.Last("grad_norm") != 0 || len(r.Metrics) != 3 {
		t.Errorf("%v", r.Metrics)
	}
	if len(r.Advice) != 1 || !strings.Contains(r.Advice[0], "equal") || !strings.Contains(r.String(), r.Advice[0]) {
		t.Errorf("advice %q", r.Advice)
	}
	if e := r.Explain().String(); !strings.Contains(e, "got the same reward") || !strings.Contains(e, "are equal within their groups") {
		t.Error(e)
	}
}

func TestRewardsThatNeverApply(t *testing.T) {
	r, err := GRPO(zoo.Base(), sums(), []rl.Reward{rl.Named("never", func(b rl.Batch) []float64 { return b.Each(func(rl.Row) float64 { return math.NaN() }) })}, smallGRPO())
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Last("rewards/never/mean"); m == m || r.Last("grad_norm") != 0 {
		t.Errorf("%v", r.Metrics[0])
	}
	if len(r.Advice) == 0 || !strings.Contains(r.Advice[0], "step 1: no reward function applies to 8 of 8 completions") {
		t.Errorf("advice %q", r.Advice)
	}
	now := func(b rl.Batch) []float64 { // of every generation one completion
		out := brief(b)
		out[2] = math.NaN()
		return out
	}
	r, err = RLOO(small(), sums(), []rl.Reward{now, now}, RLOOConfig{MaxSteps: 3, BatchSize: 4, MaxNewTokens: 4})
	if err != nil || len(r.Advice) != 1 || !strings.Contains(r.Advice[0], "applies to 1 of 4 completions (all return NaN; the first is completion 2") {
		t.Errorf("%v, advice %q", err, r.Advice)
	}
}

func TestOnlineBadSettings(t *testing.T) {
	long := datasets.NewSet("long", []datasets.Row{{Columns: map[string]any{"prompt": strings.Repeat("word ", 400)}}})
	one := []rl.Reward{brief}
	for want, err := range map[string]error{
		"GroupSize is 1":                second(GRPO(zoo.Base(), sums(), one, GRPOConfig{GroupSize: 1})),
		"GroupSize is 3":                second(GRPO(zoo.Base(), sums(), one, GRPOConfig{GroupSize: 3})),
		"Temperature is -1":             second(GRPO(zoo.Base(), sums(), one, GRPOConfig{Temperature: -1})),
		"Beta is -0.1":                  second(GRPO(zoo.Base(), sums(), one, GRPOConfig{Beta: -0.1})),
		"MaxNewTokens is 5000":          second(GRPO(zoo.Base(), sums(), one, GRPOConfig{MaxNewTokens: 5000})),
		"no reward function":            second(GRPO(zoo.Base(), sums(), nil, smallGRPO())),
		"RewardWeights has 2 weights":   second(GRPO(zoo.Base(), sums(), one, GRPOConfig{GroupSize: 4, RewardWeights: []float64{1, 2}})),
		"leaves no room":                second(GRPO(zoo.Base(), long, one, smallGRPO())),
		"takes 8 at once":               second(GRPO(zoo.Base(), sums(), one, GRPOConfig{GroupSize: 2, BatchSize: 16})),
		"column prompt is missing":      second(GRPO(zoo.Base(), datasets.NewSet("texts", []datasets.Row{{Columns: map[string]any{"text": "a"}}}), one, smallGRPO())),
		"RLOOConfig: Beta":              second(RLOO(zoo.Base(), sums(), one, RLOOConfig{Beta: Set(-1)})),
		"RewardClip":                    second(RLOO(zoo.Base(), sums(), one, RLOOConfig{RewardClip: &[2]float64{1, 0}})),
		"MiniBatches is 3":              second(PPO(zoo.Base(), nil, sums(), one, PPOConfig{BatchSize: 4, MiniBatches: 3})),
		"WhitenRewards":                 second(PPO(zoo.Base(), nil, sums(), one, PPOConfig{BatchSize: 4, WhitenRewards: true})),
		"KLEstimator is k4":             second(PPO(zoo.Base(), nil, sums(), one, PPOConfig{KLEstimator: "k4"})),
		"DistillationConfig: Beta is 2": second(Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{Beta: Set(2)})),
		"there is no teacher":           second(Distillation(zoo.Base(), nil, sums(), DistillationConfig{})),
		"takes completions from":        second(Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{OnPolicy: Set(0.5), BatchSize: 2})),
		"SyncEvery is 2":                second(GRPO(zoo.Base(), sums(), one, GRPOConfig{GroupSize: 4, SyncEvery: 2, Adapter: nn.LoRA{}})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func second(_ *Run, err error) error { return err }

func TestOnlineWithAnAdapterTheReferenceIsTheBase(t *testing.T) {
	c := smallGRPO()
	c.Beta, c.Adapter, c.LearningRate, c.MaxSteps = 0.1, nn.LoRA{Rank: 4}, 1e-2, 2
	base := zoo.Base()
	r, err := GRPO(base, sums(), []rl.Reward{brief}, c)
	if err != nil {
		t.Fatal(err)
	}
	if kl := r.Column("kl"); !(math.Abs(kl[0]) < 1e-6) || !(kl[1] > 1e-6) {
		t.Errorf("divergences %v: 0 at first, more later", kl)
	}
	others := base.LM.Params()
	for i, p := range r.Model.LM.Params() {
		other := others[i].Value.Data()
		for j, x := range p.Value.Data() {
			if x != other[j] {
				t.Fatalf("%s of the frozen base has moved", p.Name)
			}
		}
	}
}

// guess is an environment that answers until it hears the secret.
type guess struct{ turns int }

func (g *guess) Reset(map[string]any) (string, error) { g.turns = 0; return " Guess:", nil }
func (g *guess) Step(said string) (string, bool, error) {
	g.turns++
	return " No. Guess:", g.turns == 2, nil
}
func (g *guess) Reward() float64 { return float64(g.turns) }

func TestEnvironmentsTakeTurns(t *testing.T) {
	base := zoo.Base()
	c := smallGRPO()
	c.MaxSteps, c.MaxNewTokens, c.Env = 1, 40, func() rl.Environment { return &guess{} }
	c.SaveRollouts = filepath.Join(t.TempDir(), "r.jsonl")
	if _, err := GRPO(base, sums(), []rl.Reward{rl.EnvReward(), brief}, c); err != nil {
		t.Fatal(err)
	}
	all, err := rl.ReadRollouts(c.SaveRollouts)
	if err != nil {
		t.Fatal(err)
	}
	turns := 0
	for _, row := range all[0].Rows {
		if !strings.HasSuffix(base.Tok.Decode(row.PromptIDs), "Guess:") {
			t.Errorf("prompt %q", base.Tok.Decode(row.PromptIDs))
		}
		var heard []int32
		for i, m := range row.Mask {
			if m == 0 {
				heard = append(heard, row.CompletionIDs[i])
			}
		}
		if len(heard) > 0 {
			turns++
			if got := base.Tok.Decode(heard); got != " No. Guess:" {
				t.Errorf("the environment's tokens are %q", got)
			}
		}
	}
	if turns == 0 {
		t.Error("no completion had a second turn")
	}
}

func TestPPOTrainsPolicyAndCritic(t *testing.T) {
	base := zoo.Base()
	critic := transformer.NewScorer(base.LM.Clone(), 1, 3)
	r, err := PPO(base, critic, sums(), []rl.Reward{rl.TokenReward("score", critic)}, PPOConfig{LearningRate: 1e-3, Episodes: 12, BatchSize: 4, PPOEpochs: 2, MaxNewTokens: 8, EntropyCoef: 0.01, KLEstimator: "k3", MissingEnd: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Metrics) != 3 || r.Last("episode") != 12 {
		t.Fatalf("%v", r.Metrics)
	}
	if kl := r.Column("objective/kl"); math.Abs(kl[0]) > 1e-4 || !(kl[2] > 1e-4) {
		t.Errorf("divergences %v", kl)
	}
	if r.Critic == critic || r.Critic.Score.Weight.Data()[0] == critic.Score.Weight.Data()[0] {
		t.Error("the critic was not trained, or not a copy of the given one")
	}
	if lr := r.Column("lr"); math.Abs(lr[2]-1e-3/3) > 1e-12 {
		t.Errorf("learning rates %v: they fall rollout by rollout", lr)
	}
	if e := r.Explain().String(); !strings.Contains(e, "objective/kl") {
		t.Error(e)
	}
	if _, err := r.Plot().PNG(); err != nil {
		t.Error(err)
	}
}

func TestDistillationOfItselfIsZero(t *testing.T) {
	r, err := Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{LearningRate: 1e-6, MaxSteps: 1, BatchSize: 2, MaxNewTokens: 8})
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Last("loss"); math.Abs(l) > 1e-6 {
		t.Errorf("the loss is %v", l)
	}
	set := datasets.NewSet("pairs", []datasets.Row{{Columns: map[string]any{"prompt": "2 + 3 =", "completion": " 5"}}, {Columns: map[string]any{"prompt": "1 + 1 =", "completion": " 2"}}})
	r, err = Distillation(zoo.Base(), zoo.Base(), set, DistillationConfig{MaxSteps: 1, BatchSize: 2, OnPolicy: Set(0), MaxNewTokens: 8})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Samples[0].Completion, " 5") && !strings.HasPrefix(r.Samples[0].Completion, " 2") {
		t.Errorf("off-policy completions are the data set's: %+v", r.Samples)
	}
}

func TestAnOnlineRunCanBeInterrupted(t *testing.T) {
	defer stop.Reset()
	c := smallGRPO()
	c.Callbacks = []Callback{func(e Event) error {
		if e.Kind == "step" && e.Step == 2 {
			stop.Request()
		}
		return nil
	}}
	r, err := GRPO(zoo.Base(), sums(), []rl.Reward{brief}, c)
	if !errors.Is(err, stop.ErrInterrupted) || r == nil || len(r.Metrics) != 2 {
		t.Errorf("%v %v", r, err)
	}
}

// An interrupt that lands while a step is computed leaves the model as it was after the last whole step.
func TestAnInterruptInsideAStep(t *testing.T) {
	defer stop.Reset()
	c := smallGRPO()
	var kept []float32
	model := zoo.Base()
	c.Callbacks = []Callback{func(e Event) error {
		if e.Kind == "step" && e.Step == 1 {
			kept = slices.Clone(e.Run.Model.LM.Embed.Data())
		}
		return nil
	}}
	calls := 0
	late := rl.Named("late", func(b rl.Batch) []float64 {
		if calls++; calls == 2 {
			stop.Request() // the log-probabilities and gradients of step 2 are still to come
		}
		return brief(b)
	})
	r, err := GRPO(model, sums(), []rl.Reward{late}, c)
	if !errors.Is(err, stop.ErrInterrupted) || r == nil || len(r.Metrics) != 1 {
		t.Fatalf("%v %v", r, err)
	}
	if !slices.Equal(kept, r.Model.LM.Embed.Data()) {
		t.Error("the model is not as it was after step 1")
	}
	for _, p := range r.trainable() {
		if g := p.Value.Grad(); g != nil && slices.ContainsFunc(g.Data(), func(x float32) bool { return x != 0 }) {
			t.Fatalf("%s keeps a gradient", p.Name)
		}
	}
}
