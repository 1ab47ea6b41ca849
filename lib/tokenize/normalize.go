package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lyceum/lib/tokenize/characters"
)

type normalizer func(source) source

// normalJSON is a normalizer as tokenizer.json has it.
type normalJSON struct {
	Type         string          `json:"type"`
	Normalizers  []normalJSON    `json:"normalizers"`
	Prepend      string          `json:"prepend"`
	Pattern      json.RawMessage `json:"pattern"`
	Content      string          `json:"content"`
	Left         *bool           `json:"strip_left"`
	Right        *bool           `json:"strip_right"`
	CleanText    *bool           `json:"clean_text"`
	Chinese      *bool           `json:"handle_chinese_chars"`
	StripAccents *bool           `json:"strip_accents"`
	Lower        *bool           `json:"lowercase"`
}

// toForm normalises the parts of a text that are not in the form already, which mostly are few and short.
func toForm(f norm.Form) normalizer {
	return func(p source) source {
		n := f.QuickSpanString(p.s)
		if n == len(p.s) {
			return p
		}
		if p.track || f != norm.NFC { // a compatible decomposition may reach back beyond the boundary
			return p.transform(normalForm(p.s, f))
		}
		w := rewriter{old: p}
		at := 0
		for ; n < len(p.s); n = at + f.QuickSpanString(p.s[at:]) {
			w.b.WriteString(p.s[at:n])
			end := n + boundary(p.s[n:], f)
			for _, c := range normalForm(p.s[n:end], f) {
				w.b.WriteRune(c.r)
			}
			at = end
		}
		w.b.WriteString(p.s[at:])
		return w.done()
	}
}

// boundary is the length of the shortest beginning of s that may be normalised by itself.
func boundary(s string, f norm.Form) int {
	_, n := utf8.DecodeRuneInString(s)
	for n < len(s) && !f.PropertiesString(s[n:]).BoundaryBefore() {
		_, k := utf8.DecodeRuneInString(s[n:])
		n += k
	}
	return n
}

// eachRune changes every character by itself; one that becomes nothing is dropped.
func eachRune(f func(rune) string) normalizer {
	return func(p source) source {
		w := rewriter{old: p}
		for i := 0; i < len(p.s); {
			r, n := utf8.DecodeRuneInString(p.s[i:])
			if r == utf8.RuneError && n == 1 {
				w.put(p.s[i:i+1], i, i+1)
			} else {
				w.put(f(r), i, i+n)
			}
			i += n
		}
		return w.done()
	}
}

func isControl(r rune) bool {
	return r != '\t' && r != '\n' && r != '\r' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

func isChinese(r rune) bool {
	for _, x := range [][2]rune{{0x4E00, 0x9FFF}, {0x3400, 0x4DBF}, {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF}, {0x2F800, 0x2FA1F}} {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

func dropMarks(r rune) string {
	if characters.IsMark(r) {
		return ""
	}
	return string(r)
}

// nmt drops control characters and makes spaces of the rarer kinds of white space, as SentencePiece's rule nmt does.
func nmt(r rune) string {
	switch {
	case r >= 1 && r <= 8 || r == 0xb || r >= 0xe && r <= 0x1f || r == 0x7f || r == 0x8f || r == 0x9f:
		return ""
	case r == '\t' || r == '\n' || r == '\f' || r == '\r' || r == 0x1680 || r >= 0x200b && r <= 0x200f || r == 0x2028 || r == 0x2029 || r == 0x2581 || r == 0xfeff || r == 0xfffd:
		return " "
	}
	return string(r)
}

// bert is what BertNormalizer does.
func bert(f normalJSON) []normalizer {
	var list []normalizer
	if isTrue(f.CleanText, true) {
		list = append(list, eachRune(func(r rune) string {
			switch {
			case r == 0 || r == utf8.RuneError || isControl(r):
				return ""
			case unicode.IsSpace(r):
				return " "
			}
			return string(r)
		}))
	}
	if isTrue(f.Chinese, true) {
		list = append(list, eachRune(func(r rune) string {
			if isChinese(r) {
				return " " + string(r) + " "
			}
			return string(r)
		}))
	}
	if isTrue(f.StripAccents, isTrue(f.Lower, true)) {
		list = append(list, toForm(norm.NFD), eachRune(func(r rune) string {
			if unicode.Is(unicode.Mn, r) {
				return ""
			}
			return string(r)
		}))
	}
	if isTrue(f.Lower, true) {
		list = append(list, eachRune(characters.Lower))
	}
	return list
}

func strip(left, right bool) normalizer {
	return func(p source) source {
		at, end := 0, len(p.s)
		if left {
			at = end - len(strings.TrimLeftFunc(p.s, unicode.IsSpace))
		}
		if right {
			end = max(at, len(strings.TrimRightFunc(p.s, unicode.IsSpace)))
		}
		return p.sub(at, end)
	}
}

// bytesAsText writes every byte as a character of the alphabet.
func bytesAsText(p source) source {
	w := rewriter{old: p}
	for i := 0; i < len(p.s); {
		_, n := utf8.DecodeRuneInString(p.s[i:])
		w.put(toAlphabet(p.s[i:i+n]), i, i+n)
		i += n
	}
	return w.done()
}

func normalizers(f normalJSON) ([]normalizer, error) {
	one := func(n normalizer) ([]normalizer, error) { return []normalizer{n}, nil }
	switch f.Type {
	case "":
		return nil, nil
	case "Sequence":
		var list []normalizer
		for _, g := range f.Normalizers {
			l, err := normalizers(g)
			if err != nil {
				return nil, err
			}
			list = append(list, l...)
		}
		return list, nil
	case "NFC":
		return one(toForm(norm.NFC))
	case "NFD":
		return one(toForm(norm.NFD))
	case "NFKC":
		return one(toForm(norm.NFKC))
	case "NFKD":
		return one(toForm(norm.NFKD))
	case "Lowercase":
		return one(eachRune(characters.Lower))
	case "StripAccents":
		return one(eachRune(dropMarks))
	case "BertNormalizer":
		return bert(f), nil
	case "ByteLevel":
		return one(bytesAsText)
	case "Nmt":
		return one(eachRune(nmt))
	case "Strip":
		return one(strip(isTrue(f.Left, true), isTrue(f.Right, true)))
	case "Prepend":
		return one(func(p source) source { return p.prepend(f.Prepend) })
	case "Replace":
		find, err := finder(f.Pattern)
		if err != nil {
			return nil, err
		}
		return one(func(p source) source { return p.replace(find(p.s), f.Content) })
	}
	return nil, fmt.Errorf("the normalizer %q is not known", f.Type)
}
