package trl

import (
	"lyceum/lib/posttrain"
	"lyceum/lib/zoo"
)

// distillation runs DistillationTrainer.
func distillation(c *Config) (*job, error) {
	x := c.Common(1e-6)
	g := c.generation(&x, "max_completion_length", 512, 1)
	cfg := posttrain.DistillationConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, MaxSteps: x.MaxSteps, BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, MaxGradNorm: x.MaxGradNorm, NEFTune: x.NEFTune, Seed: x.Seed, Loop: x.Loop, Adapter: x.Adapter, Eval: x.Eval,
		MaxNewTokens: g.MaxNewTokens, Temperature: g.Temperature, TopP: g.TopP, TopK: g.TopK, MinP: g.MinP, Penalty: g.Penalty, Sampling: g.Sampling,
		InOrder: !c.Bool("shuffle_dataset", true), Beta: posttrain.Set(c.Float("beta", 1)), Rollouts: c.Rollouts, SaveRollouts: c.SaveRollouts}
	c.idle("max_tool_calling_iterations") // a config cannot give tools
	if c.initArgs("teacher_model_init_kwargs") == "bfloat16" {
		c.Fail("teacher_model_init_kwargs: dtype is bfloat16, it must be float32 or left out: bf16 says what the products of both models round to")
	}
	var teacher *zoo.Model
	if folder := c.String("teacher_model_name_or_path", ""); folder == "" {
		c.Fail("teacher_model_name_or_path is missing: the folder or the name of the teacher")
	} else if c.err == nil {
		var err error
		if teacher, err = read(folder); err != nil {
			c.Fail("teacher_model_name_or_path: %s", plainly(err))
		}
	}
	return c.plan("distillation", x, cfg, func() (*posttrain.Run, error) { return posttrain.Distillation(x.Model, teacher, x.Train, cfg) })
}
