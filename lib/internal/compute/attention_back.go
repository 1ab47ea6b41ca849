package compute

// AttentionBackward adds the gradients of Attention to dq, dk and dv, which are laid out like q, k and v. out and lse are
// the results of the forward pass. With P the probabilities and D_i = dout_i . out_i:
//
//	dv_j += sum_i p_ij dout_i
//	ds_ij = p_ij (dout_i . v_j - D_i)
//	dq_i += Scale sum_j ds_ij k_j,  dk_j += Scale sum_i ds_ij q_i
//
// The probabilities are computed again from the scores; memory beside the arguments is linear in Keys.
func AttentionBackward(dq, dk, dv, dout, out, lse, q, k, v []float32, s AttentionShape) {
	const op = "AttentionBackward"
	s.check(op, q, k, v, out)
	s.check(op, dq, dk, dv, dout)
	need(op, "lse", len(lse), s.Batch*s.Heads*s.Queries)
	if s.Batch == 0 || s.Queries == 0 || s.Keys == 0 || s.Heads == 0 {
		return
	}
	docs, parts := s.documents(), s.backwardParts()
	apart := newKeyParts(&s, parts)
	defer apart.release()
	ParallelStop(s.Batch*s.KVHeads*parts, 1, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			head, part := task/parts, task%parts
			w := attentionWork{AttentionShape: &s, t: active.tiles, batch: head / s.KVHeads, kv: head % s.KVHeads,
				q: q, k: k, v: v, out: out, lse: lse, docs: docs}
			b := attentionBack{attentionWork: w, dq: dq, dout: dout}
			first, _ := b.heads()
			group := s.Heads / s.KVHeads
			b.first, b.last = first+part*group/parts, first+(part+1)*group/parts
			b.dk, b.dv = keyGradient{dk, b.kAt(0), s.KStride}, keyGradient{dv, b.vAt(0), s.VStride}
			if part > 0 {
				b.dk, b.dv = apart.of(head, part)
			}
			b.run()
		}
	})
	apart.addTo(dk, dv)
}

type attentionBack struct {
	attentionWork
	dq, dout    []float32
	dk, dv      keyGradient
	first, last int // the query heads whose part this is

	block, width       int       // queries taken together; room for scores per query
	probs, grads       []float32 // (block, width)
	queries, gradients []float32 // (block, padded Dim): q and dout of the block, padded for the tiles
	keysT, valuesT     panels
	keys               panels
	padded             int
}

// scoreRoom bounds the two score blocks (in elements each), so that they stay in the second-level cache.
const scoreRoom = 48 << 10

func (b *attentionBack) run() {
	t := b.t
	_, most := b.windowOf(0, b.Queries)
	if most == 0 {
		return
	}
	b.width = roundUp(most, t.cols)
	b.padded = roundUp(b.Dim, t.cols)
	b.block = min(max(scoreRoom/b.width/t.rows, 2)*t.rows, roundUp(b.Queries, t.rows))
	scratch := getScratch(2*b.width*b.Dim + 2*b.block*b.width + 2*b.block*b.padded)
	defer putScratch(scratch)
	take := func(n int) (s []float32) { s, scratch = scratch[:n], scratch[n:]; return s }
	b.keysT = t.packPanels(take(b.width*b.Dim), matrix{&b.k[b.kAt(0)], b.KStride, true}, b.Dim, 0, most)
	b.valuesT = t.packPanels(take(b.width*b.Dim), matrix{&b.v[b.vAt(0)], b.VStride, true}, b.Dim, 0, most)
	b.probs, b.grads = take(b.block*b.width), take(b.block*b.width)
	b.queries, b.gradients = take(b.block*b.padded), take(b.block*b.padded)
	var release func()
	b.keys, release = t.inPlaceOrPacked(b.k[b.kAt(0):], b.KStride, 0, most, b.Dim)
	defer release()
	for h := b.first; h < b.last; h++ {
		for i := 0; i < b.Queries; i += b.block {
			b.queryBlock(i, min(i+b.block, b.Queries), h)
		}
	}
}

