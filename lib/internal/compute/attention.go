package compute

// AttentionShape says where queries, keys and values are and who sees whom.
//
// Sequence b, token t, head h of the queries is q[b*Queries*QStride + t*QStride + h*Dim:], Dim elements; likewise the
// output with OStride. Keys and values have KVHeads heads; head h of the queries uses head h / (Heads/KVHeads).
// Strides allow the four to lie in one fused buffer, or keys and values in a cache.
type AttentionShape struct {
	Batch, Queries, Keys               int // Keys is the room per sequence, at least Queries if Causal
	Heads, KVHeads, Dim                int
	QStride, KStride, VStride, OStride int
	KBatch, VBatch                     int // elements between sequences in k and v; 0: Keys times the stride

	Scale  float32 // usually 1/sqrt(Dim)
	Causal bool
	// Window, with Causal, is how many keys a query sees at most, the last ones up to its own position; 0: all.
	Window int
	// Prefix is how many of the first keys every query sees, whatever its document and window: prefix tuning's virtual
	// tokens. A query that is padding sees nothing all the same.
	Prefix int

	// KeyCounts[b] is how many of the Keys of sequence b exist; nil: all. The queries are its last positions:
	// query i is at position KeyCounts[b] - Queries + i, and sees keys up to there if Causal.
	KeyCounts []int32
	// Segments[b*Keys+j] is the document of key j; a query sees keys of its own document only. A negative number is
	// padding: it is not seen, and its own output is 0, or with ReadingPadding made of the document before it. nil: one document, no padding. The numbers of Prefix keys are not
	// looked at.
	Segments []int32
}

// Attention computes, for each query row i of each head,
//
//	out_i = sum_j p_ij v_j,  p_i = softmax_j(Scale q_i . k_j over the keys that i sees)
//
// exactly, by blocks of queries against all their keys. lse[(b*Heads+h)*Queries+i] receives the logarithm of the sum of
// exponentials, which the backward pass needs; nil if there is none. A query that sees nothing gets 0 and lse -Inf.
// Memory beside the arguments is linear in Keys.
func Attention(out, lse, q, k, v []float32, s AttentionShape) {
	s.check("Attention", q, k, v, out)
	if lse != nil {
		need("Attention", "lse", len(lse), s.Batch*s.Heads*s.Queries)
	}
	if s.Batch == 0 || s.Queries == 0 || s.Keys == 0 || s.Heads == 0 {
		return
	}
	block, docs := s.queryBlock(), s.documents()
	perHead := (s.Queries-1)/block + 1
	ParallelStop(s.Batch*s.KVHeads*perHead, 1, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			// Late blocks see most keys; they go first so that the end of the work is fine-grained.
			at := (perHead - 1 - task%perHead) * block
			head := task / perHead
			w := attentionWork{AttentionShape: &s, t: active.tiles, batch: head / s.KVHeads, kv: head % s.KVHeads,
				q: q, k: k, v: v, out: out, lse: lse, docs: docs}
			if s.Queries*(s.Heads/s.KVHeads) < fewQueries {
				w.forwardFew(at, min(at+block, s.Queries))
			} else {
				w.forward(at, min(at+block, s.Queries))
			}
		}
	})
}

// fewQueries is how many query rows of one key head it takes before packing the keys pays.
const fewQueries = 8

// queryBlock returns how many queries one task takes: all of a head, or less when there are few heads.
func (s *AttentionShape) queryBlock() int {
	heads := s.Batch * s.KVHeads
	const tasks, least = 16, 112
	pieces := max(1, min((tasks-1)/heads+1, s.Queries/least))
	return (s.Queries-1)/pieces + 1
}

// attentionWork is one sequence and one key head.
type attentionWork struct {
	*AttentionShape
	t            *tiles
	batch, kv    int
	q, k, v, out []float32
	lse          []float32
	docs         *documents
}

func (w *attentionWork) keyCount() int {
	if w.KeyCounts == nil {
		return w.Keys
	}
	return int(w.KeyCounts[w.batch])
}

func (w *attentionWork) qAt(i, head int) int {
	return (w.batch*w.Queries+i)*w.QStride + head*w.Dim
}
func (w *attentionWork) oAt(i, head int) int {
	return (w.batch*w.Queries+i)*w.OStride + head*w.Dim
}
func (w *attentionWork) lseAt(i, head int) int {
	return (w.batch*w.Heads+head)*w.Queries + i
}
func (w *attentionWork) kAt(j int) int { return w.batch*w.kBatch() + j*w.KStride + w.kv*w.Dim }
func (w *attentionWork) vAt(j int) int { return w.batch*w.vBatch() + j*w.VStride + w.kv*w.Dim }

func (s *AttentionShape) kBatch() int {
	if s.KBatch != 0 {
		return s.KBatch
	}
	return s.Keys * s.KStride
}

func (s *AttentionShape) vBatch() int {
	if s.VBatch != 0 {
		return s.VBatch
	}
	return s.Keys * s.VStride
}

// heads returns the range of query heads that share this key head.
func (w *attentionWork) heads() (lo, hi int) {
	group := w.Heads / w.KVHeads
	return w.kv * group, (w.kv + 1) * group
}

