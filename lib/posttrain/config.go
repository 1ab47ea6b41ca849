// Package posttrain is the trainers: thin loops over objectives, data and optimiser, with the settings and the metric names
// of TRL.
package posttrain

import (
	"fmt"
	"math"

	"lyceum/lib/datasets"
)

// SFTConfig are the settings of SFT. A field that is left zero gets TRL's default where zero would make no sense; where zero
// means something, zero is what you get.
type SFTConfig struct {
	LearningRate float64       // peak; 0: 2e-5
	Epochs       float64       // passes over the data; 0: 3
	MaxSteps     int           // more than 0: this many steps, whatever Epochs says
	BatchSize    int           // conversations a forward pass; 0: 8
	Accumulation int           // forward passes a step; 0: 1
	MaxLength    int           // longer conversations are cut at the end; 0: the model's context
	Warmup       int           // steps in which the learning rate rises; 0: none
	Schedule     string        // "linear", "cosine" or "constant"; "": linear
	WeightDecay  float64       // 0: none
	MaxGradNorm  float64       // gradients are scaled down to this norm; 0: 1.0; negative: no clipping
	Mask         datasets.Mask // which tokens count; the zero value: what the assistant says
	Seed         uint64        // of the order of the data; 0: 42
}

// withDefaults fills in what was left out, and says which field cannot be used.
func (c SFTConfig) withDefaults(context int) (SFTConfig, error) {
	bad := func(field string, v any, want string) (SFTConfig, error) {
		return c, fmt.Errorf("posttrain.SFTConfig: %s is %v, it must be %s", field, v, want)
	}
	switch {
	case !(c.LearningRate >= 0) || math.IsInf(c.LearningRate, 0):
		return bad("LearningRate", c.LearningRate, "positive")
	case !(c.Epochs >= 0) || math.IsInf(c.Epochs, 0):
		return bad("Epochs", c.Epochs, "positive")
	case c.MaxSteps < 0:
		return bad("MaxSteps", c.MaxSteps, "positive")
	case c.BatchSize < 0:
		return bad("BatchSize", c.BatchSize, "positive")
	case c.Accumulation < 0:
		return bad("Accumulation", c.Accumulation, "positive")
	case c.MaxLength < 0 || c.MaxLength > context:
		return bad("MaxLength", c.MaxLength, fmt.Sprintf("between 1 and the model's context, %d", context))
	case c.Warmup < 0:
		return bad("Warmup", c.Warmup, "0 or more")
	case !(c.WeightDecay >= 0):
		return bad("WeightDecay", c.WeightDecay, "0 or more")
	case c.MaxGradNorm != c.MaxGradNorm:
		return bad("MaxGradNorm", c.MaxGradNorm, "a number")
	}
	if c.LearningRate == 0 {
		c.LearningRate = 2e-5
	}
	if c.Epochs == 0 {
		c.Epochs = 3
	}
	if c.BatchSize == 0 {
		c.BatchSize = 8
	}
	if c.Accumulation == 0 {
		c.Accumulation = 1
	}
	if c.MaxLength == 0 {
		c.MaxLength = context
	}
	if c.MaxGradNorm == 0 {
		c.MaxGradNorm = 1
	}
	if c.Seed == 0 {
		c.Seed = 42
	}
	return c, nil
}
