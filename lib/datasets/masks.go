package datasets

import (
	"fmt"
	"html"
	"strings"

	"lyceum/lib/tokenize"
)

// A Mask says which tokens of a conversation count in the loss.
type Mask int

const (
	// Assistant: only what the assistant says, and the end of its turn; of a row with a prompt, only in the completion. Where
	// there are no turns it is the completion, or the whole text.
	Assistant Mask = iota
	// Full: every token.
	Full
	// Wrong: only what the user says. No course should use it; chapter 2 does, to show what happens.
	Wrong
	// Completion: everything after the prompt; of a row without a prompt, every token (TRL's default).
	Completion
	// AnyAssistant: what the assistant says, in the prompt too.
	AnyAssistant
	// Spoken: what the assistant says in the completion, by the chat template alone; one that does not tell is an error.
	Spoken
)

// Counts reports whether a token counts that stands in the completion and that the assistant says. parted is false for plain
// text, in which neither can be told.
func (m Mask) Counts(completion, assistant, parted bool) bool {
	switch m {
	case Assistant, Spoken:
		return completion && assistant
	case Full:
		return true
	case Wrong:
		return !parted || !(completion && assistant)
	case Completion:
		return completion
	case AnyAssistant:
		return assistant
	}
	panic(fmt.Sprintf("datasets: there is no %v", m))
}

// String is the mask's name.
func (m Mask) String() string {
	switch m {
	case Assistant:
		return "assistant"
	case Full:
		return "full"
	case Wrong:
		return "wrong"
	case Completion:
		return "completion"
	case AnyAssistant:
		return "any assistant"
	case Spoken:
		return "spoken"
	}
	return fmt.Sprintf("Mask(%d)", int(m))
}

// An Example is a conversation as tokens, and which of them count.
type Example struct {
	IDs  []int32
	Mask []bool
	tok  *tokenize.Tokenizer
}

// Tokens turns the conversation into tokens, the mask on the assistant's words.
func (r Row) Tokens(tok *tokenize.Tokenizer) Example { return r.Masked(tok, Assistant) }

// Masked turns the conversation into tokens with a mask.
func (r Row) Masked(tok *tokenize.Tokenizer, mask Mask) Example {
	ids, own := tok.EncodeChat(r.Messages())
	e := Example{IDs: ids, Mask: make([]bool, len(ids)), tok: tok}
	for i := range ids {
		e.Mask[i] = mask.Counts(true, own[i], true)
	}
	return e
}

// Counted is how many tokens count.
func (e Example) Counted() int {
	n := 0
	for _, m := range e.Mask {
		if m {
			n++
		}
	}
	return n
}

// String writes the tokens that count between brackets.
func (e Example) String() string {
	var b strings.Builder
	for i, t := range e.tok.Tokens(e.IDs) {
		if e.Mask[i] {
			b.WriteString("[" + t + "]")
		} else {
			b.WriteString(t)
		}
	}
	return b.String()
}

// HTML draws the tokens: blue ones count in the loss, grey ones are only read.
func (e Example) HTML() string {
	var b strings.Builder
	b.WriteString(`<div style="font-family:monospace;line-height:2.1">`)
	for i, t := range e.tok.Tokens(e.IDs) {
		color, hint := "#e9e9e9", "read but not learned"
		if e.Mask[i] {
			color, hint = "#a6cfe5", "counts in the loss"
		}
		text := strings.NewReplacer(" ", "·", "\n", "↵").Replace(html.EscapeString(t))
		fmt.Fprintf(&b, `<span title="%d: %s" style="background:%s;color:#000;padding:2px 1px;margin:0 1px;border-radius:3px;white-space:pre">%s</span>`, e.IDs[i], hint, color, text)
		if strings.Contains(t, "\n") {
			b.WriteString("<br>")
		}
	}
	b.WriteString(`</div><div style="font-size:85%;color:#666">blue: counts in the loss; grey: read but not learned</div>`)
	return b.String()
}
