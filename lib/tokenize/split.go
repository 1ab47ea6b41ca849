package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/lib/tokenize/characters"
	"lyceum/lib/tokenize/regex"
)

// preJSON is a pre-tokenizer as tokenizer.json has it.
type preJSON struct {
	Type           string          `json:"type"`
	Individual     *bool           `json:"individual_digits,omitempty"`
	AddPrefixSpace *bool           `json:"add_prefix_space,omitempty"`
	TrimOffsets    *bool           `json:"trim_offsets,omitempty"`
	UseRegex       *bool           `json:"use_regex,omitempty"`
	Pattern        json.RawMessage `json:"pattern,omitempty"`
	Behavior       string          `json:"behavior,omitempty"`
	Invert         bool            `json:"invert,omitempty"`
	Replacement    string          `json:"replacement,omitempty"`
	PrependScheme  string          `json:"prepend_scheme,omitempty"`
	Split          *bool           `json:"split,omitempty"`
	Delimiter      string          `json:"delimiter,omitempty"`
	Length         int             `json:"length,omitempty"`
	Pretokenizers  []preJSON       `json:"pretokenizers,omitempty"`
}

// A splitter cuts a piece of the text, or changes it (a prefix space, a replaced space).
type splitter struct {
	match  func(s string) int                // the length of the first word, when every word is a piece
	find   func(s string) [][2]int           // else all matches
	how    string                            // what becomes of matches
	invert bool                              // pieces between matches are the matches
	change func(p source, first bool) source // instead of cutting; first: p begins the text
	bytes  bool                              // writes bytes in the alphabet
}

// finder compiles a pattern: {"String": ...} or {"Regex": ...}. The matches do not overlap; they may be empty.
func finder(raw json.RawMessage) (func(s string) [][2]int, error) {
	var p struct{ String, Regex *string }
	if err := json.Unmarshal(raw, &p); err != nil || p.String == nil && p.Regex == nil {
		return nil, fmt.Errorf("the pattern %s is neither a String nor a Regex", short(raw))
	}
	if p.String != nil {
		return literal(*p.String), nil
	}
	re, err := regex.Compile(*p.Regex)
	if err != nil {
		return nil, err
	}
	return re.FindAll, nil
}

// wordsAndSigns finds words, and runs of what is neither word nor white space.
func wordsAndSigns(s string) [][2]int {
	var out [][2]int
	kind := func(r rune) int {
		switch {
		case characters.IsWord(r):
			return 1
		case unicode.IsSpace(r):
			return 0
		}
		return 2
	}
	last := 0
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		k := kind(r)
		if k != 0 && k == last {
			out[len(out)-1][1] = i + n
		} else if k != 0 {
			out = append(out, [2]int{i, i + n})
		}
		last = k
	}
	return out
}

// scripts finds runs of one script. A space goes on with what is before it, Japanese is one script, and spaces at the very
// beginning belong to no run, as in the tokenizers library.
func scripts(s string) (out [][2]int) {
	last := ""
	for i, r := range s {
		script := characters.Script(r)
		switch {
		case r == ' ':
			script = ""
		case r == 'ー' || script == "Hiragana" || script == "Katakana":
			script = "Han"
		}
		if script != "" && script != last {
			out = append(out, [2]int{i, len(s)})
			if n := len(out); n > 1 {
				out[n-2][1] = i
			}
			last = script
		}
	}
	return out
}

// literal finds a text.
func literal(text string) func(s string) [][2]int {
	return func(s string) [][2]int {
		var out [][2]int
		for at := 0; text != ""; {
			i := strings.Index(s[at:], text)
			if i < 0 {
				break
			}
			out = append(out, [2]int{at + i, at + i + len(text)})
			at += i + len(text)
		}
		return out
	}
}

func isTrue(b *bool, absent bool) bool {
	if b == nil {
		return absent
	}
	return *b
}

// each finds single characters.
func each(is func(rune) bool) func(s string) [][2]int {
	return func(s string) [][2]int {
		var out [][2]int
		for i, r := range s {
			if is(r) {
				_, n := utf8.DecodeRuneInString(s[i:])
				out = append(out, [2]int{i, i + n})
			}
		}
		return out
	}
}

