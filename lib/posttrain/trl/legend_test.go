package trl

import (
	"strings"
	"testing"
)

func TestErrorsOfARunNameTheKeys(t *testing.T) {
	for _, x := range []struct {
		method string
		more   fields
		want   string
	}{
		{"grpo", fields{"num_generations": 3, "max_completion_length": 5, "per_device_train_batch_size": 4}, "(in the config: GroupSize is num_generations, BatchSize is per_device_train_batch_size, StepsPerGeneration is steps_per_generation)"},
		{"ppo", fields{"response_length": 1000}, "(in the config: MaxNewTokens is response_length)"},
		{"sft", fields{"label_smoothing_factor": 2}, "LabelSmoothing is label_smoothing_factor)"},
		{"cpo", fields{"label_smoothing": 2}, "LabelSmoothing is label_smoothing)"},
		{"dpo", fields{"beta": 0}, "nothing that the model says would matter to the loss"},
		{"dpo", fields{"loss_type": "discopop", "discopop_tau": 0}, "DiscoPOPTau is discopop_tau)"},
	} {
		c, err := Parse("c.yaml", text(t, needed(t, x.method), x.more), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Train(x.method, c); err == nil || !strings.HasSuffix(err.Error(), x.want) {
			t.Errorf("%s: %v, want it to end with %s", x.method, err, x.want)
		}
	}
}

// A 0 that the library would take for "left out" is refused where it cannot be meant, and is 0 where it can.
func TestZerosAreNotDefaults(t *testing.T) {
	for key, x := range map[string]struct {
		method string
		with   fields
	}{
		"num_generations": {"rloo", nil}, "num_iterations": {"grpo", nil}, "steps_per_generation": {"grpo", nil}, "max_completion_length": {"distillation", nil}, "repetition_penalty": {"grpo", nil},
		"num_ppo_epochs": {"ppo", nil}, "num_mini_batches": {"ppo", nil}, "response_length": {"ppo", nil}, "temperature": {"ppo", nil}, "total_episodes": {"ppo", nil},
		"delta": {"grpo", nil}, "sapo_temperature_neg": {"grpo", fields{"loss_type": "sapo"}}, "ref_model_sync_steps": {"dpo", fields{"sync_ref_model": true}}, "logging_steps": {"sft", nil},
		"lora_r": {"sft", fields{"use_peft": true}}, "lora_alpha": {"kto", fields{"use_peft": true}}, "per_device_eval_batch_size": {"orpo", fields{"eval_strategy": "epoch"}},
	} {
		if _, _, err := planned(t, x.method, needed(t, x.method), x.with, fields{key: 0}); err == nil || !strings.Contains(err.Error(), key+" is 0, it must be more than 0") {
			t.Errorf("%s with %s: 0: %v", x.method, key, err)
		}
	}
	if _, _, err := planned(t, "sft", needed(t, "sft"), fields{"seed": -1}); err == nil || !strings.Contains(err.Error(), "seed is -1") {
		t.Errorf("%v", err)
	}
	plain, _, err := planned(t, "grpo", needed(t, "grpo"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []fields{{"vespo_k_pos": 0, "vespo_lambda_pos": 0}, {"top_p": 0}, {"seed": 0}} {
		j, _, err := planned(t, "grpo", needed(t, "grpo"), f, fields{"output_dir": plain.common.OutputDir})
		if err != nil || j.description() == plain.description() {
			t.Errorf("%v is taken for the default, or refused: %v", f, err)
		}
	}
}
