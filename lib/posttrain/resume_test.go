package posttrain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/zoo"
)

// tiny is a random model of a few thousand parameters, and data for it.
func tiny(t *testing.T) *zoo.Model {
	t.Helper()
	m, err := zoo.Load("trl/testdata/model")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dataOf(t *testing.T, name string) *datasets.Set {
	t.Helper()
	d, err := datasets.Load("trl/testdata/data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// untimed is a log without how long evaluations took.
func untimed(log string) string {
	return regexp.MustCompile(`"(eval_runtime|eval_samples_per_second|eval_steps_per_second|train_runtime|train_tokens_per_second)":[^,}]*`).ReplaceAllString(log, "")
}

func sameNumbers(t *testing.T, a, b *Run) {
	t.Helper()
	for i, p := range a.trainable() {
		q := b.trainable()[i]
		for j, x := range p.Value.Data() {
			if math.Float32bits(x) != math.Float32bits(q.Value.Data()[j]) {
				t.Fatalf("%s differs", p.Name)
			}
		}
	}
}

// after stops a run after some steps, as an interrupt or a kill would.
func after(steps int) Callback {
	return func(e Event) error {
		if e.Kind == "step" && e.Step == steps {
			e.Stop()
		}
		return nil
	}
}

// A run that is cut off and resumed gives the numbers of one that was not, to the bit: with an adapter's dropout, noise on the
// embeddings, logs that span the cut, a reference that moves, and a running mean.
func TestResumeIsBitForBit(t *testing.T) {
	for name, train := range map[string]func(Loop) (*Run, error){
		"sft": func(l Loop) (*Run, error) {
			return SFT(tiny(t), dataOf(t, "prompted"), SFTConfig{LearningRate: 1e-3, MaxSteps: 7, BatchSize: 3, Accumulation: 2, NEFTune: 5, Adapter: nn.LoRA{Dropout: 0.3}, Warmup: 2, Loop: l})
		},
		"by length": func(l Loop) (*Run, error) {
			l.Order, l.EvalSteps, l.CountTokens = "group_by_length", 2, "all"
			return SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 11, BatchSize: 4, Eval: dataOf(t, "prompted"), Loop: l})
		},
		"rate after evaluations": func(l Loop) (*Run, error) {
			l.EvalSteps, l.ScheduleArgs = 1, map[string]any{"patience": 0, "threshold": 0.5, "factor": 0.5, "cooldown": 1}
			l.Optimizer, l.OptimizerArgs = "sgd", map[string]any{"momentum": 0.9}
			return SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-2, MaxSteps: 7, BatchSize: 4, Schedule: "reduce_lr_on_plateau", Eval: dataOf(t, "text"), Loop: l})
		},
		"adafactor": func(l Loop) (*Run, error) {
			l.Optimizer = "adafactor"
			return SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 7, BatchSize: 4, Loop: l})
		},
		"rmsprop": func(l Loop) (*Run, error) {
			l.Optimizer, l.OptimizerArgs = "rmsprop", map[string]any{"centered": true, "momentum": 0.5}
			return Reward(tiny(t), dataOf(t, "pairs"), RewardConfig{LearningRate: 1e-3, MaxSteps: 7, BatchSize: 4, Loop: l})
		},
		"dpo": func(l Loop) (*Run, error) {
			return DPO(tiny(t), dataOf(t, "pairs"), DPOConfig{LearningRate: 1e-3, MaxSteps: 7, BatchSize: 3, SyncEvery: 3, Loop: l})
		},
		"kto": func(l Loop) (*Run, error) {
			return KTO(tiny(t), dataOf(t, "labels"), KTOConfig{LearningRate: 1e-3, MaxSteps: 7, BatchSize: 4, Loss: "bco", Loop: l})
		},
	} {
		t.Run(name, func(t *testing.T) {
			whole, parts := t.TempDir(), t.TempDir()
			a, err := train(Loop{OutputDir: whole, LoggingSteps: 2})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := train(Loop{OutputDir: parts, LoggingSteps: 2, SaveSteps: 3, Callbacks: []Callback{after(5)}}); err != nil {
				t.Fatal(err)
			}
			b, err := train(Loop{OutputDir: parts, LoggingSteps: 2, SaveSteps: 3, Resume: "last"})
			if err != nil {
				t.Fatal(err)
			}
			sameNumbers(t, a, b)
			if x, y := untimed(read(t, whole, "metrics.jsonl")), untimed(read(t, parts, "metrics.jsonl")); x != y {
				t.Errorf("the logs differ:\n%s\n%s", x, y)
			}
			if len(b.Metrics) != len(a.Metrics) || b.done != a.done {
				t.Errorf("%d logs and %d steps, want %d and %d", len(b.Metrics), b.done, len(a.Metrics), a.done)
			}
		})
	}
}

