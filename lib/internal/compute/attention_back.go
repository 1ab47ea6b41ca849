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
	parallelStop(s.Batch*s.KVHeads, 1, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			w := attentionWork{AttentionShape: &s, t: active.tiles, batch: task / s.KVHeads, kv: task % s.KVHeads,
				q: q, k: k, v: v, out: out, lse: lse}
			b := attentionBack{attentionWork: w, dq: dq, dk: dk, dv: dv, dout: dout}
			b.run()
		}
	})
}

type attentionBack struct {
	attentionWork
	dq, dk, dv, dout []float32

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
	most := b.visible(b.Queries - 1)
	if most == 0 {
		return
	}
	b.width = roundUp(most, t.cols)
	b.padded = roundUp(b.Dim, t.cols)
	b.block = min(max(scoreRoom/b.width/t.rows, 2)*t.rows, roundUp(b.Queries, t.rows))
	scratch := getScratch(2*b.width*b.Dim + 2*b.block*b.width + 2*b.block*b.padded)
	defer putScratch(scratch)
	take := func(n int) (s []float32) { s, scratch = scratch[:n], scratch[n:]; return s }
	b.keysT = t.packPanels(take(b.width*b.Dim), matrix{&b.k[b.kAt(0)], b.KStride, true}, b.Dim, most)
	b.valuesT = t.packPanels(take(b.width*b.Dim), matrix{&b.v[b.vAt(0)], b.VStride, true}, b.Dim, most)
	b.probs, b.grads = take(b.block*b.width), take(b.block*b.width)
	b.queries, b.gradients = take(b.block*b.padded), take(b.block*b.padded)
	var release func()
	b.keys, release = t.inPlaceOrPacked(b.k[b.kAt(0):], b.KStride, most, b.Dim)
	defer release()
	first, last := b.heads()
	for h := first; h < last; h++ {
		for i := 0; i < b.Queries; i += b.block {
			b.queryBlock(i, min(i+b.block, b.Queries), h)
		}
	}
}

// queryBlock adds what queries lo..hi of head h contribute.
func (b *attentionBack) queryBlock(lo, hi, h int) {
	most := b.visible(hi - 1)
	if most == 0 {
		return
	}
	for i := lo; i < hi; {
		rows := rowsOfTile(hi, i, b.t.rows)
		b.scores(lo, i, rows, most, h)
		i += rows
	}
	n := hi - lo
	b.pad(b.queries, b.q, b.qAt(lo, h), b.QStride, n)
	b.pad(b.gradients, b.dout, b.oAt(lo, h), b.OStride, n)
	b.keySide(b.dv, b.vAt(0), b.VStride, b.probs, b.gradients, lo, hi, most, 1)
	b.keySide(b.dk, b.kAt(0), b.KStride, b.grads, b.queries, lo, hi, most, b.Scale)
}

// scores fills rows i.. of probs and grads, and adds to dq.
func (b *attentionBack) scores(lo, i, rows, most, h int) {
	t := b.t
	see := b.visible(i + rows - 1)
	p, d := b.probs[(i-lo)*b.width:], b.grads[(i-lo)*b.width:]
	if see > 0 {
		t.product(rows, see, b.Dim, matrix{p: &b.q[b.qAt(i, h)], ld: b.QStride}, b.keysT, &p[0], b.width, b.Scale, 0)
		t.product(rows, see, b.Dim, matrix{p: &b.dout[b.oAt(i, h)], ld: b.OStride}, b.valuesT, &d[0], b.width, 1, 0)
	}
	for r := range rows {
		b.scoreRow(p[r*b.width:][:most], d[r*b.width:][:most], i+r, h)
	}
	if see > 0 {
		t.product(rows, b.Dim, see, matrix{p: &d[0], ld: b.width}, b.keys, &b.dq[b.qAt(i, h)], b.QStride, b.Scale, 1)
	}
}

// scoreRow turns scores into probabilities p, and dout.v in d into ds.
func (b *attentionBack) scoreRow(p, d []float32, i, h int) {
	see := b.visible(i)
	l := b.lse[b.lseAt(i, h)]
	if l == minusInf {
		see = 0
	}
	clear(p[see:])
	clear(d[see:])
	b.maskDocuments(p[:see], i)
	active.expScale(p[:see], p[:see], l, 1)
	o := b.oAt(i, h)
	delta := active.dot(b.dout[o:o+b.Dim], b.out[o:o+b.Dim])
	active.scoreBack(d[:see], p[:see], delta)
}

// pad copies n rows of Dim elements to dst, rows padded apart, with zeros behind.
func (b *attentionBack) pad(dst, src []float32, at, stride, n int) {
	for r := range n {
		row := dst[r*b.padded:][:b.padded]
		copy(row, src[at+r*stride:][:b.Dim])
		clear(row[b.Dim:])
	}
}

// keySide adds scale * weights^T * rows to dst: the sum over the queries of the block, for every key.
// Under the causal mask keys see only queries at or behind them, so the sum starts there.
func (b *attentionBack) keySide(dst []float32, at, stride int, weights, rows []float32, lo, hi, most int, scale float32) {
	t := b.t
	right := panels{p: &rows[0], ld: b.padded, step: t.cols}
	for j := 0; j < most; {
		n := rowsOfTile(most, j, t.rows)
		from := 0
		for from < hi-lo && b.visible(lo+from) <= j {
			from++
		}
		if k := hi - lo - from; k > 0 {
			left := matrix{p: &weights[from*b.width+j], ld: b.width, trans: true}
			part := panels{p: offset(right.p, from*b.padded), ld: b.padded, step: t.cols}
			t.product(n, b.Dim, k, left, part, &dst[at+j*stride], stride, scale, 1)
		}
		j += n
	}
}
