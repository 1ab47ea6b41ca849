package posttrain

import (
	"encoding/json"
	"os"
	"path/filepath"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tokenize"
)

// Save writes what was trained: the adapters that are on, as PEFT does; or the model as a Hugging Face folder in float32; with its
// tokenizer. A reward model is written with its head.
func (r *Run) Save(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := r.saveWeights(folder); err != nil {
		return err
	}
	return saveTokenizer(r.Model.Tok, folder)
}

func (r *Run) saveWeights(folder string) error {
	lm := r.Model.LM
	if names := lm.ActiveAdapters(); len(names) > 0 {
		base := r.Model.Origin
		if base == "" {
			base = r.Model.Name
		}
		for i, n := range names {
			into := folder
			if i > 0 { // PEFT's place for all but the first
				into = filepath.Join(folder, n)
			}
			if err := checkpoint.SaveAdapter(into, lm, n, base); err != nil {
				return err
			}
		}
		return nil
	}
	if r.Scorer != nil {
		return checkpoint.SaveScorer(folder, r.Scorer, "F32")
	}
	return checkpoint.Save(folder, lm, "F32")
}

// saveTokenizer writes tokenizer.json, tokenizer_config.json and the chat templates.
func saveTokenizer(t *tokenize.Tokenizer, folder string) error {
	j, err := t.JSON()
	if err != nil {
		return err
	}
	if err := checkpoint.WriteFile(filepath.Join(folder, "tokenizer.json"), j); err != nil {
		return err
	}
	c := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}
	for name, text := range t.Config.Named {
		c[name] = text
	}
	if t.Config.MaxLength > 0 {
		c["model_max_length"] = t.Config.MaxLength
	}
	if t.Config.PaddingSide != "" {
		c["padding_side"] = t.Config.PaddingSide
	}
	if j, err = json.MarshalIndent(c, "", "  "); err != nil {
		return err
	}
	if err := checkpoint.WriteFile(filepath.Join(folder, "tokenizer_config.json"), append(j, '\n')); err != nil {
		return err
	}
	templates := t.Config.ChatTemplates
	if len(templates) == 0 {
		templates = map[string]string{"default": tokenize.ChatTemplate}
	}
	for name, text := range templates {
		file := filepath.Join(folder, "chat_template.jinja")
		if name != "default" {
			dir := filepath.Join(folder, "additional_chat_templates")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			file = filepath.Join(dir, name+".jinja")
		}
		if err := checkpoint.WriteFile(file, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}
