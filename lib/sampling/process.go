package sampling

import (
	"math"
	"slices"

	"lyceum/lib/sampling/constrain"
)

var minusInf = float32(math.Inf(-1))

// process changes the scores of the token after ids, of which the first prompt tokens are the prompt, by every rule of the
// options but the user's Processors.
func (s *scratch) process(o *Options, scores []float32, ids []int32, prompt int) {
	for id, b := range o.Bias {
		scores[id] += float32(b)
	}
	before, generated := o.penalised(ids, prompt)
	if o.Penalty > 0 && o.Penalty != 1 {
		s.penalise(scores, before, float32(o.Penalty))
	}
	if o.Frequency != 0 || o.Presence != 0 {
		s.penaliseCounted(scores, generated, float32(o.Frequency), float32(o.Presence))
	}
	if o.NoRepeatNGram > 0 {
		forbidRepeats(scores, ids, o.NoRepeatNGram)
	}
	for _, w := range o.BadWords {
		if len(w) > 1 || !slices.Contains(o.Stop, w[0]) {
			forbidWord(scores, ids, w)
		}
	}
	if len(ids)-prompt < o.MinNewTokens || len(ids) < o.MinLength {
		forbid(scores, o.Stop)
	}
	forbid(scores, o.Suppress)
	if len(ids) == prompt {
		forbid(scores, o.BeginSuppress)
	}
}

// first reports whether a token comes for the first time since forget.
func (s *scratch) first(id int32) bool {
	bit := uint64(1) << (uint(id) & 63)
	if s.seen[id>>6]&bit != 0 {
		return false
	}
	s.seen[id>>6] |= bit
	return true
}

// forget makes room for a vocabulary, and every token new.
func (s *scratch) forget(vocab int) {
	if n := (vocab + 63) / 64; len(s.seen) < n {
		s.seen = make([]uint64, n)
	} else {
		clear(s.seen)
	}
}

// penalise makes tokens that occur in ids less likely: a positive score is divided, a negative one multiplied.
func (s *scratch) penalise(scores []float32, ids []int32, penalty float32) {
	s.forget(len(scores))
	for _, id := range ids {
		switch {
		case !s.first(id):
		case scores[id] > 0:
			scores[id] /= penalty
		default:
			scores[id] *= penalty
		}
	}
}

// penalised returns the tokens that Penalty looks at, and those that Frequency and Presence count.
func (o *Options) penalised(ids []int32, prompt int) (penalty, counted []int32) {
	switch n := o.RepeatLastN; {
	case n == 0:
		return ids, ids[prompt:]
	case n > 0 && n < len(ids):
		ids = ids[len(ids)-n:]
	}
	return ids, ids
}

// penaliseCounted subtracts, from a token that occurs count times, count frequency + presence. The product and the sum are
// rounded to float32 each, as llama.cpp has them: the same tie falls the same way.
func (s *scratch) penaliseCounted(scores []float32, ids []int32, frequency, presence float32) {
	if s.counts == nil {
		s.counts = map[int32]int{}
	}
	clear(s.counts)
	for _, id := range ids {
		s.counts[id]++
	}
	for id, n := range s.counts {
		scores[id] -= float32(float32(n)*frequency) + presence
	}
}

// forbidRepeats forbids the tokens that would complete a run of n tokens that has occurred.
func forbidRepeats(scores []float32, ids []int32, n int) {
	if len(ids)+1 < n {
		return
	}
	last := ids[len(ids)-(n-1):]
	for i := 0; i+n <= len(ids); i++ {
		if slices.Equal(ids[i:i+n-1], last) {
			scores[ids[i+n-1]] = minusInf
		}
	}
}

// forbidWord forbids the last token of a run of tokens where the others have just been generated.
func forbidWord(scores []float32, ids, word []int32) {
	before := word[:len(word)-1]
	if len(word) <= len(ids) && slices.Equal(ids[len(ids)-len(before):], before) || len(before) == 0 {
		scores[word[len(before)]] = minusInf
	}
}

func forbid(scores []float32, ids []int32) {
	for _, id := range ids {
		if id >= 0 && int(id) < len(scores) {
			scores[id] = minusInf
		}
	}
}

// constrained forbids what the text's language does not allow at this place, with at most left tokens to come. It reports
// whether the limit forbade the token that was the most likely one.
func (s *scratch) constrained(scores []float32, at constrain.Cursor, left int, stop []int32) (curtailed bool) {
	within, all := at.Allowed(left)
	s.kept = s.kept[:0]
	if at.Accepting() {
		for _, id := range stop {
			if id >= 0 && int(id) < len(scores) {
				s.kept = append(s.kept, candidate{id, scores[id]})
			}
		}
	}
	restore := func() {
		for _, c := range s.kept {
			scores[c.id] = c.p
		}
	}
	outside(scores, all)
	restore()
	if &within[0] != &all[0] {
		best := s.blocks.argmax(scores)
		possible := scores[best] != minusInf
		outside(scores, within)
		restore()
		curtailed = possible && scores[best] == minusInf
	}
	return curtailed
}

// outside forbids the tokens whose bit is not set, and those that have none.
func outside(scores []float32, bits []uint64) {
	for i, w := range bits {
		block := scores[min(64*i, len(scores)):min(64*i+64, len(scores))]
		switch w {
		case ^uint64(0):
		case 0:
			for j := range block {
				block[j] = minusInf
			}
		default:
			for j := range block {
				if w>>uint(j)&1 == 0 {
					block[j] = minusInf
				}
			}
		}
	}
	for j := min(64*len(bits), len(scores)); j < len(scores); j++ {
		scores[j] = minusInf
	}
}
