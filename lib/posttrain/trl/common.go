package trl

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/posttrain"
	"lyceum/lib/rl"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// A Common is what every method reads of a config.
type Common struct {
	LearningRate, Epochs, Warmup, WeightDecay, MaxGradNorm, NEFTune float64
	MaxSteps, BatchSize, Accumulation                               int
	Schedule                                                        string
	Seed                                                            uint64
	Loop                                                            posttrain.Loop
	Model                                                           *zoo.Model
	Scorer                                                          *transformer.Scorer // of a reward model
	Adapter                                                         nn.AdapterConfig
	Train, Eval                                                     *datasets.Set
	OutputDir                                                       string
	Judges                                                          []string // the names of the reward functions
}

func (x Common) judged(by []rl.Reward) Common {
	x.Judges = rl.Names(by)
	return x
}

// Common reads the settings of the Trainer, of the model and of the data. rate is the method's learning rate in TRL.
func (c *Config) Common(rate float64) Common { return c.common(rate, false) }

// common loads a reward model where scored is set.
func (c *Config) common(rate float64, scored bool) Common {
	x := Common{
		LearningRate: c.Float("learning_rate", rate), Epochs: c.Float("num_train_epochs", 3), MaxSteps: max(0, c.Int("max_steps", -1)),
		BatchSize: c.Int("per_device_train_batch_size", 8), Accumulation: c.Int("gradient_accumulation_steps", 1),
		Schedule: c.String("lr_scheduler_type", "linear"), Warmup: c.warmup(), WeightDecay: c.Float("weight_decay", 0),
		MaxGradNorm: c.Float("max_grad_norm", 1), NEFTune: c.Float("neftune_noise_alpha", 0), Seed: uint64(c.Int("seed", 42)), OutputDir: c.String("output_dir", "trainer_output"),
	}
	for key, v := range map[string]float64{"learning_rate": x.LearningRate, "num_train_epochs": x.Epochs, "per_device_train_batch_size": float64(x.BatchSize),
		"gradient_accumulation_steps": float64(x.Accumulation)} {
		if !(v > 0) {
			c.wrong(key, "more than 0", v)
		}
	}
	if seed := c.Float("seed", 42); seed < 0 {
		c.wrong("seed", "0 or more", seed)
	}
	if x.MaxGradNorm == 0 {
		x.MaxGradNorm = -1 // the Trainer's 0: no clipping
	}
	x.Loop = c.loop(x.OutputDir)
	x.Loop.Precision = c.precision()
	x.Adapter = c.adapter(scored)
	if c.err == nil {
		x.Model, x.Scorer = c.model(scored, x.Seed)
	}
	if c.err == nil {
		x.Train, x.Eval = c.data()
	}
	c.special(x.Model)
	if recompute := c.Bool("gradient_checkpointing", false); x.Model != nil {
		x.Model.LM.Recompute = recompute
	}
	c.accelerator()
	c.templateArgs(x.Train, x.Eval)
	return x
}

// streamed reads dataset_streaming, of the methods whose trainer takes a stream in TRL.
func (c *Config) streamed(x *Common) {
	if !c.Bool("dataset_streaming", false) {
		return
	}
	x.Loop.Streamed = true
	for _, key := range []string{"shuffle_dataset", "precompute_ref_log_probs"} {
		if v, _ := c.get(key); v == true {
			c.Fail("%s and dataset_streaming are true: rows of a stream come once and as they stand", key)
		}
	}
	if x.MaxSteps == 0 {
		c.Fail("dataset_streaming is true, and max_steps is missing: nobody knows how long a stream is")
	}
}

// special reads eos_token and pad_token, of the methods that have them: other words of the vocabulary for these two.
func (c *Config) special(m *zoo.Model) {
	for _, key := range []string{"eos_token", "pad_token"} {
		v, ok := c.get(key)
		if !ok || m == nil || v == "<"+strings.ToUpper(key)+">" { // where TRL writes a config down it hides what a key ending in _token says
			continue
		}
		word := c.String(key, "")
		if _, known := m.Tok.ID(word); !known && c.err == nil {
			c.Fail("%s is %q, which is no token of the model's vocabulary", key, word)
			return
		}
		m.Tok.Config.Named = maps.Clone(m.Tok.Config.Named)
		m.Tok.Config.Named[key] = word
	}
}

func (c *Config) warmup() float64 {
	if r := c.Float("warmup_ratio", 0); r > 0 && !c.Has("warmup_steps") {
		return r
	}
	return c.Float("warmup_steps", 0)
}

// precision reads the keys of number formats. As in TRL, products are in bfloat16 unless bf16 is false.
func (c *Config) precision() (p string) {
	if c.Bool("bf16", true) {
		p = tensor.BF16
	}
	c.Refuse("bf16_full_eval", "the weights stay in float32; bf16 rounds the factors of products")
	c.Refuse("fp16", "half precision is not there: use bf16 or leave it out")
	c.Refuse("fp16_full_eval", "half precision is not there")
	of := c.OneOf("dtype", c.OneOf("torch_dtype", "float32", numberFormats...), numberFormats...)
	if own := c.initArgs("model_init_kwargs"); own != "" {
		of = own
	}
	if of == "bfloat16" { // weights are float32; this is what products round to
		p = tensor.BF16
	}
	for key, why := range map[string]string{"deepspeed": "there is one process", "fsdp": "there is one process", "auto_find_batch_size": "set per_device_train_batch_size",
		"push_to_hub": "nothing is uploaded", "optim_target_modules": "use adapters"} {
		c.Refuse(key, why)
	}
	return p
}

