package trl

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/datasets"
)

// Every key of TRL's configs with its default, written by testdata/fields.py.
//
//go:embed testdata/fields.json
var fieldsJSON []byte

type fields map[string]any

func readFields(t *testing.T) (methods, written map[string]fields) {
	t.Helper()
	var all struct {
		Every            fields
		Methods, Written map[string]fields
	}
	if err := json.Unmarshal(fieldsJSON, &all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all.Methods {
		maps.Copy(m, all.Every)
	}
	return all.Methods, all.Written
}

// needed are the keys that a method cannot do without.
func needed(t *testing.T, method string) fields {
	scorer, data := "testdata/scorer", map[string]string{"sft": "text", "kto": "labels", "tpo": "triples"}[method]
	if data == "" {
		data = "pairs"
	}
	f := fields{"model_name_or_path": "testdata/model", "dataset_name": "testdata/data/" + data, "output_dir": t.TempDir()}
	switch method {
	case "reward":
		f["model_name_or_path"] = scorer
	case "grpo", "rloo":
		f["reward_funcs"], f["num_generations"] = []string{"think_format_reward"}, 2
	case "distillation":
		f["teacher_model_name_or_path"] = "testdata/model"
	case "ppo":
		f["sft_model_path"], f["reward_model_path"] = "testdata/model", scorer
	}
	return f
}

// text is a config of settings, later ones before earlier ones.
func text(t *testing.T, layers ...fields) []byte {
	t.Helper()
	all := fields{}
	for _, l := range layers {
		maps.Copy(all, l)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func planned(t *testing.T, method string, layers ...fields) (*job, *Config, error) {
	t.Helper()
	c, err := Parse("config.yaml", text(t, layers...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Methods() {
		if m.Name == method {
			j, err := m.plan(c)
			return j, c, err
		}
	}
	t.Fatalf("there is no method %s", method)
	return nil, nil, nil
}

// describe writes what a plan consists of, without the addresses of things.
func describe(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil ")
		} else if e := v.Elem(); v.Kind() == reflect.Interface || e.Kind() == reflect.Array {
			describe(b, e)
		} else if m := v.MethodByName("Name"); m.IsValid() && m.Type().NumIn() == 0 {
			fmt.Fprintf(b, "%v ", m.Call(nil)[0])
		} else {
			fmt.Fprintf(b, "%v ", v.Type())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fmt.Fprintf(b, "%s:", v.Type().Field(i).Name)
			describe(b, v.Field(i))
		}
	case reflect.Func:
		fmt.Fprintf(b, "%v ", v.IsNil())
	default:
		fmt.Fprintf(b, "%v ", v)
	}
}

func (j *job) description() string {
	var b strings.Builder
	describe(&b, reflect.ValueOf(j.common))
	describe(&b, reflect.ValueOf(j.config))
	if j.common.Model != nil {
		fmt.Fprint(&b, j.common.Model.Name, j.common.Model.LM.Recompute, j.common.Model.Tok.Config.Named)
	}
	for _, t := range []*datasets.Set{j.common.Train, j.common.Eval} {
		if t != nil {
			fmt.Fprint(&b, t.Len(), t.Row(0).Columns)
		}
	}
	return b.String()
}

func TestAConfigWithAllDefaultsIsTaken(t *testing.T) {
	methods, written := readFields(t)
	if len(methods) != len(Methods()) {
		t.Errorf("TRL's fields of %d methods, want %d", len(methods), len(Methods()))
	}
	for name, f := range methods {
		same := fields{"gradient_checkpointing": true}                         // the numbers are the same with it
		for _, key := range []string{"train_sampling_strategy", "loss_type"} { // left out, the trainer knows them
			if v, ok := f[key]; ok {
				same[key] = v
			}
		}
		least, _, err := planned(t, name, needed(t, name), same)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		j, _, err := planned(t, name, f, needed(t, name), fields{"output_dir": least.common.OutputDir})
		if err != nil {
			t.Errorf("%s, every default written out: %v", name, err)
		} else if a, b := least.description(), j.description(); a != b {
			t.Errorf("%s: defaults that are written out differ from those that are not:\n%s\n%s", name, a, b)
		}
		w := maps.Clone(written[name])
		delete(w, "stop_token") // TRL hides it as if it were a password
		if name == "grpo" || name == "rloo" {
			w["per_device_train_batch_size"] = 8
		}
		if _, _, err := planned(t, name, f, w, needed(t, name)); err != nil {
			t.Errorf("%s, as TRL writes a config object: %v", name, err)
		}
	}
}

// another gives keys whose default does not say what else they could be another value.
var another = fields{
	"dataset_name": "testdata/data/prompted", "dataset_config": "x", "dataset_train_split": "test", "dataset_test_split": "train", "model_name_or_path": "testdata/scorer", "dtype": "float16",
	"lora_target_modules": []string{"q_proj"}, "lora_target_parameters": []string{"x"}, "lora_modules_to_save": []string{"input_layernorm"}, "lora_task_type": "QUESTION_ANS",
	"bnb_4bit_quant_storage": "uint8", "output_dir": "", "max_steps": 3, "lr_scheduler_type": "cosine", "lr_scheduler_kwargs": fields{"num_cycles": 2}, "warmup_steps": 2, "optim": "lion_32bit",
	"optim_args": "x", "optim_target_modules": "x", "bf16": false, "neftune_noise_alpha": 5, "logging_strategy": "epoch", "report_to": "wandb", "eval_strategy": "epoch", "eval_steps": 3,
	"save_strategy": "epoch", "save_total_limit": 2, "metric_for_best_model": "eval_x", "greater_is_better": true, "data_seed": 3, "accelerator_config": fields{"use_seedable_sampler": false},
	"parallelism_config": fields{"a": 1}, "train_sampling_strategy": "group_by_length", "fsdp": true, "fsdp_config": fields{"a": 1}, "deepspeed": "x.json", "resume_from_checkpoint": "x",
	"label_smoothing_factor": 0.1, "length_column_name": "n", "max_grad_norm": 0.5, "include_num_input_tokens_seen": "all",
	"model_init_kwargs": fields{"dtype": "bfloat16"}, "router_aux_loss_coef": 0.1, "chat_template_path": "x", "dataset_text_field": "other", "dataset_kwargs": fields{"a": 1}, "eos_token": "<|im_start|>", "pad_token": "<|im_start|>",
	"truncation_mode": "keep_end", "max_length": 12, "gradient_checkpointing": true, "packing_strategy": "wrapped", "eval_packing": true, "completion_only_loss": true, "loss_weights": []float64{2}, "ld_alpha": 0.5, "f_divergence_type": "js_divergence",
	"center_rewards_coefficient": 0.1, "num_generations_eval": 1, "num_generations": 4, "generation_batch_size": 16, "steps_per_generation": 2, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "generation_kwargs": fields{"min_new_tokens": 2},
	"chat_template_kwargs": fields{"a": 1}, "vllm_structured_outputs_regex": "x", "delta": 1.5, "epsilon_high": 0.3, "importance_sampling_level": "sequence", "reward_weights": []float64{2},
	"multi_objective_aggregation": "normalize_then_sum", "scale_rewards": "batch", "max_tool_calling_iterations": 2, "off_policy_mask_threshold": 0.5,
	"transformers_continuous_batching_config": fields{"a": 1}, "reward_model_name_or_path": "testdata/scorer", "reward_funcs": []string{"get_soft_overlong_punishment"},
	"reward_clip_range": []float64{-1, 1}, "teacher_model_name_or_path": "testdata", "teacher_model_revision": "x", "teacher_model_init_kwargs": fields{"a": 1}, "padding_value": 3,
	"is_encoder_decoder": true, "total_episodes": 50, "stop_token": "eos", "stop_token_id": 3, "missing_eos_penalty": 1, "sft_model_path": "testdata/scorer", "world_size": 2, "num_total_batches": 2,
	"micro_batch_size": 2, "local_batch_size": 2, "batch_size": 2, "local_mini_batch_size": 2, "mini_batch_size": 2, "reward_model_path": "testdata/none", "model_adapter_name": "x", "ref_adapter_name": "x", "kl_estimator": "k3",
}

// lossOf is another loss_type of each method, and together what a key needs so that it means something.
var (
	lossOf   = fields{"sft": "dft", "dpo": []string{"hinge"}, "kto": "bco", "cpo": "hinge", "tpo": "hinge", "grpo": "bnpo"}
	together = map[string]fields{
		"lora_": {"use_peft": true}, "use_rslora": {"use_peft": true}, "use_dora": {"use_peft": true}, "ref_model_": {"sync_ref_model": true}, "model_init_kwargs": {"bf16": false},
		"lr_scheduler_kwargs": {"lr_scheduler_type": "cosine"}, "eval_steps": {"eval_strategy": "steps"}, "dataset_test_split": {"eval_strategy": "steps", "per_device_eval_batch_size": 8},
		"assistant_only_loss": {"dataset_name": "testdata/data/chat"}, "packing_strategy": {"packing": true}, "padding_free": {"max_length": 64}, "disable_dropout": {"use_peft": true}, "greater_is_better": {"metric_for_best_model": "eval_loss"},
	}
)

func otherValue(t *testing.T, method, key string, v any) any {
	switch {
	case key == "loss_type":
		return lossOf[method]
	case key == "model_name_or_path" && method == "reward":
		return "testdata/model"
	}
	if o, ok := another[key]; ok {
		return o
	}
	switch x := v.(type) {
	case bool:
		return !x
	case float64:
		return x*2 + 1
	case nil, string, []any:
		if idleKeys[key] {
			return "something"
		}
	}
	return nil
}

// Every key with a value that is not the default changes the run, or is refused in one line that names it, or is in the lists of
// those that cannot change anything here.
func TestEveryKeyIsHonouredIdleOrRefused(t *testing.T) {
	methods, _ := readFields(t)
	for name, f := range methods {
		out, plain := t.TempDir(), map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(f)) {
			if name == "ppo" && key == "model_name_or_path" {
				continue // sft_model_path is the model
			}
			v := otherValue(t, name, key, f[key])
			base, with := needed(t, name), ""
			for prefix, more := range together {
				if strings.HasPrefix(key, prefix) && (name != "ppo" || more["eval_strategy"] == nil) {
					maps.Copy(base, more)
					with = prefix
				}
			}
			base["output_dir"] = out
			if plain[with] == "" {
				j, _, err := planned(t, name, base)
				if err != nil {
					t.Fatalf("%s, for %s: %v", name, key, err)
				}
				plain[with] = j.description()
			}
			if v == nil {
				v = "something"
			}
			j, c, err := planned(t, name, base, fields{key: v})
			idle := idleKeys[key] || slices.Contains(c.idled, key)
			switch {
			case err != nil && idle:
				t.Errorf("%s: %s is refused and in the list of keys without effect: %v", name, key, err)
			case err != nil && (!strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "does not have the setting") || strings.Contains(err.Error(), "\n")):
				t.Errorf("%s: %s: %v is not told in one line that names the key: %v", name, key, v, err)
			case err == nil && !idle && j.description() == plain[with]:
				t.Errorf("%s: %s: %v is taken and changes nothing", name, key, v)
			case err == nil && idle && idleKeys[key] && j.description() != plain[with]:
				t.Errorf("%s: %s changes the run and is in the list of keys without effect", name, key)
			}
		}
	}
}

func TestAPlanTouchesNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if _, _, err := planned(t, "sft", needed(t, "sft"), fields{"output_dir": dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the output folder is there before the run")
	}
}
