package trl

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lyceum/lib/optim"
	"lyceum/lib/posttrain"
)

// optimizer reads optim and optim_args. The optimisers of other packages (bitsandbytes, torchao, galore_torch, ...) are not
// there: the message lists those that are.
func (c *Config) optimizer(l *posttrain.Loop) {
	l.Optimizer = c.OneOf("optim", "adamw_torch_fused", slices.Sorted(maps.Keys(optim.Optimizers))...)
	l.OptimizerArgs = c.optimArgs()
	if err := optim.CheckOptimizer(l.Optimizer, l.OptimizerArgs); err != nil {
		c.Fail("optim_args: %v", err)
	}
}

// optimArgs reads "momentum=0.9, nesterov=true", or a table.
func (c *Config) optimArgs() map[string]any {
	v, ok := c.get("optim_args")
	text, words := v.(string)
	if !ok || !words {
		return c.Table("optim_args")
	}
	out := map[string]any{}
	for _, pair := range strings.Split(strings.ReplaceAll(text, " ", ""), ",") {
		key, value, ok := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		if !ok {
			c.wrong("optim_args", "such as momentum=0.9,nesterov=true", strconv.Quote(text))
			return nil
		}
		out[key] = value
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			out[key] = f
		}
	}
	return out
}
