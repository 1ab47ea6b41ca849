package trl

// idleKeys are settings that cannot change what is computed here: they speak of graphics cards, of several processes, of the
// Hub, or of how a Python program loads its data. They are taken whatever they say. Settings that would change the result are
// not in this list.
var idleKeys = map[string]bool{}

func init() {
	for _, k := range []string{
		// logs and their looks
		"run_name", "project", "disable_tqdm", "log_level", "log_level_replica", "log_on_each_node", "logging_dir", "trackio_space_id",
		"trackio_bucket_id", "trackio_static_space_id", "skip_memory_metrics", "debug", "include_for_metrics", "prediction_loss_only",
		// the loading of data
		"dataloader_num_workers", "dataloader_pin_memory", "dataloader_persistent_workers", "dataloader_prefetch_factor", "dataloader_in_order",
		"dataloader_multiprocessing_context", "dataset_num_proc", "remove_unused_columns", "label_names", "eval_do_concat_batches", "eval_use_gather_object",
		"eval_accumulation_steps", "batch_eval_metrics",
		// memory and devices: the numbers are the same
		"gradient_checkpointing_kwargs", "activation_checkpointing", "activation_checkpointing_kwargs", "activation_offloading",
		"torch_empty_cache_steps", "use_cpu", "tf32", "use_cache", "attn_implementation", "low_cpu_mem_usage", "use_liger_kernel", "liger_kernel_config",
		"pad_to_multiple_of", "torch_compile", "torch_compile_backend", "torch_compile_mode",
		// several processes
		"local_rank", "ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_static_graph", "ddp_backend", "ddp_timeout",
		"average_tokens_across_devices", "save_on_each_node", "ignore_bias_buffers",
		// the Hub, and code from elsewhere, which is never run
		"trust_remote_code", "model_revision", "hub_token", "hub_private_repo", "hub_model_id", "hub_strategy", "hub_always_push", "hub_revision",
		"do_train", "do_eval", "do_predict", "full_determinism", "logging_nan_inf_filter", "enable_jit_checkpoint",
	} {
		idleKeys[k] = true
	}
}
