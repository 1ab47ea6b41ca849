package posttrain

import (
	"fmt"
	"slices"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/tokenize"
)

// encodeTexts turns rows of preferences into pairs as TRL's CPO and ORPO do: conversations become text first, and the text is
// tokenised without the special tokens of the tokenizer's post-processor. A prompt that differs when its completion follows
// gives its last token to the completion; a completion that does not end with the end token gets one.
func encodeTexts(method string, w writer, data *datasets.Set, most int) ([]pair, error) {
	for _, c := range []string{"chosen", "rejected"} {
		if !data.Has(c) {
			return nil, fmt.Errorf("posttrain.%s: %s has no column %s: preferences need [prompt,] chosen and rejected; it has %v", method, data.Name, c, data.Columns())
		}
	}
	var out []pair
	for i := range data.Len() {
		p, err := encodeText(w, data.Row(i), most)
		if err != nil {
			return nil, fmt.Errorf("posttrain.%s: %s: %w", method, data.Where(i), err)
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("posttrain.%s: %s has no rows: nothing can be learned", method, data.Name)
	}
	return out, nil
}

func encodeText(w writer, r datasets.Row, most int) (pair, error) {
	r, err := r.SplitPrompt()
	if err != nil {
		return pair{}, err
	}
	prompt, chosen, rejected, err := w.texts(r)
	if err != nil {
		return pair{}, err
	}
	var p pair
	if p.chosen, err = w.answered(prompt, chosen, most); err != nil {
		return p, fmt.Errorf("column chosen: %w", err)
	}
	if p.rejected, err = w.answered(prompt, rejected, most); err != nil {
		return p, fmt.Errorf("column rejected: %w", err)
	}
	return p, nil
}

// answered tokenises a prompt and a completion.
func (w writer) answered(prompt, answer string, most int) (sample, error) {
	before, full := w.m.Tok.Encode(prompt), w.m.Tok.Encode(prompt+answer)
	n := min(len(before), len(full))
	if !slices.Equal(before, full[:n]) {
		n--
	}
	n = max(n, 0)
	if id, ok := w.m.Tok.BOS(); ok && (n == 0 || full[0] != id) {
		full, n = append([]int32{id}, full...), n+1
	}
	if id, ok := w.m.Tok.ID(w.end()); ok && (len(full) == n || full[len(full)-1] != id) {
		full = append(full, id)
	}
	if n >= most {
		return sample{}, fmt.Errorf("the prompt alone has %d tokens and MaxLength is %d: nothing is left of the completion; raise MaxLength or leave the row out", n, most)
	}
	return cut(full, n, most), nil
}

// texts writes the columns of a pair as text: what the prompt, and the prompt with each completion, begin with alike is the prompt.
func (w writer) texts(r datasets.Row) (prompt, chosen, rejected string, err error) {
	if !r.Conversational() {
		for i, into := range []*string{&prompt, &chosen, &rejected} {
			if *into, err = r.Text([]string{"prompt", "chosen", "rejected"}[i]); err != nil {
				return "", "", "", err
			}
		}
		return prompt, chosen, rejected, nil
	}
	turns, err := r.Turns("prompt")
	if err != nil {
		return "", "", "", err
	}
	o := tokenize.ChatOptions{AddGenerationPrompt: true}
	if len(turns) > 0 && turns[len(turns)-1].Role == "assistant" {
		o = tokenize.ChatOptions{ContinueFinalMessage: true}
	}
	if prompt, err = w.render(turns, r, o); err != nil {
		return "", "", "", err
	}
	for _, side := range []struct {
		column string
		into   *string
	}{{"chosen", &chosen}, {"rejected", &rejected}} {
		more, err := r.Turns(side.column)
		if err != nil {
			return "", "", "", err
		}
		if *side.into, err = w.render(append(slices.Clone(turns), more...), r, tokenize.ChatOptions{}); err != nil {
			return "", "", "", err
		}
		prompt = prompt[:sharedPrefix(prompt, *side.into)]
	}
	return prompt, chosen[len(prompt):], rejected[len(prompt):], nil
}

// sharedPrefix is the length in bytes of what two texts begin with alike, in whole characters.
func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && a[n]&0xc0 == 0x80 { // inside a character
		n--
	}
	return n
}

// render writes a conversation as text.
func (w writer) render(messages []tokenize.Message, r datasets.Row, o tokenize.ChatOptions) (string, error) {
	if err := w.options(&o, r); err != nil {
		return "", err
	}
	text, _, err := w.m.Tok.RenderChat(messages, o)
	return strings.Clone(text), err
}
