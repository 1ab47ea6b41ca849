package tensor

import "lyceum/lib/internal/compute"

// LogProbsOptions say how scores become a distribution, and what else is wanted.
type LogProbsOptions struct {
	Temperature float32 // divides the scores; 0 means 1
	SoftCap     float32 // scores become SoftCap tanh(score/SoftCap) (Gemma 2); 0: no cap
	Bias        *Tensor // (V), added to the scores; nil: none
	SumP2       bool    // fill TokenScores.LogSumP2
	// Recompute never keeps scores between forward and backward, whatever their size; it costs a third more arithmetic here.
	Recompute bool
}

// TokenScores is what the output layer says about one target for each row. Where the target is negative everything is 0,
// without gradient and without work.
type TokenScores struct {
	LogP    *Tensor // (rows), log p of the target, in nats; differentiable
	Entropy *Tensor // (rows), -sum_j p_j log p_j in nats; differentiable

	// Not differentiable.
	Argmax    []int32   // the most likely token
	MeanLogit []float32 // mean over the vocabulary of the scores, before the temperature
	LogSumExp []float32 // log sum_j e^z_j, after the temperature
	LogSumP2  []float32 // log sum_j p_j^2, with SumP2
}

// KeptScores bounds the scores that LogProbs keeps for the backward pass (in elements: 256 MB). Longer batches compute
// them twice, so that memory does not grow with vocabulary times tokens.
const KeptScores = 64 << 20

// LogProbs returns what softmax(hidden W^T) says about the targets. hidden is (rows, D), weight (V, D); targets, one a row,
// are negative where nothing is asked.
//
//	z = cap(hidden W^T + bias) / Temperature,  LogP = z[target] - log sum_j e^z_j,  H = -sum_j p_j log p_j
//	dLogP/dz_j = [j = target] - p_j,  dH/dz_j = -p_j (log p_j + H)
//
// Scores are made in chunks of rows that have a target. Gradients flow to hidden, weight and Bias. It panics with *Error
// when shapes disagree or a target is outside the vocabulary.
func LogProbs(hidden, weight *Tensor, targets []int32, o LogProbsOptions) *TokenScores {
	if len(weight.shape) != 2 {
		fail("LogProbs", "the weight %s is not a matrix", ShapeText(weight.shape))
	}
	checkHead("LogProbs", hidden, weight.shape[0], weight.shape[1], targets, o)
	return logProbs(hidden, weight, compute.NewFloatMatrix(weight.data, weight.shape[0], weight.shape[1]), targets, o)
}

func checkHead(op string, hidden *Tensor, vocab, dim int, targets []int32, o LogProbsOptions) {
	if len(hidden.shape) != 2 || hidden.shape[1] != dim || len(targets) != hidden.shape[0] {
		fail(op, "hidden %s, a weight (%d,%d) and %d targets do not fit", ShapeText(hidden.shape), vocab, dim, len(targets))
	}
	for i, t := range targets {
		if int(t) >= vocab {
			fail(op, "target %d of row %d is outside the vocabulary of %d", t, i, vocab)
		}
	}
	if o.Bias != nil && (len(o.Bias.shape) != 1 || o.Bias.shape[0] != vocab) {
		fail(op, "the bias %s does not fit a vocabulary of %d", ShapeText(o.Bias.shape), vocab)
	}
	if !(o.Temperature >= 0) || !(o.SoftCap >= 0) {
		fail(op, "Temperature %v and SoftCap %v must not be negative", o.Temperature, o.SoftCap)
	}
}

// logProbs does the work for a weight that is trained, or a frozen one in another storage (weight nil).
func logProbs(hidden, weight *Tensor, matrix compute.Weights, targets []int32, o LogProbsOptions) *TokenScores {
	rows, both := len(targets), allocRaw(2*len(targets))
	s := &TokenScores{Argmax: make([]int32, rows), MeanLogit: make([]float32, rows), LogSumExp: make([]float32, rows)}
	if o.SumP2 {
		s.LogSumP2 = make([]float32, rows)
	}
	head := &compute.OutputHead{Weight: matrix, Hidden: hidden.data, Targets: targets, Temperature: o.Temperature, SoftCap: o.SoftCap,
		BF16: lowPrecision(), LogP: both[:rows], Entropy: both[rows:], Argmax: s.Argmax, MeanLogit: s.MeanLogit, LogSumExp: s.LogSumExp, LogSumP2: s.LogSumP2}
	if o.Bias != nil {
		head.Bias = o.Bias.data
	}
	joint := wrap("LogProbs", both, []int{2, rows}, []*Tensor{hidden, weight, o.Bias}, func(out *Tensor) {
		headGradients(head, hidden, weight, o.Bias)
		head.Backward(out.grad[:rows], anyNonZero(out.grad[rows:]))
		release(head.Kept)
	})
	if joint.wants && !o.Recompute && head.Counted()*matrix.Rows() <= KeptScores {
		head.Kept = allocRaw(head.Counted() * matrix.Rows())
	}
	head.Forward()
	s.LogP, s.Entropy = joint.Index(0), joint.Index(1)
	return s
}

func headGradients(head *compute.OutputHead, hidden, weight, bias *Tensor) {
	if hidden.wants {
		head.DHidden = hidden.grads()
	}
	if weight != nil && weight.wants {
		d, beta := weight.gradTarget()
		head.DWeight, head.Fresh = d, beta == 0
	}
	if bias != nil && bias.wants {
		head.DBias = bias.grads()
	}
}

// anyNonZero returns x, or nil if all of it is 0: nobody used it.
func anyNonZero(x []float32) []float32 {
	for _, v := range x {
		if v != 0 {
			return x
		}
	}
	return nil
}

// NLL returns the negative log-likelihood in nats of each target under softmax(hidden W^T), (rows); it is 0 where the
// target is negative. hidden is (rows, D), weight (V, D). It is LogProbs without the rest.
//
//	nll_i = -log softmax(h_i W^T)[target_i]
func NLL(hidden, weight *Tensor, targets []int32) *Tensor {
	return LogProbs(hidden, weight, targets, LogProbsOptions{}).LogP.Neg()
}
