package trl

import (
	"lyceum/lib/datasets"
	"lyceum/lib/posttrain"
)

// sft runs SFTTrainer.
func sft(c *Config) (*job, error) {
	x := c.Common(2e-5)
	c.streamed(&x)
	c.template(x.Model)
	cfg := posttrain.SFTConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, Seed: x.Seed, Loop: x.Loop, Eval: x.Eval, Adapter: x.Adapter,
		TextColumn: c.String("dataset_text_field", "text"), Loss: c.OneOf("loss_type", "nll", "nll", "dft", "chunked_nll"),
		LabelSmoothing: c.Float("label_smoothing_factor", 0), NEFTune: x.NEFTune, Shuffle: c.Bool("shuffle_dataset", false)}
	if cfg.Loss == "chunked_nll" { // TRL's old word
		cfg.Loss = "nll"
	}
	cfg.MaxLength = c.maxLength(x, 1024)
	completion := c.Bool("completion_only_loss", x.Train != nil && x.Train.Has("prompt"))
	switch assistant := c.Bool("assistant_only_loss", false); {
	case assistant && x.Train != nil && x.Train.Len() > 0 && !x.Train.Row(0).Conversational():
		c.Fail("assistant_only_loss is true, and the data are no conversations: nobody is the assistant in them")
	case assistant && completion:
		cfg.Mask = datasets.Spoken
	case assistant:
		cfg.Mask = datasets.AnyAssistant
	case completion:
		cfg.Mask = datasets.Completion
	default:
		cfg.Mask = datasets.Full
	}
	if strategy := c.OneOf("packing_strategy", "bfd", "bfd", "bfd_split", "wrapped"); c.Bool("packing", false) {
		cfg.Packing = strategy
		cfg.EvalPacking = strategy
	}
	if c.Has("eval_packing") {
		cfg.EvalPacking = "none"
		if c.Bool("eval_packing", false) {
			cfg.EvalPacking = c.String("packing_strategy", "bfd")
		}
	}
	if c.Bool("padding_free", false) && cfg.Packing == "" && c.Has("max_length") {
		c.Fail("padding_free without packing needs max_length: null")
	}
	if c.Bool("padding_free", false) && cfg.Packing == "" && cfg.CountTokens == "all" { // then TRL's batches have no padding
		cfg.CountTokens = "non_padding"
	}
	c.OneOf("truncation_mode", "keep_start", "keep_start")
	return c.plan("sft", x, cfg, func() (*posttrain.Run, error) { return posttrain.SFT(x.Model, x.Train, cfg) })
}

// maxLength reads max_length; null means the model's context.
func (c *Config) maxLength(x Common, without int) int {
	if x.Model == nil {
		return 0
	}
	context := x.Model.LM.Config.Context
	if v, there := c.values["max_length"]; there && v == nil {
		c.asked["max_length"] = true
		return context
	}
	n := c.Int("max_length", without)
	if n <= 0 {
		c.wrong("max_length", "more than 0", n)
	}
	return min(n, context)
}
