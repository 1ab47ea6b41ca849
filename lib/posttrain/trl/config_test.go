package trl

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/zoo"
)

// Every wrong config has one message that says what is wrong.
func TestBadConfigs(t *testing.T) {
	const good = "model_name_or_path: testdata/model\ndataset_name: testdata/data/pairs\nmax_steps: 1\nsave_strategy: no\n"
	for want, c := range map[string][2]string{
		"dpo does not have the setting betta; did you mean beta?": {"dpo", good + "betta: 0.2"},
		"does not have the setting epsilon, num_generations":      {"dpo", good + "epsilon: 0.2\nnum_generations: 4"},
		"beta is \"much\", it must be a number":                   {"dpo", good + "beta: much"},
		"Beta is 0, it must be more than 0":                       {"dpo", good + "beta: 0"},
		"learning_rate is -1, it must be more than 0":             {"dpo", good + "learning_rate: -1"},
		"max_steps is 1.5, it must be a whole number":             {"dpo", "model_name_or_path: testdata/model\ndataset_name: testdata/data/pairs\nmax_steps: 1.5"},
		"fp16 is true":                         {"dpo", good + "fp16: true"},
		"load_in_4bit is true":                 {"dpo", good + "load_in_4bit: true"},
		"schedule \"triangular\" is not known": {"sft", good + "lr_scheduler_type: triangular"},
		"model_name_or_path is missing":        {"sft", "dataset_name: x"},
		`model_name_or_path: there is no model "nowhere": a folder, a .gguf file, owner/name`: {"sft", "model_name_or_path: nowhere\ndataset_name: x"},
		"lyceum get nobody/nothing":                         {"sft", "model_name_or_path: nobody/nothing\ndataset_name: x"},
		"dataset_name is missing":                           {"sft", "model_name_or_path: testdata/model"},
		"no such file":                                      {"sft", "model_name_or_path: testdata/model\ndataset_name: nowhere.jsonl"},
		"there is no method \"dop\"":                        {"dop", good},
		"a config is keys with values":                      {"sft", "- a"},
		"packing_strategy is \"tight\"":                     {"sft", good + "packing: true\npacking_strategy: tight"},
		"loss_type is \"simple\", it must be one of":        {"cpo", good + "loss_type: simple"},
		"resume_from_checkpoint: there is no checkpoint in": {"sft", good + "resume_from_checkpoint: true\noutput_dir: nowhere"},
		"there is no data for it beside dataset_name":       {"dpo", "model_name_or_path: testdata/model\ndataset_name: testdata/data/pairs/test.jsonl\neval_strategy: steps\ndataset_test_split: none"},
	} {
		cfg, err := Parse("config.yaml", []byte(c[1]), io.Discard)
		if err == nil {
			_, err = Train(c[0], cfg)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A model can be named as everywhere else: one that is always there, a GGUF file, a name of the hub's cache.
func TestModelsByName(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HF_HUB_CACHE", cache)
	m, err := zoo.Load("testdata/model")
	if err != nil {
		t.Fatal(err)
	}
	file, repo := filepath.Join(t.TempDir(), "model.gguf"), filepath.Join(cache, "models--nobody--tiny")
	if err := m.Write(file, "F32"); err != nil {
		t.Fatal(err)
	}
	if err := m.Save(filepath.Join(repo, "snapshots", "abc")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(repo, "refs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(repo, "refs", "main"), []byte("abc"), 0o644); err != nil {
		t.Fatal(err)
	}
	train := func(method, name, more string) error {
		out := t.TempDir()
		c, err := Parse("config.yaml", []byte("model_name_or_path: "+filepath.ToSlash(name)+"\nmax_steps: 1\nper_device_train_batch_size: 1\noutput_dir: "+filepath.ToSlash(out)+"\n"+more), io.Discard)
		if err != nil {
			return err
		}
		if _, err = Train(method, c); err != nil {
			return err
		}
		_, err = zoo.Load(out)
		return err
	}
	for _, name := range []string{"base", file, "nobody/tiny"} {
		if err := train("sft", name, "dataset_name: testdata/data/text\n"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := train("distillation", "testdata/model", "teacher_model_name_or_path: nobody/tiny\ndataset_name: testdata/data/prompted\nmax_completion_length: 4\n"); err != nil {
		t.Error(err)
	}
	if err := train("reward", file, "dataset_name: testdata/data/pairs\n"); err == nil || !strings.Contains(err.Error(), "is read from a Hugging Face folder, which 'lyceum convert") {
		t.Errorf("a reward model from a GGUF file: %v", err)
	}
}

// Keys that cannot matter here are taken; PyYAML's text 1e-3 is a number; the model that is written can be loaded.
func TestAConfigAsPeopleWriteThem(t *testing.T) {
	dir := t.TempDir()
	text := "# comment\nmodel_name_or_path: testdata/model\ndataset_name: testdata/data/chat\noutput_dir: " + filepath.ToSlash(dir) + "\nlearning_rate: 1e-3\nmax_steps: 2\nbf16: no\nreport_to: [tensorboard]\n" +
		"gradient_checkpointing: true\nattn_implementation: flash_attention_2\ndataloader_num_workers: 4\nrun_name: x\npush_to_hub: false\nsave_steps: 1\nsave_total_limit: 1\nlogging_steps: 1\n"
	var out strings.Builder
	c, err := Parse("config.yaml", []byte(text), &out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Train("sft", c); err != nil {
		t.Fatal(err)
	}
	m, err := zoo.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := m.Tok.EOS(); !ok || m.Tok.Token(id) != "<|im_end|>" || m.Tok.Config.ChatTemplates["default"] == "" {
		t.Error("the tokenizer has lost its names")
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoint-2", "model.safetensors")); err != nil {
		t.Error(err)
	}
	if runs, _ := filepath.Glob(filepath.Join(dir, "runs", "*", "*tfevents*")); len(runs) != 1 {
		t.Errorf("event files: %v", runs)
	}
	if s := out.String(); strings.Count(s, "{'loss': '") != 2 || !strings.Contains(s, "'learning_rate': '0.001'") {
		t.Errorf("%s", s)
	}
}
