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

	// KeyCounts[b] is how many of the Keys of sequence b exist; nil: all. The queries are its last positions:
	// query i is at position KeyCounts[b] - Queries + i, and sees keys up to there if Causal.
	KeyCounts []int32
	// Segments[b*Keys+j] is the document of key j; a query sees keys of its own document only. A negative number is
	// padding: it is not seen, and its own output is 0. nil: one document, no padding.
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
	block := s.queryBlock()
	perHead := (s.Queries-1)/block + 1
	parallelStop(s.Batch*s.KVHeads*perHead, 1, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			// Late blocks see most keys; they go first so that the end of the work is fine-grained.
			at := (perHead - 1 - task%perHead) * block
			head := task / perHead
			w := attentionWork{AttentionShape: &s, t: active.tiles, batch: head / s.KVHeads, kv: head % s.KVHeads,
				q: q, k: k, v: v, out: out, lse: lse}
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
}

func (w *attentionWork) keyCount() int {
	if w.KeyCounts == nil {
		return w.Keys
	}
	return int(w.KeyCounts[w.batch])
}

// visible returns how many leading keys query i may see, documents aside.
func (w *attentionWork) visible(i int) int {
	n := w.keyCount()
	if w.Causal {
		return max(0, n-w.Queries+i+1)
	}
	return n
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

// maskDocuments sets the scores of keys of other documents to -Inf.
func (w *attentionWork) maskDocuments(scores []float32, i int) {
	if w.Segments == nil {
		return
	}
	seg := w.Segments[w.batch*w.Keys:][:w.Keys]
	own := seg[w.keyCount()-w.Queries+i]
	for j := range scores {
		if seg[j] != own || own < 0 {
			scores[j] = minusInf
		}
	}
}

func (w *attentionWork) forward(lo, hi int) {
	t := w.t
	most := w.visible(hi - 1)
	if most == 0 {
		w.clearRows(lo, hi)
		return
	}
	width := roundUp(most, t.cols)
	scratch := getScratch(width*w.Dim + t.rows*(width+1))
	defer putScratch(scratch)
	keys := t.packPanels(scratch[:width*w.Dim], matrix{&w.k[w.kAt(0)], w.KStride, true}, w.Dim, most)
	scores := scratch[width*w.Dim:]
	values, release := t.inPlaceOrPacked(w.v[w.vAt(0):], w.VStride, most, w.Dim)
	defer release()
	first, last := w.heads()
	for h := first; h < last; h++ {
		for i := lo; i < hi; {
			rows := rowsOfTile(hi, i, t.rows)
			see := w.visible(i + rows - 1)
			if see == 0 {
				w.clearHead(i, i+rows, h)
				i += rows
				continue
			}
			t.product(rows, see, w.Dim, matrix{p: &w.q[w.qAt(i, h)], ld: w.QStride}, keys, &scores[0], width, w.Scale, 0)
			factors := scores[t.rows*width:]
			for r := range rows {
				factors[r] = w.softmax(scores[r*width:][:see], i+r, h)
			}
			t.product(rows, w.Dim, see, matrix{p: &scores[0], ld: width}, values, &w.out[w.oAt(i, h)], w.OStride, 1, 0)
			for r := range rows {
				active.scale(w.out[w.oAt(i+r, h):][:w.Dim], factors[r])
			}
			i += rows
		}
	}
}

// softmax turns the scores of query i into probabilities in place, but for the factor that it returns: the output has fewer
// elements to multiply with it.
func (w *attentionWork) softmax(scores []float32, i, h int) float32 {
	see := w.visible(i)
	w.maskDocuments(scores[:see], i)
	l, factor := softmaxNumerators(scores[:see], scores[:see])
	clear(scores[see:])
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
		see := w.visible(i)
		if see == 0 {
			w.clearRows(i, i+1)
			continue
		}
		w.scoresFew(scores, width, i, see)
		for h := range group {
			row := scores[h*width:][:see]
			active.scale(row, w.softmax(row, i, first+h))
		}
		w.valuesFew(scores, width, i, see)
	}
}

// scoresFew fills one row of scores for each head of the group.
func (w *attentionWork) scoresFew(scores []float32, width, i, see int) {
	first, last := w.heads()
	if w.t.dots4 != nil {
		w.t.dotRows(last-first, see, w.Dim, &w.q[w.qAt(i, first)], w.Dim, &w.k[w.kAt(0)], w.KStride, &scores[0], width, w.Scale, 0)
		return
	}
	for h := first; h < last; h++ {
		q := w.q[w.qAt(i, h):][:w.Dim]
		for j := range see {
			scores[(h-first)*width+j] = active.dot(q, w.k[w.kAt(j):][:w.Dim]) * w.Scale
		}
	}
}

// valuesFew adds up the values by the probabilities in scores.
func (w *attentionWork) valuesFew(scores []float32, width, i, see int) {
	first, last := w.heads()
	if w.Dim%w.t.cols == 0 {
		values := panels{p: &w.v[w.vAt(0)], ld: w.VStride, step: w.t.cols}
		w.t.product(last-first, w.Dim, see, matrix{p: &scores[0], ld: width}, values, &w.out[w.oAt(i, first)], w.Dim, 1, 0)
		return
	}
	for h := first; h < last; h++ {
		out := w.out[w.oAt(i, h):][:w.Dim]
		clear(out)
		for j, p := range scores[(h-first)*width:][:see] {
			active.axpy(w.v[w.vAt(j):][:w.Dim], out, p)
		}
	}
}