func TestCheckpointsAreKeptForkedAndWhole(t *testing.T) {
	dir := t.TempDir()
	train := func(rate float64, l Loop) (*Run, error) {
		return SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: rate, MaxSteps: 6, BatchSize: 4, Loop: l})
	}
	if _, err := train(1e-3, Loop{OutputDir: dir, SaveSteps: 1, SaveKeep: 2}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(checkpoints(dir)); got != "[5 6]" {
		t.Errorf("checkpoints %v, want the two newest", got)
	}
	if m, err := zoo.Load(filepath.Join(dir, "checkpoint-5")); err != nil || m.LM.Config.Dim != 16 {
		t.Errorf("a checkpoint is no model: %v", err)
	}
	// A kill while a checkpoint is written leaves its folder under another name.
	if err := os.MkdirAll(filepath.Join(dir, ".writing-checkpoint-7"), 0o755); err != nil {
		t.Fatal(err)
	}
	if last := LastCheckpoint(dir); filepath.Base(last) != "checkpoint-6" {
		t.Errorf("the last checkpoint is %s", last)
	}
	fork := t.TempDir()
	r, err := train(5e-3, Loop{OutputDir: fork, Resume: filepath.Join(dir, "checkpoint-5")})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Metrics); n != 6 || r.Metrics[4]["learning_rate"] >= 1e-3 || math.Abs(r.Metrics[5]["learning_rate"]-5e-3/6) > 1e-9 {
		t.Errorf("a fork keeps what was logged and goes on with its own rate: %v", r.Column("learning_rate"))
	}
	if _, err := train(1e-3, Loop{OutputDir: fork, Resume: "last"}); err == nil || !strings.Contains(err.Error(), "no checkpoint in") {
		t.Errorf("%v", err)
	}
	_, err = SFT(tiny(t), dataOf(t, "text").Take(8), SFTConfig{MaxSteps: 6, BatchSize: 4, Loop: Loop{OutputDir: fork, Resume: filepath.Join(dir, "checkpoint-5")}})
	if err == nil || !strings.Contains(err.Error(), "other data or another order") {
		t.Errorf("other data: %v", err)
	}
	_, err = DPO(tiny(t), dataOf(t, "pairs"), DPOConfig{MaxSteps: 6, BatchSize: 4, Loop: Loop{OutputDir: fork, Resume: filepath.Join(dir, "checkpoint-5")}})
	if err == nil || !strings.Contains(err.Error(), "a checkpoint of SFT") {
		t.Errorf("another method: %v", err)
	}
}

