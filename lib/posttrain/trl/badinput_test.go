package trl

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What people get wrong with files and values has one message each that says what, where and what to do.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return f
	}
	bare := filepath.Join(dir, "bare")
	if err := os.Mkdir(bare, 0o755); err != nil {
		t.Fatal(err)
	}
	shape := file("shape.jsonl", `{"prompt": "a", "chosen": "x", "rejected": "b"}`+"\n"+`{"prompt": "a", "chosen": 3, "rejected": "b"}`+"\n")
	long := file("long.jsonl", `{"prompt": "`+strings.Repeat("Who finds it? ", 20)+`", "chosen": "x", "rejected": "b"}`+"\n")
	grouped := fields{"reward_funcs": "think_format_reward", "max_completion_length": 4, "num_generations": 1}
	for _, c := range []struct {
		method string
		change fields
		want   string
	}{
		{"sft", fields{"dataset_name": file("none.jsonl", "")}, "none.jsonl has no rows"},
		{"sft", fields{"dataset_name": bare}, "has no .jsonl, .json, .csv or .parquet file"},
		{"sft", fields{"dataset_name": filepath.Join(dir, "absent.jsonl")}, "absent.jsonl"},
		{"sft", fields{"dataset_name": file("broken.jsonl", "{\"text\": \"a\"}\n{\"text\"\n")}, "broken.jsonl, line 2: not JSON"},
		{"sft", fields{"model_name_or_path": filepath.Join(dir, "absent")}, "there is no file or folder"},
		{"sft", fields{"model_name_or_path": bare}, "config.json"},
		{"sft", fields{"output_dir": filepath.Join(file("file", "x"), "out")}, "OutputDir: mkdir"},
		{"sft", fields{"dataset_name": "testdata/data/prompted", "max_length": 2}, "has no row in which a token counts"},
		{"sft", fields{"dataset_name": file("text.jsonl", `{"messages": "Hi"}`)}, "text.jsonl, line 1: column messages holds a string, it must hold a list of messages"},
		{"sft", fields{"dataset_name": file("noturns.jsonl", `{"messages": []}`)}, "noturns.jsonl, line 1: column messages holds a list, it must hold a list of messages"},
		{"sft", fields{"max_length": 0}, "max_length is 0, it must be more than 0"},
		{"dpo", fields{"dataset_name": shape}, "shape.jsonl, line 2: column chosen holds the number 3, it must hold a string"},
		{"dpo", fields{"dataset_name": "testdata/data/text"}, "has no column chosen"},
		{"dpo", fields{"dataset_name": long, "max_length": 16}, "no row whose prompt leaves room for a completion in MaxLength 16"},
		{"cpo", fields{"dataset_name": long, "max_length": 16}, "long.jsonl, line 1: column chosen: the prompt alone has"},
		{"dpo", fields{"beta": 0}, "Beta is 0, it must be more than 0"},
		{"kto", fields{"beta": -1}, "Beta is -1, it must be more than 0"},
		{"cpo", fields{"beta": 0}, "Beta is 0, it must be more than 0"},
		{"orpo", fields{"beta": 0}, "Beta is 0, it must be more than 0"},
		{"tpo", fields{"beta": -0.1}, "Beta is -0.1, it must be more than 0"},
		{"grpo", grouped, "GroupSize is 1, it must be at least 2"},
		{"rloo", grouped, "GroupSize is 1, it must be at least 2"},
		{"dpo", fields{"learning_rate": []int{1}}, "learning_rate is [1], it must be a number"},
		{"dpo", fields{"use_peft": 3}, "use_peft is 3, it must be true or false"},
		{"dpo", fields{"lora_target_modules": 3, "use_peft": true}, "lora_target_modules is 3, it must be a word or a list of words"},
		{"dpo", fields{"lr_scheduler_kwargs": 3}, "lr_scheduler_kwargs is 3, it must be a table"},
		{"dpo", fields{"learning_rat": 1, "betta": 2}, "does not have the setting betta, learning_rat; did you mean beta by betta?; did you mean learning_rate by learning_rat?"},
		{"dpo", fields{"run_nam": "x"}, "did you mean run_name?"},
		{"dpo", fields{"optim": "lion_32bit"}, "optim is \"lion_32bit\", it must be one of adafactor, adagrad, adamw_hf, adamw_torch, adamw_torch_fused, paged_adamw, paged_adamw_32bit, rmsprop, sgd"},
		{"dpo", fields{"optim": "sgd", "optim_args": "momentum"}, "optim_args is \"momentum\", it must be such as momentum=0.9,nesterov=true"},
		{"dpo", fields{"optim": "sgd", "optim_args": "eps=1"}, "optimizer sgd: it has no argument \"eps\"; it takes momentum, dampening, nesterov"},
		{"dpo", fields{"optim_args": "momentum=1"}, "optimizer adamw_torch_fused: it has no argument \"momentum\": it takes none"},
		{"dpo", fields{"train_sampling_strategy": "group_by_length"}, "only SFT groups rows by length, as in TRL"},
		{"sft", fields{"train_sampling_strategy": "batch_rebalance"}, "it must be one of , random, sequential, group_by_length"},
		{"sft", fields{"lr_scheduler_type": "greedy"}, "Schedule: greedy follows evaluations, and there is no data for them"},
		{"sft", fields{"lr_scheduler_type": "reduce_lr_on_plateau", "eval_strategy": "epoch", "metric_for_best_model": "f1"}, "Metric \"f1\" is not among what the evaluation measures"},
		{"sft", fields{"lr_scheduler_type": "reduce_lr_on_plateau", "eval_strategy": "epoch", "lr_scheduler_kwargs": fields{"factor": 2}}, "factor is 2, it must be above 0 and below 1"},
		{"ppo", fields{"lr_scheduler_type": "greedy"}, "greedy follows evaluations"},
		{"dpo", fields{"report_to": "wandb"}, "report_to is wandb, it must be none or tensorboard"},
		{"sft", fields{"dataset_streaming": true, "max_steps": -1}, "max_steps is missing: nobody knows how long a stream is"},
		{"sft", fields{"dataset_streaming": true, "per_device_train_batch_size": 3, "gradient_accumulation_steps": 4}, "6 batches, which are no multiple of Accumulation 4"},
		{"dpo", fields{"dataset_streaming": true, "precompute_ref_log_probs": true}, "precompute_ref_log_probs and dataset_streaming are true"},
		{"grpo", fields{"dataset_streaming": true, "reward_funcs": "think_format_reward"}, "dataset_streaming is true, it must be false or left out: the method reads its data whole"},
		{"sft", fields{"eos_token": "<x>"}, `eos_token is "<x>", which is no token of the model's vocabulary`},
		{"reward", fields{"pad_token": 3}, "pad_token is 3"},
		{"grpo", fields{"reward_funcs": "think_format_reward", "generation_kwargs": fields{"num_beams": 4}}, "generation_kwargs: num_beams is not supported: use max_new_tokens"},
		{"rloo", fields{"reward_funcs": "think_format_reward", "generation_kwargs": fields{"top_p": 2}}, "generation_kwargs: sampling: TopP is 2"},
		{"dpo", fields{"model_init_kwargs": fields{"rope_theta": 1}}, "model_init_kwargs: rope_theta is not supported"},
		{"kto", fields{"model_init_kwargs": fields{"dtype": "float16"}}, "model_init_kwargs: dtype is float16, it must be one of auto, float32, bfloat16"},
		{"distillation", fields{"teacher_model_init_kwargs": fields{"dtype": "bfloat16"}}, "teacher_model_init_kwargs: dtype is bfloat16"},
		{"ppo", fields{"stop_token": "eos", "stop_token_id": 3}, "stop_token and stop_token_id are both set"},
		{"ppo", fields{"stop_token_id": 100000, "response_length": 4}, "StopToken is 100000, it must be the number of a token"},
		{"dpo", fields{"neftune_noise_alpha": -5}, "NEFTune is -5, it must be 0 or more"},
	} {
		all := needed(t, c.method)
		maps.Copy(all, fields{"max_steps": 1, "save_strategy": "no", "bf16": false})
		maps.Copy(all, c.change)
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := Parse("config.yaml", text, io.Discard)
		if err == nil {
			_, err = Train(c.method, cfg)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s with %v:\ngot %v\nwant %q", c.method, c.change, err, c.want)
		}
	}
}

func TestYAMLErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nlearning_rate: [1\nmax_steps: 3\n": "config.yaml: yaml: line 3",
		"a: 1\n\tlearning_rate: 1\n":              "config.yaml: yaml: line 2: found a tab",
		"max_steps: 1\nmax_steps: 2\n":            "line 2: mapping key \"max_steps\" already defined at line 1",
	} {
		if _, err := Parse("config.yaml", []byte(text), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent.yaml"), io.Discard); err == nil || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("%v", err)
	}
}

// An empty completion is told, and the run goes on.
func TestAnEmptyCompletionIsTold(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	write(t, rows, []byte(`{"prompt": "Who?", "chosen": " A.", "rejected": " B."}`+"\n"+`{"prompt": "Who?", "chosen": "", "rejected": " B."}`+"\n"))
	all := needed(t, "dpo")
	maps.Copy(all, fields{"dataset_name": rows, "max_steps": 1, "save_strategy": "no"})
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c, err := Parse("config.yaml", text, &out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Train("dpo", c); err != nil {
		t.Fatal(err)
	}
	if want := "note: 1 of 2 rows have an empty completion (the first is rows.jsonl, line 2, column chosen)"; !strings.Contains(out.String(), want) {
		t.Errorf("want %q in\n%s", want, out.String())
	}
}