func (w *attentionWork) forward(lo, hi int) {
	t := w.t
	least, most := w.windowOf(lo, hi-lo)
	if most == 0 {
		w.clearRows(lo, hi)
		return
	}
	width := roundUp(most, t.cols)
	scratch := getScratch(width*w.Dim + t.rows*(width+1))
	defer putScratch(scratch)
	keys := t.packPanels(scratch[:width*w.Dim], matrix{&w.k[w.kAt(0)], w.KStride, true}, w.Dim, least, most)
	values, release := t.inPlaceOrPacked(w.v[w.vAt(0):], w.VStride, least, most, w.Dim)
	defer release()
	first, last := w.heads()
	for h := first; h < last; h++ {
		for i := lo; i < hi; {
			rows := rowsOfTile(hi, i, t.rows)
			w.forwardTile(i, rows, h, keys, values, scratch[width*w.Dim:], width)
			i += rows
		}
	}
}

// forwardTile computes the output of queries i to i+rows of head h. scores has room for t.rows rows of width, and one more
// number for each.
func (w *attentionWork) forwardTile(i, rows, h int, keys, values panels, scores []float32, width int) {
	t := w.t
	from, to := w.windowOf(i, rows)
	if to == 0 {
		w.clearHead(i, i+rows, h)
		return
	}
	q := matrix{p: &w.q[w.qAt(i, h)], ld: w.QStride}
	t.product(rows, to-from, w.Dim, q, keys.columns(from, t.cols), &scores[from], width, w.Scale, 0)
	factors := scores[t.rows*width:]
	for r := range rows {
		row := scores[r*width:][:to]
		factors[r] = w.softmax(row, i+r, h)
		lo, hi := w.window(i + r)
		clear(row[from:max(lo, from)])
		clear(row[max(hi, from):])
	}
	t.product(rows, w.Dim, to-from, matrix{p: &scores[from], ld: width}, values.rows(from), &w.out[w.oAt(i, h)], w.OStride, 1, 0)
	for r := range rows {
		active.scale(w.out[w.oAt(i+r, h):][:w.Dim], factors[r])
	}
}

// softmax turns the scores of query i in its window into probabilities in place, but for the factor that it returns: the
// output has fewer elements to multiply with it. scores begins at key 0.
func (w *attentionWork) softmax(scores []float32, i, h int) float32 {
	lo, hi := w.window(i)
	w.hideOthers(scores[:hi], i)
	l, factor := softmaxNumerators(scores[lo:hi], scores[lo:hi])
	if w.lse != nil {
		w.lse[w.lseAt(i, h)] = l
	}
	return factor
}

func (w *attentionWork) clearRows(lo, hi int) {
	first, last := w.heads()
	for h := first; h < last; h++ {
		w.clearHead(lo, hi, h)
	}
}

func (w *attentionWork) clearHead(lo, hi, h int) {
	for i := lo; i < hi; i++ {
		clear(w.out[w.oAt(i, h):][:w.Dim])
		if w.lse != nil {
			w.lse[w.lseAt(i, h)] = minusInf
		}
	}
}

// forwardFew serves decoding, a query or two per sequence: reading keys and values where they are is all the work there
// is. The heads that share a key head are neighbours, so they are the rows of one small product.
func (w *attentionWork) forwardFew(lo, hi int) {
	width := roundUp(w.Keys, 16)
	first, last := w.heads()
	group := last - first
	scores := getScratch(group * width)
	defer putScratch(scores)
	for i := lo; i < hi; i++ {
		from, to := w.window(i)
		if from == to {
			w.clearRows(i, i+1)
			continue
		}
		w.scoresFew(scores, width, i, from, to)
		for h := range group {
			row := scores[h*width:][:to]
			active.scale(row[from:], w.softmax(row, i, first+h))
		}
		w.valuesFew(scores, width, i, from, to)
	}
}

// scoresFew fills one row of scores for each head of the group, from key from to key to.
func (w *attentionWork) scoresFew(scores []float32, width, i, from, to int) {
	first, last := w.heads()
	if w.t.dots4 != nil {
		w.t.dotRows(last-first, to-from, w.Dim, &w.q[w.qAt(i, first)], w.Dim, &w.k[w.kAt(from)], w.KStride, &scores[from], width, w.Scale, 0)
		return
	}
	for h := first; h < last; h++ {
		q := w.q[w.qAt(i, h):][:w.Dim]
		for j := from; j < to; j++ {
			scores[(h-first)*width+j] = active.dot(q, w.k[w.kAt(j):][:w.Dim]) * w.Scale
		}
	}
}

// valuesFew adds up the values by the probabilities in scores.
func (w *attentionWork) valuesFew(scores []float32, width, i, from, to int) {
	first, last := w.heads()
	if w.Dim%w.t.cols == 0 {
		values := panels{p: &w.v[w.vAt(from)], ld: w.VStride, step: w.t.cols}
		w.t.product(last-first, w.Dim, to-from, matrix{p: &scores[from], ld: width}, values, &w.out[w.oAt(i, first)], w.Dim, 1, 0)
		return
	}
	for h := first; h < last; h++ {
		out := w.out[w.oAt(i, h):][:w.Dim]
		clear(out)
		for j := from; j < to; j++ {
			active.axpy(w.v[w.vAt(j):][:w.Dim], out, scores[(h-first)*width+j])
		}
	}
}
