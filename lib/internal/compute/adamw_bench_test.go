package compute

import (
	"fmt"
	"testing"
)

// BenchmarkAdamW updates more parameters than the caches hold, as a step of a real model does.
func BenchmarkAdamW(b *testing.B) {
	const n = 48 << 20
	p, g, m, v := Aligned(n), Aligned(n), Aligned(n), Aligned(n)
	for _, x := range [][]float32{p, g, m, v} {
		Fill(x, 1e-3)
	}
	s := AdamWStep{LearningRate: 1e-4, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 10, GradScale: 1}
	b.Run(fmt.Sprint(n), func(b *testing.B) {
		for b.Loop() {
			AdamW(p, g, m, v, s)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
	})
}
