package trl

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

// template reads chat_template_path, of the methods that have it: a file with a chat template, or the folder of another
// tokenizer that has one. The trained model keeps it.
func (c *Config) template(m *zoo.Model) {
	file := c.String("chat_template_path", "")
	if file == "" || m == nil {
		return
	}
	if isFolder(file) {
		if err := cloneTemplate(m, file); err != nil {
			c.Fail("chat_template_path: %v", err)
		}
		return
	}
	if !strings.HasSuffix(file, ".jinja") && !strings.HasSuffix(file, ".j2") {
		c.Fail("chat_template_path is %s, it must be a .jinja or .j2 file with a chat template, or the folder of a tokenizer that has one", file)
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		c.Fail("chat_template_path: %v", err)
		return
	}
	setTemplate(m, string(text))
}

func setTemplate(m *zoo.Model, text string) {
	all := maps.Clone(m.Tok.Config.ChatTemplates)
	if all == nil {
		all = map[string]string{}
	}
	all["default"] = text
	m.Tok.Config.ChatTemplates = all
}

// cloneTemplate gives a model the chat template and the end token of another tokenizer, as TRL's clone_chat_template does. TRL
// also adds the words that only the other one has, and fills the vocabulary up to a multiple of 64; it draws their embeddings at
// random, and that is refused here.
func cloneTemplate(m *zoo.Model, folder string) error {
	from, err := tokenize.FromFolder(folder)
	if err != nil {
		return err
	}
	text, ok := from.Config.ChatTemplates["default"]
	if !ok {
		return fmt.Errorf("the tokenizer of %s has no chat template", folder)
	}
	for id := range int32(from.Size()) {
		if a, added := from.Added(id); added {
			if _, known := m.Tok.ID(a.Content); !known {
				return fmt.Errorf("the tokenizer of %s has the token %q, which the model does not know: its embedding would be drawn at random; name the file with the template instead", folder, a.Content)
			}
		}
	}
	const multiple = 64
	if want := (m.Tok.Size() + multiple - 1) / multiple * multiple; want != m.LM.Config.Vocab {
		return fmt.Errorf("the model has embeddings for %d tokens, and TRL would change that to %d (its tokenizer has %d, filled up to a multiple of %d): name the file with the template instead", m.LM.Config.Vocab, want, m.Tok.Size(), multiple)
	}
	setTemplate(m, text)
	if end, ok := from.Config.Named["eos_token"]; ok {
		m.Tok.Config.Named = maps.Clone(m.Tok.Config.Named)
		m.Tok.Config.Named["eos_token"] = end
	}
	return nil
}

// templateArgs hands chat_template_kwargs, a table or a table as JSON text, to the chat template of every row; what a row says
// itself in the column of that name comes first.
func (c *Config) templateArgs(sets ...*datasets.Set) {
	args := c.Table("chat_template_kwargs")
	if len(args) == 0 {
		return
	}
	for _, s := range sets {
		if s == nil {
			continue
		}
		for i := range s.Len() {
			columns, all := s.Row(i).Columns, maps.Clone(args)
			if own, ok := columns["chat_template_kwargs"].(map[string]any); ok {
				maps.Copy(all, own)
			}
			columns["chat_template_kwargs"] = all
		}
	}
}
