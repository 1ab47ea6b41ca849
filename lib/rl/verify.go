package rl

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var nan = math.NaN()

// Rewards that can be checked: nobody has to have an opinion.

// number is a number as people write it: 12, -3.5, 1,234.50, 1/3, 2e-3.
var number = regexp.MustCompile(`[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?|[-+]?\.\d+`)

// boxed is LaTeX's frame around a final answer.
var boxed = regexp.MustCompile(`\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}`)

// FindNumber returns the number that a text gives as its answer: the last in \boxed{}, after "####" as in GSM8K, or else the
// last one at all.
func FindNumber(text string) (float64, bool) {
	if m := boxed.FindAllStringSubmatch(text, -1); m != nil {
		text = m[len(m)-1][1]
	} else if _, after, ok := strings.Cut(text, "####"); ok {
		text = after
	}
	text = frac.ReplaceAllString(text, "$1/$2")
	all := number.FindAllStringIndex(text, -1)
	if all == nil {
		return 0, false
	}
	last := all[len(all)-1]
	// In "7-3" the sign belongs to the sum, not to the number.
	s := text[last[0]:last[1]]
	if last[0] > 0 && (s[0] == '-' || s[0] == '+') && wordByte(text[last[0]-1]) {
		s = s[1:]
	}
	return parseNumber(s)
}

var frac = regexp.MustCompile(`\\d?frac\{([^{}]*)\}\{([^{}]*)\}`)

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == ')'
}

func parseNumber(s string) (float64, bool) {
	top, bottom, fraction := strings.Cut(strings.ReplaceAll(s, ",", ""), "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(top), 64)
	if err != nil {
		return 0, false
	}
	if fraction {
		d, err := strconv.ParseFloat(strings.TrimSpace(bottom), 64)
		if err != nil || d == 0 {
			return 0, false
		}
		v /= d
	}
	return v, true
}

// ExactNumber gives 1 where the answer of the completion (FindNumber) is the number in a column of the data set, else 0. It
// does not apply to rows whose column holds no number.
func ExactNumber(column string) Reward {
	return Named("exact_number", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			want, ok := FindNumber(r.Text(column))
			if !ok {
				return nan
			}
			got, ok := FindNumber(r.Completion)
			return bit(ok && math.Abs(got-want) <= 1e-6*math.Max(1, math.Abs(want)))
		})
	})
}

// ExactText gives 1 where the completion is the text in a column of the data set, spaces around it and case aside.
func ExactText(column string) Reward {
	return Named("exact_text", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			return bit(strings.EqualFold(strings.TrimSpace(r.Completion), strings.TrimSpace(r.Text(column))))
		})
	})
}

// Contains gives 1 where the completion has a text in it, case aside.
func Contains(text string) Reward {
	low := strings.ToLower(text)
	return Named("contains", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 { return bit(strings.Contains(strings.ToLower(r.Completion), low)) })
	})
}

// Matches gives 1 where a regular expression of Go's syntax matches somewhere in the completion. It panics if the expression
// is wrong.
func Matches(expression string) Reward {
	re := regexp.MustCompile(expression)
	return Named("matches", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 { return bit(re.MatchString(r.Completion)) })
	})
}

// Tags gives 1 where the completion consists of these tags in this order, each opened and closed once, with nothing but
// space around them: Tags("think", "answer") wants <think>...</think> <answer>...</answer>.
func Tags(names ...string) Reward {
	return Named("tags", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 { return bit(tagged(r.Completion, names)) })
	})
}

func tagged(text string, names []string) bool {
	for _, n := range names {
		open, end := "<"+n+">", "</"+n+">"
		if strings.Count(text, open) != 1 || strings.Count(text, end) != 1 {
			return false
		}
		text = strings.TrimSpace(text)
		if !strings.HasPrefix(text, open) {
			return false
		}
		at := strings.Index(text, end)
		if at < 0 {
			return false
		}
		text = text[at+len(end):]
	}
	return strings.TrimSpace(text) == ""
}

// Think gives 1 where the completion begins with one <think>...</think> and goes on: TRL's think_format_reward.
func Think() Reward {
	return Named("think_format_reward", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			rest, ok := strings.CutPrefix(r.Completion, "<think>")
			return bit(ok && !strings.Contains(rest, "<think>") && strings.Contains(rest, "</think>"))
		})
	})
}

// Length gives 1 for a completion of the wanted number of tokens and less the further it is from that, down to 0 at twice
// the number: 1 - |n - want|/want.
func Length(want int) Reward {
	if want <= 0 {
		panic(fmt.Sprintf("rl.Length: %d tokens; it must be more than 0", want))
	}
	return Named("length", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			return math.Max(0, 1-math.Abs(float64(len(r.IDs())-want))/float64(want))
		})
	})
}

// SoftOverlong gives 0 up to most - cache tokens, falls to -1 at most tokens and stays there: TRL's
// get_soft_overlong_punishment, DAPO's punishment of length (Yu et al. 2025, arXiv:2503.14476, eq. 13).
func SoftOverlong(most, cache int) Reward {
	return Named("soft_overlong_punishment_reward", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			n := len(r.IDs())
			switch {
			case n <= most-cache:
				return 0
			case n <= most:
				return float64(most-cache-n) / float64(cache)
			}
			return -1
		})
	})
}

// CosineScaled turns right and wrong into a reward that depends on the length: right answers are worth the more the shorter
// they are, wrong ones are punished the less the longer they are (more thought is encouraged where it was not enough). TRL's
// get_cosine_scaled_reward; Yeo et al. 2025, arXiv:2502.03373, appendix C.1. correct gives more than 0 for right answers.
//
//	r = low + (high - low)/2 (1 + cos(pi n / most)), with (low, high) = (0.5, 1) where right, (-0.5, -1) where wrong
func CosineScaled(correct Reward, most int) Reward {
	return Named("cosine_scaled_reward", func(b Batch) []float64 {
		right := correct(b)
		return b.Each(func(r Row) float64 {
			x := right[r.Index]
			if x != x {
				return nan
			}
			low, high := -0.5, -1.0
			if x > 0 {
				low, high = 0.5, 1
			}
			return low + (high-low)/2*(1+math.Cos(math.Pi*math.Min(1, float64(len(r.IDs()))/float64(most))))
		})
	})
}

// RepetitionPenalty gives the share of n-grams of tokens that had been there before, times most, which is negative: TRL's
// get_repetition_penalty_reward; Yeo et al. 2025, arXiv:2502.03373, appendix C.2.
func RepetitionPenalty(n int, most float64) Reward {
	if n <= 0 || most > 0 {
		panic(fmt.Sprintf("rl.RepetitionPenalty: n-grams of %d tokens and %v; n must be more than 0, most at most 0", n, most))
	}
	return Named("repetition_penalty_reward", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			ids := r.IDs()
			if len(ids) < n {
				return 0
			}
			seen, total := map[string]bool{}, len(ids)-n+1
			for i := range total {
				seen[fmt.Sprint(ids[i:i+n])] = true
			}
			return most * (1 - float64(len(seen))/float64(total))
		})
	})
}

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