func TestEarlyStoppingAndTheBestModel(t *testing.T) {
	dir := t.TempDir()
	var kinds []string
	r, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 20, BatchSize: 4, Eval: dataOf(t, "text").Skip(10),
		Loop: Loop{OutputDir: dir, EvalSteps: 1, SaveSteps: 1, Patience: 3, MinImprovement: 10, LoadBest: true, EvalStart: true,
			Callbacks: []Callback{func(e Event) error { kinds = append(kinds, e.Kind); return nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	if r.done != 3 || len(r.Evals) != 4 {
		t.Errorf("stopped after %d steps and %d evaluations, want 3 without enough improvement", r.done, len(r.Evals))
	}
	seen := strings.Join(kinds, " ")
	for _, k := range []string{"step", "log", "eval", "save", "end"} {
		if !strings.Contains(seen, k) {
			t.Errorf("callbacks were told %s", seen)
		}
	}
	r.Evals = []Metrics{{"eval_loss": 2}, {"eval_loss": 1}, {"eval_loss": 3}}
	if e := r.Explain().String(); !strings.Contains(e, "was lowest, 1, at evaluation 2 of 3") {
		t.Errorf("%s", e)
	}
}

func TestLogsOfEveryKind(t *testing.T) {
	dir := t.TempDir()
	var console strings.Builder
	if _, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 4, Eval: dataOf(t, "text").Take(4),
		Loop: Loop{OutputDir: dir, TensorBoard: true, CSV: true, EvalSteps: 2, Console: &console}}); err != nil {
		t.Fatal(err)
	}
	if s := console.String(); !strings.HasPrefix(s, "{'loss': '") || !strings.Contains(s, "'learning_rate': '0.001'") || !strings.Contains(s, "{'train_runtime'") {
		t.Errorf("console:\n%s", s)
	}
	if s := read(t, dir, "metrics.csv"); !strings.HasPrefix(s, "step,loss,grad_norm,learning_rate,") || strings.Count(s, "\n") != 4 {
		t.Errorf("csv:\n%s", s)
	}
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "events.out.tfevents.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	data := []byte(read(t, files[0]))
	n, tags := 0, ""
	for len(data) > 0 {
		size := binary.LittleEndian.Uint64(data)
		body := data[12 : 12+size]
		if binary.LittleEndian.Uint32(data[8:]) != masked(data[:8]) || binary.LittleEndian.Uint32(data[12+size:]) != masked(body) {
			t.Fatalf("record %d: a checksum is wrong", n)
		}
		tags += string(body)
		data, n = data[16+size:], n+1
	}
	if n < 20 || !strings.Contains(tags, "brain.Event:2") || !strings.Contains(tags, "args/text_summary") || !strings.Contains(tags, "model_config/text_summary") || !strings.Contains(tags, "train/train_loss") || !strings.Contains(tags, "train/grad_norm") || !strings.Contains(tags, "eval/loss") {
		t.Errorf("%d records: %q", n, tags)
	}
}

// An evaluation that measures nothing is logged, as by the Trainer, and said.
func TestAnEvaluationOfNothing(t *testing.T) {
	for name, l := range map[string]Loop{"goes on": {}, "needs it": {Patience: 1}} {
		l.EvalSteps, l.DropLast, l.EvalBatchSize = 1, true, 8
		r, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{MaxSteps: 2, BatchSize: 4, Eval: dataOf(t, "text").Take(3), Loop: l})
		if name == "needs it" {
			if err == nil || !strings.Contains(err.Error(), `Metric "eval_loss" is not among`) {
				t.Errorf("%v", err)
			}
			continue
		}
		if err != nil || len(r.Evals) != 2 || len(r.Advice) != 1 || !strings.Contains(r.Advice[0], "its 3 rows do not fill a batch of EvalBatchSize 8") {
			t.Errorf("%v: %v %v", err, r.Evals, r.Advice)
		}
		if e := r.Explain().String(); strings.Contains(e, "lowest") {
			t.Error(e)
		}
	}
}

func TestACallbackCanFail(t *testing.T) {
	boom := errors.New("no more")
	_, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: Loop{Callbacks: []Callback{func(Event) error { return boom }}}})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "step 1") {
		t.Errorf("%v", err)
	}
}

// A checkpoint without the optimiser is a model, and the best one can be loaded from it, but no run goes on from it.
func TestACheckpointOfTheModelOnly(t *testing.T) {
	dir := t.TempDir()
	train := func(l Loop) (*Run, error) {
		return SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 4, Loop: l})
	}
	if _, err := train(Loop{OutputDir: dir, SaveSteps: 1, SaveModelOnly: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := zoo.Load(filepath.Join(dir, "checkpoint-1")); err != nil {
		t.Error(err)
	}
	if _, err := train(Loop{OutputDir: dir, Resume: "last"}); err == nil || !strings.Contains(err.Error(), "without the optimiser") {
		t.Errorf("%v", err)
	}
}
