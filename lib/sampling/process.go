package sampling

import (
	"math"
	"slices"
)

var minusInf = float32(math.Inf(-1))

// process changes the scores of the token after ids, of which the first prompt tokens are the prompt, by every rule of the
// options but the user's Processors.
func (o *Options) process(scores []float32, ids []int32, prompt int) {
	if o.Penalty > 0 && o.Penalty != 1 {
		penalise(scores, ids, float32(o.Penalty))
	}
	if o.Frequency != 0 || o.Presence != 0 {
		penaliseGenerated(scores, ids[prompt:], o.Frequency, o.Presence)
	}
	if o.NoRepeatNGram > 0 {
		forbidRepeats(scores, ids, o.NoRepeatNGram)
	}
	for _, w := range o.BadWords {
		if len(w) > 1 || !slices.Contains(o.Stop, w[0]) {
			forbidWord(scores, ids, w)
		}
	}
	if len(ids)-prompt < o.MinNewTokens {
		forbid(scores, o.Stop)
	}
	forbid(scores, o.Suppress)
}

// penalise makes tokens that occur in ids less likely: a positive score is divided, a negative one multiplied.
func penalise(scores []float32, ids []int32, penalty float32) {
	done := make(map[int32]bool, len(ids))
	for _, id := range ids {
		switch {
		case done[id]:
			continue
		case scores[id] > 0:
			scores[id] /= penalty
		default:
			scores[id] *= penalty
		}
		done[id] = true
	}
}

// penaliseGenerated subtracts frequency times the number of occurrences, and presence once.
func penaliseGenerated(scores []float32, ids []int32, frequency, presence float64) {
	counts := make(map[int32]int, len(ids))
	for _, id := range ids {
		counts[id]++
	}
	for id, n := range counts {
		scores[id] -= float32(frequency*float64(n) + presence)
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
