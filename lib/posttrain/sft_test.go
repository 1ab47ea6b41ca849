package posttrain

import (
	"errors"
	"math"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/live"
	"lyceum/lib/stop"
	"lyceum/plotting"
)

func some(t *testing.T) *datasets.Chats {
	t.Helper()
	c, err := datasets.Load("onboarding")
	if err != nil {
		t.Fatal(err)
	}
	return c.Take(32)
}

func TestRunsAreReplayedBitForBit(t *testing.T) {
	base := tiny(t)
	run := func(seed uint64) *Run {
		r, err := SFT(base, some(t), SFTConfig{LearningRate: 1e-3, Epochs: 1, BatchSize: 4, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b, c := run(1), run(1), run(2)
	others := b.Model.LM.Params()
	for i, p := range a.Model.LM.Params() {
		other := others[i].Value.Data()
		for j, x := range p.Value.Data() {
			if x != other[j] {
				t.Fatalf("%s differs between two runs of the same seed", p.Name)
			}
		}
	}
	if a.Last("loss") == c.Last("loss") {
		t.Error("another seed should give another order")
	}
	if base.LM.Embed.Data()[0] != tiny(t).LM.Embed.Data()[0] {
		t.Error("the model that was given has changed")
	}
}

// A run that is over keeps no gradients: beside a second run they would take as much as a model.
func TestGradientsEndWithTheRun(t *testing.T) {
	run, err := SFT(tiny(t), some(t), SFTConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range run.Model.LM.Params() {
		if p.Value.HasGrad() {
			t.Fatalf("%s keeps its gradient", p.Name)
		}
	}
}

func TestMetrics(t *testing.T) {
	r, err := SFT(tiny(t), some(t), SFTConfig{LearningRate: 1e-3, Epochs: 2, BatchSize: 4, Accumulation: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Metrics) != 8 || r.Planned != 8 {
		t.Fatalf("%d steps of %d, want 8 of 8", len(r.Metrics), r.Planned)
	}
	if lr := r.Column("learning_rate"); lr[0] != 1e-3 || math.Abs(lr[7]-1e-3/8) > 1e-12 {
		t.Errorf("learning rates %v: the logged rate is the one the step used, falling linearly to 0", lr)
	}
	if l := r.Column("loss"); !(l[7] < l[0]) {
		t.Errorf("the loss did not fall: %v", l)
	}
	if n := r.Column("num_tokens"); !(n[7] > n[0] && n[0] > 0) {
		t.Errorf("tokens %v", n)
	}
	if e := r.Last("epoch"); e != 2 {
		t.Errorf("epoch %v", e)
	}
	if _, err := r.Plot().PNG(); err != nil {
		t.Error(err)
	}
	if h := r.HTML(); !strings.Contains(h, "mean_token_accuracy") {
		t.Error(h)
	}
}

// Accumulation normalises by the tokens of the whole window, so its split does not change a step.
func TestAccumulationEqualsOneLargeBatch(t *testing.T) {
	one, err := SFT(tiny(t), some(t), SFTConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 8})
	if err != nil {
		t.Fatal(err)
	}
	four, err := SFT(tiny(t), some(t), SFTConfig{LearningRate: 1e-3, MaxSteps: 2, BatchSize: 2, Accumulation: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i := range one.Metrics {
		for _, n := range []string{"loss", "grad_norm"} {
			if a, b := one.Metrics[i][n], four.Metrics[i][n]; math.Abs(a-b) > 1e-4*math.Abs(a) {
				t.Errorf("step %d: %s is %v at once, %v accumulated", i+1, n, a, b)
			}
		}
	}
}

func TestBadSettings(t *testing.T) {
	for field, c := range map[string]SFTConfig{"LearningRate": {LearningRate: -1}, "Epochs": {Epochs: math.NaN()}, "BatchSize": {BatchSize: -2}, "Accumulation": {Accumulation: -1},
		"MaxLength": {MaxLength: 4096}, "Warmup": {Warmup: -1}, "MaxSteps": {MaxSteps: -1}, "WeightDecay": {WeightDecay: -0.1}, "Schedule": {Schedule: "sine"}} {
		if _, err := SFT(tiny(t), some(t), c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := SFT(tiny(t), datasets.NewChats("empty", nil), SFTConfig{}); err == nil || !strings.Contains(err.Error(), "nothing can be learned") {
		t.Errorf("an empty set: %v", err)
	}
}

func TestDivergenceIsNamed(t *testing.T) {
	base := tiny(t)
	base.LM.Blocks[0].Down.Weight.Data()[0] = float32(math.NaN())
	_, err := SFT(base, some(t), SFTConfig{MaxSteps: 3})
	if err == nil || !strings.Contains(err.Error(), "step 1") || !strings.Contains(err.Error(), "damaged before") || !strings.Contains(err.Error(), "model.layers.0.mlp.down_proj.weight") {
		t.Errorf("%v", err)
	}
}

// screen counts what a run shows.
type screen struct {
	n    int
	last any
	each func()
}

func (s *screen) Update(v any) { s.n++; s.last = v; s.each() }

func TestARunShowsItselfAndCanBeInterrupted(t *testing.T) {
	old := live.Open
	defer func() { live.Open = old; stop.Reset() }()
	s := &screen{each: func() {}}
	live.Open = func(any) live.Display { return s }
	if _, err := SFT(tiny(t), some(t), SFTConfig{MaxSteps: 2}); err != nil {
		t.Fatal(err)
	}
	if d, ok := s.last.(plotting.Dashboard); !ok || d.Progress.Done != 2 || d.Figure == nil {
		t.Errorf("the last picture is %v", s.last)
	}
	base, data := tiny(t), some(t)
	r, err := SFT(base, data, SFTConfig{MaxSteps: 5, Loop: Loop{watch: func(*loop, int) { stop.Request() }}})
	if !errors.Is(err, stop.ErrInterrupted) || r == nil || len(r.Metrics) != 0 {
		t.Errorf("in the first step: %v %v", r, err)
	}
	if r, err := SFT(base, data, SFTConfig{MaxSteps: 5}); !errors.Is(err, stop.ErrInterrupted) || r != nil {
		t.Errorf("before the rows are read: %v %v", r, err)
	}
}
