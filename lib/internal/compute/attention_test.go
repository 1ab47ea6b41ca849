package compute

import (
	"fmt"
	"math"
	"testing"
)

const attentionTolerance = 3e-5

// naiveAttention is the definition in float64; sees says whether query i of sequence b sees key j.
func naiveAttention(q, k, v []float32, s AttentionShape, sees func(b, i, j int) bool) []float32 {
	out := make([]float32, s.Batch*s.Queries*s.OStride)
	group := s.Heads / s.KVHeads
	for b := range s.Batch {
		for h := range s.Heads {
			for i := range s.Queries {
				p, total := make([]float64, s.Keys), 0.0
				for j := range s.Keys {
					if !sees(b, i, j) {
						continue
					}
					dot := 0.0
					for d := range s.Dim {
						dot += float64(q[(b*s.Queries+i)*s.QStride+h*s.Dim+d]) * float64(k[b*s.kBatch()+j*s.KStride+h/group*s.Dim+d])
					}
					p[j] = math.Exp(dot * float64(s.Scale))
					total += p[j]
				}
				for d := range s.Dim {
					sum := 0.0
					for j := range s.Keys {
						if p[j] != 0 {
							sum += p[j] / total * float64(v[b*s.vBatch()+j*s.VStride+h/group*s.Dim+d])
						}
					}
					out[(b*s.Queries+i)*s.OStride+h*s.Dim+d] = float32(sum)
				}
			}
		}
	}
	return out
}

func seesOf(s AttentionShape) func(b, i, j int) bool {
	return func(b, i, j int) bool {
		count := s.Keys
		if s.KeyCounts != nil {
			count = int(s.KeyCounts[b])
		}
		at := count - s.Queries + i
		if j >= count || s.Causal && j > at {
			return false
		}
		own := true
		if s.Segments != nil {
			seg := s.Segments[b*s.Keys:]
			reads := at
			for reads > 0 && seg[reads] == ReadingPadding {
				reads--
			}
			if seg[reads] < 0 {
				return false
			}
			own = seg[reads] == seg[j]
		}
		return j < s.Prefix || own && (s.Window == 0 || at-j < s.Window)
	}
}

// attentionCases cover fused buffers, grouped heads, tails of every tile size, documents, padding and caches.
func attentionCases() map[string]AttentionShape {
	plain := func(b, tq, tk, h, kv, d int) AttentionShape {
		return AttentionShape{Batch: b, Queries: tq, Keys: tk, Heads: h, KVHeads: kv, Dim: d, QStride: h * d, KStride: kv * d,
			VStride: kv * d, OStride: h * d, Scale: float32(1 / math.Sqrt(float64(d)))}
	}
	causal := plain(2, 37, 37, 4, 2, 16)
	causal.Causal = true
	long := plain(1, 150, 150, 3, 1, 64)
	long.Causal = true
	fused := plain(2, 20, 20, 2, 2, 32)
	fused.Causal, fused.QStride, fused.KStride, fused.VStride = true, 6*32, 6*32, 6*32
	packed := plain(2, 40, 40, 2, 1, 8)
	packed.Causal = true
	packed.Segments = make([]int32, 80)
	for i := range packed.Segments {
		packed.Segments[i] = int32(i%40/13) - int32(i/70)*9
	}
	runs := plain(2, 90, 90, 2, 1, 32)
	runs.Causal, runs.Segments = true, make([]int32, 180)
	for i := range runs.Segments {
		runs.Segments[i] = int32(i % 90 / 25)
		if i%90 > 80 || i >= 90 && i < 103 {
			runs.Segments[i] = -1
		}
	}
	reading := plain(2, 90, 90, 2, 1, 32) // documents that are followed by padding which reads the last of them
	reading.Causal, reading.Segments = true, make([]int32, 180)
	for i := range reading.Segments {
		reading.Segments[i] = int32(i % 90 / 40)
		if i%90 > 60+i/90*15 {
			reading.Segments[i] = ReadingPadding
		}
	}
	both := runs
	both.Causal = false
	left := plain(2, 1, 40, 6, 2, 32)
	left.Causal, left.Segments = true, make([]int32, 80)
	for i := range 17 {
		left.Segments[40+i] = -1
	}
	cache := plain(3, 1, 50, 4, 2, 16)
	cache.Causal, cache.KeyCounts = true, []int32{50, 7, 1}
	cache.KBatch, cache.VBatch = 60*cache.KStride, 61*cache.VStride
	wide := plain(2, 1, 70, 6, 2, 64)
	wide.Causal, wide.KeyCounts = true, []int32{70, 3}
	chunk := plain(2, 9, 30, 4, 4, 16)
	chunk.Causal, chunk.KeyCounts = true, []int32{30, 12}
	all := windowCases(plain)
	for name, s := range map[string]AttentionShape{"full": plain(2, 15, 33, 2, 2, 24), "causal": causal, "long": long, "fused": fused,
		"packed": packed, "cache": cache, "chunk": chunk, "runs": runs, "reading": reading, "both": both, "left": left, "wide": wide, "one": plain(1, 1, 1, 1, 1, 1)} {
		all[name] = s
	}
	for _, dim := range []int{80, 96, 128, 256} {
		s := plain(1, 33, 33, 2, 1, dim)
		s.Causal = true
		all[fmt.Sprint("dim ", dim)] = s
		s.Queries = 1
		all[fmt.Sprint("decoding dim ", dim)] = s
	}
	return all
}

