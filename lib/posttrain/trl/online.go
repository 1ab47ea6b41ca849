package trl

import (
	"encoding/json"
	"slices"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/posttrain"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
)

// generation are the keys of sampling that the online methods share.
type generation struct {
	MaxNewTokens, TopK               int
	Temperature, TopP, MinP, Penalty float64
	Sampling                         *sampling.Options // of generation_kwargs; nil: there are none
}

// generation reads them. room is the longest completion by default.
func (c *Config) generation(x *Common, key string, room int, temperature float64) generation {
	g := generation{MaxNewTokens: c.Int(key, room), TopK: c.Int("top_k", 0), Temperature: c.Float("temperature", temperature), TopP: c.Float("top_p", 1), MinP: c.Float("min_p", 0),
		Penalty: c.Float("repetition_penalty", 1)}
	c.positive(key, "repetition_penalty")
	still := c.Bool("disable_dropout", false)
	if l, ok := x.Adapter.(nn.LoRA); ok && still {
		l.Dropout = 0 // models have no other
		x.Adapter = l
	}
	if !(g.Temperature > 0) {
		c.wrong("temperature", "more than 0", g.Temperature)
	}
	if g.TopP == 1 { // TRL's word for all tokens
		g.TopP = 0
	} else if g.TopP == 0 { // the most likely token alone, as in Transformers
		g.TopP = tiny
	}
	if g.Penalty == 1 {
		g.Penalty = 0
	}
	c.Refuse("use_vllm", "completions are drawn in the process itself")
	c.Refuse("use_transformers_continuous_batching", "batching is always continuous here")
	g.Sampling = c.generationArgs(g)
	c.Refuse("vllm_structured_outputs_regex", "there is no vLLM")
	c.idle("vllm_mode", "vllm_model_impl", "vllm_enable_sleep_mode", "vllm_server_base_url", "vllm_server_host", "vllm_server_port", "vllm_server_timeout", "vllm_group_port",
		"vllm_gpu_memory_utilization", "vllm_max_model_length", "vllm_tensor_parallel_size", "vllm_importance_sampling_correction", "vllm_importance_sampling_mode", "vllm_importance_sampling_clip_max",
		"vllm_importance_sampling_clip_min", "vllm_importance_sampling_cap", "cache_implementation", "ds3_gather_for_generation", "log_completions", "num_completions_to_print", "log_unique_prompts",
		"log_multimodal", "log_completions_hub_repo")
	return g
}

// generationArgs reads generation_kwargs, which change how completions are drawn and not, as temperature does, the loss as well.
func (c *Config) generationArgs(g generation) *sampling.Options {
	given := c.Table("generation_kwargs")
	if len(given) == 0 {
		return nil
	}
	all := map[string]any{"max_new_tokens": g.MaxNewTokens, "do_sample": true, "temperature": g.Temperature, "top_p": g.TopP, "top_k": g.TopK, "min_p": g.MinP}
	if g.Penalty > 0 {
		all["repetition_penalty"] = g.Penalty
	}
	for key, v := range given {
		switch {
		case !slices.Contains(generationKeys, key):
			c.Fail("generation_kwargs: %s is not supported: use %s", key, strings.Join(generationKeys, ", "))
		case v != nil:
			all[key] = v
		case key == "top_k" || key == "top_p" || key == "min_p" || key == "temperature" || key == "repetition_penalty":
			delete(all, key)
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		c.Fail("generation_kwargs: %v", err)
		return nil
	}
	o, err := sampling.ParseConfig("generation_kwargs", data)
	if err != nil {
		c.Fail("%v", err)
	}
	return &o
}

// generationKeys are what generation_kwargs may hold, by Transformers' names.
var generationKeys = []string{"max_new_tokens", "min_new_tokens", "min_length", "do_sample", "temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
	"repetition_penalty", "no_repeat_ngram_size", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "sequence_bias", "eos_token_id"}

// rewards reads reward_funcs and reward_model_name_or_path. With recorded rollouts their rewards stand in the file.
func (c *Config) rewards(data *datasets.Set) []rl.Reward {
	var out []rl.Reward
	if folder := c.String("reward_model_name_or_path", ""); folder != "" {
		r, err := rl.LoadRewardModel(folder)
		if err != nil {
			c.Fail("reward_model_name_or_path: %v", err)
			return nil
		}
		out = append(out, r)
	}
	for _, name := range c.Strings("reward_funcs") {
		switch name {
		case "accuracy_reward":
			out = append(out, rl.Named(name, rl.ExactNumber("solution")))
		case "reasoning_accuracy_reward":
			out = append(out, rl.Named(name, rl.AfterThinking(rl.ExactNumber("solution"))))
		case "think_format_reward":
			out = append(out, rl.Think())
		case "get_soft_overlong_punishment":
			out = append(out, rl.SoftOverlong(1280, 256))
		default:
			c.Fail("reward_funcs: %q is not known: use accuracy_reward, reasoning_accuracy_reward, think_format_reward or get_soft_overlong_punishment", name)
		}
		if data != nil && (name == "accuracy_reward" || name == "reasoning_accuracy_reward") && !data.Has("solution") {
			c.Fail("reward_funcs: %s needs a column solution in the data set", name)
		}
	}
	if c.Rollouts == "" && len(out) == 0 {
		c.Fail("reward_funcs is missing: nothing says which completion is better (or give recorded completions with --rollouts)")
	}
	return out
}

// group reads num_generations, and what generations are made of.
func (c *Config) group(x Common, without int) (size, perGeneration int) {
	c.positive("num_generations", "num_iterations", "steps_per_generation", "num_generations_eval")
	size = c.Int("num_generations", without)
	perGeneration = c.Int("steps_per_generation", x.Accumulation)
	if c.Has("generation_batch_size") {
		n := c.Int("generation_batch_size", 0)
		if c.Has("steps_per_generation") && n != perGeneration*x.BatchSize {
			c.Fail("generation_batch_size is %d, and steps_per_generation times per_device_train_batch_size is %d: set one of them, it decides the other", n, perGeneration*x.BatchSize)
			return size, perGeneration
		}
		if x.BatchSize == 0 || n%x.BatchSize != 0 || n <= 0 {
			c.Fail("generation_batch_size is %d, it must be a multiple of per_device_train_batch_size, %d", n, x.BatchSize)
			return size, perGeneration
		}
		perGeneration = n / x.BatchSize
	}
	return size, perGeneration
}

// tiny stands for a 0 that means zero, where the library's own 0 means the default.
const tiny = 1e-30

func orTiny(v float64) float64 {
	if v == 0 {
		return tiny
	}
	return v
}

// reference reads the keys of TR-DPO's moving reference; every is 0 if it stays.
func (c *Config) reference() (every int, mix posttrain.Opt) {
	every, mix = c.Int("ref_model_sync_steps", 512), posttrain.Set(c.Float("ref_model_mixup_alpha", 0.6))
	if !c.Bool("sync_ref_model", false) {
		return 0, mix
	}
	c.positive("ref_model_sync_steps")
	return every, mix
}

// examined checks the batches of an evaluation, which hold whole groups.
func (c *Config) examined(x Common, group int) {
	if n := c.Int("num_generations_eval", group); x.Eval != nil && (n < 1 || x.Loop.EvalBatchSize%n != 0) {
		c.Fail("per_device_eval_batch_size is %d, it must be a multiple of the %d completions of a prompt (num_generations_eval, or num_generations)", x.Loop.EvalBatchSize, n)
	}
}
