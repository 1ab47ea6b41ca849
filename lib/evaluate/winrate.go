package evaluate

import (
	"fmt"
	"math"

	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// A Reward scores an answer to a prompt; more is better.
type Reward func(prompt, answer string) (float64, error)

// RewardModel scores answers by a reward model: the conversation of prompt and answer in the chat template of tok.
func RewardModel(s *transformer.Scorer, tok *tokenize.Tokenizer) Reward {
	return func(prompt, answer string) (float64, error) {
		c, err := tok.ApplyChatTemplate([]tokenize.Message{{Role: "user", Content: prompt}, {Role: "assistant", Content: answer}}, zoo.WithChatML(tok, tokenize.ChatOptions{}))
		if err != nil {
			return 0, err
		}
		if len(c.IDs) == 0 || len(c.IDs) > s.Config.Context {
			return 0, fmt.Errorf("evaluate.RewardModel: prompt and answer have %d tokens, the reward model's context is %d", len(c.IDs), s.Config.Context)
		}
		return float64(s.Scores(transformer.Pad([][]int32{c.IDs}, 0)).Data()[0]), nil
	}
}

// WinRate is how often one system's answers are better than another's.
type WinRate struct {
	Wins, Ties, Losses int
	P                  float64 // two-sided sign test, without the ties
	Margins            []float64
}

// MeasureWinRate scores both answers to each prompt and counts those where the score of b is higher than that of a. A
// difference of at most tie is a tie, and counts one half. The error is lists of different lengths, or one of the reward.
func MeasureWinRate(prompts, a, b []string, reward Reward, tie float64) (*WinRate, error) {
	if len(a) != len(prompts) || len(b) != len(prompts) || len(prompts) == 0 {
		return nil, fmt.Errorf("evaluate.MeasureWinRate: %d prompts, %d and %d answers: as many of each, and at least one", len(prompts), len(a), len(b))
	}
	w := &WinRate{}
	for i, p := range prompts {
		x, err := reward(p, a[i])
		if err != nil {
			return nil, err
		}
		y, err := reward(p, b[i])
		if err != nil {
			return nil, err
		}
		if math.IsNaN(y - x) {
			return nil, fmt.Errorf("evaluate.MeasureWinRate: the rewards of prompt %d are %v and %v", i, x, y)
		}
		w.Margins = append(w.Margins, y-x)
		switch {
		case math.Abs(y-x) <= tie:
			w.Ties++
		case y > x:
			w.Wins++
		default:
			w.Losses++
		}
	}
	w.P = signTest(w.Wins, w.Losses)
	return w, nil
}

// Rate is wins and half of the ties, over all.
func (w *WinRate) Rate() float64 {
	return (float64(w.Wins) + float64(w.Ties)/2) / float64(w.Wins+w.Ties+w.Losses)
}

// Measures is the rate with Wilson's interval, for which a tie counts one half as well.
func (w *WinRate) Measures() []Measure {
	n := w.Wins + w.Ties + w.Losses
	lo, hi := wilson(w.Rate(), float64(n))
	return []Measure{{Name: "win rate", Value: w.Rate(), Low: lo, High: hi, N: n, Share: true, Note: fmt.Sprintf("%d won, %d tied, %d lost; p = %.3g", w.Wins, w.Ties, w.Losses, w.P)}}
}

// String is the measure as a line.
func (w *WinRate) String() string { return NewReport("win rate", w).String() }

// HTML is the measure as a table.
func (w *WinRate) HTML() string { return NewReport("win rate", w).HTML() }
