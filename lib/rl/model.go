package rl

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tensor"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
)

// RewardModel makes a reward function of a scorer: its score of prompt and completion, read with its own tokenizer. The
// conversation is put into its chat template, plain text stands as it is. A learned judge can be fooled: see what it rewards.
func RewardModel(name string, m *transformer.Scorer, tok *tokenize.Tokenizer) Reward {
	return Named(name, func(b Batch) []float64 {
		all := make([][]int32, b.Len())
		for i := range all {
			all[i] = judged(b, i, tok)
		}
		return scoreAll(m, all)
	})
}

// scoreAll scores sequences, some at a time.
func scoreAll(m *transformer.Scorer, all [][]int32) []float64 {
	const rows = 16
	out := make([]float64, len(all))
	for i, ids := range all {
		if len(ids) > m.Config.Context {
			panic(fmt.Sprintf("prompt and completion %d have %d tokens, the reward model's context is %d", i, len(ids), m.Config.Context))
		}
	}
	tensor.NoGrad(func() {
		for at := 0; at < len(all); at += rows {
			part := all[at:min(at+rows, len(all))]
			tensor.Scope(func() {
				b := transformer.Pad(part, max(m.Pad, 0))
				all := m.TokenScores(b).Data() // as a critic of the same weights scores them, to the last bit
				for i, last := range b.Last() {
					out[at+i] = float64(all[last])
				}
			})
		}
	})
	return out
}

// judged are the tokens that a reward model reads.
func judged(b Batch, i int, tok *tokenize.Tokenizer) []int32 {
	if i < len(b.Chats) && len(b.Chats[i]) > 0 {
		talk := append(append([]tokenize.Message{}, b.Chats[i]...), tokenize.Message{Role: "assistant", Content: b.Completions[i]})
		if c, err := tok.ApplyChatTemplate(talk, tokenize.ChatOptions{}); err == nil {
			return c.IDs
		}
	}
	return tok.Encode(b.Prompts[i] + b.Completions[i])
}

// LoadRewardModel reads a reward model from a Hugging Face folder; its name is the folder's.
func LoadRewardModel(folder string) (Reward, error) {
	m, err := checkpoint.LoadScorer(folder, 1, 0)
	if err != nil {
		return nil, err
	}
	if m.Score.Weight.Dim(0) != 1 {
		return nil, fmt.Errorf("%s scores %d labels: a reward model has one", folder, m.Score.Weight.Dim(0))
	}
	tok, err := tokenize.FromFolder(folder)
	if base, ok := checkpoint.AdapterBase(folder); ok && errors.Is(err, fs.ErrNotExist) { // PEFT alone does not write it
		tok, err = tokenize.FromFolder(base)
	}
	if err != nil {
		return nil, err
	}
	return RewardModel(filepath.Base(folder), m, tok), nil
}

// AfterThinking asks a reward function about what comes after the last </think> only.
func AfterThinking(f Reward) Reward {
	return Named("after_thinking", func(b Batch) []float64 {
		texts := make([]string, b.Len())
		for i, c := range b.Completions {
			if at := strings.LastIndex(c, "</think>"); at >= 0 {
				c = c[at+len("</think>"):]
			}
			texts[i] = c
		}
		b.Completions = texts
		return f(b)
	})
}

// TokenReward is RewardModel for a scorer that has the tokens of the policy itself: it reads prompt and completion as they
// were drawn.
func TokenReward(name string, m *transformer.Scorer) Reward {
	return Named(name, func(b Batch) []float64 {
		all := make([][]int32, b.Len())
		for i := range all {
			all[i] = append(append([]int32{}, b.PromptIDs[i]...), b.CompletionIDs[i]...)
		}
		return scoreAll(m, all)
	})
}
