package posttrain

import (
	"math"

	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// scores are what a forward pass says about the labels that count, one number each, in the order of rows.
type scores struct {
	rows    []int32        // their places in the batch
	logp    *tensor.Tensor // log-probability of each label, in nats
	entropy []float32      // of each prediction, in nats
	top     []bool         // whether the label is the most likely token
	logit   []float32      // mean over the vocabulary of the scores before the softmax
	sumSq   []float32      // log of the sum of the squared probabilities; only with want.sumSq
}

// want says what of scores is needed beside the log-probabilities.
type want struct{ sumSq bool }

// forward predicts the labels that count. The hidden states of the others are left out before the output layer, which is
// most of the work of a small model.
func forward(m *transformer.LM, b transformer.Batch, labels []int32, w want) scores {
	return head(m, m.Hidden(b), labels, w)
}

// head is forward for hidden states that are there already.
func head(m *transformer.LM, hidden *tensor.Tensor, labels []int32, w want) scores {
	var s scores
	var targets []int32
	for i, y := range labels {
		if y != lossfn.Ignore {
			s.rows, targets = append(s.rows, int32(i)), append(targets, y)
		}
	}
	logits := tensor.Linear(tensor.Embedding(hidden, s.rows), m.Head, nil) // Embedding picks rows
	logp := logits.LogSoftmax()
	s.logp = logp.Gather(targets)
	v := m.Config.Vocab
	for i, best := range logp.Argmax() {
		s.top = append(s.top, best == targets[i])
		h, z, q := 0.0, 0.0, 0.0
		raw := logits.Data()[i*v:][:v]
		for j, l := range logp.Data()[i*v:][:v] {
			p := math.Exp(float64(l))
			h -= float64(l) * p
			z += float64(raw[j])
			q += p * p
		}
		s.entropy, s.logit = append(s.entropy, float32(h)), append(s.logit, float32(z/float64(v)))
		if w.sumSq {
			s.sumSq = append(s.sumSq, float32(math.Log(q)))
		}
	}
	return s
}

// meanEntropy and accuracy are means over the labels that count, 0 if none does.
func (s scores) meanEntropy() float64 {
	sum := 0.0
	for _, h := range s.entropy {
		sum += float64(h)
	}
	return sum / math.Max(1, float64(len(s.entropy)))
}

func (s scores) accuracy() float64 {
	n := 0
	for _, hit := range s.top {
		if hit {
			n++
		}
	}
	return float64(n) / math.Max(1, float64(len(s.top)))
}

// trainable are the parameters of a model that training moves.
func trainable(m *zoo.Model) []nn.Param { return m.LM.Trainable() }
