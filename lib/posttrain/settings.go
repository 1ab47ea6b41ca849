package posttrain

import (
	"fmt"
	"io"
	"math"
	"reflect"

	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

// An Opt is a setting for which zero means something: left out, it is the method's default; Set(0) is zero.
type Opt struct {
	value float64
	given bool
}

// Set is a setting with a value, also if the value is 0.
func Set(v float64) Opt { return Opt{v, true} }

// Or is the value, or without if none was set.
func (o Opt) Or(without float64) float64 {
	if o.given {
		return o.value
	}
	return without
}

// Given reports whether a value was set.
func (o Opt) Given() bool { return o.given }

// String is the value, or "default".
func (o Opt) String() string {
	if !o.given {
		return "default"
	}
	return fmt.Sprint(o.value)
}

// Loop are the settings of the training loop that every method has and a first run does not need. The zero value is a run
// without checkpoints and evaluation that logs every step.
type Loop struct {
	AdamBeta1, AdamBeta2, AdamEps Opt            // 0.9, 0.999, 1e-8
	ScheduleArgs                  map[string]any // of the Schedule: the Trainer's lr_scheduler_kwargs
	SeedZero                      bool           // a Seed of 0 is the seed 0, and not left out
	DataSeed                      Opt            // of the order of the data; left out: Seed
	Optimizer                     string         // "adamw_torch", "sgd", "adagrad", "rmsprop", "adafactor" (optim.Optimizers); "": AdamW
	OptimizerArgs                 map[string]any // of the Optimizer: the Trainer's optim_args
	Order                         string         // "random" or "sequential", in SFT "group_by_length" too; "": what the method has in TRL
	Streamed                      bool           // as the Trainer with streaming data: rows come as they stand, whatever Order and DropLast say, and a short batch of an evaluation weighs as a full one
	DropLast                      bool           // leave out a last batch that is not full, in evaluations too

	LoggingSteps  float64 // steps between two logs; below 1: a share of all steps; 0: 1; negative: no logs
	LoggingFirst  bool    // log the first step too
	LoggingEpoch  bool    // log after every epoch instead
	CountTokens   string  // log num_input_tokens_seen, and the tokens per second: "all" of the training batches, or "non_padding"; "": not
	EvalSteps     float64 // steps between two evaluations; below 1: a share of all steps, and one at the end; 0: none
	EvalEpoch     bool    // evaluate after every epoch instead
	EvalStart     bool    // evaluate before the first step
	EvalDelay     float64 // the first evaluation comes after so many steps, or epochs with EvalEpoch
	EvalBatchSize int     // 0: 8
	SaveSteps     float64 // steps between two checkpoints; below 1: a share of all steps; 0: none
	SaveEpoch     bool    // save after every epoch instead
	SaveBest      bool    // save after every evaluation that is the best so far instead
	SaveKeep      int     // how many of the newest checkpoints are kept; 0: all
	SaveModelOnly bool    // leave the optimiser out of checkpoints: smaller ones, from which no run can be resumed
	OutputDir     string  // where checkpoints, metrics.jsonl and other logs go; "": nowhere
	Resume        string  // the checkpoint to continue from: a folder, or "last" for the newest in OutputDir

	Metric          string  // the evaluation metric that says which model is best, such as "eval_loss" (the default)
	GreaterIsBetter bool    // whether a larger Metric is better
	LoadBest        bool    // end with the best checkpoint instead of the last step
	Patience        int     // stop after so many evaluations without improvement; 0: never
	MinImprovement  float64 // what is smaller is no improvement

	Precision string // of matrix products: "float32" (or empty) or "bf16" (tensor.Autocast)
	InPlace   bool   // train the given model itself and not a copy of it

	TensorBoard bool       // write event files into OutputDir/runs
	CSV         bool       // write metrics.csv too
	Console     io.Writer  // gets the Trainer's log lines; nil: none
	Callbacks   []Callback // called as the run goes on

	watch func(l *loop, micro int) // of tests: called before every micro-batch
	room  func(need int64)         // of tests: told the estimate before the first step
}

// settings are those of a run with nothing left open.
type settings struct {
	LearningRate float64
	Epochs       float64
	MaxSteps     int
	BatchSize    int
	Accumulation int
	Warmup       float64
	Schedule     string
	WeightDecay  float64
	MaxGradNorm  float64
	Seed         uint64
	NEFTune      float64 // noise on the embeddings in training, of the methods that have it
	Loop
}

// collect reads the settings that all methods share from the fields of the same names of a method's config, fills in the
// Trainer's defaults and says which field cannot be used. rate is the method's learning rate in TRL.
func collect(config any, rate float64) (settings, error) {
	var s settings
	from, to := reflect.ValueOf(config), reflect.ValueOf(&s).Elem()
	for i := range to.NumField() {
		f := from.FieldByName(to.Type().Field(i).Name)
		if f.IsValid() && f.Type().ConvertibleTo(to.Field(i).Type()) {
			to.Field(i).Set(f.Convert(to.Field(i).Type()))
		}
	}
	if eval := from.FieldByName("Eval"); optim.Follows(s.Schedule) && (!eval.IsValid() || eval.IsNil()) {
		return s, fmt.Errorf("posttrain.%s: Schedule: %s follows evaluations, and there is no data for them: set Eval", from.Type().Name(), s.Schedule)
	}
	if s.Streamed {
		s.Order, s.DropLast = "sequential", false
	}
	return s, s.complete(from.Type().Name(), rate)
}

func (s *settings) complete(config string, rate float64) error {
	if err := s.check(config); err != nil {
		return err
	}
	fill(&s.LearningRate, rate)
	fill(&s.Epochs, 3)
	fill(&s.BatchSize, 8)
	fill(&s.Accumulation, 1)
	fill(&s.MaxGradNorm, 1)
	if !s.SeedZero {
		fill(&s.Seed, 42)
	}
	fill(&s.LoggingSteps, 1)
	fill(&s.EvalBatchSize, 8)
	if s.MaxGradNorm < 0 {
		s.MaxGradNorm = 0
	}
	if s.Metric == "" {
		s.Metric = "eval_loss"
	}
	if err := tensor.CheckPrecision(s.Precision); err != nil {
		return fmt.Errorf("posttrain.%s: Precision: %w", config, err)
	}
	if optim.Follows(s.Schedule) {
		if s.EvalSteps == 0 && !s.EvalEpoch {
			return fmt.Errorf("posttrain.%s: Schedule: %s follows evaluations: set EvalSteps or EvalEpoch", config, s.Schedule)
		}
		if _, err := optim.NewPlateau(s.Schedule, s.LearningRate, s.ScheduleArgs); err != nil {
			return fmt.Errorf("posttrain.%s: Schedule: %w", config, err)
		}
	} else if _, err := optim.NewSchedule(s.Schedule, s.LearningRate, 0, s.ScheduleArgs); err != nil {
		return fmt.Errorf("posttrain.%s: Schedule: %w", config, err)
	}
	if err := optim.CheckOptimizer(s.Optimizer, s.OptimizerArgs); err != nil {
		return fmt.Errorf("posttrain.%s: Optimizer: %w", config, err)
	}
	return nil
}

// fill replaces zero.
func fill[T comparable](v *T, without T) {
	var zero T
	if *v == zero {
		*v = without
	}
}

func (s *settings) check(config string) error {
	bad := func(field string, v any, want string) error {
		return fmt.Errorf("posttrain.%s: %s is %v, it must be %s", config, field, v, want)
	}
	for _, f := range []struct {
		name string
		v    float64
	}{{"LearningRate", s.LearningRate}, {"Epochs", s.Epochs}, {"Warmup", s.Warmup}, {"WeightDecay", s.WeightDecay}, {"EvalDelay", s.EvalDelay},
		{"EvalSteps", s.EvalSteps}, {"SaveSteps", s.SaveSteps}, {"AdamEps", s.AdamEps.Or(1)}, {"MaxSteps", float64(s.MaxSteps)}, {"BatchSize", float64(s.BatchSize)},
		{"Accumulation", float64(s.Accumulation)}, {"EvalBatchSize", float64(s.EvalBatchSize)}, {"SaveKeep", float64(s.SaveKeep)}, {"Patience", float64(s.Patience)}, {"NEFTune", s.NEFTune}} {
		if !(f.v >= 0) || math.IsInf(f.v, 0) {
			return bad(f.name, f.v, "0 or more")
		}
	}
	for name, b := range map[string]Opt{"AdamBeta1": s.AdamBeta1, "AdamBeta2": s.AdamBeta2} {
		if v := b.Or(0); !(v >= 0 && v < 1) {
			return bad(name, v, "from 0 to below 1")
		}
	}
	switch {
	case s.MaxGradNorm != s.MaxGradNorm:
		return bad("MaxGradNorm", s.MaxGradNorm, "a number")
	case s.CountTokens != "" && s.CountTokens != everyToken && s.CountTokens != realTokens:
		return bad("CountTokens", s.CountTokens, "all or non_padding")
	case s.Order == byLength && config != "SFTConfig":
		return bad("Order", s.Order, "random or sequential: only SFT groups rows by length, as in TRL")
	case s.Order != "" && s.Order != "random" && s.Order != "sequential" && s.Order != byLength:
		return bad("Order", s.Order, "random, sequential or group_by_length")
	case s.OutputDir == "" && (s.SaveSteps > 0 || s.SaveEpoch || s.SaveBest || s.TensorBoard || s.CSV || s.Resume == "last" || s.LoadBest):
		return bad("OutputDir", `""`, "a folder: there is something to be written into it")
	}
	return nil
}

// steps turns a number of steps that may be a share of all steps into a number.
func steps(v float64, total int) int {
	if v > 0 && v < 1 {
		return int(math.Ceil(v * float64(total)))
	}
	return int(v)
}

// fieldOf is a number among the fields of a config; 0 if there is none of that name.
func fieldOf(config any, name string) float64 {
	v := reflect.ValueOf(config)
	if v.Kind() != reflect.Struct {
		return 0
	}
	if f := v.FieldByName(name); f.IsValid() && f.CanFloat() {
		return f.Float()
	}
	return 0
}
