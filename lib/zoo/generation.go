package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/sampling"
	"lyceum/lib/sampling/constrain"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
)

// The tokens with which families of models end a text or a turn, where nothing else says which one it is.
var endings = []string{tokenize.TextEnd, tokenize.TurnEnd, "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "<|end|>", "<|eom_id|>", "</s>", "<eos>"}

// Options returns how the model continues text unless it is told otherwise: what its generation_config.json says, where it
// has one, its stop tokens, and its decoder for stop strings. Without a generation_config.json it is greedy. In a chat, a
// token that ends a turn ends the answer too.
func (m *Model) Options(chat bool) sampling.Options {
	o := m.Generation
	o.Stop = append([]int32(nil), o.Stop...)
	o.Text, o.StopText = m.Tok.DecodePlain, m.Tok.Decode
	add := func(id int32, ok bool) {
		for _, old := range o.Stop {
			ok = ok && old != id
		}
		if ok && int(id) < m.LM.Config.Vocab {
			o.Stop = append(o.Stop, id)
		}
	}
	if len(o.Stop) == 0 {
		add(m.Tok.EOS())
	}
	if len(o.Stop) == 0 || chat {
		for _, text := range endings {
			add(m.Tok.Special(text))
		}
	}
	return o
}

// Vocabulary returns what the tokens spell, for constraints on the text; special tokens spell nothing.
func (m *Model) Vocabulary() *constrain.Vocabulary {
	return constrain.NewVocabulary(m.Tok.Size(), func(id int32) string {
		if m.Tok.Spelling(id) == "" || m.Tok.IsSpecial(id) {
			return ""
		}
		return m.Tok.Token(id)
	})
}

// Constrain returns the grammar as a constraint on what the model writes.
func (m *Model) Constrain(g *constrain.Grammar) (*constrain.Constraint, error) {
	return constrain.New(g, m.Vocabulary())
}

// Decoder returns the model for generation with its weights held as "float32" (or ""), "bf16", "int8" or "int4".
func (m *Model) Decoder(weights string) (*transformer.Decoder, error) {
	return m.LM.Decoder(transformer.DecodeOptions{Weights: weights})
}

// Prompt returns the tokens of a text that the model is to continue, with the tokens that the tokenizer adds, as BOS.
func (m *Model) Prompt(text string) []int32 {
	return m.Tok.EncodeWith(text, tokenize.EncodeOptions{AddSpecialTokens: true})
}

// ChatPrompt returns a conversation in the chat template. A tokenizer that has no template but the tokens of ChatML is
// taken to speak ChatML.
func (m *Model) ChatPrompt(messages []tokenize.Message, o tokenize.ChatOptions) (tokenize.Chat, error) {
	return m.Tok.ApplyChatTemplate(messages, WithChatML(m.Tok, o))
}

// WithChatML names the template of ChatML where none is given and the tokenizer has none, but the tokens for it.
func WithChatML(t *tokenize.Tokenizer, o tokenize.ChatOptions) tokenize.ChatOptions {
	if _, ok := t.Special(tokenize.TurnStart); ok && o.Template == "" && len(t.Config.ChatTemplates) == 0 {
		o.Template = tokenize.ChatTemplate
	}
	return o
}

// readGeneration reads the generation_config.json of a folder, if there is one.
func readGeneration(folder string) (sampling.Options, error) {
	file := filepath.Join(folder, "generation_config.json")
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sampling.Options{}, nil
	case err != nil:
		return sampling.Options{}, fmt.Errorf("zoo.Load: %w", err)
	}
	return sampling.ParseConfig(file, data)
}

// LoadTokenizer reads only the tokenizer of what Load reads; a folder with a tokenizer.json, or such a file, is enough.
func LoadTokenizer(name string) (*tokenize.Tokenizer, error) {
	switch name {
	case "base", "instruct":
		m, err := parsedBase()
		if err != nil {
			return nil, err
		}
		return m.Tok, nil
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		if st, err := os.Stat(name); err == nil && !st.IsDir() {
			if filepath.Base(name) == "tokenizer.json" {
				return tokenize.FromFolder(filepath.Dir(name))
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			return tokenize.FromJSON(name, data)
		}
	}
	where, err := Find(name)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(where); err == nil && st.IsDir() {
		if _, err := os.Stat(filepath.Join(where, "tokenizer.json")); err == nil {
			return tokenize.FromFolder(where)
		}
		file, ok := usable(where)
		if !ok {
			return nil, fmt.Errorf("zoo.LoadTokenizer: %s has no tokenizer.json", where)
		}
		where = file
	}
	g, err := checkpoint.OpenGGUF(where)
	if err != nil {
		return nil, err
	}
	return tokenize.FromGGUF(where, g.Meta)
}
