package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/posttrain"
	"lyceum/lib/rl"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// lesson is the work of a trainer's step, which peers/trl_peer.py reads too.
type lesson struct {
	method        string
	rows, gather  int // of a micro-batch (pairs for DPO), and micro-batches a step
	length        int // of a row that is given
	group, answer int // completions of a prompt, and their length
}

func (s sizes) lessons() []lesson {
	if s.smol.Vocab != smolShape.Vocab {
		return []lesson{{"sft", 2, 1, 24, 0, 0}, {"dpo", 2, 1, 64, 0, 0}, {"grpo", 4, 2, 0, 4, 6}, {"ppo", 4, 1, 0, 1, 6}}
	}
	return []lesson{
		{method: "sft", rows: 2, gather: 1, length: 256},
		{method: "dpo", rows: 2, gather: 1, length: 256},
		{method: "grpo", rows: 8, gather: 8, group: 8, answer: 128},
		{method: "ppo", rows: 8, gather: 1, group: 1, answer: 53}, // TRL's own numbers
	}
}

// trainerCases are whole steps of trainers, data, sampling, rewards and logs included, against TRL's. A step of PPO is a
// rollout and all that is learned from it.
func trainerCases(s sizes) []Case {
	var out []Case
	for _, l := range s.lessons() {
		for _, precision := range []string{"float32", "bf16"} {
			c := Case{Group: "trainers", Name: "trainers/" + l.method + "/" + precision, Precision: precision, once: true,
				Work: Work{Tokens: float64(l.tokens())}, open: func() (func(), error) { return l.open(s.smol, precision) }}
			if l.answer > 0 {
				c.rounds = 3
			}
			c.trl = s.smol.peer(l.method, precision, spec{"rows": l.rows, "gather": l.gather, "length": l.length, "group": l.group, "answer": l.answer})
			out = append(out, c)
		}
	}
	return out
}

// tokens is how many are learned from in a step, or how many are drawn where they are drawn.
func (l lesson) tokens() int {
	switch {
	case l.answer > 0:
		return l.rows * l.gather * l.answer
	case l.method == "dpo":
		return 2 * l.rows * l.gather * l.length
	}
	return l.rows * l.gather * l.length
}

// open starts the trainer, and returns what lets it take one step more.
func (l lesson) open(c shape, precision string) (func(), error) {
	m, err := c.speaker()
	if err != nil {
		return nil, err
	}
	next, done := make(chan struct{}), make(chan error)
	kind := "step"
	if l.method == "ppo" {
		kind = "log" // a rollout's last step is logged, and no other
	}
	turn := func(e posttrain.Event) error {
		if e.Kind == kind {
			done <- nil
			<-next
		}
		return nil
	}
	loop := posttrain.Loop{Precision: precision, InPlace: true, Callbacks: []posttrain.Callback{turn}}
	go func() {
		<-next
		err := l.train(m, loop)
		if err == nil {
			err = errors.New("the data are used up")
		}
		done <- err
	}()
	return func() {
		next <- struct{}{}
		if err := <-done; err != nil {
			panic(err)
		}
	}, nil
}

// forever is more steps than anybody waits for.
const forever = 1 << 20

func (l lesson) train(m *zoo.Model, loop posttrain.Loop) (err error) {
	switch l.method {
	case "sft":
		_, err = posttrain.SFT(m, l.rowsOf("text"), posttrain.SFTConfig{MaxSteps: forever, BatchSize: l.rows, Accumulation: l.gather, MaxLength: l.length, Loop: loop})
	case "dpo":
		_, err = posttrain.DPO(m, l.rowsOf("prompt", "chosen", "rejected"), posttrain.DPOConfig{MaxSteps: forever, BatchSize: l.rows, Accumulation: l.gather, MaxLength: l.length, Loop: loop})
	case "grpo":
		_, err = posttrain.GRPO(m, l.rowsOf("prompt"), []rl.Reward{sevens}, posttrain.GRPOConfig{MaxSteps: forever, BatchSize: l.rows, Accumulation: l.gather, GroupSize: l.group, MaxNewTokens: l.answer, Loop: loop})
	case "ppo":
		judge := rl.TokenReward("judge", transformer.NewScorer(m.LM.Clone(), 1, 3))
		_, err = posttrain.PPO(m, nil, l.rowsOf("prompt"), []rl.Reward{judge}, posttrain.PPOConfig{Episodes: 1000 * l.rows, BatchSize: l.rows, Accumulation: l.gather, MaxNewTokens: l.answer, Loop: loop})
	}
	return err
}

// sevens rewards nothing in particular: what is measured is the step.
func sevens(b rl.Batch) []float64 {
	out := make([]float64, b.Len())
	for i, ids := range b.CompletionIDs {
		sum := 0
		for _, id := range ids {
			sum += int(id)
		}
		out[i] = float64(sum % 7)
	}
	return out
}

// rowsOf makes data in which every column that is not a prompt is longer than a row may be.
func (l lesson) rowsOf(columns ...string) *datasets.Set {
	var rows []datasets.Row
	for i := range 512 {
		r := datasets.Row{Columns: map[string]any{}}
		for _, c := range columns {
			text := fmt.Sprintf("Question %03d: what is %03d times %03d?", i, i+3, 2*i%1000)
			if c != "prompt" {
				text = strings.Repeat(fmt.Sprintf(" the %s answer is %03d", c, i), 1+l.length/20)
			}
			r.Columns[c] = text
		}
		rows = append(rows, r)
	}
	return datasets.NewSet("questions", rows)
}

// speaker is the shape with random weights and a tokenizer for which every character is a token. It has no token that would
// end a completion: all are as long as they may be.
func (c shape) speaker() (*zoo.Model, error) {
	vocab := map[string]int{}
	for i := range c.Vocab {
		vocab[spelling(i)] = i
	}
	text, err := json.Marshal(map[string]any{
		"version": "1.0", "added_tokens": []any{}, "normalizer": nil, "post_processor": nil,
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
		"decoder":       map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []any{}},
	})
	if err != nil {
		return nil, err
	}
	tok, err := tokenize.FromJSON("the tokenizer of single characters", text)
	if err != nil {
		return nil, err
	}
	return &zoo.Model{Name: "random", LM: transformer.New(c.Config, 1), Tok: tok}, nil
}

// spelling is token i in the alphabet of byte-level tokenizers: a printable character, the space, or a token that stands for
// nothing in a text of these.
func spelling(i int) string {
	switch {
	case i == 0:
		return "Ġ"
	case i <= '~'-' ':
		return string(rune(' ' + i))
	}
	return fmt.Sprintf("[%d]", i)
}
