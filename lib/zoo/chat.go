package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"lyceum/lib/checkpoint"
	"lyceum/lib/live"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tokenize"
)

// A Conversation is a chat with a model. It keeps the model's keys and values between turns, so that of each prompt only
// what is new is computed: the text that is the same from the beginning on, as tokens, is not. Every prompt is the whole
// conversation in the model's chat template, exactly as Transformers would have it.
type Conversation struct {
	Model    *Model
	Messages []tokenize.Message
	// Options say how answers are made: Chat fills in what the model's generation_config.json says, its stop tokens, and 512
	// for MaxNewTokens where nothing else is said. Each answer has a Seed one higher than the answer before.
	Options sampling.Options
	// Template is what the chat template gets besides the messages: tools, documents, variables as enable_thinking.
	Template tokenize.ChatOptions
	// OnText, if not nil, gets an answer piece by piece, in whole characters.
	OnText func(piece string)

	session *sampling.Session
	weights string // of the session
	print   float64
	answers uint64
}

// An Answer is what the model said, and what it took.
type Answer struct {
	Text       string
	Completion sampling.Completion
	Prompt     int // tokens of the conversation before it
	Kept       int // of these, tokens whose keys and values were there from before
	Computed   int // tokens that went through the model: the other ones, and the answer's but the last
	Took       time.Duration
}

// Chat begins a conversation. In a cell, c.Say("...") shows the answer while it is written.
func Chat(m *Model) *Conversation {
	c := &Conversation{Model: m, Options: m.Options(true)}
	if c.Options.MaxNewTokens == 0 && c.Options.MaxLength == 0 {
		c.Options.MaxNewTokens = 512
	}
	return c
}

// System sets the system prompt, and begins anew. Empty text removes it: then the template's own default, if it has one, holds.
func (c *Conversation) System(text string) *Conversation {
	c.Messages = nil
	if text != "" {
		c.Messages = []tokenize.Message{{Role: "system", Content: text}}
	}
	return c
}

// Reset forgets all turns but keeps the system prompt.
func (c *Conversation) Reset() {
	if len(c.Messages) > 0 && c.Messages[0].Role == "system" {
		c.Messages = c.Messages[:1]
		return
	}
	c.Messages = nil
}

// Say adds a turn of the user and returns the model's answer, which becomes part of the conversation. When it is
// interrupted, what there is of the answer is kept, and returned with stop.ErrInterrupted. After any other error the
// conversation is as it was before.
func (c *Conversation) Say(text string) (*Answer, error) {
	return c.answer(append(c.Messages[:len(c.Messages):len(c.Messages)], tokenize.Message{Role: "user", Content: text}))
}

// Again makes another answer in place of the last one, with the next seed.
func (c *Conversation) Again() (*Answer, error) {
	n := len(c.Messages)
	for n > 0 && c.Messages[n-1].Role == "assistant" {
		n--
	}
	if n == 0 || c.Messages[n-1].Role == "system" {
		return nil, errors.New("chat: there is no turn to answer again")
	}
	return c.answer(c.Messages[:n:n])
}

// Undo takes back the last turn of the user and what came after it, and returns its text.
func (c *Conversation) Undo() (string, error) {
	for n := len(c.Messages) - 1; n >= 0; n-- {
		if c.Messages[n].Role == "user" {
			text := c.Messages[n].Text()
			c.Messages = c.Messages[:n]
			return text, nil
		}
	}
	return "", errors.New("chat: there is no turn to take back")
}

// Edit puts another text in place of turn number n of the user, counted from 0, forgets what came after it, and returns the
// new answer.
func (c *Conversation) Edit(n int, text string) (*Answer, error) {
	turn := 0
	for i, m := range c.Messages {
		if m.Role != "user" {
			continue
		}
		if turn == n {
			return c.answer(append(c.Messages[:i:i], tokenize.Message{Role: "user", Content: text}))
		}
		turn++
	}
	return nil, fmt.Errorf("chat: there is no turn %d, the conversation has %d", n, turn)
}

