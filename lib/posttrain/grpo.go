package posttrain

import (
	"fmt"
	"math"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/zoo"
)

// GRPOConfig are the settings of GRPO. A field that is left zero gets TRL's default where zero would make no sense; where zero
// means something, zero is what you get.
type GRPOConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the prompts; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // completions a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps; 0: none
	Schedule     string  // of the learning rate: "linear", "cosine", ... (optim.Schedules); "": linear
	WeightDecay  float64 // 0: none
	MaxGradNorm  float64 // gradients are scaled down to this norm; 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the prompts and of the completions; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none. In TRL it acts while completions are drawn as well

	GroupSize          int               // completions of a prompt that are compared with one another; 0: 8
	MaxNewTokens       int               // of a completion; 0: 512, or half the model's context if that is less
	Temperature        float64           // of sampling, and of the probabilities in the loss; 0: 1
	TopP               float64           // 0: all tokens
	TopK               int               // 0: all tokens
	MinP               float64           // 0: all tokens
	Penalty            float64           // of repetition; 0: none
	Sampling           *sampling.Options // how completions are drawn, instead of the fields above (TRL's generation_kwargs); the loss keeps Temperature; nil: as the fields say
	Iterations         int               // times that the steps go over a generation; 0: 1
	StepsPerGeneration int               // micro-batches that a generation is cut into; 0: Accumulation
	InOrder            bool              // the prompts come as they stand in the data set and are not shuffled
	RewardWeights      []float64         // of the reward functions; empty: 1 each
	RewardTimeout      time.Duration     // of a reward function for a batch; 0: none

	Beta        float64 // weight of the divergence from the reference; 0: none, and no reference model
	Loss        string  // "dapo", "grpo", "bnpo", "dr_grpo", "cispo", "sapo", "vespo", "luspo", "gmpo"; "": dapo
	Level       string  // of the ratio: "token", "sequence" (GSPO), "sequence_token"; "": token
	ClipEps     float64 // 0: 0.2
	ClipEpsHigh float64 // 0: as ClipEps; for cispo the cap of the ratio, where 5 is usual
	Delta       float64 // cap of the ratio for completions that were worse (two-sided clipping); 0: none
	PaperKL     bool    // without the ratio by which TRL multiplies the divergence

	SAPOPos, SAPONeg   float64      // temperatures of sapo; 0: 1 and 1.05
	VESPOPos, VESPONeg lossfn.Gamma // of vespo; zero: (2, 3) and (3, 2)

	Scale              string          // rewards are divided by the deviation of the "group", of the "batch", or by nothing ("none"); "": group
	NormalizeThenSum   bool            // each function is normalised by itself before they are added up (GDPO)
	MaskTruncated      bool            // completions that ran out of room are left out of the loss
	OffPolicyThreshold float64         // worse completions that have become this much less likely are left out; 0: none is
	TopEntropy         float64         // share of the tokens that moves the policy, the most uncertain ones; 0: all
	EntropyCoef        float64         // weight of the entropy bonus; 0: none
	Adaptive           AdaptiveEntropy // EntropyCoef that follows the entropy

	Reference *zoo.Model // nil: the model as it is given; with an adapter, the model without it
	SyncEvery int        // steps after which the reference moves towards the policy (TR-DPO); 0: it stays
	SyncMix   Opt        // how far it moves; left out: 0.6

	Env           func() rl.Environment // makes the environment of an episode; nil: a completion is a single turn
	Adapter       nn.AdapterConfig      // train an adapter on the frozen model, as in SFTConfig
	Rollouts      string                // a file of saved rollouts to learn from instead of sampling
	SaveRollouts  string                // a file that the rollouts are written to
	Eval          *datasets.Set         // prompts that are measured as Loop says
	EvalGroupSize int                   // completions of each; 0: GroupSize
	Loop
}

// AdaptiveEntropy raises EntropyCoef by Delta after each step whose entropy was at most Target, and lowers it after the
// others; the bonus acts only when the entropy was at most Target (Skywork-OR1, He et al. 2025, arXiv:2505.22312).
type AdaptiveEntropy struct {
	On                      bool
	Min, Max, Delta, Target Opt // 0, 1, 0.005, 0.2
}

