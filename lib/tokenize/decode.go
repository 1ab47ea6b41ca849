package tokenize

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A decoder changes the list of token texts on the way to the text.
type decoder func([]string) []string

type decoderJSON struct {
	Type           string          `json:"type"`
	Decoders       []decoderJSON   `json:"decoders"`
	Pattern        json.RawMessage `json:"pattern"`
	Content        string          `json:"content"`
	Start          int             `json:"start"`
	Stop           int             `json:"stop"`
	Replacement    string          `json:"replacement"`
	PrependScheme  string          `json:"prepend_scheme"`
	AddPrefixSpace *bool           `json:"add_prefix_space"`
	Prefix         string          `json:"prefix"`
	Suffix         string          `json:"suffix"`
	Cleanup        *bool           `json:"cleanup"`
}

func byteToken(tok string) (byte, bool) {
	if len(tok) != 6 || tok[:3] != "<0x" || tok[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(tok[3:5], 16, 8)
	return byte(b), err == nil
}

// fused makes one list entry of all.
func fused(list []string) []string { return []string{strings.Join(list, "")} }

func byteLevelDecoder(list []string) []string {
	var b strings.Builder
	for _, s := range list {
		raw, _ := rawOf(s)
		b.WriteString(raw)
	}
	return []string{lossy(b.String())}
}

// lossy puts U+FFFD for each longest part that begins a character and does not end it, as Rust's from_utf8_lossy does.
func lossy(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError || n > 1 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		b.WriteString("\ufffd")
		i += broken(s[i:])
	}
	return b.String()
}

// broken is the length of the longest beginning of a character at the start of s, which is not valid there; at least 1.
func broken(s string) int {
	lo, hi, need := byte(0x80), byte(0xbf), 0
	switch c := s[0]; {
	case c >= 0xc2 && c <= 0xdf:
		need = 1
	case c >= 0xe0 && c <= 0xef:
		need = 2
		if c == 0xe0 {
			lo = 0xa0
		} else if c == 0xed {
			hi = 0x9f
		}
	case c >= 0xf0 && c <= 0xf4:
		need = 3
		if c == 0xf0 {
			lo = 0x90
		} else if c == 0xf4 {
			hi = 0x8f
		}
	}
	n := 1
	for n <= need && n < len(s) && s[n] >= lo && s[n] <= hi {
		lo, hi = 0x80, 0xbf
		n++
	}
	return n
}

func byteFallbackDecoder(list []string) []string {
	var out []string
	var held []byte
	flush := func() {
		if utf8.Valid(held) {
			if len(held) > 0 {
				out = append(out, string(held))
			}
		} else {
			for range held {
				out = append(out, "\ufffd")
			}
		}
		held = held[:0]
	}
	for _, s := range list {
		if b, ok := byteToken(s); ok {
			held = append(held, b)
			continue
		}
		flush()
		out = append(out, s)
	}
	flush()
	return out
}

// replacements are done one after the other.
type replacements [][2]string

// closer takes the spaces before signs and endings, as BERT's tokenizer does.
var closer = replacements{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

func (list replacements) do(s string) string {
	for _, r := range list {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}

func decoders(f decoderJSON) ([]decoder, error) {
	one := func(d decoder) ([]decoder, error) { return []decoder{d}, nil }
	each := func(g func(i int, s string) string) ([]decoder, error) {
		return one(func(list []string) []string {
			out := make([]string, len(list))
			for i, s := range list {
				out[i] = g(i, s)
			}
			return out
		})
	}
	switch f.Type {
	case "":
		return nil, nil
	case "Sequence":
		var list []decoder
		for _, g := range f.Decoders {
			l, err := decoders(g)
			if err != nil {
				return nil, err
			}
			list = append(list, l...)
		}
		return list, nil
	case "ByteLevel":
		return one(byteLevelDecoder)
	case "ByteFallback":
		return one(byteFallbackDecoder)
	case "Fuse":
		return one(fused)
	case "Replace":
		find, err := finder(f.Pattern)
		if err != nil {
			return nil, err
		}
		return each(func(_ int, s string) string {
			var b strings.Builder
			at := 0
			for _, m := range find(s) {
				b.WriteString(s[at:m[0]] + f.Content)
				at = m[1]
			}
			return b.String() + s[at:]
		})
	case "Strip":
		return each(func(_ int, s string) string {
			for k := 0; k < f.Start && f.Content != "" && strings.HasPrefix(s, f.Content); k++ {
				s = s[len(f.Content):]
			}
			for k := 0; k < f.Stop && f.Content != "" && strings.HasSuffix(s, f.Content); k++ {
				s = s[:len(s)-len(f.Content)]
			}
			return s
		})
	case "WordPiece":
		return each(func(i int, s string) string {
			if rest, ok := strings.CutPrefix(s, f.Prefix); ok && i > 0 {
				s = rest
			} else if i > 0 {
				s = " " + s
			}
			if isTrue(f.Cleanup, true) {
				s = closer.do(s)
			}
			return s
		})
	case "BPEDecoder":
		return one(func(list []string) []string {
			out := make([]string, len(list))
			for i, s := range list {
				space := " "
				if i == len(list)-1 {
					space = ""
				}
				out[i] = strings.ReplaceAll(s, f.Suffix, space)
			}
			return out
		})
	case "Metaspace":
		with := f.Replacement
		if with == "" {
			with = "▁"
		}
		trim := f.PrependScheme == "always" || f.PrependScheme == "first" || f.PrependScheme == "" && isTrue(f.AddPrefixSpace, true)
		return each(func(i int, s string) string {
			if i == 0 && trim { // of the first token all, not only that which was put before the text
				return strings.ReplaceAll(s, with, "")
			}
			return strings.ReplaceAll(s, with, " ")
		})
	}
	return nil, fmt.Errorf("the decoder %q is not known", f.Type)
}

// Decode returns the text of ids. Bytes that make no character become U+FFFD; ids that no token has are left out.
func (t *Tokenizer) Decode(ids []int32) string { return t.decode(ids, true) }

// DecodePlain is Decode without special tokens.
func (t *Tokenizer) DecodePlain(ids []int32) string { return t.decode(ids, false) }

func (t *Tokenizer) decode(ids []int32, specials bool) string {
	list := make([]string, 0, len(ids))
	for _, id := range ids {
		if !t.has(id) || !specials && t.hidden(id) {
			continue
		}
		list = append(list, t.spelling(id))
	}
	if len(t.decoders) == 0 {
		return strings.Join(list, " ")
	}
	for _, d := range t.decoders {
		list = d(list)
	}
	return strings.Join(list, "")
}
