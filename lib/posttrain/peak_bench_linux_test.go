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

// shaped is the base model's tokenizer with a model of another shape.
func shaped(c transformer.Config) *zoo.Model {
	base := zoo.Base()
	c.Vocab = max(c.Vocab, base.LM.Config.Vocab)
	m := *base
	m.LM = transformer.New(c, 1)
	m.LM.Special = base.LM.Special
	return &m
}

// answered are n prompts with an answer of so many words in each of the columns.
func answered(n, words int, columns ...string) *datasets.Set {
	var rows []datasets.Row
	for i := range n {
		row := map[string]any{"prompt": fmt.Sprintf("Question %d of the day: ", i)}
		for k, c := range columns {
			row[c] = strings.Repeat(fmt.Sprintf("%s%d is ", []string{"word", "thing"}[k], i), words)
		}
		rows = append(rows, datasets.Row{Columns: row})
	}
	return datasets.NewSet("x", rows)
}

var longer = rl.Named("longer", func(b rl.Batch) []float64 {
	out := make([]float64, b.Len())
	for i := range out {
		out[i] = float64(len(b.Completions[i]))
	}
	return out
})

// peak compares the estimate before a run with what the run takes beside what was there before: the growth of the resident set,
// with little room for garbage. A ratio above 1 is an estimate that is too high.
func peak(b *testing.B, run func(w Loop) error) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for range b.N {
		tensor.FreeScopes()
		debug.FreeOSMemory()
		var need, at int64
		err := run(Loop{room: func(n int64) {
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
}

func BenchmarkPeakMemory(b *testing.B) {
	big := transformer.Config{Vocab: 8192, Dim: 256, Layers: 8, Heads: 4, KVHeads: 2, HeadDim: 64, Hidden: 688, Context: 1024, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	for _, x := range []struct {
		name string
		f    func(w Loop) error
	}{
		{"sft/4", func(w Loop) error {
			_, err := SFT(shaped(big), answered(16, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/16", func(w Loop) error {
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/4/acc", func(w Loop) error {
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, Accumulation: 4, Loop: w})
			return err
		}},
		{"sft/bf16", func(w Loop) error {
			w.Precision = tensor.BF16
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/lora", func(w Loop) error {
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 16, Adapter: nn.LoRA{Rank: 8}, Loop: w})
			return err
		}},
		{"sft/qlora", func(w Loop) error {
			m := shaped(big)
			m.LM.Quantise("int4")
			_, err := SFT(m, answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 16, Adapter: nn.LoRA{Rank: 8, Targets: nn.AllLinear}, Loop: w})
			return err
		}},
		{"sft/recompute", func(w Loop) error {
			m := shaped(big)
			m.LM.Recompute = true
			w.InPlace = true
			_, err := SFT(m, answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 16, Loop: w})
			return err
		}},
		{"sft/adafactor", func(w Loop) error {
			w.Optimizer = "adafactor"
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/sgd", func(w Loop) error {
			w.Optimizer = "sgd"
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"sft/packed/long", func(w Loop) error {
			_, err := SFT(shaped(big), answered(64, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 2, MaxLength: 1024, Packing: "bfd", Loop: w})
			return err
		}},
		{"dpo", func(w Loop) error {
			_, err := DPO(shaped(big), answered(64, 50, "chosen", "rejected"), DPOConfig{MaxSteps: 2, BatchSize: 4, Loop: w})
			return err
		}},
		{"dpo/lora", func(w Loop) error {
			_, err := DPO(shaped(big), answered(64, 50, "chosen", "rejected"), DPOConfig{MaxSteps: 2, BatchSize: 4, Adapter: nn.LoRA{Rank: 8}, Loop: w})
			return err
		}},
		{"kto", func(w Loop) error {
			_, err := KTO(shaped(big), answered(64, 50, "chosen", "rejected"), KTOConfig{MaxSteps: 2, BatchSize: 8, Loop: w})
			return err
		}},
		{"grpo", func(w Loop) error {
			_, err := GRPO(shaped(big), answered(64, 0), []rl.Reward{longer}, GRPOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 8, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"grpo/micro", func(w Loop) error {
			_, err := GRPO(shaped(big), answered(64, 0), []rl.Reward{longer}, GRPOConfig{MaxSteps: 2, BatchSize: 4, Accumulation: 8, GroupSize: 8, MaxNewTokens: 256, Loop: w})
			return err
		}},
		{"grpo/kl", func(w Loop) error {
			_, err := GRPO(shaped(big), answered(64, 0), []rl.Reward{longer}, GRPOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 8, Beta: 0.1, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"rloo", func(w Loop) error {
			_, err := RLOO(shaped(big), answered(64, 0), []rl.Reward{longer}, RLOOConfig{MaxSteps: 2, BatchSize: 8, GroupSize: 4, MaxNewTokens: 128, Loop: w})
			return err
		}},
		{"ppo", func(w Loop) error {
			_, err := PPO(shaped(big), nil, answered(64, 0), []rl.Reward{longer}, PPOConfig{Episodes: 32, BatchSize: 8, MaxNewTokens: 128, Loop: w})
			return err
		}},
	} {
		b.Run(x.name, func(b *testing.B) { peak(b, x.f) })
	}
}

// BenchmarkPeakMemory135M is the same with the shape of SmolLM2-135M.
func BenchmarkPeakMemory135M(b *testing.B) {
	shape := transformer.Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 1024, RopeTheta: 1e5, NormEps: 1e-5, Tied: true}
	for _, x := range []struct {
		name string
		f    func(w Loop) error
	}{
		{"sft", func(w Loop) error {
			_, err := SFT(shaped(shape), answered(8, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 2, MaxLength: 256, Loop: w})
			return err
		}},
		{"sft/inplace/4", func(w Loop) error {
			w.InPlace = true
			_, err := SFT(shaped(shape), answered(8, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, MaxLength: 256, Loop: w})
			return err
		}},
		{"dpo", func(w Loop) error {
			_, err := DPO(shaped(shape), answered(4, 50, "chosen", "rejected"), DPOConfig{MaxSteps: 2, BatchSize: 2, Loop: w})
			return err
		}},
		{"qlora", func(w Loop) error {
			m := shaped(shape)
			m.LM.Quantise("int4")
			_, err := SFT(m, answered(16, 60, "completion"), SFTConfig{MaxSteps: 2, BatchSize: 4, MaxLength: 256, Adapter: nn.LoRA{Rank: 8, Targets: nn.AllLinear}, Loop: w})
			return err
		}},
		{"grpo", func(w Loop) error {
			_, err := GRPO(shaped(shape), answered(8, 0), []rl.Reward{longer}, GRPOConfig{MaxSteps: 2, BatchSize: 4, Accumulation: 4, GroupSize: 8, MaxNewTokens: 96, Loop: w})
			return err
		}},
		{"ppo", func(w Loop) error {
			_, err := PPO(shaped(shape), nil, answered(8, 0), []rl.Reward{longer}, PPOConfig{Episodes: 8, BatchSize: 4, MaxNewTokens: 64, Loop: w})
			return err
		}},
	} {
		b.Run(x.name, func(b *testing.B) { peak(b, x.f) })
	}
}
