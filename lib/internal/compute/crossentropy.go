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

// minusInf is the score of a masked position.
var minusInf = float32(math.Inf(-1))
