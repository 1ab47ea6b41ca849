package tokenize

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"lyceum/lib/tokenize/jinja"
)

// ChatOptions is how a conversation is put into a chat template.
type ChatOptions struct {
	AddGenerationPrompt bool // begin the assistant's turn
	// ContinueFinalMessage ends the text inside the last message, for the model to go on; ContinueField is which of its
	// keys, "" for content.
	ContinueFinalMessage bool
	ContinueField        string
	Tools                []any          // JSON schemas of the functions: maps, *jinja.Dict, or what has a JSON; nil: the template sees none
	Documents            []any          // documents with title and text
	Kwargs               map[string]any // more variables of the template, as enable_thinking; they go before the named tokens
	Template             string         // the name of a template of Config, or a template; "": the one that Transformers would take
	Now                  func() time.Time
}

// A Chat is a conversation as text and as tokens.
type Chat struct {
	Text    string
	IDs     []int32
	Offsets [][2]int     // bytes of Text
	Mask    []bool       // which tokens the assistant says: those of the template's generation blocks
	Spans   []jinja.Span // the generation blocks, in bytes of Text; none if the template has no such blocks
}

// chatCache keeps parsed templates.
type chatCache struct {
	mu     sync.Mutex
	parsed map[string]*jinja.Template
}

func (c *chatCache) parse(text string) (*jinja.Template, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.parsed[text]; ok {
		return p, nil
	}
	p, err := jinja.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(c.parsed) > 16 {
		c.parsed = nil
	}
	if c.parsed == nil {
		c.parsed = map[string]*jinja.Template{}
	}
	c.parsed[text] = p
	return p, nil
}

// ApplyChatTemplate writes a conversation in the chat template, as Transformers' apply_chat_template does, and encodes
// it without further special tokens. What a template itself raises is a *jinja.Error inside the error.
func (t *Tokenizer) ApplyChatTemplate(messages []Message, o ChatOptions) (Chat, error) {
	text, spans, err := t.RenderChat(messages, o)
	if err != nil {
		return Chat{}, err
	}
	e := t.EncodeWithOffsets(text, EncodeOptions{})
	return Chat{Text: text, IDs: e.IDs, Offsets: e.Offsets, Mask: maskOf(e.Offsets, spans), Spans: spans}, nil
}

// RenderChat is ApplyChatTemplate without the tokens.
func (t *Tokenizer) RenderChat(messages []Message, o ChatOptions) (text string, spans []jinja.Span, err error) {
	fail := func(err error) (string, []jinja.Span, error) { return "", nil, fmt.Errorf("chat template: %w", err) }
	if len(messages) == 0 {
		return fail(fmt.Errorf("the conversation has no message"))
	}
	source, err := t.chatTemplate(o)
	if err != nil {
		return fail(err)
	}
	parsed, err := t.chat.parse(source)
	if err != nil {
		return fail(err)
	}
	list := &jinja.List{}
	for _, m := range messages {
		list.Items = append(list.Items, withoutNulls(m.dict()))
	}
	aliased := jinja.AliasReasoning(list)
	var last *continued
	if o.ContinueFinalMessage {
		if o.AddGenerationPrompt {
			return fail(fmt.Errorf("ContinueFinalMessage and AddGenerationPrompt exclude each other: either the last message goes on, or a new one begins"))
		}
		if last, err = tagLast(aliased.(*jinja.List), o.ContinueField, source); err != nil {
			return fail(err)
		}
	}
	variables := map[string]any{}
	for name, text := range t.Config.Named {
		variables[name] = text
	}
	maps.Copy(variables, o.Kwargs)
	variables["messages"], variables["add_generation_prompt"] = aliased, o.AddGenerationPrompt
	variables["tools"], variables["documents"] = listOrNil(o.Tools), listOrNil(o.Documents)
	now := o.Now
	if now == nil {
		now = time.Now
	}
	if text, spans, err = parsed.Render(variables, now()); err != nil {
		return fail(err)
	}
	if last != nil {
		if text, err = last.cut(text); err != nil {
			return fail(err)
		}
		for i := range spans {
			spans[i].Begin, spans[i].End = min(spans[i].Begin, len(text)), min(spans[i].End, len(text))
		}
	}
	return text, spans, nil
}

func listOrNil(list []any) any {
	if list == nil {
		return nil
	}
	return list
}

// withoutNulls drops the keys that are null, as Transformers does: many templates cannot cope with them.
func withoutNulls(d *jinja.Dict) *jinja.Dict {
	out := jinja.NewDict()
	for _, k := range d.Keys() {
		if v, _ := d.Get(k); v != nil {
			out.Set(k, v)
		}
	}
	return out
}

