package posttrain

import (
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

func TestTrainersWithoutModelOrData(t *testing.T) {
	one := []rl.Reward{brief}
	for name, train := range map[string]func(m *zoo.Model, d *datasets.Set) error{
		"SFT":  func(m *zoo.Model, d *datasets.Set) error { _, err := SFT(m, d, SFTConfig{}); return err },
		"DPO":  func(m *zoo.Model, d *datasets.Set) error { _, err := DPO(m, d, DPOConfig{}); return err },
		"KTO":  func(m *zoo.Model, d *datasets.Set) error { _, err := KTO(m, d, KTOConfig{}); return err },
		"CPO":  func(m *zoo.Model, d *datasets.Set) error { _, err := CPO(m, d, CPOConfig{}); return err },
		"ORPO": func(m *zoo.Model, d *datasets.Set) error { _, err := ORPO(m, d, ORPOConfig{}); return err },
		"TPO":  func(m *zoo.Model, d *datasets.Set) error { _, err := TPO(m, d, TPOConfig{}); return err },
		"Reward": func(m *zoo.Model, d *datasets.Set) error {
			_, err := Reward(m, d, RewardConfig{})
			return err
		},
		"GRPO": func(m *zoo.Model, d *datasets.Set) error { _, err := GRPO(m, d, one, GRPOConfig{}); return err },
		"RLOO": func(m *zoo.Model, d *datasets.Set) error { _, err := RLOO(m, d, one, RLOOConfig{}); return err },
		"PPO":  func(m *zoo.Model, d *datasets.Set) error { _, err := PPO(m, nil, d, one, PPOConfig{}); return err },
		"Distillation": func(m *zoo.Model, d *datasets.Set) error {
			_, err := Distillation(m, tiny(t), d, DistillationConfig{})
			return err
		},
		"RejectionSample": func(m *zoo.Model, d *datasets.Set) error {
			_, err := RejectionSample(m, d, one, RejectionConfig{})
			return err
		},
	} {
		if err := train(nil, dataOf(t, "text")); err == nil || !strings.Contains(err.Error(), "posttrain."+name+": the model is nil") {
			t.Errorf("%s without a model: %v", name, err)
		}
		if err := train(tiny(t), nil); err == nil || !strings.Contains(err.Error(), "posttrain."+name+": the data set is nil") {
			t.Errorf("%s without data: %v", name, err)
		}
	}
}
