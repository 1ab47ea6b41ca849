package trl

import (
	"lyceum/lib/posttrain"
)

// dpo runs DPOTrainer.
func dpo(c *Config) (*job, error) {
	x := c.Common(1e-6)
	c.streamed(&x)
	cfg := posttrain.DPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.maxLength(x, 1024), Beta: posttrain.Set(c.Float("beta", 0.1)), Losses: c.Strings("loss_type"), Weights: c.Floats("loss_weights"),
		LabelSmoothing: c.Float("label_smoothing", 0), Divergence: c.String("f_divergence_type", "reverse_kl"),
		AlphaCoef: posttrain.Set(c.Float("f_alpha_divergence_coef", 0.5)), DiscoPOPTau: posttrain.Set(c.Float("discopop_tau", 0.05)),
		Weighting: c.Bool("use_weighting", false), Precompute: c.Bool("precompute_ref_log_probs", false), Dropout: !c.Bool("disable_dropout", true)}
	if c.Has("ld_alpha") {
		cfg.LDAlpha = posttrain.Set(c.Float("ld_alpha", 1))
	}
	c.idle("precompute_ref_batch_size", "padding_free")
	cfg.SyncEvery, cfg.SyncMix = c.reference()
	c.OneOf("truncation_mode", "keep_start", "keep_start")
	return c.plan("dpo", x, cfg, func() (*posttrain.Run, error) { return posttrain.DPO(x.Model, x.Train, cfg) })
}
