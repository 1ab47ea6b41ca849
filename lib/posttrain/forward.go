package posttrain

import (
	"math"

	"lyceum/lib/lossfn"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// scores are what a forward pass says about the labels of a batch.
type scores struct {
	nll      *tensor.Tensor // (rows that count), in nats
	accuracy float64        // share of labels that are the most likely token
	entropy  float64        // mean entropy of the predictions, in nats
}

// forward predicts the labels that count. The hidden states of the others are left out before the output layer, which is
// most of the work of a small model.
func forward(m *transformer.LM, b transformer.Batch, labels []int32) scores {
	var rows, want []int32
	for i, y := range labels {
		if y != lossfn.Ignore {
			rows, want = append(rows, int32(i)), append(want, y)
		}
	}
	hidden := tensor.Embedding(m.Hidden(b), rows) // picks rows, as an embedding does
	logp := tensor.Linear(hidden, m.Head, nil).LogSoftmax()
	s := scores{nll: logp.Gather(want).Neg()}
	v := m.Config.Vocab
	hits := 0
	for i, best := range logp.Argmax() {
		if best == want[i] {
			hits++
		}
		h := 0.0
		for _, l := range logp.Data()[i*v : (i+1)*v] {
			h -= float64(l) * math.Exp(float64(l))
		}
		s.entropy += h / float64(len(want))
	}
	s.accuracy = float64(hits) / float64(len(want))
	return s
}
