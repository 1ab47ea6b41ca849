package trl

import (
	"lyceum/lib/posttrain"
)

// cpo runs CPOTrainer, which is SimPO and AlphaPO as well.
func cpo(c *Config) (*job, error) {
	x := c.Common(1e-6)
	cfg := posttrain.CPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.textLength(x), Beta: posttrain.Set(c.Float("beta", 0.1)), Loss: c.OneOf("loss_type", "sigmoid", "sigmoid", "hinge", "ipo", "simpo", "alphapo"),
		Alpha: posttrain.Set(c.Float("cpo_alpha", 1)), Gamma: posttrain.Set(c.Float("simpo_gamma", 0.5)), RewardAlpha: c.Float("alpha", 0),
		LabelSmoothing: c.smoothing("sigmoid", "simpo", "alphapo"), Dropout: !c.Bool("disable_dropout", true)}
	if cfg.Loss == "alphapo" { // TRL's word for SimPO without the likelihood
		cfg.Loss, cfg.Alpha = "simpo", posttrain.Set(0)
	}
	c.pairsOnly()
	return c.plan("cpo", x, cfg, func() (*posttrain.Run, error) { return posttrain.CPO(x.Model, x.Train, cfg) })
}

// orpo runs ORPOTrainer.
func orpo(c *Config) (*job, error) {
	x := c.Common(1e-6)
	cfg := posttrain.ORPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.textLength(x), Beta: posttrain.Set(c.Float("beta", 0.1)), Dropout: !c.Bool("disable_dropout", true)}
	c.pairsOnly()
	return c.plan("orpo", x, cfg, func() (*posttrain.Run, error) { return posttrain.ORPO(x.Model, x.Train, cfg) })
}

// pairsOnly reads keys of CPO and ORPO for what is not there.
func (c *Config) pairsOnly() {
	c.Refuse("generate_during_eval", "samples are not written during evaluation")
	c.Refuse("is_encoder_decoder", "only decoders are trained")
	c.idle("max_completion_length") // of encoder-decoders
	c.OneOf("truncation_mode", "keep_start", "keep_start")
}

// textLength is max_length of CPO and ORPO, where null means 512.
func (c *Config) textLength(x Common) int {
	if v, there := c.values["max_length"]; there && v == nil && x.Model != nil {
		c.asked["max_length"] = true
		return min(512, x.Model.LM.Config.Context)
	}
	return c.maxLength(x, 1024)
}

// smoothing is label_smoothing, which only some losses look at.
func (c *Config) smoothing(losses ...string) float64 {
	v := c.Float("label_smoothing", 0)
	if !slicesContain([]string{c.String("loss_type", "sigmoid")}, losses...) {
		return 0
	}
	return v
}

// tpo runs TPOTrainer.
func tpo(c *Config) (*job, error) {
	x := c.Common(5e-7)
	c.streamed(&x)
	cfg := posttrain.TPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.maxLength(x, 1024), Beta: posttrain.Set(c.Float("beta", 0.01)), Loss: c.OneOf("loss_type", "sigmoid", "sigmoid", "hinge", "ipo", "tpo-l"),
		Alpha: posttrain.Set(c.Float("tpo_alpha", 1)), Gamma: posttrain.Set(c.Float("tpo_l_gamma", 0.5)), LabelSmoothing: c.smoothing("sigmoid", "tpo-l"),
		Dropout: !c.Bool("disable_dropout", true)}
	c.OneOf("truncation_mode", "keep_start", "keep_start")
	return c.plan("tpo", x, cfg, func() (*posttrain.Run, error) { return posttrain.TPO(x.Model, x.Train, cfg) })
}

// kto runs KTOTrainer.
func kto(c *Config) (*job, error) {
	x := c.Common(1e-6)
	c.streamed(&x)
	cfg := posttrain.KTOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.maxLength(x, 1024), Beta: posttrain.Set(c.Float("beta", 0.1)), Loss: c.OneOf("loss_type", "kto", "kto", "apo_zero_unpaired", "bco"),
		DesirableWeight: posttrain.Set(c.Float("desirable_weight", 1)), UndesirableWeight: posttrain.Set(c.Float("undesirable_weight", 1)),
		Precompute: c.Bool("precompute_ref_log_probs", false), Dropout: !c.Bool("disable_dropout", true)}
	c.idle("precompute_ref_batch_size")
	cfg.SyncEvery, cfg.SyncMix = c.reference()
	return c.plan("kto", x, cfg, func() (*posttrain.Run, error) { return posttrain.KTO(x.Model, x.Train, cfg) })
}

// reward runs RewardTrainer.
func reward(c *Config) (*job, error) {
	x := c.common(1e-4, true)
	c.streamed(&x)
	c.template(x.Model)
	cfg := posttrain.RewardConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		MaxLength: c.maxLength(x, 1024), Centering: c.Float("center_rewards_coefficient", 0), Scorer: x.Scorer, Dropout: !c.Bool("disable_dropout", true)}
	return c.plan("reward", x, cfg, func() (*posttrain.Run, error) { return posttrain.Reward(x.Model, x.Train, cfg) })
}
