package trl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// keysOf are the keys of configs behind the settings that errors of package posttrain speak of. Where there are several, it is the
// first that the method has read.
var keysOf = map[string][]string{
	"LearningRate": {"learning_rate"}, "BatchSize": {"per_device_train_batch_size"}, "Accumulation": {"gradient_accumulation_steps"}, "MaxSteps": {"max_steps"},
	"MaxLength": {"max_length"}, "Warmup": {"warmup_steps"}, "Schedule": {"lr_scheduler_type"}, "ScheduleArgs": {"lr_scheduler_kwargs"}, "WeightDecay": {"weight_decay"},
	"AdamBeta1": {"adam_beta1"}, "AdamBeta2": {"adam_beta2"}, "AdamEps": {"adam_epsilon"}, "Optimizer": {"optim"}, "Order": {"train_sampling_strategy"},
	"EvalBatchSize": {"per_device_eval_batch_size"}, "EvalSteps": {"eval_steps"}, "EvalDelay": {"eval_delay"}, "Eval": {"eval_strategy"}, "DropLast": {"dataloader_drop_last"},
	"SaveSteps": {"save_steps"}, "SaveKeep": {"save_total_limit"}, "Resume": {"resume_from_checkpoint"}, "Metric": {"metric_for_best_model"}, "OutputDir": {"output_dir"},
	"Rank": {"lora_r"}, "Dropout": {"lora_dropout"}, "Targets": {"lora_target_modules"}, "ModulesToSave": {"lora_modules_to_save"},
	"TextColumn": {"dataset_text_field"}, "Loss": {"loss_type"}, "Losses": {"loss_type"}, "Weights": {"loss_weights"}, "LabelSmoothing": {"label_smoothing", "label_smoothing_factor"},
	"NEFTune": {"neftune_noise_alpha"}, "Packing": {"packing"}, "Beta": {"beta"}, "Divergence": {"f_divergence_type"}, "AlphaCoef": {"f_alpha_divergence_coef"}, "DiscoPOPTau": {"discopop_tau"},
	"LDAlpha": {"ld_alpha"}, "Weighting": {"use_weighting"}, "Precompute": {"precompute_ref_log_probs"}, "SyncEvery": {"ref_model_sync_steps"}, "SyncMix": {"ref_model_mixup_alpha"},
	"DesirableWeight": {"desirable_weight"}, "UndesirableWeight": {"undesirable_weight"}, "Centering": {"center_rewards_coefficient"}, "Alpha": {"cpo_alpha", "tpo_alpha"},
	"RewardAlpha": {"alpha"}, "Gamma": {"simpo_gamma", "tpo_l_gamma", "gamma"}, "GAELambda": {"lam"},
	"GroupSize": {"num_generations"}, "EvalGroupSize": {"num_generations_eval"}, "MaxNewTokens": {"max_completion_length", "response_length"}, "Temperature": {"temperature"}, "Sampling": {"generation_kwargs"},
	"TopP": {"top_p"}, "TopK": {"top_k"}, "MinP": {"min_p"}, "Penalty": {"repetition_penalty"}, "Iterations": {"num_iterations"}, "StepsPerGeneration": {"steps_per_generation"},
	"RewardWeights": {"reward_weights"}, "RewardClip": {"reward_clip_range"}, "ClipEps": {"epsilon", "cliprange"}, "ClipEpsHigh": {"epsilon_high"}, "ClipEpsValue": {"cliprange_value"},
	"Delta": {"delta"}, "TopEntropy": {"top_entropy_quantile"}, "EntropyCoef": {"entropy_coef"}, "Scale": {"scale_rewards"}, "Level": {"importance_sampling_level"},
	"MaskTruncated": {"mask_truncated_completions"}, "KLCoef": {"kl_coef"}, "KLEstimator": {"kl_estimator"}, "PPOEpochs": {"num_ppo_epochs"}, "MiniBatches": {"num_mini_batches"},
	"Episodes": {"total_episodes"}, "WhitenRewards": {"whiten_rewards"}, "StopToken": {"stop_token_id"}, "RunOn": {"stop_token"},
}

var settingName = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]+\b`)

// legend adds to an error of package posttrain how the settings that it names are called in a config.
func (c *Config) legend(err error) error {
	if err == nil || !strings.HasPrefix(err.Error(), "posttrain.") {
		return err
	}
	var list []string
	for _, name := range settingName.FindAllString(err.Error(), -1) {
		for _, key := range keysOf[name] {
			if !c.asked[key] {
				continue
			}
			if strings.EqualFold(name, key) { // beta needs no explanation
				break
			}
			if entry := name + " is " + key; !slices.Contains(list, entry) {
				list = append(list, entry)
			}
			break
		}
	}
	if list == nil {
		return err
	}
	return fmt.Errorf("%w (in the config: %s)", err, strings.Join(list, ", "))
}
