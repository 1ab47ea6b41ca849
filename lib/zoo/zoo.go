// Package zoo has the models of the course. The small base model is part of the program: two million parameters, pre-trained
// by the command in pretrain on the corpus of package datasets.
package zoo

import (
	"embed"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"lyceum/lib/checkpoint"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
)

// A Model is a language model with its tokenizer.
type Model struct {
	Name string
	LM   *transformer.LM
	Tok  *tokenize.Tokenizer
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
	return &Model{Name: "base", LM: lm, Tok: tok}, nil
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
func (m *Model) Save(folder string) error {
	if err := checkpoint.Save(folder, m.LM, "BF16"); err != nil {
		return err
	}
	j, err := m.Tok.JSON()
	if err != nil {
		return err
	}
	if err := checkpoint.WriteFile(filepath.Join(folder, "tokenizer.json"), j); err != nil {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(folder, "chat_template.jinja"), []byte(tokenize.ChatTemplate))
}

// Clone returns a copy with weights of its own and the same tokenizer.
func (m *Model) Clone(name string) *Model { return &Model{Name: name, LM: m.LM.Clone(), Tok: m.Tok} }

// Continue writes on after text, greedily, for at most n tokens.
func (m *Model) Continue(text string, n int) string {
	out, err := m.generate([]string{text}, sampling.Options{MaxNewTokens: n})
	if err != nil {
		return "error: " + err.Error()
	}
	return out[0]
}

// Ask puts a question in the chat template and returns the answer, greedily, of at most 40 tokens.
func (m *Model) Ask(question string) string { return m.AskAll([]string{question})[0] }

// AskAll asks several questions at once.
func (m *Model) AskAll(questions []string) []string {
	texts := make([]string, len(questions))
	for i, q := range questions {
		texts[i] = tokenize.Render([]tokenize.Message{{Role: "user", Content: q}}, true)
	}
	out, err := m.generate(texts, sampling.Options{MaxNewTokens: 40})
	if err != nil {
		panic(err)
	}
	return out
}

// Sample writes on after text with the options of package sampling.
func (m *Model) Sample(text string, o sampling.Options) (string, error) {
	out, err := m.generate([]string{text}, o)
	if err != nil {
		return "", err
	}
	return out[0], nil
}

func (m *Model) generate(texts []string, o sampling.Options) ([]string, error) {
	for _, s := range []string{tokenize.TextEnd, tokenize.TurnEnd} {
		if id, ok := m.Tok.Special(s); ok {
			o.Stop = append(o.Stop, id)
		}
	}
	ids := make([][]int32, len(texts))
	for i, t := range texts {
		ids[i] = m.Tok.Encode(t)
	}
	cs, err := sampling.Generate(m.LM, ids, o)
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = strings.TrimSpace(m.Tok.DecodePlain(c.IDs))
	}
	return out, err
}

// String says what the model is.
func (m *Model) String() string {
	c := m.LM.Config
	return fmt.Sprintf("%s: %d parameters, %d layers of width %d, %d tokens, context %d", m.Name, c.NumParams(), c.Layers, c.Dim, c.Vocab, c.Context)
}
