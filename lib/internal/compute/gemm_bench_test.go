package compute

import (
	"fmt"
	"testing"
)

// BenchmarkGemm reports the share of the peak that the machine's cores reach together, measured in the same process.
func BenchmarkGemm(b *testing.B) {
	shapes := [][3]int{
		{512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048},
		{2048, 1152, 384}, {2048, 384, 1536}, {384, 1536, 2048}, {2048, 65, 384},
		{512, 1536, 576}, {512, 576, 1536}, {1536, 576, 512}, {256, 49152, 576},
		{1, 1536, 576}, {4, 576, 576}, {2048, 256, 256}, {2048, 768, 256}, {2048, 256, 768}, {256, 256, 2048}, {768, 256, 2048}, {2048, 4096, 256}, {4096, 256, 2048}, {2048, 256, 4096}, {8, 49152, 576}, {16, 1536, 576}, {64, 1536, 576},
	}
	for _, s := range shapes {
		for v, name := range []string{"NN", "TN", "NT"} {
			m, n, k := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%s/%dx%dx%d", name, m, n, k), func(b *testing.B) {
				lda, ldb := k, n
				if v == 1 {
					lda = m
				}
				if v == 2 {
					ldb = k
				}
				r := source(1)
				x, y, c := normals(r, m*k), normals(r, n*k), make([]float32, m*n)
				peak := PeakFlops() * float64(Workers())
				for b.Loop() {
					Gemm(v == 1, v == 2, m, n, k, 1, x, lda, y, ldb, 0, c, n)
				}
				flops := 2 * float64(m) * float64(n) * float64(k) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(flops/1e9, "GFlop/s")
				b.ReportMetric(100*flops/peak, "%peak")
			})
		}
	}
}
