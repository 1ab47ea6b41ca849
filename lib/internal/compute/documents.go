package compute

// documents says, for each key of each sequence, where the run of its document begins and ends; both are 0 for padding.
type documents struct {
	first, last []int32
	// scattered[b]: some document of sequence b has several runs, so that the windows below do not say everything.
	scattered []bool
}

// documents finds the runs of Segments; nil if there are none.
func (s *AttentionShape) documents() *documents {
	if s.Segments == nil {
		return nil
	}
	d := &documents{make([]int32, len(s.Segments)), make([]int32, len(s.Segments)), make([]bool, s.Batch)}
	for b := range s.Batch {
		d.sequence(s.Segments[b*s.Keys:(b+1)*s.Keys], b)
	}
	return d
}

func (d *documents) sequence(seg []int32, b int) {
	base := b * len(seg)
	met := make(map[int32]bool)
	for at := 0; at < len(seg); {
		end := at + 1
		for end < len(seg) && seg[end] == seg[at] {
			end++
		}
		if seg[at] >= 0 {
			d.scattered[b] = d.scattered[b] || met[seg[at]]
			met[seg[at]] = true
			for j := at; j < end; j++ {
				d.first[base+j], d.last[base+j] = int32(at), int32(end)
			}
		}
		at = end
	}
}

// window returns the range of keys that query i sees; lo = hi for none. In a scattered sequence some of them are hidden.
func (w *attentionWork) window(i int) (lo, hi int) {
	n := w.keyCount()
	at := n - w.Queries + i
	hi = n
	if w.Causal {
		hi = max(0, at+1)
	}
	if w.docs == nil {
		return 0, hi
	}
	if w.Segments[w.batch*w.Keys+at] < 0 {
		return 0, 0
	}
	if w.docs.scattered[w.batch] {
		return 0, hi
	}
	return int(w.docs.first[w.batch*w.Keys+at]), min(hi, int(w.docs.last[w.batch*w.Keys+at]))
}

// windowOf returns the range of keys that any of the queries i to i+n sees, begun at a multiple of the tile width.
func (w *attentionWork) windowOf(i, n int) (lo, hi int) {
	lo = w.Keys
	for r := range n {
		if a, b := w.window(i + r); b > a {
			lo, hi = min(lo, a), max(hi, b)
		}
	}
	return min(lo, hi) / w.t.cols * w.t.cols, hi
}

// hideOthers sets the scores of keys of other documents to -Inf, where windows do not say everything; scores begins at key 0.
func (w *attentionWork) hideOthers(scores []float32, i int) {
	if w.docs == nil || !w.docs.scattered[w.batch] {
		return
	}
	seg := w.Segments[w.batch*w.Keys:][:w.Keys]
	own := seg[w.keyCount()-w.Queries+i]
	for j := range scores {
		if seg[j] != own {
			scores[j] = minusInf
		}
	}
}
