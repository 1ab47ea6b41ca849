package posttrain

import (
	"runtime"
	"strings"
	"testing"

	"lyceum/lib/rl"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

func TestAPublicTrainerRefusesARunThatCannotFit(t *testing.T) {
	if runtime.GOOS != "linux" { // how much is free is not known there
		return
	}
	const rows = 1 << 22
	asked := false
	reward := rl.Named("asked", func(b rl.Batch) []float64 { asked = true; return brief(b) })
	_, err := GRPO(zoo.Base(), sums(), []rl.Reward{reward}, GRPOConfig{MaxSteps: 1, BatchSize: rows, GroupSize: rows, MaxNewTokens: 32})
	if err == nil || !strings.HasPrefix(err.Error(), "posttrain.GRPO: ") || !strings.Contains(err.Error(), "are free") || asked {
		t.Errorf("GRPO: %v", err)
	}
	_, err = RLOO(zoo.Base(), sums(), []rl.Reward{reward}, RLOOConfig{MaxSteps: 1, BatchSize: rows, GroupSize: rows, MaxNewTokens: 32})
	if err == nil || !strings.HasPrefix(err.Error(), "posttrain.RLOO: ") || !strings.Contains(err.Error(), "are free") || asked {
		t.Errorf("RLOO: %v", err)
	}
}

// vast is a task whose micro-batches no machine holds.
type vast struct{ *sft }

func (vast) shape() transformer.StepShape {
	return transformer.StepShape{Rows: 1 << 20, Length: 1 << 16}
}

func TestARunThatCannotFitIsRefused(t *testing.T) {
	r := &Run{Method: "SFT", Model: tiny(t)}
	err := (&loop{run: r, task: vast{&sft{teacher: teacher[sample]{run: r}}}}).checkMemory()
	if runtime.GOOS != "linux" { // how much is free is not known there
		return
	}
	if err == nil || !strings.HasPrefix(err.Error(), "posttrain.SFT: ") || !strings.Contains(err.Error(), "are free") {
		t.Errorf("%v", err)
	}
	if err := (&loop{run: r, task: &sft{teacher: teacher[sample]{run: r, s: settings{BatchSize: 2}, train: []sample{{ids: []int32{1, 2, 3}}}}}}).checkMemory(); err != nil {
		t.Errorf("a small run is refused: %v", err)
	}
}
