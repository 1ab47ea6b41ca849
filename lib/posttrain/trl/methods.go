package trl

import (
	"fmt"
	"slices"
	"strings"

	"lyceum/lib/posttrain"
)

// A Method reads its settings from a config.
type Method struct {
	Name  string // TRL's word
	Short string
	plan  func(*Config) (*job, error)
}

// A job is a run that a config describes whole and without a fault.
type job struct {
	common Common
	config any // of the trainer
	train  func() (*posttrain.Run, error)
}

// plan ends the reading of a config.
func (c *Config) plan(method string, x Common, config any, train func() (*posttrain.Run, error)) (*job, error) {
	if err := c.Done(method); err != nil {
		return nil, err
	}
	return &job{x, config, train}, nil
}

// Methods is the table of what can be trained.
func Methods() []Method {
	return []Method{
		{"sft", "supervised fine-tuning on text, conversations, or prompts with completions", sft},
		{"grpo", "reinforcement learning from reward functions, each completion compared with others of its prompt", grpo},
		{"rloo", "REINFORCE with the other completions of the prompt as baseline", rloo},
		{"ppo", "proximal policy optimization with a reward model, a critic and a reference", ppo},
		{"dpo", "direct preference optimization and its relatives, on chosen and rejected completions", dpo},
		{"kto", "Kahneman-Tversky optimization, on completions with a label each", kto},
		{"cpo", "contrastive preference optimization, SimPO and AlphaPO: preferences without a reference model", cpo},
		{"orpo", "odds ratio preference optimization: fine-tuning and preferences at once", orpo},
		{"tpo", "triple preference optimization: preferences and a gold completion", tpo},
		{"reward", "a reward model on chosen and rejected completions", reward},
		{"distillation", "a student that learns to predict as a teacher does, on its own completions", distillation},
	}
}

// Train runs a method by name and writes the model into the config's output_dir.
func Train(method string, c *Config) (*posttrain.Run, error) {
	var names []string
	for _, m := range Methods() {
		if m.Name == method {
			j, err := m.plan(c)
			if err != nil {
				return nil, err
			}
			r, err := j.train()
			if err != nil {
				return r, c.legend(err)
			}
			return r, r.Save(j.common.OutputDir)
		}
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return nil, fmt.Errorf("train: there is no method %q: use %s", method, strings.Join(names, ", "))
}

// hasSuffix and slicesContain are small words for longer ones.
func hasSuffix(s, suffix string) bool { return strings.HasSuffix(s, suffix) }

func slicesContain(list []string, any ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(any, s) })
}