// GRPO trains a copy of the model on its own completions: of each prompt it draws a group, the reward functions judge them,
// and what was better than the rest of its group becomes more likely. Settings, metrics and the order of the prompts are those
// of TRL's GRPOTrainer. Rewards are plain functions; a closure fits:
//
//	run, err := posttrain.GRPO(base, prompts, []rl.Reward{func(b rl.Batch) []float64 { ... }}, posttrain.GRPOConfig{LearningRate: 1e-5})
//
// The loss of a first step is 0, or nearly so, and says nothing of success: watch reward. With an adapter on the model only the
// adapter is trained, and the reference is the model without it. An interrupt ends the run after a whole step; what was
// trained so far is in the Run, beside the error.
func GRPO(model *zoo.Model, prompts *datasets.Set, rewards []rl.Reward, config GRPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("GRPO", model, prompts); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	c, err := config.withDefaults(s, model)
	if err != nil {
		return nil, err
	}
	if err := checkSync("GRPOConfig", c.SyncEvery, model, c.Adapter, c.Reference); err != nil {
		return nil, err
	}
	m, err := learner("GRPO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "GRPO", Model: m, Config: config}
	draw, err := drawing("GRPOConfig", r.Model, sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: c.Temperature, TopP: c.TopP, TopK: c.TopK, MinP: c.MinP, Penalty: c.Penalty}, c.Sampling, c.Rollouts == "" || c.Eval != nil)
	if err != nil {
		return nil, err
	}
	o, err := newSource(r, s, prompts, sourceSettings{group: c.GroupSize, perGeneration: s.BatchSize * c.StepsPerGeneration, shuffle: !c.InOrder, draw: draw, whole: c.Sampling != nil, temperature: c.Temperature,
		env: c.Env, rewards: rewards, weights: c.RewardWeights, timeout: c.RewardTimeout, rewarded: true, replays: c.Rollouts != ""})
	if err != nil {
		return nil, err
	}
	t := &grpo{run: r, s: s, c: c, source: o, coef: c.EntropyCoef, lastEntropy: math.Inf(1)}
	if c.Beta != 0 {
		t.ref = anchorOf(r.Model, c.Reference, c.Adapter != nil)
	}
	t.exam, err = newExam(r, s, c.Eval, sourceSettings{group: c.EvalGroupSize, perGeneration: c.EvalGroupSize, draw: draw, whole: c.Sampling != nil, temperature: c.Temperature, env: c.Env, rewards: rewards, weights: c.RewardWeights, timeout: c.RewardTimeout, rewarded: true}, c.Rollouts)
	if err != nil {
		return nil, err
	}
	if err := o.open(c.Rollouts, c.SaveRollouts); err != nil {
		return nil, err
	}
	defer o.close()
	return r, train(work, r, t, s)
}

// withDefaults fills in what was left out and says which field cannot be used.
func (c GRPOConfig) withDefaults(s settings, m *zoo.Model) (GRPOConfig, error) {
	fill(&c.GroupSize, 8)
	fill(&c.MaxNewTokens, min(512, max(1, m.LM.Config.Context/2)))
	fill(&c.Temperature, 1)
	fill(&c.Iterations, 1)
	fill(&c.StepsPerGeneration, s.Accumulation)
	fill(&c.EvalGroupSize, c.GroupSize)
	fill(&c.Scale, rl.ScaleGroup)
	fill(&c.Loss, "dapo")
	fill(&c.Level, "token")
	bad := func(field string, v any, want string) (GRPOConfig, error) {
		return c, fmt.Errorf("posttrain.GRPOConfig: %s is %v, it must be %s", field, v, want)
	}
	switch {
	case c.GroupSize < 2:
		return bad("GroupSize", c.GroupSize, "at least 2: a completion is compared with the others of its group")
	case !roomFor(c.MaxNewTokens, m, c.Rollouts == "" || c.Eval != nil):
		return bad("MaxNewTokens", c.MaxNewTokens, fmt.Sprintf("from 1 to below the model's context, %d", m.LM.Config.Context))
	case !(c.Temperature > 0) || math.IsInf(c.Temperature, 0):
		return bad("Temperature", c.Temperature, "more than 0: all completions of a group would be the same")
	case c.Iterations < 1:
		return bad("Iterations", c.Iterations, "at least 1")
	case c.EvalGroupSize < 1:
		return bad("EvalGroupSize", c.EvalGroupSize, "at least 1")
	case c.StepsPerGeneration < 1:
		return bad("StepsPerGeneration", c.StepsPerGeneration, "at least 1")
	case s.BatchSize*c.StepsPerGeneration%c.GroupSize != 0:
		return bad("GroupSize", c.GroupSize, fmt.Sprintf("a divisor of BatchSize x StepsPerGeneration, %d x %d: a generation holds whole groups", s.BatchSize, c.StepsPerGeneration))
	case !(c.Beta >= 0) || math.IsInf(c.Beta, 0):
		return bad("Beta", c.Beta, "0 or more")
	case !(c.ClipEps >= 0 && c.ClipEpsHigh >= 0 && c.Delta >= 0):
		return bad("ClipEps, ClipEpsHigh, Delta", fmt.Sprint(c.ClipEps, ", ", c.ClipEpsHigh, ", ", c.Delta), "0 or more")
	case !(c.TopEntropy >= 0 && c.TopEntropy <= 1):
		return bad("TopEntropy", c.TopEntropy, "from 0 to 1")
	case !(c.EntropyCoef == c.EntropyCoef):
		return bad("EntropyCoef", c.EntropyCoef, "a number")
	case c.Scale != rl.ScaleGroup && c.Scale != rl.ScaleBatch && c.Scale != rl.ScaleNone:
		return bad("Scale", c.Scale, "group, batch or none")
	case !oneOf(c.Loss, "dapo", "grpo", "bnpo", "dr_grpo", "cispo", "sapo", "vespo", "luspo", "gmpo"):
		return bad("Loss", c.Loss, "dapo, grpo, bnpo, dr_grpo, cispo, sapo, vespo, luspo or gmpo")
	case !oneOf(c.Level, "token", "sequence", "sequence_token"):
		return bad("Level", c.Level, "token, sequence or sequence_token")
	}
	return c, nil
}

func oneOf(s string, words ...string) bool {
	for _, w := range words {
		if s == w {
			return true
		}
	}
	return false
}
