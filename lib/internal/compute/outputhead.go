package compute

import (
	"math"
	"math/bits"
)

// OutputHead is the last layer of a language model joined with what is wanted of its scores, so that the whole
// (tokens, vocabulary) matrix need not exist: rows are taken in chunks, and rows without a target are left out.
//
//	z = cap(hidden weight^T + bias) / temperature,  cap(x) = SoftCap tanh(x / SoftCap)
//	LogP = z[target] - lse,  lse = log sum_j e^z_j
//	Entropy = -sum_j p_j log p_j = lse - sum_j p_j z_j,  p = softmax(z)
//
// Results have one element for each of Targets, 0 where the target is negative; those that are nil are not computed, and
// neither are gradients that are nil.
type OutputHead struct {
	Weight      Weights   // Vocab x Dim
	Bias        []float32 // (Vocab,); nil: none
	Temperature float32   // 0 means 1
	SoftCap     float32   // 0 means none
	BF16        bool      // products in bfloat16; everything about z stays in float32

	Hidden  []float32 // (rows, Dim)
	Targets []int32   // (rows,), negative: left out

	LogP, LogSumExp []float32 // (rows,), never nil
	Entropy         []float32
	MeanLogit       []float32 // mean over the vocabulary before the temperature
	LogSumP2        []float32 // log sum_j p_j^2
	Argmax          []int32

	// Kept has room for the scores of all rows with a target (Counted times Vocab): Backward then need not compute them a
	// second time. nil: they are computed again. It is overwritten.
	Kept []float32

	DHidden, DWeight, DBias []float32 // gradients to add to; Weight must be a FloatMatrix for DWeight
	Fresh                   bool      // DWeight is to be written, whatever it holds

	counted []int32 // rows with a target
	all     bool    // that is all of them
}

// headChunk is how many logits exist at a time (64 MB).
const headChunk = 16 << 20

// headRows is how many rows are in a chunk.
func headRows(rows, vocab int) int { return min(max(64, headChunk/vocab), max(rows, 1)) }

// HeadScratch is how many logits a head that keeps none has room for, of so many rows with a target.
func HeadScratch(rows, vocab int) int { return 1 << bits.Len(uint(headRows(rows, vocab)*vocab-1)) }

// Counted is how many rows have a target.
func (h *OutputHead) Counted() int {
	n := 0
	for _, t := range h.Targets {
		if t >= 0 {
			n++
		}
	}
	return n
}

func (h *OutputHead) check(op string) {
	rows, vocab, dim := len(h.Targets), h.Weight.Rows(), h.Weight.Cols()
	positive(op, "Vocab", vocab)
	positive(op, "Dim", dim)
	checkTargets(op, h.Targets, rows, vocab)
	need(op, "Hidden", len(h.Hidden), rows*dim)
	need(op, "LogP", len(h.LogP), rows)
	need(op, "LogSumExp", len(h.LogSumExp), rows)
	for _, o := range []struct {
		name string
		data []float32
		want int
	}{{"Bias", h.Bias, vocab}, {"Entropy", h.Entropy, rows}, {"MeanLogit", h.MeanLogit, rows}, {"LogSumP2", h.LogSumP2, rows},
		{"DHidden", h.DHidden, rows * dim}, {"DWeight", h.DWeight, vocab * dim}, {"DBias", h.DBias, vocab}} {
		if o.data != nil {
			need(op, o.name, len(o.data), o.want)
		}
	}
	if h.Argmax != nil && len(h.Argmax) < rows {
		fail(op, "Argmax has %d elements, needs %d", len(h.Argmax), rows)
	}
	if h.Temperature < 0 || h.SoftCap < 0 {
		fail(op, "Temperature %v and SoftCap %v must not be negative", h.Temperature, h.SoftCap)
	}
	h.counted = h.counted[:0]
	for i, t := range h.Targets {
		if t >= 0 {
			h.counted = append(h.counted, int32(i))
		}
	}
	h.all = len(h.counted) == rows
	if h.Kept != nil {
		need(op, "Kept", len(h.Kept), len(h.counted)*vocab)
	}
}