// splitters builds a pre-tokenizer.
func splitters(p preJSON) ([]splitter, error) {
	one := func(s splitter) ([]splitter, error) { return []splitter{s}, nil }
	switch p.Type {
	case "":
		return nil, nil
	case "Sequence":
		var list []splitter
		for _, q := range p.Pretokenizers {
			l, err := splitters(q)
			if err != nil {
				return nil, err
			}
			list = append(list, l...)
		}
		return list, nil
	case "ByteLevel":
		return byteLevel(p), nil
	case "Digits":
		if isTrue(p.Individual, false) {
			return one(splitter{find: each(characters.IsNumeric), how: "Isolated"})
		}
		return one(splitter{find: each(characters.IsNumeric), how: "Contiguous"})
	case "Whitespace":
		return one(splitter{find: wordsAndSigns, how: "Removed", invert: true})
	case "WhitespaceSplit":
		return one(splitter{find: each(unicode.IsSpace), how: "Removed"})
	case "BertPreTokenizer":
		return []splitter{{find: each(unicode.IsSpace), how: "Removed"}, {find: each(characters.IsPunctuation), how: "Isolated"}}, nil
	case "CharDelimiterSplit":
		return one(splitter{find: literal(p.Delimiter), how: "Removed"})
	case "FixedLength":
		n := max(p.Length, 1)
		return one(splitter{match: func(s string) int {
			at := 0
			for range n {
				_, k := utf8.DecodeRuneInString(s[at:])
				at += k
			}
			return at
		}})
	case "Punctuation":
		how, err := behaviour(p.Behavior, "Isolated")
		return []splitter{{find: each(characters.IsPunctuation), how: how}}, err
	case "UnicodeScripts":
		return one(splitter{find: scripts, how: "Removed", invert: true})
	case "Metaspace":
		return metaspace(p), nil
	case "Split":
		return split(p)
	}
	return nil, fmt.Errorf("the pre-tokenizer %q is not known", p.Type)
}

func behaviour(name, absent string) (string, error) {
	switch name {
	case "":
		return absent, nil
	case "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous":
		return name, nil
	}
	return "", fmt.Errorf("the split behaviour %q is not known", name)
}

func split(p preJSON) ([]splitter, error) {
	how, err := behaviour(p.Behavior, "")
	if err != nil || how == "" {
		return nil, fmt.Errorf("the split behaviour %q is not known", p.Behavior)
	}
	var pattern struct{ Regex string }
	if json.Unmarshal(p.Pattern, &pattern) == nil {
		// A pattern of which every character of a text is part cuts the text into its matches.
		if m, ok := knownMatcher(pattern.Regex); ok && (how == "Isolated" || how == "Removed" && p.Invert) {
			return []splitter{{match: m.next}}, nil
		}
	}
	find, err := finder(p.Pattern)
	return []splitter{{find: find, how: how, invert: p.Invert}}, err
}

func byteLevel(p preJSON) (list []splitter) {
	if isTrue(p.AddPrefixSpace, true) {
		list = append(list, splitter{change: func(p source, _ bool) source {
			if strings.HasPrefix(p.s, " ") {
				return p
			}
			return p.prepend(" ")
		}})
	}
	if isTrue(p.UseRegex, true) {
		m, _ := knownMatcher(patternGPT2)
		list = append(list, splitter{match: m.next})
	}
	return append(list, splitter{bytes: true, change: func(p source, _ bool) source { return bytesAsText(p) }})
}

func metaspace(p preJSON) []splitter {
	with := p.Replacement
	if with == "" {
		with = "▁"
	}
	scheme := p.PrependScheme
	if scheme == "" {
		scheme = "always"
		if !isTrue(p.AddPrefixSpace, true) {
			scheme = "never"
		}
	}
	spaces := literal(" ")
	list := []splitter{{change: func(p source, first bool) source {
		p = p.replace(spaces(p.s), with)
		if (scheme == "always" || scheme == "first" && first) && !strings.HasPrefix(p.s, with) {
			p = p.prepend(with)
		}
		return p
	}}}
	if isTrue(p.Split, true) {
		list = append(list, splitter{how: "MergedWithNext", find: literal(with)})
	}
	return list
}

// cut gives the pieces of s to yield.
func (p *splitter) cut(s string, yield func(at, end int)) {
	if p.match != nil {
		for at := 0; at < len(s); {
			n := p.match(s[at:])
			yield(at, at+n)
			at += n
		}
		return
	}
	switch at := 0; {
	case p.how == "Isolated" || p.how == "Removed":
		skip := func(match bool) bool { return p.how == "Removed" && match != p.invert }
		for _, m := range p.find(s) {
			if m[0] > at && !skip(false) {
				yield(at, m[0])
			}
			if m[1] > m[0] && !skip(true) {
				yield(m[0], m[1])
			}
			at = m[1]
		}
		if at < len(s) && !skip(false) {
			yield(at, len(s))
		}
	default:
		p.merge(s, yield)
	}
}

// merge gives the pieces of the behaviours that join matches with what stands around them.
func (p *splitter) merge(s string, yield func(at, end int)) {
	type part struct {
		at, end int
		match   bool
	}
	var parts []part
	at := 0
	for _, m := range p.find(s) {
		if m[0] > at {
			parts = append(parts, part{at, m[0], p.invert})
		}
		parts = append(parts, part{m[0], m[1], !p.invert})
		at = m[1]
	}
	if at < len(s) {
		parts = append(parts, part{at, len(s), p.invert})
	}
	held := -1
	for i, x := range parts {
		if held < 0 {
			held = x.at
		}
		// A piece goes on when what follows belongs to it.
		if i+1 < len(parts) {
			next := parts[i+1].match
			if p.how == "Contiguous" && next == x.match || p.how == "MergedWithPrevious" && next && !x.match || p.how == "MergedWithNext" && x.match && !next {
				continue
			}
		}
		if x.end > held {
			yield(held, x.end)
		}
		held = -1
	}
}
