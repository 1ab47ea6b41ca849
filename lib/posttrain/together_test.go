package posttrain

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

// The rows of a generation are shuffled, as in TRL, where the loss of one depends on those beside it; elsewhere those of a
// prompt are computed together.
func TestRowsOfAPromptStayTogetherUnlessTheirNeighboursCount(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*GRPOConfig)
		together bool
	}{
		"dapo":        {func(c *GRPOConfig) {}, true},
		"all tokens":  {func(c *GRPOConfig) { c.TopEntropy = 1 }, true},
		"bnpo":        {func(c *GRPOConfig) { c.Loss = "bnpo" }, false},
		"top entropy": {func(c *GRPOConfig) { c.TopEntropy = 0.5 }, false},
		"bonus":       {func(c *GRPOConfig) { c.EntropyCoef = 0.01 }, false},
		"adaptive":    {func(c *GRPOConfig) { c.Adaptive.On = true }, false},
		"iterations":  {func(c *GRPOConfig) { c.Iterations = 2 }, false},
	} {
		task := &grpo{s: settings{Accumulation: 2}, c: GRPOConfig{Loss: "dapo", StepsPerGeneration: 2, Iterations: 1}, source: &source{}}
		c.change(&task.c)
		g := &generation{order: []int{3, 0, 2, 1}}
		for i := range 4 {
			g.rows = append(g.rows, &episode{group: i / 2})
		}
		if task.grouped(g) {
			g.together = &together{}
		}
		for k := range 2 {
			x := g.computed(k, 2)
			if got := x[0].group == x[1].group; got != c.together {
				t.Errorf("%s: micro-batch %d has rows of groups %d and %d; together should be %v", name, k, x[0].group, x[1].group, c.together)
			}
		}
	}
}

// What a run logs is what TRL would log for the shuffled micro-batches: a replay that computes them as they stand in the file,
// as it does for rollouts of other programs, logs the same; one in the order of the prompts does not.
func TestMetricsAreThoseOfShuffledMicroBatches(t *testing.T) {
	for name, change := range map[string]func(*GRPOConfig){
		"kl":        func(c *GRPOConfig) { c.Beta, c.LearningRate, c.Temperature = 0.1, 3e-4, 1.5 },
		"cispo":     func(c *GRPOConfig) { c.Loss, c.ClipEpsHigh = "cispo", 0.5 },
		"vespo":     func(c *GRPOConfig) { c.Loss = "vespo" },
		"truncated": func(c *GRPOConfig) { c.MaskTruncated = true },
		"sequence":  func(c *GRPOConfig) { c.Level, c.Loss = "sequence", "grpo" },
	} {
		dir := t.TempDir()
		c := GRPOConfig{LearningRate: 1e-4, MaxSteps: 3, BatchSize: 4, Accumulation: 4, GroupSize: 4, MaxNewTokens: 12, SaveRollouts: filepath.Join(dir, "own.jsonl")}
		change(&c)
		own, err := GRPO(zoo.Base(), sums(), []rl.Reward{brief}, c)
		if err != nil {
			t.Fatal(name, err)
		}
		replay := func(file string, edit func(*rl.Rollout)) *Run {
			all, err := rl.ReadRollouts(c.SaveRollouts)
			if err != nil {
				t.Fatal(name, err)
			}
			w, err := rl.NewRecorder(filepath.Join(dir, file), false)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, x := range all {
				edit(&x)
				if err := w.Write(x); err != nil {
					t.Fatal(name, err)
				}
			}
			w.Close()
			d := c
			d.Rollouts, d.SaveRollouts = filepath.Join(dir, file), ""
			r, err := GRPO(zoo.Base(), sums(), nil, d)
			if err != nil {
				t.Fatal(name, err)
			}
			return r
		}
		asTheyStand := replay("stand.jsonl", func(x *rl.Rollout) { x.Exact = false })
		byPrompt := replay("prompts.jsonl", func(x *rl.Rollout) { x.Exact = false; slices.Sort(x.Order) })
		names, different := 0, false
		for _, n := range append([]string{"loss", "grad_norm"}, onlineMetrics...) {
			if _, logged := own.Metrics[0][n]; !logged {
				continue
			}
			a, b, other := own.Column(n), asTheyStand.Column(n), byPrompt.Column(n)
			if len(a) != len(b) {
				t.Errorf("%s: %s is logged %d times, replayed %d times", name, n, len(a), len(b))
				continue
			}
			for i := range a {
				if a[i] != a[i] {
					continue
				}
				names++
				if math.Abs(a[i]-b[i]) > 1e-4*math.Abs(b[i])+2e-6 {
					t.Errorf("%s: step %d: %s is %v, as the micro-batches stand %v", name, i+1, n, a[i], b[i])
				}
				different = different || n == "entropy" && math.Abs(other[i]-b[i]) > 1e-3*math.Abs(b[i])
			}
		}
		if names == 0 || !different {
			t.Errorf("%s: %d numbers; the order must make a difference: %v", name, names, different)
		}
	}
}

// A run whose rows are computed together is resumed, and replayed from its own file, bit for bit.
func TestRowsTogetherAreResumedAndReplayedBitForBit(t *testing.T) {
	dir := t.TempDir()
	c := smallGRPO()
	c.MaxSteps, c.Beta, c.SaveRollouts, c.Loop = 4, 0.1, filepath.Join(dir, "rollouts.jsonl"), Loop{OutputDir: dir, SaveSteps: 1}
	whole, err := GRPO(zoo.Base(), sums(), []rl.Reward{brief}, c)
	if err != nil {
		t.Fatal(err)
	}
	again, replay := c, c
	again.SaveRollouts, again.Loop = "", Loop{OutputDir: t.TempDir(), Resume: filepath.Join(dir, "checkpoint-2")}
	replay.SaveRollouts, replay.Rollouts, replay.Loop = "", c.SaveRollouts, Loop{}
	for name, d := range map[string]GRPOConfig{"resumed": again, "replayed": replay} {
		r, err := GRPO(zoo.Base(), sums(), []rl.Reward{brief}, d)
		if err != nil {
			t.Fatal(name, err)
		}
		for n := range whole.Metrics[0] {
			sameColumn(t, n, whole, r)
		}
		others := r.Model.LM.Params()
		for i, p := range whole.Model.LM.Params() {
			if !slices.Equal(p.Value.Data(), others[i].Value.Data()) {
				t.Fatalf("%s: %s differs", name, p.Name)
			}
		}
	}
}