var numberFormats = []string{"auto", "float32", "bfloat16"}

// initArgs reads model_init_kwargs, what Transformers' from_pretrained is given beside the folder, and returns its dtype: it comes
// before the key of that name. The others that are taken say where weights lie and how they get there.
func (c *Config) initArgs(key string) (dtype string) {
	for name, v := range c.Table(key) {
		switch name {
		case "dtype":
			if dtype, _ = v.(string); v != nil && !slices.Contains(numberFormats, dtype) {
				c.wrong(key+": dtype", "one of "+strings.Join(numberFormats, ", "), v)
			}
		case "attn_implementation", "device_map", "low_cpu_mem_usage", "max_memory", "offload_folder", "revision", "trust_remote_code", "use_cache", "use_safetensors":
		default:
			if v != nil {
				c.Fail("%s: %s is not supported: of what it can say only dtype changes a run here", key, name)
			}
		}
	}
	return dtype
}

func (c *Config) loop(dir string) posttrain.Loop {
	l := posttrain.Loop{
		AdamBeta1: posttrain.Set(c.Float("adam_beta1", 0.9)), AdamBeta2: posttrain.Set(c.Float("adam_beta2", 0.999)), AdamEps: posttrain.Set(c.Float("adam_epsilon", 1e-8)),
		ScheduleArgs: c.Table("lr_scheduler_kwargs"), DropLast: c.Bool("dataloader_drop_last", false),
		LoggingFirst: c.Bool("logging_first_step", false), EvalBatchSize: c.Int("per_device_eval_batch_size", 8), EvalStart: c.Bool("eval_on_start", false),
		SaveKeep: c.Int("save_total_limit", 0), OutputDir: dir, Metric: c.String("metric_for_best_model", "eval_loss"), LoadBest: c.Bool("load_best_model_at_end", false),
		Console: c.Out, InPlace: true,
	}
	if c.Has("data_seed") {
		l.DataSeed = posttrain.Set(c.Float("data_seed", 42))
	}
	l.SeedZero = c.Float("seed", 42) == 0
	c.optimizer(&l)
	l.Order = c.OneOf("train_sampling_strategy", "", "", "random", "sequential", "group_by_length")
	l.GreaterIsBetter = c.Bool("greater_is_better", c.Has("metric_for_best_model") && !hasSuffix(l.Metric, "loss"))
	switch c.OneOf("logging_strategy", "steps", "no", "steps", "epoch") {
	case "steps":
		c.positive("logging_steps")
		l.LoggingSteps = c.Float("logging_steps", 10)
	case "epoch":
		l.LoggingEpoch = true
		c.Float("logging_steps", 10)
	default:
		l.LoggingSteps = -1
		c.Float("logging_steps", 10)
	}
	switch c.OneOf("eval_strategy", "no", "no", "steps", "epoch") {
	case "steps":
		if l.EvalSteps = c.Float("eval_steps", l.LoggingSteps); l.EvalSteps == 0 { // the Trainer too takes it for left out
			l.EvalSteps = l.LoggingSteps
		}
	case "epoch":
		l.EvalEpoch = true
	}
	l.EvalDelay = c.Float("eval_delay", 0)
	l.CountTokens = c.counted()
	switch c.OneOf("save_strategy", "steps", "no", "steps", "epoch", "best") {
	case "steps":
		l.SaveSteps = c.Float("save_steps", 500)
	case "epoch":
		l.SaveEpoch = true
	case "best":
		l.SaveBest = true
	}
	c.Float("save_steps", 500)
	c.Float("eval_steps", 0)
	l.SaveModelOnly = c.Bool("save_only_model", false)
	for _, to := range c.Strings("report_to") {
		switch to {
		case "tensorboard", "all":
			l.TensorBoard = true
		case "none", "no":
		default:
			c.wrong("report_to", "none or tensorboard (metrics.jsonl is written in any case)", to)
		}
	}
	c.resume(&l)
	return l
}

// counted reads include_num_input_tokens_seen; true and false are its older words for all and no.
func (c *Config) counted() string {
	switch v, _ := c.get("include_num_input_tokens_seen"); v {
	case true:
		return "all"
	case false:
		return ""
	}
	if w := c.OneOf("include_num_input_tokens_seen", "no", "no", "all", "non_padding"); w != "no" {
		return w
	}
	return ""
}

// resume reads resume_from_checkpoint: a folder, or true for the newest.
func (c *Config) resume(l *posttrain.Loop) {
	v, ok := c.get("resume_from_checkpoint")
	if !ok || v == false {
		return
	}
	if v == true {
		if posttrain.LastCheckpoint(l.OutputDir) == "" {
			c.Fail("resume_from_checkpoint: there is no checkpoint in %s", l.OutputDir)
		}
		l.Resume = "last"
		return
	}
	l.Resume = c.String("resume_from_checkpoint", "")
}

