package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A Config is what stands beside a tokenizer.json: in tokenizer_config.json, special_tokens_map.json and the files of
// chat templates.
type Config struct {
	// Named are the special tokens by their names: bos_token, eos_token, unk_token, pad_token, sep_token, cls_token,
	// mask_token. Chat templates see them.
	Named map[string]string
	// ChatTemplates are the chat templates by name; the usual one is "default".
	ChatTemplates map[string]string
	// MaxLength is model_max_length; 0 if it is not given or means "no bound".
	MaxLength int
	// PaddingSide is "left", "right" or "" (not said).
	PaddingSide string
	// AddBOS and AddEOS are add_bos_token and add_eos_token; nil if not given. With a tokenizer.json the post-processor
	// decides, as in Transformers; a GGUF vocabulary has no other say.
	AddBOS, AddEOS *bool
}

// namedTokens are the names of special tokens that templates see.
var namedTokens = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

func (t *Tokenizer) named(name string) (int32, bool) {
	text := t.Config.Named[name]
	id, ok := t.ids[text]
	return id, ok && text != ""
}

// BOS returns the token that begins a text, if Config names one.
func (t *Tokenizer) BOS() (int32, bool) { return t.named("bos_token") }

// EOS returns the token that ends a text, if Config names one.
func (t *Tokenizer) EOS() (int32, bool) { return t.named("eos_token") }

// PAD returns the token that fills up a batch, if Config names one.
func (t *Tokenizer) PAD() (int32, bool) { return t.named("pad_token") }

// UNK returns the token of what is unknown, if Config or the model names one.
func (t *Tokenizer) UNK() (int32, bool) {
	if id, ok := t.named("unk_token"); ok {
		return id, true
	}
	return t.model.unk, t.model.unk >= 0
}

// FromFolder reads a tokenizer from a Hugging Face folder: tokenizer.json, and if they are there tokenizer_config.json,
// special_tokens_map.json, chat_template.jinja and additional_chat_templates/*.jinja.
func FromFolder(folder string) (*Tokenizer, error) {
	file := filepath.Join(folder, "tokenizer.json")
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	t, err := FromJSON(file, data)
	if err != nil {
		return nil, err
	}
	if err := t.configure(folder); err != nil {
		return nil, err
	}
	return t, nil
}

// mostFile bounds the bytes of a file that is read.
const mostFile = 512 << 20

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostFile {
		return nil, fmt.Errorf("%s: not a file of at most %d MB", file, mostFile>>20)
	}
	return os.ReadFile(file)
}

// readOptional is readFile of a file that may be absent: then both results are nil.
func readOptional(file string) ([]byte, error) {
	data, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// configFile is the part of tokenizer_config.json that is used.
type configFile struct {
	Decoder     map[string]json.RawMessage `json:"added_tokens_decoder"`
	Template    json.RawMessage            `json:"chat_template"`
	MaxLength   *float64                   `json:"model_max_length"`
	PaddingSide string                     `json:"padding_side"`
	AddBOS      *bool                      `json:"add_bos_token"`
	AddEOS      *bool                      `json:"add_eos_token"`
}

func (t *Tokenizer) configure(folder string) error {
	c := &t.Config
	c.Named, c.ChatTemplates = map[string]string{}, map[string]string{}
	file := filepath.Join(folder, "tokenizer_config.json")
	data, err := readOptional(file)
	if err != nil {
		return err
	}
	var f configFile
	if data != nil {
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := c.read(data, f); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(f.Decoder) == 0 { // older folders keep the special tokens here
		file := filepath.Join(folder, "special_tokens_map.json")
		data, err := readOptional(file)
		if err == nil && data != nil {
			err = c.readNamed(data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := c.readTemplates(folder); err != nil {
		return err
	}
	if err := t.addConfigured(f.Decoder); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (c *Config) read(data []byte, f configFile) error {
	if f.MaxLength != nil && *f.MaxLength >= 1 && *f.MaxLength < 1<<31 { // larger ones mean: no bound
		c.MaxLength = int(*f.MaxLength)
	}
	c.AddBOS, c.AddEOS, c.PaddingSide = f.AddBOS, f.AddEOS, f.PaddingSide
	if err := c.readNamed(data); err != nil {
		return err
	}
	if f.Template == nil || string(f.Template) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(f.Template, &text) == nil {
		c.ChatTemplates["default"] = text
		return nil
	}
	var list []struct{ Name, Template string }
	if err := json.Unmarshal(f.Template, &list); err != nil {
		return fmt.Errorf("chat_template is neither a text nor a list of templates with names")
	}
	for _, x := range list {
		c.ChatTemplates[x.Name] = x.Template
	}
	return nil
}

// readNamed reads the special tokens: each a text, or an object with its content.
func (c *Config) readNamed(data []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, name := range namedTokens {
		raw := all[name]
		if raw == nil || string(raw) == "null" {
			continue
		}
		var text string
		var object struct{ Content *string }
		if json.Unmarshal(raw, &text) != nil {
			if json.Unmarshal(raw, &object) != nil || object.Content == nil {
				return fmt.Errorf("%s is neither a text nor a token with its content", name)
			}
			text = *object.Content
		}
		c.Named[name] = text
	}
	return nil
}

// readTemplates reads the files of chat templates, which go before those of the configuration.
func (c *Config) readTemplates(folder string) error {
	extra, err := filepath.Glob(filepath.Join(globEscape(folder), "additional_chat_templates", "*.jinja"))
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	found := map[string]string{}
	for i, file := range append([]string{filepath.Join(folder, "chat_template.jinja")}, extra...) {
		data, err := readOptional(file)
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		name := "default"
		if i > 0 {
			name = strings.TrimSuffix(filepath.Base(file), ".jinja")
		}
		// Python reads text files with every kind of line end as one.
		found[name] = string(bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")))
	}
	if len(found) > 0 {
		c.ChatTemplates = found
	}
	return nil
}

// globEscape keeps the characters of a folder's name from being read as a pattern.
func globEscape(folder string) string {
	if os.PathSeparator == '\\' {
		return folder // there is no escape on Windows, and its names have no * or ?
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// addConfigured makes special what the configuration names, and adds what tokenizer.json lacks, as Transformers does.
func (t *Tokenizer) addConfigured(decoder map[string]json.RawMessage) error {
	changed := false
	list := t.addedList()
	for key, raw := range decoder {
		var a AddedToken
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("added_tokens_decoder.%s: %w", key, err)
		}
		if _, err := fmt.Sscan(key, &a.ID); err != nil {
			return fmt.Errorf("added_tokens_decoder: %q is not an id", key)
		}
		if old, ok := t.added[a.ID]; ok && old.Content == a.Content {
			continue
		}
		list, changed = append(list, a), true
	}
	for _, text := range t.Config.Named {
		id, ok := t.ids[text]
		if !ok || t.added[id].Special || text == "" {
			continue
		}
		list, changed = append(list, AddedToken{ID: id, Content: text, Special: true}), true
	}
	if !changed {
		return nil
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return t.setAdded(list)
}
