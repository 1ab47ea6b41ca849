package posttrain

import (
	"fmt"
	"math"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// PPOConfig are the settings of PPO. A field that is left zero gets TRL's default where zero would make no sense; where zero
// means something, zero is what you get, and an Opt that is left out is TRL's default.
type PPOConfig struct {
	LearningRate float64 // of the first rollout, from which it falls rollout by rollout; 0: 3e-6
	Epochs       float64 // passes over the prompts; 0: 3
	Episodes     int     // more than 0: this many completions, whatever Epochs says
	BatchSize    int     // completions a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1. A rollout has BatchSize x Accumulation completions
	Warmup       float64 // rollouts in which the learning rate rises; below 1: a share of all; 0: none
	Schedule     string  // of the learning rate: "linear", "cosine", ... (optim.Schedules); "": linear
	WeightDecay  float64 // 0: none
	MaxGradNorm  float64 // 0: gradients are not clipped, as in TRL; more: they are scaled down to this norm
	Seed         uint64  // of the order of the prompts and of the completions; 0: 42

	PPOEpochs     int           // times that the steps go over a rollout; 0: 4
	MiniBatches   int           // that a rollout is cut into; 0: 1
	MaxNewTokens  int           // of a completion; 0: 53
	Temperature   float64       // of sampling, and of the probabilities in the loss; 0: 0.7
	RunOn         bool          // completions do not end at the end token, as TRL has it without stop_token
	StopToken     Opt           // the token that completions end at, instead of the end token (TRL's stop_token_id)
	MissingEnd    float64       // taken off the score of a completion without end token; 0: nothing
	RewardWeights []float64     // of the reward functions; empty: 1 each
	RewardTimeout time.Duration // of a reward function for a batch; 0: none

	KLCoef        Opt     // weight of the divergence from the reference in the reward of each token; 0.05
	KLEstimator   string  // "k1", "k2" or "k3"; "": k1
	ScoreAtLast   bool    // the score comes with the last token, as in the papers; TRL puts it one place later where there is room
	ClipEps       float64 // of the policy's ratio; 0: 0.2
	ClipEpsValue  float64 // of the values; 0: 0.2; negative: no clipping
	ValueCoef     Opt     // weight of the value loss; 0.1
	EntropyCoef   float64 // weight of the entropy bonus; 0: none, as in TRL
	Gamma         Opt     // 1
	GAELambda     Opt     // 0.95
	WhitenRewards bool

	Reference    *zoo.Model       // nil: the model as it is given; with an adapter, the model without it
	Adapter      nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Rollouts     string           // a file of saved rollouts to learn from instead of sampling
	SaveRollouts string           // a file that the rollouts are written to
	Loop
}

// PPO trains a copy of the model on its own completions by proximal policy optimization: the policy, a critic that learns to
// expect the reward token by token, the reward functions (rl.RewardModel makes one of a reward model) and a reference that
// the policy is kept near to. The critic is a copy of the one that is given; nil makes one of the model with a new head. Run.Critic
// is the trained one. Settings and metrics are those of TRL 1.12's PPOTrainer, the last that there is; a log is one rollout.
//
// Each token is rewarded with -KLCoef times its divergence from the reference, and the last one with the score as well; rl.GAE
// makes advantages of that, lossfn.PPO the loss. As in TRL gradients are not clipped unless MaxGradNorm is set.
func PPO(model *zoo.Model, critic *transformer.Scorer, prompts *datasets.Set, rewards []rl.Reward, config PPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("PPO", model, prompts); err != nil {
		return nil, err
	}
	s, err := collect(config, 3e-6)
	if err != nil {
		return nil, err
	}
	if config.MaxGradNorm <= 0 {
		s.MaxGradNorm = 0
	}
	c, err := config.withDefaults(s, model)
	if err != nil {
		return nil, err
	}
	m, err := learner("PPO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "PPO", Model: m, Config: config}
	if critic == nil {
		r.Critic = transformer.NewScorer(plain(model.LM), 1, s.Seed)
	} else if critic.Config.Vocab < model.LM.Config.Vocab || critic.Config.Context < model.LM.Config.Context {
		return nil, fmt.Errorf("posttrain.PPO: the critic has a vocabulary of %d and a context of %d, the model %d and %d: the critic reads what the model writes", critic.Config.Vocab, critic.Config.Context, model.LM.Config.Vocab, model.LM.Config.Context)
	}
	if critic != nil {
		r.Critic = critic.Clone()
	}
	t := &ppo{run: r, s: s, c: c, ref: anchorOf(r.Model, c.Reference, c.Adapter != nil), k: c.coefs()}
	if t.source, err = c.source(r, s, prompts, rewards); err != nil {
		return nil, err
	}
	if err := t.source.open(c.Rollouts, c.SaveRollouts); err != nil {
		return nil, err
	}
	defer t.source.close()
	if err := t.plan(); err != nil {
		return nil, err
	}
	return r, train(work, r, t, s)
}

// plain is a copy of a model without adapters, in float32.
func plain(m *transformer.LM) (out *transformer.LM) {
	m.WithoutAdapters(func() {
		out = transformer.Empty(m.Config)
		from := m.Params()
		if m.Quantised() != "" {
			from = m.Dense().Params()
		}
		for i, p := range out.Params() {
			copy(p.Value.Data(), from[i].Value.Data())
		}
	})
	return out
}

// source is where the completions come from.
func (c PPOConfig) source(r *Run, s settings, prompts *datasets.Set, rewards []rl.Reward) (*source, error) {
	draw := sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: c.Temperature}
	end := map[int32]bool{}
	switch {
	case c.StopToken.Given():
		draw.Stop = []int32{int32(c.StopToken.Or(0))}
	case !c.RunOn:
		draw.Stop = stops(r.Model)
	}
	for _, id := range draw.Stop {
		end[id] = true
	}
	if id, ok := r.Model.Tok.PAD(); ok && !end[id] { // padding inside a completion would be taken for its end
		draw.Suppress = []int32{id}
	}
	rows := s.BatchSize * s.Accumulation
	return newSource(r, s, prompts, sourceSettings{group: 1, perGeneration: rows, shuffle: true, draw: draw, rewards: rewards, weights: c.RewardWeights, timeout: c.RewardTimeout, rewarded: true, replays: c.Rollouts != "", confirm: true})
}

// isToken reports whether v is the number of a token of a vocabulary.
func isToken(v float64, vocab int) bool { return v >= 0 && v < float64(vocab) && v == math.Trunc(v) }

// ppoCoefs are the settings for which zero means something.
type ppoCoefs struct{ kl, value, gamma, lambda float64 }

func (c PPOConfig) coefs() ppoCoefs {
	return ppoCoefs{c.KLCoef.Or(0.05), c.ValueCoef.Or(0.1), c.Gamma.Or(1), c.GAELambda.Or(0.95)}
}

func (c PPOConfig) withDefaults(s settings, m *zoo.Model) (PPOConfig, error) {
	fill(&c.PPOEpochs, 4)
	fill(&c.MiniBatches, 1)
	fill(&c.MaxNewTokens, min(53, max(1, m.LM.Config.Context/2)))
	fill(&c.Temperature, 0.7)
	fill(&c.KLEstimator, "k1")
	fill(&c.ClipEps, 0.2)
	fill(&c.ClipEpsValue, 0.2)
	bad := func(field string, v any, want string) (PPOConfig, error) {
		return c, fmt.Errorf("posttrain.PPOConfig: %s is %v, it must be %s", field, v, want)
	}
	k, rows := c.coefs(), s.BatchSize*s.Accumulation
	switch {
	case c.PPOEpochs < 1:
		return bad("PPOEpochs", c.PPOEpochs, "at least 1")
	case c.MiniBatches < 1 || rows%c.MiniBatches != 0:
		return bad("MiniBatches", c.MiniBatches, fmt.Sprintf("a divisor of the %d completions of a rollout (BatchSize x Accumulation)", rows))
	case c.Episodes < 0:
		return bad("Episodes", c.Episodes, "0 or more")
	case !roomFor(c.MaxNewTokens, m, c.Rollouts == ""):
		return bad("MaxNewTokens", c.MaxNewTokens, fmt.Sprintf("from 1 to below the model's context, %d", m.LM.Config.Context))
	case !(c.Temperature > 0) || math.IsInf(c.Temperature, 0):
		return bad("Temperature", c.Temperature, "more than 0")
	case c.StopToken.Given() && !isToken(c.StopToken.Or(0), m.LM.Config.Vocab):
		return bad("StopToken", c.StopToken, fmt.Sprintf("the number of a token, from 0 to %d", m.LM.Config.Vocab-1))
	case c.StopToken.Given() && c.RunOn:
		return bad("StopToken", c.StopToken, "left out with RunOn: one ends completions, the other lets them run on")
	case !oneOf(c.KLEstimator, "k1", "k2", "k3"):
		return bad("KLEstimator", c.KLEstimator, "k1, k2 or k3")
	case !(k.kl >= 0) || math.IsInf(k.kl, 0):
		return bad("KLCoef", k.kl, "0 or more")
	case !(k.gamma >= 0 && k.gamma <= 1) || !(k.lambda >= 0 && k.lambda <= 1):
		return bad("Gamma, GAELambda", fmt.Sprint(k.gamma, ", ", k.lambda), "from 0 to 1")
	case !(c.ClipEps >= 0) || c.ClipEpsValue != c.ClipEpsValue:
		return bad("ClipEps, ClipEpsValue", fmt.Sprint(c.ClipEps, ", ", c.ClipEpsValue), "0 or more")
	case c.WhitenRewards && rows/c.MiniBatches < 8:
		return bad("WhitenRewards", true, fmt.Sprintf("false with mini-batches of %d completions: eight are the least to take a deviation of", rows/c.MiniBatches))
	}
	return c, nil
}
