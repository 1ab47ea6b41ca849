package compute

import (
	"math"
	"testing"
)

// FuzzAttention tries shapes, windows, prefixes and documents against the definition.
func FuzzAttention(f *testing.F) {
	f.Add(uint8(20), uint8(5), uint8(16), uint8(1), uint8(0), uint8(3), uint8(7))
	f.Add(uint8(70), uint8(0), uint8(33), uint8(3), uint8(9), uint8(0), uint8(0))
	f.Add(uint8(1), uint8(60), uint8(64), uint8(6), uint8(5), uint8(4), uint8(2))
	f.Fuzz(func(t *testing.T, queries, more, dim, heads, window, prefix, documents uint8) {
		kv := 1 + int(heads)%3
		s := AttentionShape{Batch: 2, Queries: 1 + int(queries)%90, Heads: kv * (1 + int(heads)/3%3), KVHeads: kv, Dim: 1 + int(dim)%130,
			Causal: heads%2 == 1, Prefix: int(prefix) % 9}
		s.Keys = s.Queries + s.Prefix + int(more)%40
		if s.Causal {
			s.Window = int(window) % 50
		}
		s.QStride, s.KStride, s.VStride, s.OStride = s.Heads*s.Dim, kv*s.Dim+1, kv*s.Dim, s.Heads*s.Dim+2
		s.Scale = float32(1 / math.Sqrt(float64(s.Dim)))
		if documents > 0 {
			s.Segments = make([]int32, s.Batch*s.Keys)
			for i := range s.Segments {
				s.Segments[i] = int32(i%s.Keys/(1+int(documents)%20)) % int32(2+documents%3)
				if i%s.Keys >= s.Keys-int(documents)%4 {
					s.Segments[i] = -1
				}
			}
		}
		q, k, v := attentionData(s)
		want := naiveAttention(q, k, v, s, seesOf(s))
		onEachLevel(t, func(t *testing.T) {
			out := make([]float32, len(want))
			Attention(out, nil, q, k, v, s)
			nearly(t, "attention", out, want, attentionTolerance)
		})
	})
}