// model loads the model.
func (c *Config) model(scored bool, seed uint64) (m *zoo.Model, scorer *transformer.Scorer) {
	name := c.String("model_name_or_path", "")
	if name == "" {
		c.Fail("model_name_or_path is missing: the folder of a model, its .gguf file, or a name (base, instruct, what 'lyceum get' has fetched)")
		return nil, nil
	}
	var err error
	if scored {
		folder := name
		if !isFolder(name) {
			if folder, err = zoo.Find(name); err == nil && !isFolder(folder) {
				err = fmt.Errorf("%s is a file: the model of a reward model is read from a Hugging Face folder, which 'lyceum convert %s FOLDER' writes", folder, name)
			}
		}
		if err == nil {
			m, scorer, err = posttrain.LoadReward(folder, seed)
		}
		if err == nil && m.Origin == folder {
			m.Origin = name
		}
	} else if base, ok := checkpoint.AdapterBase(name); ok {
		if m, err = read(base); err == nil {
			err = checkpoint.LoadAdapter(name, m.LM, "default")
		}
	} else {
		m, err = read(name)
	}
	if err != nil {
		c.Fail("%s: %s", c.named, plainly(err))
		return nil, nil
	}
	m.Name = name
	return m, scorer
}

// read loads a Hugging Face folder, a GGUF file, or a model by its name: base and instruct, which are always there, or what
// 'lyceum get' has fetched.
func read(name string) (*zoo.Model, error) {
	if _, err := os.Stat(name); err != nil {
		switch name {
		case "base":
			return zoo.Base(), nil
		case "instruct":
			return zoo.Instruct(), nil
		}
	}
	return zoo.Load(name)
}

// plainly is an error without the name of the function that a config's reader has not called.
func plainly(err error) string { return strings.TrimPrefix(err.Error(), "zoo.Load: ") }

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// adapter reads the keys of PEFT.
func (c *Config) adapter(scored bool) nn.AdapterConfig {
	l := nn.LoRA{Rank: c.Int("lora_r", 16), Alpha: c.Float("lora_alpha", 32), Dropout: c.Float("lora_dropout", 0.05), RSLoRA: c.Bool("use_rslora", false),
		DoRA: c.Bool("use_dora", false), ModulesToSave: c.Strings("lora_modules_to_save"), Seed: uint64(c.Int("seed", 42))}
	if scored { // of a reward model PEFT saves the head whatever the list says, under either name
		l.ModulesToSave = slices.DeleteFunc(l.ModulesToSave, func(m string) bool { return m == "score" || m == "classifier" })
	}
	switch targets := c.Strings("lora_target_modules"); {
	case len(targets) == 1 && (targets[0] == "all-linear" || strings.ContainsAny(targets[0], `*+?|()[]{}^$\\`)):
		l.Targets = nn.Targets{Pattern: targets[0]}
	case len(targets) > 0:
		l.Targets = nn.Modules(targets...)
	}
	c.OneOf("lora_task_type", "CAUSAL_LM", "CAUSAL_LM", "SEQ_CLS")
	c.Refuse("lora_target_parameters", "adapters act on linear layers: use lora_target_modules")
	for _, key := range []string{"load_in_8bit", "load_in_4bit", "use_bnb_nested_quant", "bnb_4bit_quant_storage"} {
		c.Refuse(key, "the base model is kept in float32 here")
	}
	c.idle("bnb_4bit_quant_type") // of load_in_4bit
	if !c.Bool("use_peft", false) {
		return nil
	}
	c.positive("lora_r", "lora_alpha")
	return l
}

// data reads the training set and, if the run evaluates, the other one.
func (c *Config) data() (train, eval *datasets.Set) {
	name := c.String("dataset_name", "")
	if name == "" {
		c.Fail("dataset_name is missing: a file (.jsonl, .json, .csv, .parquet) or a folder")
		return nil, nil
	}
	c.Refuse("dataset_config", "a local folder has no configurations")
	c.Refuse("datasets", "mixtures are not there: put the rows into one file")
	split, test := c.String("dataset_train_split", "train"), c.String("dataset_test_split", "test")
	train, err := datasets.LoadSplit(name, split)
	if err != nil {
		c.Fail("dataset_name: %v", err)
		return nil, nil
	}
	if s := c.String("eval_strategy", "no"); s != "no" || c.Bool("eval_on_start", false) {
		c.positive("per_device_eval_batch_size")
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			test = filepath.Join(filepath.Dir(name), test+filepath.Ext(name))
			eval, err = datasets.LoadSplit(test, "train")
			if err != nil {
				c.Fail("eval_strategy is %s, but there is no data for it beside dataset_name: %v", s, err)
			}
			return train, eval
		}
		if eval, err = datasets.LoadSplit(name, test); err != nil {
			c.Fail("dataset_test_split: %v", err)
		}
	}
	return train, eval
}
