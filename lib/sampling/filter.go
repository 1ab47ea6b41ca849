package sampling

import (
	"math"

	"lyceum/lib/internal/compute"
)

// A candidate is a token that may be drawn; p is its probability before the filters.
type candidate struct {
	id int32
	p  float32
}

// filter returns the tokens that TopK, TopP, MinP, Typical, Epsilon and Eta leave, each over what the one before left, as in
// Transformers. scores are tempered, probs is their softmax. The list is in the order of ids and never empty.
func (s *scratch) filter(scores, probs []float32, o *Options) []candidate {
	list, whole := s.list[:0], 1.0
	switch top := compute.Max(probs); {
	case o.TopK > 0 && o.TopK < len(scores):
		list = s.blocks.largest(list, scores, o.TopK)
		for i := range list {
			list[i].p = probs[list[i].id]
		}
		whole = total(list)
	case o.TopP > 0 && o.TopP < 1:
		// The tokens below this have together less than 1-TopP, so that none of them is kept. A little less, for rounding.
		least := float32((1 - o.TopP) / float64(len(probs)) * 0.99)
		list = s.blocks.atLeast(list, probs, min(least, top))
	case o.MinP > 0:
		list = s.blocks.atLeast(list, probs, float32(o.MinP)*top)
	default:
		list = s.blocks.atLeast(list, probs, math.SmallestNonzeroFloat32)
	}
	if o.TopP > 0 && o.TopP < 1 {
		list = s.nucleus(list, o.TopP*whole)
	}
	if o.MinP > 0 {
		list = atLeastOf(list, o.MinP)
	}
	if o.Typical > 0 && o.Typical < 1 {
		list = s.typical(list, o.Typical)
	}
	if o.Epsilon > 0 {
		list = atLeastShare(list, o.Epsilon)
	}
	if o.Eta > 0 {
		list = atLeastShare(list, min(o.Eta, math.Sqrt(o.Eta)*math.Exp(-entropy(list))))
	}
	s.list = list[:0]
	return list
}

// atLeastShare keeps tokens that are at least so likely among those of the list, and the most likely ones.
func atLeastShare(list []candidate, share float64) []candidate {
	least, top := share*total(list), float32(0)
	for _, c := range list {
		top = max(top, c.p)
	}
	kept := list[:0]
	for _, c := range list {
		if float64(c.p) >= least || c.p == top {
			kept = append(kept, c)
		}
	}
	return kept
}

// entropy is of the list as a distribution, in nats.
func entropy(list []candidate) float64 {
	sum, h := total(list), 0.0
	for _, c := range list {
		if c.p > 0 {
			q := float64(c.p) / sum
			h -= q * math.Log(q)
		}
	}
	return h
}

func total(list []candidate) float64 {
	sum := 0.0
	for _, c := range list {
		sum += float64(c.p)
	}
	return sum
}

// nucleus keeps the most likely tokens whose probabilities add up to mass (top-p; Holtzman et al. 2020,
// arXiv:1904.09751). Of equally likely tokens at the edge those with smaller ids stay.
func (s *scratch) nucleus(list []candidate, mass float64) []candidate {
	keys := s.keys[:0]
	for _, c := range list {
		keys = append(keys, weighted{-float64(c.p), float64(c.p)})
	}
	s.keys = keys
	edge, before := massEdge(keys, mass)
	kept := list[:0]
	for _, c := range list {
		switch k := -float64(c.p); {
		case k < edge:
			kept = append(kept, c)
		case k == edge && (before < mass || len(kept) == 0):
			before += float64(c.p)
			kept = append(kept, c)
		}
	}
	return kept
}

// atLeastOf keeps tokens at least ratio times as likely as the most likely one (min-p; Nguyen et al. 2024, arXiv:2407.01082).
func atLeastOf(list []candidate, ratio float64) []candidate {
	top := float32(0)
	for _, c := range list {
		top = max(top, c.p)
	}
	kept := list[:0]
	for _, c := range list {
		if c.p >= float32(ratio)*top {
			kept = append(kept, c)
		}
	}
	return kept
}

// typical keeps the tokens whose -log p is nearest to the entropy of the list, until their share is mass.
func (s *scratch) typical(list []candidate, mass float64) []candidate {
	sum, h := total(list), 0.0
	far := s.far[:0] // the log-probabilities, then how far they are from -h
	for _, c := range list {
		l := math.Log(float64(c.p) / sum)
		far = append(far, l)
		if c.p > 0 {
			h -= float64(c.p) / sum * l
		}
	}
	keys := s.keys[:0]
	for i, c := range list {
		far[i] = math.Abs(far[i] + h)
		keys = append(keys, weighted{far[i], float64(c.p) / sum})
	}
	s.keys, s.far = keys, far
	edge, _ := massEdge(keys, mass)
	kept := list[:0]
	for i, c := range list {
		if far[i] <= edge {
			kept = append(kept, c)
		}
	}
	return kept
}
