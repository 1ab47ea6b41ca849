package trl

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lyceum/lib/checkpoint"
	"lyceum/lib/nn"
	"lyceum/lib/posttrain"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

func baseOf(t *testing.T, folder string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var x struct {
		Base string `json:"base_model_name_or_path"`
	}
	if err := json.Unmarshal(data, &x); err != nil {
		t.Fatal(err)
	}
	return x.Base
}

// An adapter that is trained on, once and again, names the model that it belongs to, not the folder that it came from.
func TestAnAdapterThatGoesOnNamesItsModel(t *testing.T) {
	need := needed(t, "sft")
	model, first := need["model_name_or_path"], need["output_dir"].(string)
	run(t, "sft", text(t, need, fields{"max_steps": 1, "logging_steps": 1, "use_peft": true}))
	second := t.TempDir()
	run(t, "sft", text(t, need, fields{"max_steps": 1, "logging_steps": 1, "model_name_or_path": first, "output_dir": second}))
	run(t, "dpo", text(t, needed(t, "dpo"), fields{"max_steps": 1, "logging_steps": 1, "model_name_or_path": second}))
	for _, folder := range []string{first, second} {
		if base := baseOf(t, folder); base != model {
			t.Errorf("the adapter belongs to %s, want %s", base, model)
		}
	}
}

// The name of a copy that a run has trained says how it came about; the adapter names what it was made of.
func TestAnAdapterOfACopyNamesWhatWasRead(t *testing.T) {
	m, err := zoo.Load("testdata/model")
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := planned(t, "sft", needed(t, "sft"), fields{"use_peft": true, "max_steps": 1})
	if err != nil {
		t.Fatal(err)
	}
	config := j.config.(posttrain.SFTConfig)
	config.InPlace, config.OutputDir, config.SaveSteps = false, "", 0
	r, err := posttrain.SFT(m, j.common.Train, config)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := r.Save(out); err != nil {
		t.Fatal(err)
	}
	if base := baseOf(t, out); base != "testdata/model" {
		t.Errorf("the adapter belongs to %q", base)
	}
}

// A reward model that was trained as an adapter can be trained on, and judges for the other methods, as whole ones do.
func TestARewardModelMayBeAnAdapter(t *testing.T) {
	need := needed(t, "reward")
	folder := need["output_dir"].(string)
	r, _ := run(t, "reward", text(t, need, fields{"max_steps": 2, "logging_steps": 1, "learning_rate": 0.01, "use_peft": true, "lora_task_type": "SEQ_CLS", "bf16": false}))
	chat := []tokenize.Message{{Role: "user", Content: "Who finds it?"}, {Role: "assistant", Content: "The cat."}}
	want, err := r.Score(chat)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := checkpoint.LoadScorer(folder, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(whole.Adapters()); n != 0 {
		t.Errorf("there are %d adapters, the one there was should be in the weights", n)
	}
	ids, err := r.Model.Tok.ApplyChatTemplate(chat, tokenize.ChatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := whole.Scores(transformer.Pad([][]int32{ids.IDs}, 0)).Data()[0]; math.Abs(float64(got)-want[0]) > 1e-5 {
		t.Errorf("the score is %v, of the trained model it was %v", got, want[0])
	}
	again := t.TempDir()
	for method, more := range map[string]fields{
		"reward": {"model_name_or_path": folder, "output_dir": again},
		"ppo":    {"reward_model_path": folder, "response_length": 4, "total_episodes": 4, "per_device_train_batch_size": 4},
		"grpo":   {"reward_model_name_or_path": folder, "reward_funcs": nil, "max_completion_length": 4, "per_device_train_batch_size": 4},
	} {
		c, err := Parse("c.yaml", text(t, needed(t, method), fields{"max_steps": 1}, more), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Train(method, c); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	if base := baseOf(t, again); base != need["model_name_or_path"] {
		t.Errorf("the adapter belongs to %s", base)
	}
}

// PEFT calls the head of a reward model otherwise where the adapter is virtual tokens.
func TestTheHeadBesideVirtualTokens(t *testing.T) {
	for _, a := range []nn.AdapterConfig{nn.PrefixTuning{VirtualTokens: 2}, nn.PromptTuning{VirtualTokens: 2}} {
		j, _, err := planned(t, "reward", needed(t, "reward"), fields{"max_steps": 1, "bf16": false})
		if err != nil {
			t.Fatal(err)
		}
		config := j.config.(posttrain.RewardConfig)
		config.Adapter, config.SaveSteps = a, 0
		r, err := posttrain.Reward(j.common.Model, j.common.Train, config)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := r.Save(out); err != nil {
			t.Fatal(err)
		}
		f, err := checkpoint.Open(filepath.Join(out, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := f.Tensors["base_model.score.weight"]; !ok {
			t.Errorf("%s: there is no base_model.score.weight", a.Kind())
		}
		_, back, err := posttrain.LoadReward(out, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := transformer.Pad([][]int32{{5, 6, 7}}, 0)
		if x, y := r.Scorer.Scores(b).Data()[0], back.Scores(b).Data()[0]; x != y {
			t.Errorf("%s: the score was %v, of what was written it is %v", a.Kind(), x, y)
		}
	}
}