// answer lets the model answer the messages, and makes them and the answer the conversation.
func (c *Conversation) answer(messages []tokenize.Message) (*Answer, error) {
	template := c.Template
	template.AddGenerationPrompt = true
	prompt, err := c.Model.ChatPrompt(messages, template)
	if err != nil {
		return nil, err
	}
	if err := c.begin(); err != nil {
		return nil, err
	}
	o := c.Options
	o.Seed += c.answers
	view := &answerView{}
	shown := live.Open(view)
	s := NewTextStream(c.Model.Tok, o.StopStrings, func(piece string) {
		view.text += piece
		shown.Update(view)
		if c.OnText != nil {
			c.OnText(piece)
		}
	})
	if o.OnToken == nil {
		o.OnToken = func(int, int32) {}
	}
	also, end := o.OnToken, map[int32]bool{}
	for _, id := range o.Stop {
		end[id] = true
	}
	o.OnToken = func(row int, id int32) {
		if !end[id] {
			s.Add(id)
		}
		also(row, id)
	}
	before, begun := c.session.Computed, time.Now()
	done, err := c.session.Continue(prompt.IDs, o)
	if err != nil && !errors.Is(err, stop.ErrInterrupted) {
		return nil, err
	}
	a := &Answer{Text: s.End(), Completion: done, Prompt: len(prompt.IDs), Kept: c.session.Kept, Computed: c.session.Computed - before, Took: time.Since(begun)}
	view.text = a.Text
	shown.Update(view)
	c.Messages = append(messages, tokenize.Message{Role: "assistant", Content: a.Text})
	c.answers++
	return a, err
}

// begin makes the session, and makes it anew when the weights are others than at the last answer.
func (c *Conversation) begin() error {
	print := c.fingerprint()
	if c.session != nil && c.weights == c.Options.Weights && c.print == print {
		return nil
	}
	d, err := c.Model.Decoder(c.Options.Weights)
	if err != nil {
		return err
	}
	c.session, c.weights, c.print = sampling.NewSession(d), c.Options.Weights, print
	return nil
}

// fingerprint is a number that changes when training changes the weights.
func (c *Conversation) fingerprint() float64 {
	sum := 0.0
	for i, p := range c.Model.LM.Params() {
		d := p.Value.Data()
		for k := range min(8, len(d)) {
			sum += float64(d[k*len(d)/8%len(d)]) * math.Sqrt(float64(2+8*i+k))
		}
	}
	return sum
}

// Save writes the conversation as JSON: a list of messages, as lyceum tokenize --chat and Transformers read it.
func (c *Conversation) Save(file string) error {
	b, err := json.MarshalIndent(c.Messages, "", "  ")
	if err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	return checkpoint.WriteFile(file, append(b, '\n'))
}

// String is the conversation as text.
func (c *Conversation) String() string {
	var b strings.Builder
	for _, m := range c.Messages {
		fmt.Fprintf(&b, "%s: %s\n", m.Role, m.Text())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// HTML is the conversation as a table.
func (c *Conversation) HTML() string {
	var b strings.Builder
	b.WriteString("<table><tbody>")
	for _, m := range c.Messages {
		fmt.Fprintf(&b, `<tr><td style="vertical-align:top"><b>%s</b></td><td style="text-align:left;white-space:pre-wrap">%s</td></tr>`, html.EscapeString(m.Role), html.EscapeString(m.Text()))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// String is the text of the answer.
func (a *Answer) String() string { return a.Text }

// Markdown is what the answer took; its text is shown where it was written.
func (a *Answer) Markdown() string {
	n := len(a.Completion.IDs)
	how := "it ran out of room"
	if a.Completion.Stopped {
		how = "it ended by itself"
	}
	return fmt.Sprintf("*%d tokens in %.1f s; %s. Of %d tokens before it, %d were kept from earlier turns.*", n, a.Took.Seconds(), how, a.Prompt, a.Kept)
}

// answerView is an answer while it is written.
type answerView struct{ text string }

// Markdown is the text so far.
func (v *answerView) Markdown() string { return v.text }

// String is the text so far.
func (v *answerView) String() string { return v.text }
