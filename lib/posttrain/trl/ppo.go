package trl

import (
	"path/filepath"

	"lyceum/lib/checkpoint"
	"lyceum/lib/posttrain"
	"lyceum/lib/rl"
	"lyceum/lib/transformer"
)

// ppo runs the PPOTrainer of TRL 1.12, as its example script does: the value model starts from the reward model.
func ppo(c *Config) (*job, error) {
	// In TRL sft_model_path says where the model is, and model_name_or_path where its tokenizer; a written default of the former,
	// a name of the Hub, does not count beside a folder.
	if folder := c.String("sft_model_path", ""); folder != "" && (folder != "EleutherAI/pythia-160m" || !c.Has("model_name_or_path")) {
		c.named, c.values["model_name_or_path"] = "sft_model_path", folder
	}
	x := c.Common(3e-6)
	c.positive("num_ppo_epochs", "num_mini_batches", "response_length", "temperature", "total_episodes")
	cfg := posttrain.PPOConfig{LearningRate: x.LearningRate, Epochs: x.Epochs, Episodes: c.Int("total_episodes", 0), BatchSize: x.BatchSize, Accumulation: x.Accumulation,
		Warmup: x.Warmup, Schedule: x.Schedule, WeightDecay: x.WeightDecay, Seed: x.Seed, Loop: x.Loop, Adapter: x.Adapter,
		PPOEpochs: c.Int("num_ppo_epochs", 4), MiniBatches: c.Int("num_mini_batches", 1), MaxNewTokens: c.Int("response_length", 53), Temperature: c.Float("temperature", 0.7),
		MissingEnd: c.Float("missing_eos_penalty", 0), KLCoef: posttrain.Set(c.Float("kl_coef", 0.05)), KLEstimator: c.OneOf("kl_estimator", "k1", "k1", "k3"),
		ClipEps: orTiny(c.Float("cliprange", 0.2)), ClipEpsValue: orTiny(c.Float("cliprange_value", 0.2)), ValueCoef: posttrain.Set(c.Float("vf_coef", 0.1)),
		Gamma: posttrain.Set(c.Float("gamma", 1)), GAELambda: posttrain.Set(c.Float("lam", 0.95)), WhitenRewards: c.Bool("whiten_rewards", false),
		Rollouts: c.Rollouts, SaveRollouts: c.SaveRollouts}
	if x.Eval != nil {
		c.Fail("eval_strategy is %s and eval_on_start is %v: ppo does not evaluate; measure the trained model instead", c.String("eval_strategy", "no"), c.Bool("eval_on_start", false))
	}
	cfg.RunOn = c.OneOf("stop_token", "none", "none", "eos") == "none"
	if c.Has("stop_token_id") {
		if !cfg.RunOn {
			c.Fail("stop_token and stop_token_id are both set: completions end at one of them")
		}
		cfg.RunOn, cfg.StopToken = false, posttrain.Set(float64(c.Int("stop_token_id", 0)))
	}
	c.Refuse("model_adapter_name", "the adapter of the model is trained")
	c.Refuse("ref_adapter_name", "the reference is the model without its adapter")
	c.idle("local_rollout_forward_batch_size", "num_sample_generations", "ds3_gather_for_generation", "exp_name", "max_grad_norm", "neftune_noise_alpha", "max_steps",
		"dataset_test_split", "eval_steps", "eval_delay", "per_device_eval_batch_size")
	var rewards []rl.Reward
	folder := c.String("reward_model_path", "")
	scorer := func(key, folder string) *transformer.Scorer {
		if folder == "" || c.err != nil {
			return nil
		}
		m, err := checkpoint.LoadScorer(folder, 1, x.Seed)
		if err != nil {
			c.Fail("%s: %v", key, err)
		}
		return m
	}
	judge := scorer("reward_model_path", folder)
	critic := scorer("value_model_path", c.String("value_model_path", folder))
	if m := judge; m != nil {
		rewards = []rl.Reward{rl.TokenReward("score", m)}
	} else if folder == "" && c.Rollouts == "" {
		c.Fail("reward_model_path is missing: the folder of the reward model, from which the value model starts as well")
	}
	return c.plan("ppo", x.judged(rewards), cfg, func() (*posttrain.Run, error) {
		r, err := posttrain.PPO(x.Model, critic, x.Train, rewards, cfg)
		if err == nil && r.Critic != nil {
			err = checkpoint.SaveScorer(filepath.Join(x.OutputDir, "value_model"), r.Critic, "F32")
		}
		return r, err
	})
}
