package posttrain

import (
	"errors"
	"fmt"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/tokenize"
	"lyceum/lib/tokenize/jinja"
	"lyceum/lib/zoo"
)

// A writer turns texts and conversations into the tokens of a model, as TRL prepares its data.
type writer struct {
	m      *zoo.Model
	spoken bool // conversations are written so that what the assistant says is known, if that needs another template
}

// end is the token that ends a text: the tokenizer's end-of-sequence token; of a tokenizer that names none, the end of a turn.
func (w writer) end() string {
	if id, ok := w.m.Tok.EOS(); ok {
		return w.m.Tok.Token(id)
	}
	if _, ok := w.m.Tok.Special(tokenize.TurnEnd); ok {
		return tokenize.TurnEnd
	}
	return tokenize.TextEnd
}

// ended appends the end token where a text does not have it.
func (w writer) ended(text string) string {
	if strings.HasSuffix(text, w.end()) {
		return text
	}
	return text + w.end()
}

// pad is the token that fills up a batch: the tokenizer's, else the end token. Its positions are masked; only a reward model
// looks at it.
func (w writer) pad() int32 {
	if id, ok := w.m.Tok.PAD(); ok {
		return id
	}
	if id, ok := w.m.Tok.Special(w.end()); ok {
		return id
	}
	return 0
}

// text encodes plain text with what the tokenizer's post-processor adds.
func (w writer) text(s string) []int32 {
	return w.m.Tok.EncodeWith(s, tokenize.EncodeOptions{AddSpecialTokens: true})
}

// errNoSpans is a chat template that does not say what the assistant says.
var errNoSpans = errors.New("the chat template has no {% generation %} spans, so it cannot be told which tokens the assistant says: mask the completion or train on every token")

// chat writes a conversation with the model's template; open begins the assistant's turn at the end. assistant says which
// tokens the assistant says; nil if the template does not tell.
func (w writer) chat(messages []tokenize.Message, open bool, r datasets.Row) (ids []int32, assistant []bool, err error) {
	o := tokenize.ChatOptions{AddGenerationPrompt: open}
	if err := w.options(&o, r); err != nil {
		return nil, nil, err
	}
	c, err := w.m.Tok.ApplyChatTemplate(messages, o)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Spans) == 0 {
		return c.IDs, nil, nil
	}
	return c.IDs, c.Mask, nil
}

// options adds what a row and the model say about the template.
func (w writer) options(o *tokenize.ChatOptions, r datasets.Row) error {
	switch t := r.Columns["tools"].(type) {
	case []any:
		o.Tools = t
	case string:
		v, err := jinja.FromJSON([]byte(t)) // keeps the order of keys, which templates write
		if err != nil {
			return fmt.Errorf("column tools: not a list in JSON: %w", err)
		}
		list, ok := v.(*jinja.List)
		if !ok && v != nil {
			return fmt.Errorf("column tools: not a list in JSON")
		}
		if ok {
			o.Tools = list.Items
		}
	}
	if k, ok := r.Columns["chat_template_kwargs"].(map[string]any); ok {
		o.Kwargs = k
	}
	switch template := w.m.Tok.Config.ChatTemplates["default"]; {
	case template == "" || template == tokenize.ChatTemplate: // the course's own, which does not mark what the assistant says
		o.Template = tokenize.TrainingTemplate
	case w.spoken:
		o.Template = marked(template)
	}
	return nil
}

// shared is how many tokens two sequences begin with alike: where a completion starts. That is not always the length of the
// prompt, because tokens may merge across the border.
func shared(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// column writes columns of a row one after the other: as one conversation, or as one text. open is for a prompt that a
// completion will follow; what is not open ends with the end token.
func (w writer) column(r datasets.Row, open bool, names ...string) (ids []int32, assistant []bool, err error) {
	if r.Conversational() {
		var all []tokenize.Message
		for _, n := range names {
			m, err := r.Turns(n)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, m...)
		}
		return w.chat(all, open, r)
	}
	var all strings.Builder
	for i, n := range names {
		s, err := r.Text(n)
		if err != nil {
			return nil, nil, err
		}
		if i == len(names)-1 && !open {
			s = w.ended(s)
		}
		all.WriteString(s)
	}
	return w.text(all.String()), nil, nil
}

// completion is a row as a prompt and what follows it.
type completion struct {
	ids       []int32
	prompt    int // tokens before the completion
	assistant []bool
}

// completion writes prompt and one completion column; the prompt ends where the two tokenisations part.
func (w writer) completion(r datasets.Row, column string) (completion, error) {
	prompt, _, err := w.column(r, true, "prompt")
	if err != nil {
		return completion{}, err
	}
	ids, assistant, err := w.column(r, false, "prompt", column)
	if err != nil {
		return completion{}, err
	}
	return completion{ids, shared(prompt, ids), assistant}, nil
}
