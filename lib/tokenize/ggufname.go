package tokenize

import (
	"encoding/json"
	"fmt"
	"slices"
)

// GGUFPre returns the name in tokenizer.ggml.pre by which llama.cpp cuts a text into the same words. An error says that
// it has none: it cuts only in ways that are built in, by name. A vocabulary with byte fallback is not cut: "default".
func (t *Tokenizer) GGUFPre() (string, error) {
	if t.model.fallback {
		return "default", nil
	}
	raw := t.file["pre_tokenizer"]
	var p preJSON
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return "", fmt.Errorf("the pre-tokenizer: %w", err)
		}
	}
	if patterns, ok := patternsOf(p); ok {
		found := ""
		for _, name := range preOrder {
			r := preTokenizers[name]
			if !slices.Equal(r.patterns, patterns) {
				continue
			}
			if r.ignoreMerges == t.model.ignoreMerges {
				return name, nil
			}
			if found == "" { // it differs in words that are tokens and that no merges make
				found = name
			}
		}
		if found != "" {
			return found, nil
		}
	}
	return "", fmt.Errorf("llama.cpp has no name for the tokenizer's pre-tokenizer %s, so a GGUF file cannot say it: keep a Hugging Face folder", short(raw))
}

// spelled are other ways in which files write a pattern that has a name.
var spelled = map[string]string{
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:                                                                          patternGPT2,
	`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:      patternQwen,
	`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: patternLlama3,
}

// patternsOf lists the patterns by which a byte-level pre-tokenizer cuts, one after the other.
func patternsOf(p preJSON) (list []string, ok bool) {
	steps := p.Pretokenizers
	if p.Type != "Sequence" {
		steps = []preJSON{p}
	}
	for i, s := range steps {
		switch s.Type {
		case "Digits":
			list = append(list, map[bool]string{true: `\p{N}`, false: `\p{N}+`}[isTrue(s.Individual, false)])
		case "Punctuation":
			if s.Behavior != "Contiguous" {
				return nil, false
			}
			list = append(list, "[\\p{P}$+<=>^~|`]+")
		case "Split":
			var pattern struct{ Regex string }
			if json.Unmarshal(s.Pattern, &pattern) != nil || pattern.Regex == "" || s.Behavior != "Isolated" && !(s.Behavior == "Removed" && s.Invert) {
				return nil, false
			}
			if other, known := spelled[pattern.Regex]; known {
				pattern.Regex = other
			}
			list = append(list, pattern.Regex)
		case "ByteLevel":
			if isTrue(s.AddPrefixSpace, true) {
				return nil, false
			}
			if isTrue(s.UseRegex, true) {
				list = append(list, patternGPT2)
			}
			if i == len(steps)-1 {
				return list, true
			}
		default:
			return nil, false
		}
		ok = ok || s.Type == "ByteLevel"
	}
	return list, ok
}
