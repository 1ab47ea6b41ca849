package trl

import (
	"maps"
	"os"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/zoo"
)

// template reads chat_template_path, of the methods that have it: a file with a chat template, which the trained model keeps.
func (c *Config) template(m *zoo.Model) {
	file := c.String("chat_template_path", "")
	if file == "" || m == nil {
		return
	}
	if !strings.HasSuffix(file, ".jinja") && !strings.HasSuffix(file, ".j2") { // TRL would copy another tokenizer's words too
		c.Fail("chat_template_path is %s, it must be a .jinja or .j2 file with a chat template", file)
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		c.Fail("chat_template_path: %v", err)
		return
	}
	all := maps.Clone(m.Tok.Config.ChatTemplates)
	if all == nil {
		all = map[string]string{}
	}
	all["default"] = string(text)
	m.Tok.Config.ChatTemplates = all
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
