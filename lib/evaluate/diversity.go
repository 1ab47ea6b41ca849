package evaluate

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// Diversity says how much a model's texts differ from one another, by words.
type Diversity struct {
	Distinct1, Distinct2, Distinct3 float64 // DistinctN
	SelfBLEU                        float64
	Entropy                         float64 // of the distribution of words, nats
	Words                           int
	Texts                           int
}

// MeasureDiversity measures texts, such as several answers to one prompt.
func MeasureDiversity(texts []string) Diversity {
	d := Diversity{Distinct1: DistinctN(texts, 1), Distinct2: DistinctN(texts, 2), Distinct3: DistinctN(texts, 3), SelfBLEU: SelfBLEU(texts), Texts: len(texts)}
	d.Entropy, d.Words = WordEntropy(texts)
	return d
}

// Measures is what a table shows.
func (d Diversity) Measures() []Measure {
	shared := func(name string, x float64) Measure { m := number(name, x, d.Texts); m.Share = true; return m }
	return []Measure{shared("distinct-1", d.Distinct1), shared("distinct-2", d.Distinct2), shared("distinct-3", d.Distinct3), shared("self-BLEU (lower is more diverse)", d.SelfBLEU), number("entropy of the words, nats", d.Entropy, d.Words)}
}

// String is a line for each measure.
func (d Diversity) String() string { return NewReport("diversity", d).String() }

// HTML is the table of the measures.
func (d Diversity) HTML() string { return NewReport("diversity", d).HTML() }

// runs counts the runs of n words of a text.
func runs(words []string, n int) map[string]int {
	out := map[string]int{}
	for i := 0; i+n <= len(words); i++ {
		out[strings.Join(words[i:i+n], " ")]++
	}
	return out
}

// DistinctN is the number of different runs of n words over the number of all, over all texts together (Li et al. 2016,
// arXiv:1510.03055); NaN if there is none.
func DistinctN(texts []string, n int) float64 {
	all := map[string]bool{}
	total := 0
	for _, t := range texts {
		for run, k := range runs(strings.Fields(t), n) {
			all[run] = true
			total += k
		}
	}
	return float64(len(all)) / float64(total)
}

// SelfBLEU is the mean BLEU of each text against all others (Zhu et al. 2018, arXiv:1802.01886): 1 when they are the same.
// NaN for fewer than two texts.
func SelfBLEU(texts []string) float64 {
	sum := 0.0
	for i, t := range texts {
		var others []string
		others = append(append(others, texts[:i]...), texts[i+1:]...)
		sum += BLEU(t, others)
	}
	if len(texts) < 2 {
		return math.NaN()
	}
	return sum / float64(len(texts))
}

// BLEU compares a text with references by runs of 1 to 4 words (Papineni et al. 2002):
//
//	min(1, exp(1 - r/c)) (p_1 p_2 p_3 p_4)^(1/4),  p_n = runs of n words that a reference has too, over all
//
// c is the length, r that of the reference nearest to it. Where no run matches, 0.1 counts in place of 0 (Chen and Cherry 2014, smoothing 1).
func BLEU(text string, references []string) float64 {
	words := strings.Fields(text)
	c, r := len(words), 0
	best := math.MaxInt
	var refs [][]string
	for _, x := range references {
		f := strings.Fields(x)
		refs = append(refs, f)
		if gap := max(len(f)-c, c-len(f)); gap < best || gap == best && len(f) < r {
			best, r = gap, len(f)
		}
	}
	if c == 0 || len(refs) == 0 {
		return 0
	}
	sum := 0.0
	for n := 1; n <= 4; n++ {
		most := map[string]int{}
		for _, f := range refs {
			for run, k := range runs(f, n) {
				most[run] = max(most[run], k)
			}
		}
		same := 0.0
		for run, k := range runs(words, n) {
			same += float64(min(k, most[run]))
		}
		if n == 1 && same == 0 {
			return 0
		}
		if same == 0 {
			same = 0.1
		}
		sum += math.Log(same / float64(max(1, c-n+1)))
	}
	short := 1.0
	if c < r {
		short = math.Exp(1 - float64(r)/float64(c))
	}
	return short * math.Exp(sum/4)
}

// WordEntropy is the entropy of the distribution of words over all texts, in nats, and how many words there are.
func WordEntropy(texts []string) (entropy float64, words int) {
	counts := map[string]int{}
	for _, t := range texts {
		for _, w := range strings.Fields(t) {
			counts[w]++
			words++
		}
	}
	for _, w := range slices.Sorted(maps.Keys(counts)) { // in a fixed order, so that the last digit is the same each time
		p := float64(counts[w]) / float64(words)
		entropy -= p * math.Log(p)
	}
	return entropy, words
}
