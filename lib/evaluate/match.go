package evaluate

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Normalize makes answers comparable as SQuAD does (Rajpurkar et al. 2016, arXiv:1606.05250): lower case, no punctuation, no
// English articles, single spaces.
func Normalize(answer string) string {
	s := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			return -1
		}
		return r
	}, strings.ToLower(answer))
	var words []string
	for _, w := range strings.Fields(s) {
		if w != "a" && w != "an" && w != "the" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// ExactMatch reports whether an answer equals one of the wanted ones after Normalize.
func ExactMatch(answer string, wanted ...string) bool {
	for _, w := range wanted {
		if Normalize(answer) == Normalize(w) {
			return true
		}
	}
	return false
}

// TokenF1 is the harmonic mean of precision and recall over the words of an answer and of the wanted one, after Normalize.
func TokenF1(answer, wanted string) float64 {
	a, w := strings.Fields(Normalize(answer)), strings.Fields(Normalize(wanted))
	if len(a) == 0 || len(w) == 0 {
		if len(a) == len(w) {
			return 1
		}
		return 0
	}
	left := map[string]int{}
	for _, x := range w {
		left[x]++
	}
	same := 0
	for _, x := range a {
		if left[x] > 0 {
			left[x]--
			same++
		}
	}
	return 2 * float64(same) / float64(len(a)+len(w))
}

var numberPattern = regexp.MustCompile(`-?\d[\d,]*(?:\.\d+)?`)

// LastNumber is the last number in an answer, as the answers of GSM8K are read (Cobbe et al. 2021, arXiv:2110.14168); commas
// between digits are left out.
func LastNumber(answer string) (float64, bool) {
	all := numberPattern.FindAllString(answer, -1)
	if len(all) == 0 {
		return 0, false
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(all[len(all)-1], ",", ""), 64)
	return x, err == nil
}
