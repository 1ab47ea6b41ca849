package posttrain

import (
	"fmt"
	"strings"

	"lyceum/lib/rl"
	"lyceum/lib/tokenize"
)

// begin starts an environment for each episode and returns their prompts. from holds the prompt of each.
func (o *source) begin(s *rl.Sampler, from []int) (ids [][]int32, envs []rl.Environment, err error) {
	w := writer{m: o.run.Model}
	talks := make([]*talk, len(from))
	for i, p := range from {
		e := o.env()
		observation, err := e.Reset(o.prompts[p].row.Columns)
		if err != nil {
			return nil, nil, fmt.Errorf("posttrain.%s: the environment of prompt %d: %w", o.method, p, err)
		}
		t := &talk{w: w, p: o.prompts[p], chat: o.prompts[p].chat}
		if err := t.begin(observation); err != nil {
			return nil, nil, fmt.Errorf("posttrain.%s: prompt %d: %w", o.method, p, err)
		}
		talks[i], envs, ids = t, append(envs, e), append(ids, t.ids)
	}
	s.Decode = o.run.Model.Tok.DecodePlain
	s.Answer = func(i int, said, answer string) []int32 { return talks[i].answer(said, answer) }
	return ids, envs, nil
}

// A talk is the text of one episode, as far as it must be known to write the next turn.
type talk struct {
	w    writer
	p    prompt
	chat []tokenize.Message // nil: plain text
	ids  []int32            // the prompt
}

// begin adds what the environment says first to the end of the prompt.
func (t *talk) begin(observation string) (err error) {
	t.ids = t.p.ids
	if observation == "" {
		return nil
	}
	if t.chat == nil {
		t.ids = append(append([]int32{}, t.ids...), t.w.m.Tok.Encode(observation)...)
		return nil
	}
	t.chat = append([]tokenize.Message{}, t.chat...)
	t.chat[len(t.chat)-1].Content += observation
	t.ids, _, err = t.w.chat(t.chat, true, t.p.row)
	return err
}

// answer writes what the environment said as the next turn, up to where the model goes on. The turn's beginning is what the
// chat template puts after the end of the assistant's one.
func (t *talk) answer(said, answer string) []int32 {
	tok := t.w.m.Tok
	if t.chat == nil {
		return tok.Encode(answer)
	}
	t.chat = append(t.chat, tokenize.Message{Role: "assistant", Content: said}, tokenize.Message{Role: "user", Content: answer})
	text, _, err := tok.RenderChat(t.chat, tokenize.ChatOptions{AddGenerationPrompt: true})
	if err != nil {
		return tok.Encode(answer)
	}
	at := strings.LastIndex(text, said)
	if at < 0 {
		return tok.Encode(answer)
	}
	rest := text[at+len(said):]
	if _, after, ok := strings.Cut(rest, t.w.end()); ok { // the model has written the end itself
		rest = after
	}
	return tok.Encode(rest)
}