// queryBlock adds what queries lo..hi of head h contribute.
func (b *attentionBack) queryBlock(lo, hi, h int) {
	first, most := b.windowOf(lo, hi-lo)
	if most == 0 {
		return
	}
	for i := lo; i < hi; {
		rows := rowsOfTile(hi, i, b.t.rows)
		b.scores(lo, i, rows, first, most, h)
		i += rows
	}
	n := hi - lo
	b.pad(b.queries, b.q, b.qAt(lo, h), b.QStride, n)
	b.pad(b.gradients, b.dout, b.oAt(lo, h), b.OStride, n)
	b.keySide(b.dv, b.probs, b.gradients, lo, hi, first, most, 1)
	b.keySide(b.dk, b.grads, b.queries, lo, hi, first, most, b.Scale)
}

// scores fills rows i.. of probs and grads from key first to key most, and adds to dq.
func (b *attentionBack) scores(lo, i, rows, first, most, h int) {
	t := b.t
	from, to := b.windowOf(i, rows)
	p, d := b.probs[(i-lo)*b.width:], b.grads[(i-lo)*b.width:]
	if to > 0 {
		q, dout := matrix{p: &b.q[b.qAt(i, h)], ld: b.QStride}, matrix{p: &b.dout[b.oAt(i, h)], ld: b.OStride}
		t.product(rows, to-from, b.Dim, q, b.keysT.columns(from, t.cols), &p[from], b.width, b.Scale, 0)
		t.product(rows, to-from, b.Dim, dout, b.valuesT.columns(from, t.cols), &d[from], b.width, 1, 0)
	}
	for r := range rows {
		b.scoreRow(p[r*b.width:][:most], d[r*b.width:][:most], first, i+r, h)
	}
	if to > 0 {
		t.product(rows, b.Dim, to-from, matrix{p: &d[from], ld: b.width}, b.keys.rows(from), &b.dq[b.qAt(i, h)], b.QStride, b.Scale, 1)
	}
}

// scoreRow turns scores into probabilities p, and dout.v in d into ds; outside the window both become 0, from key first on.
func (b *attentionBack) scoreRow(p, d []float32, first, i, h int) {
	lo, hi := b.window(i)
	lo = max(lo, first)
	hi = max(lo, hi)
	clear(p[first:lo])
	clear(d[first:lo])
	clear(p[hi:])
	clear(d[hi:])
	b.hideOthers(p[:hi], i)
	p, d = p[lo:hi], d[lo:hi]
	active.expScale(p, p, b.lse[b.lseAt(i, h)], 1)
	o := b.oAt(i, h)
	active.scoreBack(d, p, active.dot(b.dout[o:o+b.Dim], b.out[o:o+b.Dim]))
}

// pad copies n rows of Dim elements to dst, rows padded apart, with zeros behind.
func (b *attentionBack) pad(dst, src []float32, at, stride, n int) {
	for r := range n {
		row := dst[r*b.padded:][:b.padded]
		copy(row, src[at+r*stride:][:b.Dim])
		clear(row[b.Dim:])
	}
}

// keySide adds scale * weights^T * rows to dst: the sum over the queries of the block, for every key from first to most.
// Queries that see none of a tile's keys are left out at either end of the sum.
func (b *attentionBack) keySide(dst keyGradient, weights, rows []float32, lo, hi, first, most int, scale float32) {
	t := b.t
	right := panels{p: &rows[0], ld: b.padded, step: t.cols}
	for j := first; j < most; {
		n := rowsOfTile(most, j, t.rows)
		from, to := b.queriesOf(j, n, lo, hi)
		if to > from {
			left := matrix{p: &weights[(from-lo)*b.width+j], ld: b.width, trans: true}
			t.product(n, b.Dim, to-from, left, right.rows(from-lo), &dst.data[dst.at+j*dst.stride], dst.stride, scale, 1)
		}
		j += n
	}
}

// queriesOf returns the range of queries between lo and hi outside of which none sees keys j to j+n.
func (b *attentionBack) queriesOf(j, n, lo, hi int) (from, to int) {
	sees := func(i int) bool { a, z := b.window(i); return a < j+n && z > j }
	for lo < hi && !sees(lo) {
		lo++
	}
	for lo < hi && !sees(hi-1) {
		hi--
	}
	return lo, hi
}
