package tokenize

import (
	"unicode"
	"unicode/utf8"

	"lyceum/lib/tokenize/characters"
)

// The split patterns that are matched by hand: Go's regular expressions have no look-ahead, and a general matcher is slow.
const (
	// patternGPT2 is that of GPT-2, which ByteLevel uses.
	patternGPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// patternLlama3 and patternQwen differ in how many digits make a word.
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen   = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	// patternQwen35 keeps combining marks with their letters.
	patternQwen35 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

const (
	other  = characters.Other
	letter = characters.Letter
	number = characters.Number
	space  = characters.Space
	mark   = characters.Mark
)

// A matcher returns the length of the first word of a text that is not empty.
type matcher struct {
	table  *[unicode.MaxRune + 1]uint8
	marks  bool // combining marks are letters
	digits int  // how many digits make a word
	gpt2   bool
}

func knownMatcher(pattern string) (matcher, bool) {
	m := matcher{table: characters.Classes()}
	switch pattern {
	case patternGPT2:
		m.gpt2 = true
	case patternLlama3:
		m.digits = 3
	case patternQwen:
		m.digits = 1
	case patternQwen35:
		m.digits, m.marks = 1, true
	default:
		return m, false
	}
	return m, true
}

func (m *matcher) class(s string, i int) (c uint8, n int) {
	b := s[i]
	if b < utf8.RuneSelf {
		return m.table[b], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	c = m.table[r]
	if c == mark {
		if m.marks {
			return letter, n
		}
		return other, n
	}
	return c, n
}

// run is where the characters of a class that begin at i end.
func (m *matcher) run(s string, i int, class uint8) int {
	for i < len(s) {
		c, n := m.class(s, i)
		if c != class {
			break
		}
		i += n
	}
	return i
}

func (m *matcher) next(s string) int {
	if n := contraction(s, !m.gpt2); n > 0 {
		return n
	}
	c, n := m.class(s, 0)
	if m.gpt2 {
		return m.nextGPT2(s, c, n)
	}
	if c == letter {
		return m.run(s, n, letter)
	}
	if c != number && s[0] != '\r' && s[0] != '\n' && n < len(s) {
		if c2, n2 := m.class(s, n); c2 == letter {
			return m.run(s, n+n2, letter)
		}
	}
	// With marks as letters, "[^\r\n\p{L}\p{N}]?" may itself take a mark; the run above is the same then.
	if c == number {
		for k := 1; k < m.digits && n < len(s); k++ {
			c2, n2 := m.class(s, n)
			if c2 != number {
				break
			}
			n += n2
		}
		return n
	}
	at := 0
	if s[0] == ' ' && n < len(s) {
		at = n
	}
	if c2, _ := m.class(s, at); c2 == other {
		end := m.run(s, at, other)
		for end < len(s) && (s[end] == '\r' || s[end] == '\n') {
			end++
		}
		return end
	}
	return m.spaces(s, true)
}

func (m *matcher) nextGPT2(s string, c uint8, n int) int {
	if s[0] == ' ' && len(s) > 1 {
		if c2, n2 := m.class(s, 1); c2 != space {
			return m.run(s, 1+n2, c2)
		}
	}
	if c != space {
		return m.run(s, n, c)
	}
	return m.spaces(s, false)
}

// spaces matches white space: up to its last line break when lines is set; else all of it at the end of the text; else
// without the last character, which belongs to the next word.
func (m *matcher) spaces(s string, lines bool) int {
	end, last, newline := 0, 0, 0
	for end < len(s) {
		c, n := m.class(s, end)
		if c != space {
			break
		}
		last = end
		end += n
		if s[last] == '\n' || s[last] == '\r' {
			newline = end
		}
	}
	if lines && newline > 0 {
		return newline
	}
	if end == len(s) || last == 0 {
		return end
	}
	return last
}

func contraction(s string, anyCase bool) int {
	if s[0] != '\'' || len(s) < 2 {
		return 0
	}
	low := func(c byte) byte {
		if anyCase && c >= 'A' && c <= 'Z' {
			return c + 32
		}
		return c
	}
	a := low(s[1])
	switch a {
	case 's', 't', 'm', 'd':
		return 2
	}
	if anyCase && len(s) >= 3 && s[1:3] == "ſ" { // the long s folds to s
		return 3
	}
	if len(s) >= 3 {
		switch b := low(s[2]); {
		case (a == 'r' || a == 'v') && b == 'e', a == 'l' && b == 'l':
			return 3
		}
	}
	return 0
}

// words cuts text as GPT-2's pattern does. With digits, every digit is cut off first (Hugging Face's Digits pre-tokenizer
// with individual_digits).
func words(text string, digits bool) []string {
	m := matcher{table: characters.Classes(), gpt2: true}
	var out []string
	for text != "" {
		part := text
		if digits {
			part = text[:cutDigits(text)]
		}
		text = text[len(part):]
		for part != "" {
			n := m.next(part)
			out = append(out, part[:n])
			part = part[n:]
		}
	}
	return out
}

// cutDigits is the length of the first piece that is a digit or has none.
func cutDigits(s string) int {
	for i, r := range s {
		if characters.IsNumeric(r) {
			if i > 0 {
				return i
			}
			return utf8.RuneLen(r)
		}
	}
	return len(s)
}
