// Package zoo has the models of the course. The small base model is part of the program: two million parameters, pre-trained
// by the command in pretrain on the corpus of package datasets.
package zoo

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"lyceum/lib/checkpoint"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
)

// A Model is a language model with its tokenizer.
type Model struct {
	Name   string
	Origin string // what it was read from, as Load was told: a folder, a file or a name; "": nothing that can be read again
	LM     *transformer.LM
	Tok    *tokenize.Tokenizer
	// Generation is how the model's generation_config.json wants text to be continued; Options adds what it leaves open.
	Generation sampling.Options

	folder string              // the Hugging Face folder that it was read from
	said   []checkpoint.Pair   // what the GGUF file said that it was read from
	read   *tokenize.Tokenizer // the tokenizer that was there
}

//go:embed base
var base embed.FS

var parsedBase = sync.OnceValues(func() (*Model, error) {
	read := func(name string) []byte {
		b, _ := base.ReadFile("base/" + name)
		return b
	}
	c, err := checkpoint.ParseConfig("the embedded config.json", read("config.json"))
	if err != nil {
		return nil, err
	}
	f, err := checkpoint.Parse("the embedded model.safetensors", read("model.safetensors"))
	if err != nil {
		return nil, err
	}
	lm, err := checkpoint.Assemble(c, f)
	if err != nil {
		return nil, err
	}
	tok, err := tokenize.FromJSON("the embedded tokenizer.json", read("tokenizer.json"))
	if err != nil {
		return nil, err
	}
	tok.Config.ChatTemplates = map[string]string{"default": tokenize.ChatTemplate}
	return &Model{Name: "base", Origin: "base", LM: lm, Tok: tok}, nil
})

// Base returns the small base model. It continues text; it has not been taught to answer. Every call gives a model with
// weights of its own.
func Base() *Model {
	m, err := parsedBase()
	if err != nil {
		panic("zoo.Base: the program was built with a damaged model: " + err.Error())
	}
	return m.Clone("base")
}

// Save writes the model as a Hugging Face folder, in BF16, with its tokenizer and chat template.
func (m *Model) Save(folder string) error { return m.Write(folder, "BF16") }

// Clone returns a copy with weights of its own and the same tokenizer.
func (m *Model) Clone(name string) *Model {
	n := *m
	n.Name, n.LM = name, m.LM.Clone()
	return &n
}

// Continue writes on after text, greedily, for at most n tokens.
func (m *Model) Continue(text string, n int) string {
	out, err := m.generate([][]int32{m.Prompt(text)}, sampling.Options{MaxNewTokens: n})
	if err != nil {
		return "error: " + err.Error()
	}
	return out[0]
}

// Ask puts a question in the chat template and returns the answer, greedily, of at most 40 tokens.
func (m *Model) Ask(question string) string { return m.AskAll([]string{question})[0] }

// AskAll asks several questions at once.
func (m *Model) AskAll(questions []string) []string {
	out, err := m.AskAllWith(questions, sampling.Options{MaxNewTokens: 40})
	if err != nil {
		panic(err)
	}
	return out
}

// AskWith is Ask with the options of package sampling: a temperature, a seed, more tokens.
func (m *Model) AskWith(question string, o sampling.Options) (string, error) {
	out, err := m.AskAllWith([]string{question}, o)
	if err != nil {
		return "", err
	}
	return out[0], nil
}

// AskAllWith asks several questions at once. Each answer draws numbers of its own, so that the same question may be asked
// several times.
func (m *Model) AskAllWith(questions []string, o sampling.Options) ([]string, error) {
	prompts := make([][]int32, len(questions))
	for i, q := range questions {
		c, err := m.ChatPrompt([]tokenize.Message{{Role: "user", Content: q}}, tokenize.ChatOptions{AddGenerationPrompt: true})
		if err != nil {
			return nil, err
		}
		prompts[i] = c.IDs
	}
	return m.generate(prompts, o)
}

// Sample writes on after text with the options of package sampling.
func (m *Model) Sample(text string, o sampling.Options) (string, error) {
	out, err := m.generate([][]int32{m.Prompt(text)}, o)
	if err != nil {
		return "", err
	}
	return out[0], nil
}

// generate continues prompts with the options, up to the model's own stop tokens.
func (m *Model) generate(prompts [][]int32, o sampling.Options) ([]string, error) {
	o.Stop = append(append([]int32(nil), o.Stop...), m.Options(true).Stop...)
	if o.Text == nil {
		o.Text = m.Tok.DecodePlain
	}
	cs, err := sampling.Generate(m.LM, prompts, o)
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = strings.TrimSpace(m.Tok.DecodePlain(c.IDs))
		if c.StopString != "" {
			out[i] = strings.TrimSpace(c.Text)
		}
	}
	return out, err
}

// String says what the model is.
func (m *Model) String() string {
	c := m.LM.Config
	return fmt.Sprintf("%s: %d parameters, %d layers of width %d, %d tokens, context %d", m.Name, c.NumParams(), c.Layers, c.Dim, c.Vocab, c.Context)
}