// chunks calls fn with consecutive rows among those counted, their hidden states, and room for their scores.
func (h *OutputHead) chunks(fn func(lo, hi int, hidden, z []float32)) {
	rows, vocab, dim := len(h.counted), h.Weight.Rows(), h.Weight.Cols()
	if rows == 0 && h.Fresh && h.DWeight != nil {
		Zero(h.DWeight[:vocab*dim])
	}
	step := headRows(rows, vocab)
	var buffer []float32
	if h.Kept == nil {
		buffer = getScratch(step * vocab)
		defer putScratch(buffer)
	}
	var gathered []float32
	if !h.all {
		gathered = getScratch(step * dim)
		defer putScratch(gathered)
	}
	for lo := 0; lo < rows; lo += step {
		hi := min(lo+step, rows)
		z := buffer
		if h.Kept != nil {
			z = h.Kept[lo*vocab:]
		}
		hidden := gathered
		if h.all {
			hidden = h.Hidden[lo*dim:]
		} else {
			GatherRows(gathered[:(hi-lo)*dim], h.Hidden, h.counted[lo:hi], dim)
		}
		fn(lo, hi, hidden, z[:(hi-lo)*vocab])
	}
}

// Forward fills the results.
func (h *OutputHead) Forward() {
	h.check("OutputHead.Forward")
	if !h.all {
		for _, r := range [][]float32{h.LogP, h.LogSumExp, h.Entropy, h.MeanLogit, h.LogSumP2} {
			clear(r)
		}
		clear(h.Argmax)
	}
	h.chunks(func(lo, hi int, hidden, z []float32) { h.forward(lo, hi, hidden, z) })
}

func (h *OutputHead) forward(lo, hi int, hidden, z []float32) {
	vocab := h.Weight.Rows()
	h.Weight.Linear(z, vocab, hidden, h.Weight.Cols(), hi-lo, h.BF16)
	Parallel(hi-lo, rowGrain(vocab), func(a, b int) {
		scratch := getScratch(vocab)
		defer putScratch(scratch)
		for i := a; i < b; i++ {
			h.row(int(h.counted[lo+i]), z[i*vocab:(i+1)*vocab], scratch)
		}
	})
}

// row turns the products of row i into z, and reads the results from it.
func (h *OutputHead) row(i int, z, scratch []float32) {
	if h.Bias != nil {
		active.add(z, z, h.Bias[:len(z)])
	}
	if h.SoftCap > 0 {
		softCap(z, scratch, h.SoftCap)
	}
	if h.MeanLogit != nil {
		h.MeanLogit[i] = active.sum(z) / float32(len(z))
	}
	if h.Temperature > 0 && h.Temperature != 1 {
		active.scale(z, 1/h.Temperature)
	}
	top, at := maxAt(z)
	if h.Argmax != nil {
		h.Argmax[i] = at
	}
	sum := active.expSum(scratch, z, top)
	h.LogSumExp[i] = top + log32(sum)
	h.LogP[i] = z[h.Targets[i]] - h.LogSumExp[i]
	if h.Entropy != nil {
		h.Entropy[i] = max(0, h.LogSumExp[i]-active.dot(scratch, z)/sum)
	}
	if h.LogSumP2 != nil {
		h.LogSumP2[i] = float32(math.Log(float64(active.sumSquares(scratch))) - 2*math.Log(float64(sum)))
	}
}

// maxAt returns the largest element and its first place; NaN, at place 0, if there is one.
func maxAt(x []float32) (top float32, at int32) {
	const block = 1024
	top = minusInf
	first := 0
	for lo := 0; lo < len(x); lo += block {
		if m := active.max(x[lo:min(lo+block, len(x))]); m > top || m != m {
			top, first = m, lo
			if m != m {
				return m, 0
			}
		}
	}
	for i := first; i < len(x); i++ {
		if x[i] == top {
			return top, int32(i)
		}
	}
	return top, 0
}

// softCap computes x = limit tanh(x / limit), with tanh u = 1 - 2 / (1 + e^2u).
func softCap(x, scratch []float32, limit float32) {
	for i, v := range x {
		scratch[i] = 2 * v / limit
	}
	active.exp(scratch, scratch)
	for i, e := range scratch[:len(x)] {
		x[i] = limit * (1 - 2/(1+e))
	}
}