// windowCases are sliding windows and prefixes, alone and together with documents and caches.
func windowCases(plain func(b, tq, tk, h, kv, d int) AttentionShape) map[string]AttentionShape {
	window := plain(2, 130, 130, 4, 2, 32)
	window.Causal, window.Window = true, 41
	documents := window
	documents.Segments = make([]int32, 260)
	for i := range documents.Segments {
		documents.Segments[i] = int32(i % 130 / 60)
	}
	decoding := plain(2, 1, 90, 4, 2, 32)
	decoding.Causal, decoding.Window, decoding.KeyCounts = true, 20, []int32{90, 12}
	narrow := plain(1, 40, 40, 2, 2, 80)
	narrow.Causal, narrow.Window = true, 1
	prefix := plain(2, 40, 45, 4, 2, 32)
	prefix.Causal, prefix.Prefix = true, 5
	both := plain(2, 60, 67, 2, 1, 64)
	both.Causal, both.Prefix, both.Window = true, 7, 9
	packed := plain(2, 60, 67, 2, 1, 32)
	packed.Causal, packed.Prefix, packed.Segments = true, 7, make([]int32, 134)
	scattered := packed
	scattered.Segments = make([]int32, 134)
	for i := range packed.Segments {
		packed.Segments[i] = int32((i%67 - 7) / 20)
		scattered.Segments[i] = int32(i % 67 / 8 % 3)
		if i%67 > 60 {
			packed.Segments[i], scattered.Segments[i] = -1, -1
		}
	}
	open := prefix
	open.Causal = false
	last := plain(2, 1, 50, 4, 2, 64)
	last.Causal, last.Prefix, last.Window, last.KeyCounts = true, 3, 8, []int32{50, 9}
	return map[string]AttentionShape{"window": window, "window and documents": documents, "window, decoding": decoding, "window of one": narrow,
		"prefix": prefix, "prefix and window": both, "prefix and documents": packed, "prefix and scattered documents": scattered,
		"prefix, not causal": open, "prefix and window, decoding": last}
}

func attentionData(s AttentionShape) (q, k, v []float32) {
	r := source(11)
	q = normals(r, s.Batch*s.Queries*s.QStride)
	return q, normals(r, s.Batch*max(s.kBatch(), s.Keys*s.KStride)), normals(r, s.Batch*max(s.vBatch(), s.Keys*s.VStride))
}

func TestAttentionMatchesDefinition(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for name, s := range attentionCases() {
			q, k, v := attentionData(s)
			out := make([]float32, s.Batch*s.Queries*s.OStride)
			Attention(out, nil, q, k, v, s)
			nearly(t, name, out, naiveAttention(q, k, v, s, seesOf(s)), attentionTolerance)
		}
	})
}

// A slope is a derivative of the test's loss by one element of q, k or v.
type slope struct {
	which, at int
	want      float64
}

// slopesOf finds some by central differences in float64 of the definition.
func slopesOf(s AttentionShape, dout []float32) (out []slope) {
	q, k, v := attentionData(s)
	loss := func() (sum float64) {
		for i, o := range naiveAttention(q, k, v, s, seesOf(s)) {
			sum += float64(o) * float64(dout[i])
		}
		return sum
	}
	r := source(13)
	for which, x := range [][]float32{q, k, v} {
		for range 5 {
			i := r.IntN(len(x))
			const h = 1.0 / 64
			old := x[i]
			x[i] = old + h
			up := loss()
			x[i] = old - h
			down := loss()
			x[i] = old
			out = append(out, slope{which, i, (up - down) / (2 * h)})
		}
	}
	return out
}

func TestAttentionGradient(t *testing.T) {
	cases, slopes, douts := attentionCases(), map[string][]slope{}, map[string][]float32{}
	for name, s := range cases {
		douts[name] = normals(source(12), s.Batch*s.Queries*s.OStride)
		slopes[name] = slopesOf(s, douts[name])
	}
	onEachLevel(t, func(t *testing.T) {
		for name, s := range cases {
			q, k, v := attentionData(s)
			dout := douts[name]
			out, lse := make([]float32, len(dout)), make([]float32, s.Batch*s.Heads*s.Queries)
			Attention(out, lse, q, k, v, s)
			grads := [][]float32{make([]float32, len(q)), make([]float32, len(k)), make([]float32, len(v))}
			AttentionBackward(grads[0], grads[1], grads[2], dout, out, lse, q, k, v, s)
			for _, d := range slopes[name] {
				if got := float64(grads[d.which][d.at]); math.Abs(got-d.want) > 2e-3*(1+math.Abs(d.want)) {
					t.Errorf("%s: gradient %s[%d] is %v, want %v", name, "qkv"[d.which:d.which+1], d.at, got, d.want)
				}
			}
		}
	})
}

func TestAttentionMisuse(t *testing.T) {
	s := attentionCases()["causal"]
	q, k, v := attentionData(s)
	out := make([]float32, s.Batch*s.Queries*s.OStride)
	for what, change := range map[string]func(*AttentionShape){
		"heads":    func(s *AttentionShape) { s.KVHeads = 3 },
		"stride":   func(s *AttentionShape) { s.QStride = 1 },
		"counts":   func(s *AttentionShape) { s.KeyCounts = []int32{99, 1} },
		"segments": func(s *AttentionShape) { s.Segments = []int32{1} },
		"long":     func(s *AttentionShape) { s.Batch = 3 },
		"window":   func(s *AttentionShape) { s.Window, s.Causal = 3, false },
		"prefix":   func(s *AttentionShape) { s.Prefix = 1 },
	} {
		bad := s
		change(&bad)
		wantError(t, fmt.Sprint(what), func() { Attention(out, nil, q, k, v, bad) })
	}
}
