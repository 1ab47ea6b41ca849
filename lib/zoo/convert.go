package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tokenize"
)

// kindNames are the types of weights as people write them.
var kindNames = map[string]string{"f32": "F32", "float32": "F32", "f16": "F16", "float16": "F16", "bf16": "BF16", "bfloat16": "BF16", "q8_0": "Q8_0", "q4_0": "Q4_0", "q4_1": "Q4_1"}

// WeightType finds a type of weights; case does not matter, and float32, float16 and bfloat16 are F32, F16 and BF16.
func WeightType(s string) (string, error) {
	if k, ok := kindNames[strings.ToLower(s)]; ok {
		return k, nil
	}
	return "", fmt.Errorf("zoo: the type %q cannot be written: F32, F16 and BF16 can, and in GGUF files Q8_0, Q4_0 and Q4_1 too", s)
}

// Write writes the model: a GGUF file if the path ends in .gguf, else a Hugging Face folder. kind is the type of the weights
// (WeightType); "" is BF16. The folder has weights, configuration, tokenizer, chat template and what generation needs; the
// file has all of that in one. A model without a tokenizer (LoadWeights) is written without one.
func (m *Model) Write(path, kind string) error {
	if kind == "" {
		kind = "BF16"
	}
	kind, err := WeightType(kind)
	if err != nil {
		return err
	}
	if strings.EqualFold(filepath.Ext(path), ".gguf") {
		meta, err := m.meta()
		if err != nil {
			return err
		}
		return checkpoint.SaveGGUF(path, m.LM, kind, meta)
	}
	if err := checkpoint.Save(path, m.LM, kind); err != nil {
		return err
	}
	return m.writeTokenizer(path)
}

// meta is what a GGUF file says besides the weights: what the GGUF file said that the model came from, else what the
// tokenizer is.
func (m *Model) meta() ([]checkpoint.Pair, error) {
	if m.said != nil && m.Tok == m.read {
		return m.said, nil
	}
	if m.Tok == nil {
		return []checkpoint.Pair{{Key: "general.type", Value: "model"}, {Key: "general.name", Value: m.Name}, {Key: "tokenizer.ggml.model", Value: noVocabulary}}, nil
	}
	j, err := m.Tok.JSON()
	if err != nil {
		return nil, err
	}
	c := m.Tok.Config
	pre, err := m.Tok.GGUFPre()
	if err != nil {
		return nil, fmt.Errorf("zoo: %w", err)
	}
	v := checkpoint.Vocabulary{JSON: j, Pre: pre, Named: m.named(), Template: m.template(), AddBOS: c.AddBOS, AddEOS: c.AddEOS, Rows: m.LM.Config.Vocab}
	meta, err := v.Meta()
	return append([]checkpoint.Pair{{Key: "general.type", Value: "model"}, {Key: "general.name", Value: m.Name}}, meta...), err
}

// named are the special tokens by their names. A tokenizer that tells none but has those of ChatML, as that of the course,
// ends a turn and a text with them.
func (m *Model) named() map[string]string {
	if len(m.Tok.Config.Named) > 0 {
		return m.Tok.Config.Named
	}
	out := map[string]string{}
	for name, text := range map[string]string{"eos_token": tokenize.TurnEnd, "pad_token": tokenize.TextEnd} {
		if _, ok := m.Tok.Special(text); ok {
			out[name] = text
		}
	}
	return out
}

// template is the chat template: the tokenizer's own, or ChatML's if it has the tokens for it.
func (m *Model) template() string {
	if own := m.Tok.Config.ChatTemplates["default"]; own != "" {
		return own
	}
	return WithChatML(m.Tok, tokenize.ChatOptions{}).Template
}

// saidBy picks the metadata of a GGUF file that still holds when its weights are written anew.
func saidBy(g *checkpoint.GGUF) (out []checkpoint.Pair) {
	for _, k := range g.Keys {
		if k == "general.alignment" || !strings.HasPrefix(k, "general.") && !strings.HasPrefix(k, "tokenizer.") {
			continue
		}
		out = append(out, checkpoint.Pair{Key: k, Value: g.Meta[k]})
	}
	return out
}

// beside are the files of a Hugging Face folder that are not weights; they are copied as they are.
var beside = []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "generation_config.json"}

// writeTokenizer writes the tokenizer's files: copies where the model came from a folder.
func (m *Model) writeTokenizer(folder string) error {
	if _, err := os.Stat(filepath.Join(m.folder, "tokenizer.json")); m.folder != "" && m.Tok == m.read && (err == nil || m.Tok == nil) {
		for _, n := range beside {
			data, err := os.ReadFile(filepath.Join(m.folder, n))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("zoo: %w", err)
			}
			if err := checkpoint.WriteFile(filepath.Join(folder, n), data); err != nil {
				return err
			}
		}
		return nil
	}
	if m.Tok == nil {
		return nil
	}
	j, err := m.Tok.JSON()
	if err != nil {
		return err
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "model_max_length": m.LM.Config.Context}
	generation := map[string]any{}
	for name, text := range m.named() {
		config[name] = text
		if id, ok := m.Tok.ID(text); ok && text != "" && (name == "bos_token" || name == "eos_token" || name == "pad_token") {
			generation[name+"_id"] = id
		}
	}
	files := map[string][]byte{"tokenizer.json": j}
	if t := m.template(); t != "" {
		files["chat_template.jinja"] = []byte(t)
	}
	for name, v := range map[string]any{"tokenizer_config.json": config, "generation_config.json": generation} {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		files[name] = append(b, '\n')
	}
	for name, data := range files {
		if err := checkpoint.WriteFile(filepath.Join(folder, name), data); err != nil {
			return err
		}
	}
	return nil
}