// Backward adds the gradients of sum_i dlogp[i] LogP[i] + dentropy[i] Entropy[i], after Forward:
//
//	dz_j = dlogp ([j = target] - p_j) - dentropy p_j (log p_j + Entropy)
//
// dentropy may be nil; otherwise Entropy must have been computed.
func (h *OutputHead) Backward(dlogp, dentropy []float32) {
	const op = "OutputHead.Backward"
	h.check(op)
	need(op, "dlogp", len(dlogp), len(h.Targets))
	if dentropy != nil {
		need(op, "dentropy", len(dentropy), len(h.Targets))
		need(op, "Entropy", len(h.Entropy), len(h.Targets))
	}
	h.chunks(func(lo, hi int, hidden, z []float32) {
		if h.Kept == nil {
			h.forward(lo, hi, hidden, z)
		}
		h.backward(lo, hi, hidden, z, dlogp, dentropy)
	})
}

// ForwardBackward does both when the weight of every row in the loss is known beforehand, as in a mean over tokens; it
// computes the scores once and keeps a chunk of them at a time.
func (h *OutputHead) ForwardBackward(dlogp []float32) {
	h.check("OutputHead.ForwardBackward")
	need("OutputHead.ForwardBackward", "dlogp", len(dlogp), len(h.Targets))
	h.chunks(func(lo, hi int, hidden, z []float32) {
		h.forward(lo, hi, hidden, z)
		h.backward(lo, hi, hidden, z, dlogp, nil)
	})
}

func (h *OutputHead) backward(lo, hi int, hidden, z, dlogp, dentropy []float32) {
	n, vocab, dim := hi-lo, h.Weight.Rows(), h.Weight.Cols()
	Parallel(n, rowGrain(vocab), func(a, b int) {
		scratch := getScratch(vocab)
		defer putScratch(scratch)
		for i := a; i < b; i++ {
			r, de := h.counted[lo+i], float32(0)
			if dentropy != nil {
				de = dentropy[r]
			}
			h.rowGrad(int(r), z[i*vocab:(i+1)*vocab], scratch[:vocab], dlogp[r], de)
		}
	})
	if h.DHidden != nil && h.all {
		h.Weight.Mul(h.DHidden[lo*dim:], dim, z, vocab, n, h.BF16)
	} else if h.DHidden != nil {
		d := getScratch(n * dim)
		defer putScratch(d)
		Zero(d)
		h.Weight.Mul(d, dim, z, vocab, n, h.BF16)
		ScatterAddRows(h.DHidden, d, h.counted[lo:hi], dim)
	}
	if h.DWeight != nil {
		beta := float32(1)
		if h.Fresh && lo == 0 {
			beta = 0
		}
		gemmOf(h.BF16)(true, false, vocab, dim, n, 1, z, vocab, hidden, dim, beta, h.DWeight, dim)
	}
	if h.DBias != nil {
		SumRowsInto(h.DBias[:vocab], z, n, vocab)
	}
}

// rowGrad replaces z by the gradient of the products.
func (h *OutputHead) rowGrad(i int, z, scratch []float32, dlogp, dentropy float32) {
	if dlogp == 0 && dentropy == 0 {
		clear(z)
		return
	}
	lse, t, cool := h.LogSumExp[i], h.Targets[i], float32(1)
	if h.Temperature > 0 {
		cool = 1 / h.Temperature
	}
	var slope []float32 // of the soft cap
	if h.SoftCap > 0 {
		slope = getScratch(len(z))
		defer putScratch(slope)
		for j, v := range z {
			v /= cool * h.SoftCap
			slope[j] = 1 - v*v
		}
	}
	if dentropy == 0 {
		active.expScale(z, z, lse, -dlogp*cool)
	} else {
		active.expScale(scratch, z, lse, cool)
		base := -dlogp + dentropy*(lse-h.Entropy[i])
		for j, v := range z {
			z[j] = base - dentropy*v
		}
		active.mul(z, z, scratch)
	}
	z[t] += dlogp * cool
	if slope != nil {
		active.mul(z, z, slope[:len(z)])
	}
}
