package trl

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/posttrain"
)

// grpo runs GRPOTrainer.
func grpo(c *Config) (*job, error) {
	x := c.Common(1e-6)
	g := c.generation(&x, "max_completion_length", 512, 1)
	cfg := posttrain.GRPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Adapter: x.Adapter, Eval: x.Eval,
		MaxNewTokens: g.MaxNewTokens, Temperature: g.Temperature, TopP: g.TopP, TopK: g.TopK, MinP: g.MinP, Penalty: g.Penalty, Sampling: g.Sampling,
		Iterations: c.Int("num_iterations", 1), InOrder: !c.Bool("shuffle_dataset", true), RewardWeights: c.Floats("reward_weights"),
		Beta: c.Float("beta", 0), Loss: c.String("loss_type", "dapo"), Level: c.OneOf("importance_sampling_level", "token", "token", "sequence", "sequence_token"),
		ClipEps: orTiny(c.Float("epsilon", 0.2)), Delta: c.Float("delta", 0), PaperKL: !c.Bool("use_bias_correction_kl", true),
		SAPOPos: c.Float("sapo_temperature_pos", 1), SAPONeg: c.Float("sapo_temperature_neg", 1.05),
		VESPOPos: lossfn.Gamma{K: c.Float("vespo_k_pos", 2), Lambda: c.Float("vespo_lambda_pos", 3)}, VESPONeg: lossfn.Gamma{K: c.Float("vespo_k_neg", 3), Lambda: c.Float("vespo_lambda_neg", 2)},
		NormalizeThenSum: c.OneOf("multi_objective_aggregation", "sum_then_normalize", "sum_then_normalize", "normalize_then_sum") == "normalize_then_sum",
		MaskTruncated:    c.Bool("mask_truncated_completions", false), TopEntropy: orTiny(c.Float("top_entropy_quantile", 1)), EntropyCoef: c.Float("entropy_coef", 0),
		EvalGroupSize: c.Int("num_generations_eval", 0), Rollouts: c.Rollouts, SaveRollouts: c.SaveRollouts}
	cfg.GroupSize, cfg.StepsPerGeneration = c.group(x, 8)
	c.examined(x, cfg.GroupSize)
	cfg.Scale = c.scale()
	if c.Has("epsilon_high") {
		cfg.ClipEpsHigh = orTiny(c.Float("epsilon_high", 0))
	}
	if c.Has("off_policy_mask_threshold") {
		if cfg.OffPolicyThreshold = orTiny(c.Float("off_policy_mask_threshold", 0)); cfg.OffPolicyThreshold < 0 {
			c.wrong("off_policy_mask_threshold", "0 or more", cfg.OffPolicyThreshold)
		}
	}
	c.positive("delta")
	if cfg.Loss == "sapo" {
		c.positive("sapo_temperature_pos", "sapo_temperature_neg")
	}
	for _, g := range []*lossfn.Gamma{&cfg.VESPOPos, &cfg.VESPONeg} {
		if *g == (lossfn.Gamma{}) {
			g.K = tiny
		}
	}
	if cfg.Adaptive.On = c.Bool("use_adaptive_entropy", false); true {
		a := &cfg.Adaptive
		a.Min, a.Max = posttrain.Set(c.Float("entropy_coef_min", 0)), posttrain.Set(c.Float("entropy_coef_max", 1))
		a.Delta, a.Target = posttrain.Set(c.Float("entropy_coef_delta", 0.005)), posttrain.Set(c.Float("entropy_target", 0.2))
	}
	cfg.SyncEvery, cfg.SyncMix = c.reference()
	c.idle("max_tool_calling_iterations") // a config cannot give tools
	c.Refuse("router_aux_loss_coef", "there are no mixtures of experts")
	if c.Bool("cast_lm_head_to_fp32", false) && x.Loop.Precision != "" {
		c.Fail("cast_lm_head_to_fp32 is true: the output layer's products are those of the other layers here; set bf16: false")
	}
	rewards := c.rewards(x.Train)
	return c.plan("grpo", x.judged(rewards), cfg, func() (*posttrain.Run, error) { return posttrain.GRPO(x.Model, x.Train, rewards, cfg) })
}

// scale reads scale_rewards; true and false are TRL's older words for group and none.
func (c *Config) scale() string {
	switch v, _ := c.get("scale_rewards"); v {
	case true:
		return "group"
	case false:
		return "none"
	}
	return c.OneOf("scale_rewards", "group", "group", "batch", "none")
}
