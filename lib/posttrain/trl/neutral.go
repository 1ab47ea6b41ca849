package trl

import (
	"fmt"
	"maps"

	"lyceum/lib/datasets"
)

// neutralKeys are settings of TRL's configs that are taken as long as they say what changes nothing; any other value is
// refused, with the reason.
var neutralKeys = []struct {
	key   string
	value any // beside null
	why   string
}{
	{"dataset_streaming", false, "files are read whole"},
	{"ignore_data_skip", false, "a resumed run goes on where it stopped"},
	{"length_column_name", "length", "rows are not grouped by length"},
	{"include_num_input_tokens_seen", "no", "num_tokens is logged by the methods that count them"},
	{"restore_callback_states_from_checkpoint", false, "callbacks have no state on disk"},
	{"parallelism_config", nil, "there is one process"},
	{"fsdp_config", nil, "there is one process"},
	{"model_init_kwargs", nil, "the keys of the model stand by themselves: model_name_or_path, dtype"},
	{"teacher_model_init_kwargs", nil, "the teacher is read as it is"},
	{"teacher_model_revision", nil, "models are folders on disk"},
	{"chat_template_path", nil, "the template of the model's folder is used: put chat_template.jinja there"},
	{"eos_token", nil, "the tokenizer's own end token is used"},
	{"pad_token", nil, "the tokenizer's own padding token is used"},
	{"padding_value", nil, "the tokenizer's own padding token is used"},
	{"dataset_kwargs", nil, "rows are prepared as TRL does without it"},
	{"router_aux_loss_coef", nil, "there are no mixtures of experts"},
	{"transformers_continuous_batching_config", nil, "batching is always continuous here"},
	{"use_transformers_paged", false, "batching is always continuous here"},
	{"world_size", nil, "there is one process"},
}

// neutral reads them.
func (c *Config) neutral() {
	for _, n := range neutralKeys {
		if c.asked[n.key] {
			continue
		}
		if v, ok := c.get(n.key); ok && fmt.Sprint(v) != fmt.Sprint(n.value) {
			c.Fail("%s is %v: %s", n.key, v, n.why)
		}
	}
}

// templateArgs hands chat_template_kwargs, a table or a table as JSON text, to the chat template of every row; what a row says
// itself in the column of that name comes first.
func (c *Config) templateArgs(sets ...*datasets.Set) {
	args := c.Table("chat_template_kwargs")
	if len(args) == 0 {
		return
	}
	for _, s := range sets {
		if s == nil {
			continue
		}
		for i := range s.Len() {
			columns, all := s.Row(i).Columns, maps.Clone(args)
			if own, ok := columns["chat_template_kwargs"].(map[string]any); ok {
				maps.Copy(all, own)
			}
			columns["chat_template_kwargs"] = all
		}
	}
}
