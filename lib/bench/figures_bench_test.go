package bench

import "testing"

// BenchmarkFigures runs the figures of the command one by one, for profiles: go test -bench Figures/gpt/step -cpuprofile.
func BenchmarkFigures(b *testing.B) {
	for _, c := range everything(sizesOf(false)) {
		b.Run(c.Name, func(b *testing.B) {
			run, err := c.open()
			if err != nil {
				b.Fatal(err)
			}
			run()
			run()
			b.ResetTimer()
			for b.Loop() {
				run()
			}
			if s := b.Elapsed().Seconds() / float64(b.N); c.Work.Tokens > 0 {
				b.ReportMetric(c.Work.Tokens/s, "tok/s")
			}
		})
	}
}
