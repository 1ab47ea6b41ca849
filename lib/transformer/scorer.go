package transformer

import (
	"fmt"

	"lyceum/lib/internal/torchrand"
	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// Scorer is a decoder with a linear head on its last hidden states in place of the output layer: a reward model or critic
// (one label) or a classifier, Hugging Face's ...ForSequenceClassification. The language model's output layer is not used.
type Scorer struct {
	*LM
	Score *nn.Linear // (labels, D), no bias
	// Pad is the id that fills rows up: a sequence is scored at its last token with another id, whatever Segments say, as
	// Transformers does. Negative: at its last token that is no padding by Segments.
	Pad    int32
	Labels []string // the names of the labels, id2label; may be empty
}

// NewScorer puts a head of random weights (normal, standard deviation Config.InitStd) on a model, which it keeps. The numbers are those
// of Transformers for a head that a checkpoint lacks, after torch.manual_seed with the same seed.
func NewScorer(m *LM, labels int, seed uint64) *Scorer {
	if labels <= 0 {
		panic(&tensor.Error{Op: "NewScorer", Text: fmt.Sprintf("%d labels: at least one is needed", labels)})
	}
	w := tensor.New(labels, m.Config.Dim).RequireGrad()
	torchrand.New(seed).Randn(w.Data())
	std := m.Config.InitStd
	if std == 0 {
		std = nn.InitStd
	}
	for i := range w.Data() {
		w.Data()[i] *= float32(std)
	}
	s := &Scorer{LM: m, Score: &nn.Linear{Weight: w}, Pad: -1}
	s.bind()
	return s
}

// bind makes the head known to adapters.
func (s *Scorer) bind() {
	s.LM.adapters.more = []nn.Slot{{Name: "score.weight", Ref: &s.Score.Weight}}
}

// Scores returns the score of each sequence at its last token: (B), or (B, labels) when there are several.
func (s *Scorer) Scores(b Batch) *tensor.Tensor {
	at := b.Last()
	if s.Pad >= 0 {
		for r := range at {
			at[r] = int32(r * b.Length)
			for i := range b.Length {
				if b.IDs[r*b.Length+i] != s.Pad {
					at[r] = int32(r*b.Length + i)
				}
			}
		}
	}
	for r, i := range at {
		if i < 0 {
			panic(&tensor.Error{Op: "Scorer.Scores", Text: fmt.Sprintf("row %d is nothing but padding", r)})
		}
	}
	return s.flat(s.Score.Forward(tensor.Embedding(s.Hidden(b), at)))
}

// TokenScores returns the score at every token: (B*T), or (B*T, labels). A critic's values are these.
func (s *Scorer) TokenScores(b Batch) *tensor.Tensor { return s.flat(s.Score.Forward(s.Hidden(b))) }

func (s *Scorer) flat(t *tensor.Tensor) *tensor.Tensor {
	if t.Dim(-1) == 1 {
		return t.Reshape(t.Dim(0))
	}
	return t
}

// Params lists the parameters of the decoder and of the head, without the output layer.
func (s *Scorer) Params() []nn.Param { return s.headed(s.LM.Params(), s.own(s.Score.Weight)) }

// Merged is Params with what merged adapters have put in their places.
func (s *Scorer) Merged() []nn.Param {
	params, _ := s.LM.Merged()
	return s.headed(params, s.kept(&s.Score.Weight))
}

func (s *Scorer) headed(params []nn.Param, score *tensor.Tensor) []nn.Param {
	var out []nn.Param
	for _, p := range params {
		if p.Name != "lm_head.weight" {
			out = append(out, p)
		}
	}
	return append(out, nn.Param{Name: "score.weight", Value: score})
}

// Trainable lists what training changes: every parameter, or those of the active adapters, which have a copy of the head.
func (s *Scorer) Trainable() []nn.Param {
	if len(s.Adapters()) == 0 {
		return s.Params()
	}
	return s.LM.Trainable()
}

// Clone returns a copy with weights of its own.
func (s *Scorer) Clone() *Scorer {
	n := &Scorer{Score: &nn.Linear{Weight: copyOf(s.own(s.Score.Weight)).RequireGrad()}, Pad: s.Pad, Labels: append([]string(nil), s.Labels...)}
	n.LM = s.LM.clone(func(m *LM) { n.LM = m; n.bind() })
	return n
}

// CheckFinite names the first parameter that has a NaN or infinite value or, if there is none, gradient.
func (s *Scorer) CheckFinite() error { return checkFinite(s.Params()) }
