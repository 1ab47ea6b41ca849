package posttrain

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/zoo"
)

// BenchmarkGRPOStep times one step of GRPO, rollouts and all, as testdata/bench_grpo.py does with TRL:
//
//	LYCEUM_BENCH_MODEL=FOLDER go test ./lib/posttrain -run xxx -bench GRPOStep -benchtime 1x
//
// 8 prompts, 8 completions each, at most 128 tokens, in micro-batches of LYCEUM_BENCH_ROWS (16) completions, in the precision
// LYCEUM_BENCH_PRECISION (float32). The model is any Hugging Face folder or GGUF file; SmolLM2-135M's shape is the measure.
func BenchmarkGRPOStep(b *testing.B) {
	folder := os.Getenv("LYCEUM_BENCH_MODEL")
	if folder == "" {
		b.Skip("LYCEUM_BENCH_MODEL names no model")
	}
	m, err := zoo.Load(folder)
	if err != nil {
		b.Fatal(err)
	}
	rows, tokens := 16, 128
	fmt.Sscan(os.Getenv("LYCEUM_BENCH_ROWS"), &rows)
	fmt.Sscan(os.Getenv("LYCEUM_BENCH_TOKENS"), &tokens)
	var set []datasets.Row
	for i := range 8 {
		set = append(set, datasets.Row{Columns: map[string]any{"prompt": fmt.Sprintf("Question %d: what is %d times %d, and why? Answer:", i, i+3, 2*i+1)}})
	}
	length := func(x rl.Batch) []float64 {
		out := make([]float64, x.Len())
		for i, c := range x.Completions {
			out[i] = float64(len(c) % 7)
		}
		return out
	}
	for b.Loop() {
		r, err := GRPO(m, datasets.NewSet("questions", set), []rl.Reward{length}, GRPOConfig{LearningRate: 1e-6, MaxSteps: 1, BatchSize: rows, Accumulation: 64 / rows, GroupSize: 8, MaxNewTokens: tokens,
			Loop: Loop{Precision: os.Getenv("LYCEUM_BENCH_PRECISION"), InPlace: true}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.Last("completions/mean_length"), "tokens/completion")
	}
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	b.ReportMetric(float64(s.Sys)/1e9, "GB")
}
