package compute

import "math"

// CrossEntropyRows computes, for each of rows rows of vocab logits,
//
//	lse[i] = log sum_j exp(x[i][j]),  nll[i] = lse[i] - x[i][target[i]]
//
// A negative target means that the row is ignored: nll 0. lse is what the backward pass needs.
func CrossEntropyRows(nll, lse, logits []float32, targets []int32, rows, vocab int) {
	const op = "CrossEntropyRows"
	checkTargets(op, targets, rows, vocab)
	checkRows(op, rows, vocab, len(logits))
	need(op, "nll", len(nll), rows)
	need(op, "lse", len(lse), rows)
	Parallel(rows, rowGrain(vocab), func(lo, hi int) {
		scratch := getScratch(vocab)
		defer putScratch(scratch)
		for i := lo; i < hi; i++ {
			row := logits[i*vocab : (i+1)*vocab]
			lse[i] = logSumExp(scratch, row)
			nll[i] = 0
			if t := targets[i]; t >= 0 {
				nll[i] = lse[i] - row[t]
			}
		}
	})
}

// CrossEntropyRowsBackward WRITES the gradient of sum_i dnll[i] * nll[i] with respect to the logits:
//
//	dlogits[i][j] = dnll[i] * (exp(x[i][j] - lse[i]) - [j = target[i]])
//
// and 0 in ignored rows. dlogits may be logits.
func CrossEntropyRowsBackward(dlogits, logits, lse, dnll []float32, targets []int32, rows, vocab int) {
	const op = "CrossEntropyRowsBackward"
	checkTargets(op, targets, rows, vocab)
	checkRows(op, rows, vocab, len(logits), len(dlogits))
	need(op, "lse", len(lse), rows)
	need(op, "dnll", len(dnll), rows)
	Parallel(rows, rowGrain(vocab), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			crossEntropyGrad(dlogits[i*vocab:(i+1)*vocab], logits[i*vocab:(i+1)*vocab], lse[i], dnll[i], targets[i])
		}
	})
}

func crossEntropyGrad(dst, row []float32, lse, d float32, target int32) {
	if target < 0 || d == 0 {
		clear(dst)
		return
	}
	active.expScale(dst, row, lse, d)
	dst[target] -= d
}

func checkTargets(op string, targets []int32, rows, vocab int) {
	notNegative(op, "rows", rows)
	same(op, "targets", len(targets), rows)
	for i, t := range targets {
		if int(t) >= vocab {
			fail(op, "target %d of row %d is outside the vocabulary of %d", t, i, vocab)
		}
	}
}

// OutputHead is the last layer of a language model, logits = hidden * weight^T, joined with its loss so that the
// whole (tokens, vocabulary) matrix never exists: rows are taken in chunks.
type OutputHead struct {
	Weight             []float32 // (Vocab, Dim)
	Vocab, Dim         int
	Hidden             []float32 // (rows, Dim)
	Targets            []int32   // (rows,), negative: ignored
	DHidden, DWeight   []float32 // gradients to add to, like Hidden and Weight; nil: not wanted
	LogSumExp, NLLRows []float32 // (rows,), results
	BF16               bool      // products by GemmBF16; the loss and its gradient stay in float32
}

func (h *OutputHead) gemm() gemmFunc { return gemmOf(h.BF16) }

// headChunk is how many logits exist at a time (64 MB).
const headChunk = 16 << 20

func (h *OutputHead) check(op string) {
	rows := len(h.Targets)
	positive(op, "Vocab", h.Vocab)
	positive(op, "Dim", h.Dim)
	checkTargets(op, h.Targets, rows, h.Vocab)
	need(op, "Weight", len(h.Weight), h.Vocab*h.Dim)
	need(op, "Hidden", len(h.Hidden), rows*h.Dim)
	need(op, "NLLRows", len(h.NLLRows), rows)
	need(op, "LogSumExp", len(h.LogSumExp), rows)
	if h.DHidden != nil {
		need(op, "DHidden", len(h.DHidden), rows*h.Dim)
	}
	if h.DWeight != nil {
		need(op, "DWeight", len(h.DWeight), h.Vocab*h.Dim)
	}
}

// chunks calls fn with the logits of consecutive rows.
func (h *OutputHead) chunks(fn func(lo, hi int, logits []float32)) {
	rows := len(h.Targets)
	step := min(max(64, headChunk/h.Vocab), max(rows, 1))
	buffer := getScratch(step * h.Vocab)
	defer putScratch(buffer)
	for lo := 0; lo < rows; lo += step {
		hi := min(lo+step, rows)
		logits := buffer[:(hi-lo)*h.Vocab]
		h.gemm()(false, true, hi-lo, h.Vocab, h.Dim, 1, h.Hidden[lo*h.Dim:], h.Dim, h.Weight, h.Dim, 0, logits, h.Vocab)
		fn(lo, hi, logits)
	}
}

// Forward fills NLLRows and LogSumExp.
func (h *OutputHead) Forward() {
	h.check("OutputHead.Forward")
	h.chunks(func(lo, hi int, logits []float32) {
		CrossEntropyRows(h.NLLRows[lo:hi], h.LogSumExp[lo:hi], logits, h.Targets[lo:hi], hi-lo, h.Vocab)
	})
}

// Backward adds the gradients of sum_i dnll[i] * NLLRows[i], after Forward. The logits are computed once more.
func (h *OutputHead) Backward(dnll []float32) {
	h.check("OutputHead.Backward")
	need("OutputHead.Backward", "dnll", len(dnll), len(h.Targets))
	h.chunks(func(lo, hi int, logits []float32) { h.backward(lo, hi, logits, dnll) })
}

// ForwardBackward does both when the weight of every row in the loss is known beforehand, as in a mean over tokens;
// it saves the second computation of the logits.
func (h *OutputHead) ForwardBackward(dnll []float32) {
	h.check("OutputHead.ForwardBackward")
	need("OutputHead.ForwardBackward", "dnll", len(dnll), len(h.Targets))
	h.chunks(func(lo, hi int, logits []float32) {
		CrossEntropyRows(h.NLLRows[lo:hi], h.LogSumExp[lo:hi], logits, h.Targets[lo:hi], hi-lo, h.Vocab)
		h.backward(lo, hi, logits, dnll)
	})
}

func (h *OutputHead) backward(lo, hi int, logits, dnll []float32) {
	n := hi - lo
	CrossEntropyRowsBackward(logits, logits, h.LogSumExp[lo:hi], dnll[lo:hi], h.Targets[lo:hi], n, h.Vocab)
	if h.DHidden != nil {
		h.gemm()(false, false, n, h.Dim, h.Vocab, 1, logits, h.Vocab, h.Weight, h.Dim, 1, h.DHidden[lo*h.Dim:], h.Dim)
	}
	if h.DWeight != nil {
		h.gemm()(true, false, h.Vocab, h.Dim, n, 1, logits, h.Vocab, h.Hidden[lo*h.Dim:], h.Dim, 1, h.DWeight, h.Dim)
	}
}

// minusInf is the score of a masked position.
var minusInf = float32(math.Inf(-1))
