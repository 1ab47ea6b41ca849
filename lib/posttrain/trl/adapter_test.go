package trl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"lyceum/lib/posttrain"
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
