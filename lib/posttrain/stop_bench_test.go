package posttrain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lyceum/lib/checkpoint"
	"lyceum/lib/datasets"
	"lyceum/lib/evaluate"
	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// big is the shape of SmolLM2-135M.
var big = transformer.Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536, Context: 8192, RopeTheta: 100000, NormEps: 1e-5, Tied: true}

// BenchmarkStop is how long work on a model of 135 million parameters goes on after a stop was requested, at the worst of five
// moments. What takes longer than a tenth of a second is tried twice more and the shortest counts: others may have the processors.
func BenchmarkStop(b *testing.B) {
	dir := b.TempDir()
	m := transformer.New(big, 1)
	quantised := m.Clone()
	if err := quantised.Quantise("int4"); err != nil {
		b.Fatal(err)
	}
	lora := m.Clone()
	if err := lora.AddAdapter("a", nn.LoRA{Rank: 16, Targets: nn.AllLinear, Init: "random"}); err != nil {
		b.Fatal(err)
	}
	ids := make([]int32, 8192)
	for i := range ids {
		ids[i] = int32(i * 5 % big.Vocab)
	}
	step := func(m *transformer.LM, rows, length int) func() error {
		o := optim.NewAdamW(m.Trainable())
		return func() error {
			defer o.ZeroGrad()
			tensor.Scope(func() {
				m.NLL(transformer.Batch{IDs: ids[:rows*length], Rows: rows, Length: length}, ids[:rows*length]).Mean().Backward()
			})
			_, scale := optim.Clip(m.Trainable(), 1)
			o.Step(1e-9, scale)
			return nil
		}
	}
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, 1234567 times. \n", 300000)
	tok := zoo.Base().Tok
	var rows strings.Builder
	for i := range 200000 {
		fmt.Fprintf(&rows, `{"prompt": "How much is %d and %d?", "completion": "It is %d."}`+"\n", i, i+1, 2*i+1)
	}
	data := filepath.Join(dir, "rows.jsonl")
	os.WriteFile(data, []byte(rows.String()), 0o644)
	folder := filepath.Join(dir, "model")
	if err := checkpoint.Save(folder, m, "BF16"); err != nil {
		b.Fatal(err)
	}
	model := &zoo.Model{Name: "big", LM: m, Tok: tok}
	recompute := *m
	recompute.Recompute = true
	for _, x := range []struct {
		name string
		f    func() error
	}{
		{"step", step(m, 2, 256)},
		{"step/long", step(m, 1, 2048)},
		{"step/recompute", step(&recompute, 2, 256)},
		{"step/lora", step(lora, 2, 256)},
		{"generate", func() error {
			_, err := sampling.Generate(m, [][]int32{ids[:40], ids[:64]}, sampling.Options{MaxNewTokens: 20, Temperature: 1, Samples: 8})
			return err
		}},
		{"prefill", func() error {
			_, err := sampling.Generate(m, [][]int32{ids[:2048]}, sampling.Options{MaxNewTokens: 1})
			return err
		}},
		{"prefill/int4", func() error {
			_, err := sampling.Generate(quantised, [][]int32{ids[:2048]}, sampling.Options{MaxNewTokens: 1})
			return err
		}},
		{"perplexity", func() error {
			_, err := evaluate.MeasurePerplexity(model, []string{text[:8000]}, evaluate.PerplexityConfig{})
			return err
		}},
		{"new", func() error { transformer.New(big, 1); return nil }},
		{"clone", func() error { m.Clone(); return nil }},
		{"quantise", func() error { return m.Clone().Quantise("int8") }},
		{"dense", func() error { quantised.Dense(); return nil }},
		{"merge", func() error {
			if err := lora.Merge("a"); err != nil {
				return err
			}
			return lora.Unmerge("a")
		}},
		{"save", func() error { return checkpoint.Save(filepath.Join(dir, "out"), m, "F32") }},
		{"save/gguf", func() error {
			return checkpoint.SaveGGUF(filepath.Join(dir, "out.gguf"), m, "Q8_0", []checkpoint.Pair{{Key: "general.name", Value: "x"}})
		}},
		{"load", func() error { _, err := checkpoint.Load(folder); return err }},
		{"tokenize", func() error { tok.Encode(text); return nil }},
		{"tokenize/train", func() error { _, err := tokenize.Train(text, 2000, nil, false); return err }},
		{"data", func() error { _, err := datasets.Load(data); return err }},
		{"encode", func() error {
			set, err := datasets.Load(data)
			if err == nil {
				_, err = SFT(zoo.Base(), set, SFTConfig{MaxSteps: 1})
			}
			return err
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			defer stop.Reset()
			began := time.Now()
			if err := x.f(); err != nil {
				b.Fatal(err)
			}
			whole, worst := time.Since(began), time.Duration(0)
			for range b.N {
				worst = 0
				for k := range 5 {
					best := time.Hour
					for try := 0; try < 3 && best > time.Second/10; try++ {
						if d, ok := stopAfter(b, whole*time.Duration(k)/5, x.f); ok {
							best = min(best, d)
						}
					}
					if best < time.Hour {
						worst = max(worst, best)
					}
				}
			}
			b.ReportMetric(worst.Seconds()*1000, "ms/stop")
			b.ReportMetric(whole.Seconds()*1000, "ms/whole")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// stopAfter runs f, requests a stop after a while, and measures until f has ended.
func stopAfter(b *testing.B, after time.Duration, f func() error) (took time.Duration, ok bool) {
	defer stop.Reset()
	asked := make(chan time.Time, 1)
	timer := time.AfterFunc(after, func() { asked <- time.Now(); stop.Request() })
	err := func() (err error) {
		defer stop.Catch(&err)
		return f()
	}()
	ended := time.Now()
	if timer.Stop() {
		return 0, false // it was done before
	}
	if err != nil && !errors.Is(err, stop.ErrInterrupted) {
		b.Fatal(err)
	}
	return ended.Sub(<-asked), true
}
