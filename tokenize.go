package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

var tokenizeCommand = command{"tokenize", "show a text or a conversation as a model's tokens: tokenize MODEL --text TEXT", runTokenize}

const aboutTokenize = `Shows a text as tokens, a conversation in the chat template, or tokens as text. The text is that of --text or --file, else the standard input.
` + aboutModels + `
A folder with a tokenizer.json, or the file itself, is enough.

With --json: one object with
  text            the text; of a conversation, as the chat template writes it
  ids             the token ids
  tokens          what each token spells
  offsets         for each token [begin, end) in characters of text; [0, 0] for one that was added
  special         for each token whether it is a special one
  assistant_mask  with --chat: for each token 1 if the assistant says it, by the generation blocks of the template; all 0 if it has none
With --decode: ids, text, and plain, the text without special tokens.`

func runTokenize(args []string) int {
	fl := flags("tokenize", "MODEL [--text TEXT | --file FILE | --chat FILE | --decode IDS] [FLAGS]", aboutTokenize)
	t := tokenizeRun{out: stdout}
	fl.StringVar(&t.text, "text", "", "the `TEXT`")
	fl.StringVar(&t.file, "file", "", "the text of a `FILE`; - is the standard input")
	fl.StringVar(&t.chat, "chat", "", "the conversation of a JSON `FILE`: a list of {role, content}, or {messages, tools}")
	fl.BoolVar(&t.generation, "generation-prompt", false, "with --chat: begin the assistant's turn at the end")
	fl.BoolVar(&t.goOn, "continue-final-message", false, "with --chat: end within the last message, for the model to go on")
	t.template.add(fl)
	fl.StringVar(&t.now, "now", "", "what strftime_now of a chat template sees, as `2026-03-01 12:34:56` (default the present)")
	fl.BoolVar(&t.decode, "decode", false, "turn ids (of the arguments, --text, --file or the standard input) into text")
	fl.BoolVar(&t.noSpecial, "no-special", false, "do not add the tokens that the tokenizer puts around a text, as BOS")
	fl.BoolVar(&t.json, "json", false, "write JSON")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if len(rest) == 0 {
		return misuse("tokenize", errors.New("name the model: tokenize MODEL --text TEXT"))
	}
	if err := t.prepare(rest, fl); err != nil {
		return misuse("tokenize", err)
	}
	if err := t.run(); err != nil {
		fmt.Fprintln(os.Stderr, "lyceum tokenize:", err)
		return 1
	}
	return 0
}

// tokenizeRun is one call of the command.
type tokenizeRun struct {
	text, file, chat, now   string
	generation, goOn        bool
	decode, noSpecial, json bool
	template                chatFlags
	out                     io.Writer

	tok     *tokenize.Tokenizer
	ids     []int32
	options tokenize.ChatOptions
	turns   conversation
}

func (t *tokenizeRun) prepare(rest []string, fl *flag.FlagSet) (err error) {
	set := given(fl)
	more := rest[1:]
	sources := 0
	for _, name := range []string{"text", "file", "chat"} {
		if set[name] {
			sources++
		}
	}
	if len(more) > 0 && !t.decode {
		if sources > 0 || len(more) > 1 {
			return fmt.Errorf("there is no place for the argument %q", more[len(more)-1])
		}
		t.text, sources = more[0], 1
	}
	if sources > 1 || t.decode && set["chat"] || len(more) > 0 && t.decode && sources > 0 {
		return errors.New("only one of --text, --file, --chat and --decode with its ids is possible")
	}
	if t.tok, err = zoo.LoadTokenizer(rest[0]); err != nil {
		return err
	}
	if set["chat"] {
		return t.prepareChat()
	}
	if sources == 0 && len(more) == 0 {
		if !piped() {
			return errors.New("there is no text: give --text, --file or --chat")
		}
		t.file = "-"
	}
	if t.file != "" {
		data, err := readAll(t.file)
		if err != nil {
			return fmt.Errorf("--file: %v", err)
		}
		t.text = string(data)
	}
	if t.decode {
		if len(more) > 0 {
			t.text = strings.Join(more, " ")
		}
		if strings.Trim(t.text, "[] \t\r\n") == "" { // no tokens are no text
			t.ids = []int32{}
			return nil
		}
		t.ids, err = numbersIn("--decode", t.text)
	}
	return err
}

func (t *tokenizeRun) prepareChat() (err error) {
	if t.turns, err = readConversation(t.chat); err != nil {
		return fmt.Errorf("--chat: %v", err)
	}
	if t.options, err = t.template.options(t.tok); err != nil {
		return err
	}
	t.turns.fill(&t.options)
	t.options.AddGenerationPrompt, t.options.ContinueFinalMessage = t.generation, t.goOn
	if t.now != "" {
		now, err := time.Parse("2006-01-02 15:04:05", t.now)
		if err != nil {
			return fmt.Errorf("--now %q: write it as 2026-03-01 12:34:56", t.now)
		}
		t.options.Now = func() time.Time { return now }
	}
	return nil
}

