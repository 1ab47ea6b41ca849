package trl

import "fmt"

// neutralKeys are settings of TRL's configs that are taken as long as they say what changes nothing; any other value is
// refused, with the reason. A method that honours one of them reads it before Done.
var neutralKeys = []struct {
	key   string
	value any // beside null
	why   string
}{
	{"label_smoothing_factor", 0, "only sft smooths labels with it"},
	{"shuffle_dataset", false, "rows are shuffled for every epoch by train_sampling_strategy"},
	{"dataset_streaming", false, "the method reads its data whole in TRL too"},
	{"ignore_data_skip", false, "a resumed run goes on where it stopped"},
	{"length_column_name", "length", "rows are not grouped by length"},
	{"restore_callback_states_from_checkpoint", false, "callbacks have no state on disk"},
	{"parallelism_config", nil, "there is one process"},
	{"fsdp_config", nil, "there is one process"},
	{"teacher_model_revision", nil, "models are folders on disk"},
	{"padding_value", nil, "the tokenizer's own padding token is used"},
	{"dataset_kwargs", "map[]", "rows are prepared as TRL does without it"},
	{"router_aux_loss_coef", nil, "there are no mixtures of experts"},
	{"transformers_continuous_batching_config", nil, "batching is always continuous here"},
	{"use_transformers_paged", false, "batching is always continuous here"},
	{"world_size", nil, "there is one process"},
	{"num_total_batches", nil, "it follows from total_episodes and the sizes of batches"},
	{"micro_batch_size", nil, "it is per_device_train_batch_size"},
	{"local_batch_size", nil, "it follows from per_device_train_batch_size, gradient_accumulation_steps and num_mini_batches"},
	{"batch_size", nil, "it follows from per_device_train_batch_size, gradient_accumulation_steps and num_mini_batches"},
	{"local_mini_batch_size", nil, "it follows from per_device_train_batch_size and gradient_accumulation_steps"},
	{"mini_batch_size", nil, "it follows from per_device_train_batch_size and gradient_accumulation_steps"},
}

// neutral reads those that nobody has read.
func (c *Config) neutral() {
	for _, n := range neutralKeys {
		if c.asked[n.key] {
			continue
		}
		v, ok := c.get(n.key)
		off := n.value == "no" && v == false // YAML's no
		if ok && fmt.Sprint(v) != fmt.Sprint(n.value) && !off {
			c.unlike(n.key, v, n.value, n.why)
		}
	}
}

// unlike reports a key that has another value than the one that is possible.
func (c *Config) unlike(key string, v, neutral any, why string) {
	if neutral == nil {
		neutral = "null"
	}
	c.Fail("%s is %v, it must be %v or left out: %s", key, v, neutral, why)
}

// accelerator reads accelerator_config, of which only what one process on one machine can mean is possible.
func (c *Config) accelerator() {
	for key, v := range c.Table("accelerator_config") {
		neutral, known := map[string]any{"split_batches": false, "dispatch_batches": nil, "even_batches": true, "use_seedable_sampler": true, "non_blocking": false,
			"gradient_accumulation_kwargs": nil, "use_configured_state": false}[key]
		switch {
		case !known:
			c.Fail("accelerator_config has no setting %s", key)
		case key == "non_blocking": // says how tensors travel to a graphics card
		case v != nil && v != neutral:
			c.unlike("accelerator_config: "+key, v, neutral, "there is one process, and data is drawn by its seed")
		}
	}
}