// chatTemplate chooses the template: the one named or given, else tool_use when there are tools, else default.
func (t *Tokenizer) chatTemplate(o ChatOptions) (string, error) {
	all := t.Config.ChatTemplates
	if o.Template != "" {
		if text, ok := all[o.Template]; ok {
			return text, nil
		}
		return o.Template, nil
	}
	if text, ok := all["tool_use"]; ok && o.Tools != nil {
		return text, nil
	}
	if text, ok := all["default"]; ok {
		return text, nil
	}
	if len(all) > 0 {
		return "", fmt.Errorf("there are %s, and none is the default: name one in ChatOptions.Template", strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return "", fmt.Errorf("the tokenizer has none (chat_template.jinja, or chat_template in tokenizer_config.json): give one in ChatOptions.Template")
}

// maskOf marks the tokens of the spans: from the token that holds the first character to the one that holds the last.
func maskOf(offsets [][2]int, spans []jinja.Span) []bool {
	mask := make([]bool, len(offsets))
	for _, s := range spans {
		first := tokenAt(offsets, s.Begin)
		if first < 0 {
			break
		}
		last := tokenAt(offsets, s.End-1)
		if last <= 0 { // Transformers takes the rest of the text then
			last = len(offsets) - 1
		}
		for i := first; i <= last; i++ {
			mask[i] = true
		}
	}
	return mask
}

// tokenAt is the first token whose bytes hold byte at, -1 if none does.
func tokenAt(offsets [][2]int, at int) int {
	// Offsets rise, except where a character is made of several tokens: then they are equal.
	i, _ := slices.BinarySearchFunc(offsets, at, func(o [2]int, at int) int {
		if o[1] <= at {
			return -1
		}
		return 1
	})
	if i < len(offsets) && offsets[i][0] <= at {
		return i
	}
	return -1
}

// continueTag marks where the last message is to be continued. It is Transformers' own, so that a template that looks at
// the text sees the same.
const continueTag = "CONTINUE_FINAL_MESSAGE_TAG "

// continued is the last message of a conversation that is to go on.
type continued struct{ text string }

// reasoningFields are the names under which reasoning is given to a template.
var reasoningFields = []string{"reasoning_content", "thinking", "reasoning"}

// tagLast puts the tag behind a field of the last message.
func tagLast(messages *jinja.List, field, template string) (*continued, error) {
	if field == "" {
		field = "content"
	}
	d := messages.Items[len(messages.Items)-1].(*jinja.Dict)
	value, _ := d.Get(field)
	if value == nil {
		return nil, fmt.Errorf("the last message has no %s to continue", field)
	}
	names := []string{field}
	if slices.Contains(reasoningFields, field) {
		names = nil
		for _, n := range reasoningFields {
			if v, ok := d.Get(n); ok && v == value {
				names = append(names, n)
			}
		}
	}
	if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(template, n) }) {
		return nil, fmt.Errorf("it does not read the field %s that is to be continued", field)
	}
	tagged := withoutNulls(d)
	messages.Items[len(messages.Items)-1] = tagged
	switch v := value.(type) {
	case string:
		for _, n := range names {
			tagged.Set(n, v+continueTag)
		}
		return &continued{v}, nil
	case *jinja.List:
		parts := &jinja.List{Items: slices.Clone(v.Items)}
		for i := len(parts.Items) - 1; i >= 0; i-- {
			part, ok := parts.Items[i].(*jinja.Dict)
			if !ok {
				continue
			}
			if text, _ := part.Get("text"); text != nil {
				if s, ok := text.(string); ok {
					with := withoutNulls(part)
					with.Set("text", s+continueTag)
					parts.Items[i] = with
					tagged.Set(field, parts)
					return &continued{s}, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("the last message has no text to continue in its %s", field)
}

// cut ends the rendered text at the tag. A template that strips messages loses the tag's space; then what stands before
// the tag is stripped too.
func (c *continued) cut(text string) (string, error) {
	bare := strings.TrimSpace(continueTag)
	at := strings.LastIndex(text, bare)
	if at < 0 || !strings.Contains(text, strings.TrimFunc(c.text, unicode.IsSpace)) {
		return "", fmt.Errorf("the last message does not appear in the text as it was given, so it cannot be continued")
	}
	if strings.HasPrefix(text[at:], continueTag) {
		return text[:at], nil
	}
	return strings.TrimRightFunc(text[:at], unicode.IsSpace), nil
}