// tokenized is the JSON of the command; its help describes it.
type tokenized struct {
	Text    string   `json:"text"`
	IDs     []int32  `json:"ids"`
	Tokens  []string `json:"tokens"`
	Offsets [][2]int `json:"offsets"`
	Special []bool   `json:"special"`
	Mask    []int    `json:"assistant_mask,omitempty"`
}

func (t *tokenizeRun) run() error {
	switch {
	case t.decode:
		if t.json {
			return t.write(struct {
				IDs   []int32 `json:"ids"`
				Text  string  `json:"text"`
				Plain string  `json:"plain"`
			}{t.ids, t.tok.Decode(t.ids), t.tok.DecodePlain(t.ids)})
		}
		_, err := fmt.Fprintln(t.out, t.tok.Decode(t.ids))
		return err
	case t.chat != "":
		c, err := t.tok.ApplyChatTemplate(t.turns.Messages, t.options)
		if err != nil {
			return err
		}
		r := t.tokenized(c.Text, c.IDs, c.Offsets)
		r.Mask = make([]int, len(c.Mask))
		for i, m := range c.Mask {
			if m {
				r.Mask[i] = 1
			}
		}
		if t.json {
			return t.write(r)
		}
		fmt.Fprintln(t.out, c.Text)
		return t.table(r)
	}
	e := t.tok.EncodeWithOffsets(t.text, tokenize.EncodeOptions{AddSpecialTokens: !t.noSpecial})
	r := t.tokenized(t.text, e.IDs, e.Offsets)
	if t.json {
		return t.write(r)
	}
	return t.table(r)
}

func (t *tokenizeRun) tokenized(text string, ids []int32, offsets [][2]int) tokenized {
	r := tokenized{Text: text, IDs: notNil(ids), Tokens: t.tok.Tokens(ids), Offsets: characters(text, offsets), Special: make([]bool, len(ids))}
	for i, id := range ids {
		r.Special[i] = t.tok.IsSpecial(id)
	}
	return r
}

// characters turns offsets in bytes into offsets in characters.
func characters(text string, offsets [][2]int) [][2]int {
	at := make([]int, len(text)+1)
	n := 0
	for i := range len(text) {
		at[i] = n
		if i+1 == len(text) || utf8.RuneStart(text[i+1]) {
			n++
		}
	}
	at[len(text)] = n
	out := make([][2]int, len(offsets))
	for i, o := range offsets {
		out[i] = [2]int{at[o[0]], at[o[1]]}
	}
	return out
}

func (t *tokenizeRun) write(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table writes a line for each token: its number, id, whether the assistant says it, and its text.
func (t *tokenizeRun) table(r tokenized) error {
	var b bytes.Buffer
	for i, id := range r.IDs {
		mark := ""
		if len(r.Mask) > 0 && r.Mask[i] == 1 {
			mark = "*"
		}
		fmt.Fprintf(&b, "%6d %8d %1s %q\n", i, id, mark, r.Tokens[i])
	}
	_, err := t.out.Write(b.Bytes())
	return err
}

// conversation is a file of messages: a list of them, or an object with them and more.
type conversation struct {
	Messages  []tokenize.Message         `json:"messages"`
	Tools     []json.RawMessage          `json:"tools"`
	Documents []json.RawMessage          `json:"documents"`
	Kwargs    map[string]json.RawMessage `json:"chat_template_kwargs"`
}

func readConversation(file string) (c conversation, err error) {
	data, err := readAll(file)
	if err != nil {
		return c, err
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		err = json.Unmarshal(data, &c)
	} else {
		err = json.Unmarshal(data, &c.Messages)
	}
	if err != nil {
		return c, fmt.Errorf("%s is no conversation: %v", file, err)
	}
	if len(c.Messages) == 0 {
		return c, fmt.Errorf("%s has no messages", file)
	}
	return c, nil
}

// fill adds what the file says besides the messages, where the flags do not say it.
func (c conversation) fill(o *tokenize.ChatOptions) {
	list := func(raw []json.RawMessage) []any {
		if raw == nil {
			return nil
		}
		out := []any{}
		for _, r := range raw {
			out = append(out, r)
		}
		return out
	}
	if o.Tools == nil {
		o.Tools = list(c.Tools)
	}
	if o.Documents == nil {
		o.Documents = list(c.Documents)
	}
	for k, v := range c.Kwargs {
		if o.Kwargs == nil {
			o.Kwargs = map[string]any{}
		}
		if _, ok := o.Kwargs[k]; !ok {
			o.Kwargs[k] = v
		}
	}
}
