package compute

// check panics unless the shape is sound and fits the four slices.
func (s *AttentionShape) check(op string, q, k, v, out []float32) {
	notNegative(op, "Batch", s.Batch)
	notNegative(op, "Queries", s.Queries)
	notNegative(op, "Keys", s.Keys)
	notNegative(op, "Heads", s.Heads)
	positive(op, "KVHeads", s.KVHeads)
	positive(op, "Dim", s.Dim)
	if s.Heads%s.KVHeads != 0 {
		fail(op, "Heads %d is not a multiple of KVHeads %d", s.Heads, s.KVHeads)
	}
	if s.Causal && s.Queries > s.Keys {
		fail(op, "%d Queries are more than the %d Keys of a causal mask", s.Queries, s.Keys)
	}
	notNegative(op, "Window", s.Window)
	notNegative(op, "Prefix", s.Prefix)
	if s.Window > 0 && !s.Causal {
		fail(op, "Window %d needs Causal", s.Window)
	}
	if s.Prefix > s.Keys-s.Queries {
		fail(op, "Prefix %d, %d Queries and %d Keys: the queries' own keys come after the prefix", s.Prefix, s.Queries, s.Keys)
	}
	checkMatrix(op, "q", q, s.Batch*s.Queries, s.Heads*s.Dim, s.QStride)
	checkMatrix(op, "out", out, s.Batch*s.Queries, s.Heads*s.Dim, s.OStride)
	checkCache(op, "k", k, s.Batch, s.Keys, s.KVHeads*s.Dim, s.KStride, s.kBatch())
	checkCache(op, "v", v, s.Batch, s.Keys, s.KVHeads*s.Dim, s.VStride, s.vBatch())
	s.checkMasks(op)
}

func checkCache(op, name string, data []float32, batch, rows, cols, stride, between int) {
	checkMatrix(op, name, data, rows, cols, stride)
	if batch > 0 && rows > 0 {
		need(op, name, len(data), (batch-1)*between+(rows-1)*stride+cols)
	}
	if batch > 1 && between < 0 {
		fail(op, "the distance between sequences of %s is %d", name, between)
	}
}

func (s *AttentionShape) checkMasks(op string) {
	if s.KeyCounts != nil {
		same(op, "KeyCounts", len(s.KeyCounts), s.Batch)
		for b, n := range s.KeyCounts {
			least := 0
			if s.Causal || s.Segments != nil {
				least = s.Queries + s.Prefix
			}
			if int(n) < least || int(n) > s.Keys {
				fail(op, "KeyCounts[%d] is %d, must be %d to %d", b, n, least, s.Keys)
			}
		}
	}
	if s.Segments != nil {
		same(op, "Segments", len(s.Segments), s.Batch*s.Keys)
		if s.Queries > s.Keys {
			fail(op, "%d Queries are more than the %d Keys that have Segments", s.Queries, s.Keys)
		}
	}
}
