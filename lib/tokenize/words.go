package tokenize

import (
	"unicode"
	"unicode/utf8"
)

// words cuts text as GPT-2's pattern does,
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// by hand: Go's regular expressions have no look-ahead. With digits, every digit is cut off first (Hugging Face's Digits
// pre-tokenizer with individual_digits).
func words(text string, digits bool) []string {
	var out []string
	for text != "" {
		n := nextWord(text, digits)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

const (
	letter = iota
	number
	space
	other
)

func classOf(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// nextWord returns the length of the first word of a text that is not empty.
func nextWord(s string, digits bool) int {
	if n := contraction(s); n > 0 {
		return n
	}
	r, n := utf8.DecodeRuneInString(s)
	class := classOf(r)
	if digits && class == number {
		return n
	}
	if r == ' ' && len(s) > 1 {
		r2, n2 := utf8.DecodeRuneInString(s[1:])
		if c := classOf(r2); c != space && !(digits && c == number) {
			return 1 + run(s[1:], c, n2)
		}
	}
	if class != space {
		return run(s, class, n)
	}
	// White space: all of it at the end of the text or before a digit that stands alone; else without the last
	// character, which belongs to the next word if it is a space.
	end, last := 0, 0
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsSpace(r) {
			break
		}
		last = end
		end += n
	}
	if end == len(s) || last == 0 {
		return end
	}
	if next, _ := utf8.DecodeRuneInString(s[end:]); digits && unicode.IsNumber(next) {
		return end
	}
	return last
}

// run is the length of the characters of one class at the beginning of s, whose first has n bytes.
func run(s string, class, n int) int {
	for n < len(s) {
		r, k := utf8.DecodeRuneInString(s[n:])
		if classOf(r) != class {
			break
		}
		n += k
	}
	return n
}

func contraction(s string) int {
	if s[0] != '\'' || len(s) < 2 {
		return 0
	}
	switch s[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) >= 3 {
		switch s[1:3] {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}
