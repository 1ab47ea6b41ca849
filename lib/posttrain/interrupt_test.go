package posttrain

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lyceum/lib/rl"
	"lyceum/lib/stop"
	"lyceum/lib/zoo"
)

// methods trains with every method on little data: three steps of two micro-batches.
func methods(t *testing.T) map[string]func(Loop) (*Run, error) {
	one := []rl.Reward{brief}
	return map[string]func(Loop) (*Run, error){
		"SFT": func(l Loop) (*Run, error) {
			return SFT(tiny(t), dataOf(t, "prompted"), SFTConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, NEFTune: 5, Loop: l})
		},
		"DPO": func(l Loop) (*Run, error) {
			return DPO(tiny(t), dataOf(t, "pairs"), DPOConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, SyncEvery: 2, Loop: l})
		},
		"KTO": func(l Loop) (*Run, error) {
			return KTO(tiny(t), dataOf(t, "labels"), KTOConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 4, Accumulation: 2, Loss: "bco", Loop: l})
		},
		"CPO": func(l Loop) (*Run, error) {
			return CPO(tiny(t), dataOf(t, "pairs"), CPOConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, Loop: l})
		},
		"ORPO": func(l Loop) (*Run, error) {
			return ORPO(tiny(t), dataOf(t, "pairs"), ORPOConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, Loop: l})
		},
		"TPO": func(l Loop) (*Run, error) {
			return TPO(tiny(t), dataOf(t, "triples"), TPOConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, Loop: l})
		},
		"Reward": func(l Loop) (*Run, error) {
			return Reward(tiny(t), dataOf(t, "margins"), RewardConfig{LearningRate: 1e-3, MaxSteps: 3, BatchSize: 3, Accumulation: 2, Loop: l})
		},
		"GRPO": func(l Loop) (*Run, error) {
			return GRPO(zoo.Base(), sums(), one, GRPOConfig{LearningRate: 1e-4, MaxSteps: 3, BatchSize: 4, Accumulation: 2, GroupSize: 4, MaxNewTokens: 8, Beta: 0.1, Loop: l})
		},
		"RLOO": func(l Loop) (*Run, error) {
			return RLOO(zoo.Base(), sums(), one, RLOOConfig{LearningRate: 1e-4, MaxSteps: 3, BatchSize: 4, Accumulation: 2, GroupSize: 2, MaxNewTokens: 8, Loop: l})
		},
		"PPO": func(l Loop) (*Run, error) {
			return PPO(zoo.Base(), nil, sums(), one, PPOConfig{LearningRate: 1e-4, Episodes: 12, BatchSize: 2, Accumulation: 2, PPOEpochs: 1, MaxNewTokens: 8, Loop: l})
		},
		"Distillation": func(l Loop) (*Run, error) {
			return Distillation(zoo.Base(), zoo.Base(), sums(), DistillationConfig{LearningRate: 1e-4, MaxSteps: 3, BatchSize: 2, Accumulation: 2, MaxNewTokens: 8, Beta: Set(0.5), Loop: l})
		},
	}
}

// held copies what a step changes: the parameters and the optimiser's moments.
func held(l *loop) (out [][]float32) {
	for i, p := range l.task.params() {
		out = append(out, slices.Clone(p.Value.Data()))
		for _, x := range l.opt.Slots(i) {
			out = append(out, slices.Clone(x.Data))
		}
	}
	return out
}

// An interrupt between the micro-batches of the second step leaves parameters, optimiser and gradients as they were after the
// first, whatever the method; what is trained on rows that are given is saved and can be resumed bit for bit.
func TestAnInterruptInsideAStepOfEveryMethod(t *testing.T) {
	for name, train := range methods(t) {
		t.Run(name, func(t *testing.T) {
			defer stop.Reset()
			dir := t.TempDir()
			var at *loop
			var before [][]float32
			r, err := train(Loop{OutputDir: dir, SaveSteps: 1000, watch: func(l *loop, micro int) {
				if l.step != 1 {
					return
				}
				if micro == 0 {
					at, before = l, held(l)
				}
				if micro == 1 || name == "PPO" { // its steps have one micro-batch each
					stop.Request()
				}
			}})
			stop.Reset()
			if !errors.Is(err, stop.ErrInterrupted) || r == nil || r.done != 1 || at == nil {
				t.Fatalf("%v %v", r, err)
			}
			if at.opt.Steps() != 1 || at.step != 1 {
				t.Errorf("the optimiser has taken %d steps, the loop %d, want 1", at.opt.Steps(), at.step)
			}
			for i, x := range held(at) {
				if !slices.Equal(x, before[i]) {
					t.Fatalf("%s is not as it was after step 1", at.task.params()[i/3].Name)
				}
			}
			for _, p := range at.task.params() {
				if g := p.Value.Grad(); g != nil && slices.ContainsFunc(g.Data(), func(x float32) bool { return x != 0 }) {
					t.Fatalf("%s keeps a gradient", p.Name)
				}
			}
			if !at.rewinds() {
				return
			}
			if got := fmt.Sprint(checkpoints(dir)); got != "[1]" {
				t.Fatalf("checkpoints %s, want one of step 1", got)
			}
			whole, err := train(Loop{})
			if err != nil {
				t.Fatal(err)
			}
			rest, err := train(Loop{OutputDir: dir, Resume: "last"})
			if err != nil {
				t.Fatal(err)
			}
			sameNumbers(t, whole, rest)
		})
	}
}

// Gradient checkpointing computes the blocks twice and changes no number.
func TestGradientCheckpointingChangesNoNumber(t *testing.T) {
	for name, train := range methods(t) {
		t.Run(name, func(t *testing.T) {
			plain, err := train(Loop{})
			if err != nil {
				t.Fatal(err)
			}
			again, err := train(Loop{watch: func(l *loop, _ int) { l.run.Model.LM.Recompute = true }})
			if err != nil {
				t.Fatal(err)
			}
			if !again.Model.LM.Recompute {
				t.Error("the blocks were not computed again")
			}
			sameNumbers(t, plain, again)
			for i, m := range plain.Metrics {
				for k, v := range m {
					if w := again.Metrics[i][k]; w != v && v == v && k != "step_time" && k != "eps" {
						t.Errorf("step %d: %s is %v, without checkpointing %v", i+1, k, w, v)
					}
				}
			}
		})
	}
}
