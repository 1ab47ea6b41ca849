package trl

import "lyceum/lib/posttrain"

// rloo runs RLOOTrainer.
func rloo(c *Config) (*job, error) {
	x := c.Common(1e-6)
	g := c.generation(&x, "max_completion_length", 512, 1)
	cfg := posttrain.RLOOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Adapter: x.Adapter, Eval: x.Eval,
		MaxNewTokens: g.MaxNewTokens, Temperature: g.Temperature, TopP: g.TopP, TopK: g.TopK, MinP: g.MinP, Penalty: g.Penalty, Sampling: g.Sampling,
		Iterations: c.Int("num_iterations", 1), InOrder: !c.Bool("shuffle_dataset", true), RewardWeights: c.Floats("reward_weights"),
		Beta: posttrain.Set(c.Float("beta", 0.05)), ClipEps: orTiny(c.Float("epsilon", 0.2)), Normalize: c.Bool("normalize_advantages", false),
		MaskTruncated: c.Bool("mask_truncated_completions", false), Rollouts: c.Rollouts, SaveRollouts: c.SaveRollouts, EvalGroupSize: c.Int("num_generations_eval", 0)}
	cfg.GroupSize, cfg.StepsPerGeneration = c.group(x, 2)
	if c.Has("epsilon_high") {
		cfg.ClipEpsHigh = orTiny(c.Float("epsilon_high", 0))
	}
	if r := c.Floats("reward_clip_range"); len(r) == 2 {
		cfg.RewardClip = &[2]float64{r[0], r[1]}
	} else if len(r) > 0 {
		c.wrong("reward_clip_range", "two numbers", r)
	}
	cfg.SyncEvery, cfg.SyncMix = c.reference()
	c.Refuse("router_aux_loss_coef", "there are no mixtures of experts")
	c.examined(x, cfg.GroupSize)
	rewards := c.rewards(x.Train)
	return c.plan("rloo", x.judged(rewards), cfg, func() (*posttrain.Run, error) { return posttrain.RLOO(x.Model, x.Train, rewards, cfg) })
}
