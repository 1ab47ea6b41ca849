package posttrain

import (
	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// scored is what a model says about the labels of a batch, at the positions that predict them; where the label is Ignore
// everything is 0.
type scored struct {
	rows, length int
	labels       []int32
	*tensor.TokenScores
}

// score runs a model over a batch and its output layer over the positions that have a label.
func score(m *transformer.LM, b padded, o tensor.LogProbsOptions) scored {
	s, _ := scoreHidden(m, b, o)
	return s
}

// scoreHidden is score, and the hidden states (B*T, D).
func scoreHidden(m *transformer.LM, b padded, o tensor.LogProbsOptions) (scored, *tensor.Tensor) {
	hidden := m.Hidden(b.Batch)
	return scored{b.Rows, b.Length, b.labels, tensor.LogProbs(hidden, m.Output(), b.labels, o)}, hidden
}

// scoreVirtual is score for a prompt-tuning adapter: the last of the virtual tokens predicts the first token of a row, which
// counts where first has it as a label. What it returns has the length of rows with virtual tokens.
func scoreVirtual(m *transformer.LM, b padded, first []int32) scored {
	hidden, n := m.HiddenWithVirtual(b.Batch)
	if n == 0 {
		return scored{b.Rows, b.Length, b.labels, tensor.LogProbs(hidden, m.Output(), b.labels, tensor.LogProbsOptions{})}
	}
	labels := make([]int32, 0, b.Rows*(n+b.Length))
	for r := range b.Rows {
		for range n - 1 {
			labels = append(labels, lossfn.Ignore)
		}
		labels = append(append(labels, first[r]), b.labels[r*b.Length:(r+1)*b.Length]...)
	}
	return scored{b.Rows, n + b.Length, labels, tensor.LogProbs(hidden, m.Output(), labels, tensor.LogProbsOptions{})}
}

// sums are the log-probabilities of each row, added up: (B).
func (s scored) sums() *tensor.Tensor { return s.LogP.Reshape(s.rows, s.length).SumAxis(1) }

// weighted is sums with a weight for every label, in order.
func (s scored) weighted(weights [][]float32) *tensor.Tensor {
	w := tensor.New(s.rows, s.length)
	for r := range s.rows {
		n := 0
		for t := range s.length {
			if s.labels[r*s.length+t] != lossfn.Ignore {
				w.Data()[r*s.length+t] = weights[r][n]
				n++
			}
		}
	}
	return s.LogP.Reshape(s.rows, s.length).Mul(w).SumAxis(1)
}

// counts is how many labels each row has.
func (s scored) counts() []int {
	out := make([]int, s.rows)
	for i, y := range s.labels {
		if y != lossfn.Ignore {
			out[i/s.length]++
		}
	}
	return out
}

// total is how many labels there are.
func (s scored) total() int {
	n := 0
	for _, k := range s.counts() {
		n += k
	}
	return n
}

// means are the log-probabilities of each row per label: (B).
func (s scored) means() *tensor.Tensor {
	w := tensor.New(s.rows)
	for i, n := range s.counts() {
		w.Data()[i] = 1 / float32(max(n, 1))
	}
	return s.sums().Mul(w)
}

// average is the mean of a value over the labels of rows low to high-1; 0 if there is none.
func (s scored) average(low, high int, value func(i int) float64) float64 {
	sum, n := 0.0, 0
	for i := low * s.length; i < high*s.length; i++ {
		if s.labels[i] != lossfn.Ignore {
			sum += value(i)
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// entropy is the mean entropy of the predictions, in nats.
func (s scored) entropy() float64 {
	return s.average(0, s.rows, func(i int) float64 { return float64(s.Entropy.Data()[i]) })
}

// accuracy is the share of labels of some rows that are the most likely token.
func (s scored) accuracy(low, high int) float64 {
	return s.average(low, high, func(i int) float64 {
		if s.Argmax[i] == s.labels[i] {
			return 1
		}
		return 0
	})
}

// logit is the mean over labels of some rows, and over the vocabulary, of the scores before the softmax.
func (s scored) logit(low, high int) float64 {
	return s.average(low, high, func(i int) float64 { return float64(s.MeanLogit[i]) })
}

// nll is the mean negative log-likelihood of the labels of rows low to high-1: ().
func (s scored) nll(low, high int) *tensor.Tensor {
	n := 0
	for _, y := range s.labels[low*s.length : high*s.length] {
		if y != lossfn.Ignore {
			n++
		}
	}
	return s.LogP.Slice(low*s.length, high*s.length).Sum().Scale(-1 / float32(max(n, 1)))
}

// value reads a vector as numbers.
func values(t *tensor.Tensor) []float64 {
	out := make([]float64, t.Len())
	for i, v := range t.Data() {
		out[i] = float64(v)
	}
	return out
}

func average(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(max(len(xs), 1))
}
