package posttrain

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// status reads a size out of /proc/self/status, in bytes.
func status(key string) int64 {
	b, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, key+":") {
			var n int64
			fmt.Sscanf(strings.TrimPrefix(l, key+":"), "%d", &n)
			return n * 1024
		}
	}
	return 0
}

// BenchmarkPeakMemory compares the estimate before a run with what the run takes beside what was there before: the growth of the
// resident set, with little room for garbage. A ratio above 1 is an estimate that is too high.
func BenchmarkPeakMemory(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	base := zoo.Base()
	withShape := func(c transformer.Config) *zoo.Model {
		c.Vocab = base.LM.Config.Vocab
		m := *base
		m.LM = transformer.New(c, 1)
		m.LM.Special = base.LM.Special
		return &m
	}
	big := transformer.Config{Vocab: 8192, Dim: 256, Layers: 8, Heads: 4, KVHeads: 2, HeadDim: 64, Hidden: 688, Context: 1024, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	text := func(n, words int) *datasets.Set {
		var rows []datasets.Row
		for i := range n {
			rows = append(rows, datasets.Row{Columns: map[string]any{"prompt": fmt.Sprintf("Question %d of the day: ", i), "completion": strings.Repeat(fmt.Sprintf("word%d is ", i), words)}})
		}
		return datasets.NewSet("x", rows)
	}
	pairs := func(n, words int) *datasets.Set {
		var rows []datasets.Row
		for i := range n {
			rows = append(rows, datasets.Row{Columns: map[string]any{"prompt": fmt.Sprintf("Question %d of the day: ", i), "chosen": strings.Repeat(fmt.Sprintf("word%d is ", i), words), "rejected": strings.Repeat(fmt.Sprintf("thing%d was ", i), words)}})
		}
		return datasets.NewSet("x", rows)
	}
	prompts := func(n int) *datasets.Set {
		var rows []datasets.Row
		for i := range n {
			rows = append(rows, datasets.Row{Columns: map[string]any{"prompt": fmt.Sprintf("Question %d of the day: ", i)}})
		}
		return datasets.NewSet("x", rows)
	}
	length := rl.Named("l", func(b rl.Batch) []float64 {
		o := make([]float64, b.Len())
		for i := range o {
			o[i] = float64(len(b.Completions[i]))
		}
		return o
	})
	for _, x := range []struct {
		name string
		f    func(w Loop) error
	}{
		{"sft/4", func(w Loop) error {

			_, err := SFT(withShape(big), text(16, 60), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/16", func(w Loop) error {

			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/4/acc", func(w Loop) error {

			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 4, Accumulation: 4, Loop: w})
			return err
		}},
		{"sft/bf16", func(w Loop) error {

			w.Precision = tensor.BF16
			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/lora", func(w Loop) error {

			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 16, Adapter: nn.LoRA{Rank: 8}, Loop: w})
			return err
		}},
		{"sft/qlora", func(w Loop) error {

			m := withShape(big)
			m.LM.Quantise("int4")
			_, err := SFT(m, text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 16, Adapter: nn.LoRA{Rank: 8, Targets: nn.AllLinear}, Loop: w})
			return err
		}},
		{"sft/recompute", func(w Loop) error {

			m := withShape(big)
			m.LM.Recompute = true
			w.InPlace = true
			_, err := SFT(m, text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/adafactor", func(w Loop) error {

			w.Optimizer = "adafactor"
			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/sgd", func(w Loop) error {

			w.Optimizer = "sgd"
			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/packed/long", func(w Loop) error {

			_, err := SFT(withShape(big), text(64, 60), SFTConfig{MaxSteps: 2, BatchSize: 2, MaxLength: 1024, Packing: "bfd", Loop: w})
			return err
		}},
		{"dpo", func(w Loop) error {

			_, err := DPO(withShape(big), pairs(64, 50), DPOConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"dpo/lora", func(w Loop) error {

			_, err := DPO(withShape(big), pairs(64, 50), DPOConfig{MaxSteps: 2, BatchSize: 4, Adapter: nn.LoRA{Rank: 8}, Loop: w})
			return err
		}},
		{"kto", func(w Loop) error {

			_, err := KTO(withShape(big), pairs(64, 50), KTOConfig{MaxSteps: 2, BatchSize: 8, Loop: w})
			return err
		}},
		{"grpo", func(w Loop) error {

			_, err := GRPO(withShape(big), prompts(64), []rl.Reward{length}, GRPOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 8, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"grpo/micro", func(w Loop) error {

			_, err := GRPO(withShape(big), prompts(64), []rl.Reward{length}, GRPOConfig{MaxSteps: 2, BatchSize: 4, Accumulation: 8, GroupSize: 8, MaxNewTokens: 256, Loop: w})
			return err
		}},
		{"grpo/kl", func(w Loop) error {

			_, err := GRPO(withShape(big), prompts(64), []rl.Reward{length}, GRPOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 8, Beta: 0.1, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"rloo", func(w Loop) error {

			_, err := RLOO(withShape(big), prompts(64), []rl.Reward{length}, RLOOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 4, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"ppo", func(w Loop) error {

			_, err := PPO(withShape(big), nil, prompts(64), []rl.Reward{length}, PPOConfig{Episodes: 32, BatchSize: 8, MaxNewTokens: 128, Loop: w})
			return err
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			for range b.N {
				tensor.FreeScopes()
				debug.FreeOSMemory()
				var need, at int64
				err := x.f(Loop{room: func(n int64) {
					debug.FreeOSMemory()
					need, at = n, status("VmRSS")
					os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins anew: man 5 proc
				}})
				if err != nil {
					b.Fatal(err)
				}
				real := status("VmHWM") - at
				b.ReportMetric(float64(need)/1e6, "MB-estimated")
				b.ReportMetric(float64(real)/1e6, "MB-taken")
				b.ReportMetric(float64(need)/float64(real), "ratio")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
