package compute

// ReadingPadding is the segment of padding whose queries see the document before it, though nothing sees them: what
// Transformers computes at padding behind a sequence.
const ReadingPadding = -2

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
		d.sequence(s.Segments[b*s.Keys:(b+1)*s.Keys], b, s.Prefix)
	}
	return d
}

func (d *documents) sequence(seg []int32, b, prefix int) {
	base := b * len(seg)
	met := make(map[int32]bool)
	for at := prefix; at < len(seg); {
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
		if seg[at] == ReadingPadding && at > prefix {
			for j := at; j < end; j++ {
				d.first[base+j], d.last[base+j] = d.first[base+at-1], d.last[base+at-1]
			}
		}
		at = end
	}
}

// window returns the range of keys that query i sees; lo = hi for none. Some in between may be hidden: hideOthers.
func (w *attentionWork) window(i int) (lo, hi int) {
	if lo, hi = w.own(i); w.Prefix > 0 && lo < hi {
		lo = 0
	}
	return lo, hi
}

// own is window without the prefix. In a scattered sequence it does not say which documents are hidden.
func (w *attentionWork) own(i int) (lo, hi int) {
	n := w.keyCount()
	at := n - w.Queries + i
	hi = n
	if w.Causal {
		hi = max(0, at+1)
	}
	if w.Window > 0 {
		lo = max(0, hi-w.Window)
	}
	if w.docs == nil {
		return lo, hi
	}
	if s := w.Segments[w.batch*w.Keys+at]; s < 0 && s != ReadingPadding {
		return 0, 0
	}
	if w.docs.scattered[w.batch] {
		return lo, hi
	}
	return max(lo, int(w.docs.first[w.batch*w.Keys+at])), min(hi, int(w.docs.last[w.batch*w.Keys+at]))
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

// hideOthers sets the scores of keys that query i does not see within its window to -Inf; scores begins at key 0.
func (w *attentionWork) hideOthers(scores []float32, i int) {
	if w.Prefix > 0 {
		lo, hi := w.own(i)
		for j := w.Prefix; j < min(lo, hi); j++ {
			scores[j] = minusInf
		}
	}
	if w.docs == nil || !w.docs.scattered[w.batch] {
		return
	}
	seg := w.Segments[w.batch*w.Keys:][:w.Keys]
	own := seg[w.keyCount()-w.Queries+i]
	for j := w.Prefix; j < len(scores); j++ {
		if seg[j] != own {
			scores[j] = minusInf
		}
	}
}
