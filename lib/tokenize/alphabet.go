package tokenize

import "strings"

// alphabet maps every byte to a printable character, as GPT-2 does: printable Latin-1 stays, the rest moves above U+0100.
var alphabet, alphabetText, fromAlphabet = func() (to [256]rune, text [256]string, from [0x144]int16) {
	for i := range from {
		from[i] = -1
	}
	next := rune(256)
	for b := range 256 {
		r := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
			r = next
			next++
		}
		to[b], text[b] = r, string(r)
		from[r] = int16(b)
	}
	return to, text, from
}()

// byteOf is the byte that a character of the alphabet stands for.
func byteOf(r rune) (byte, bool) {
	if r < 0 || int(r) >= len(fromAlphabet) || fromAlphabet[r] < 0 {
		return 0, false
	}
	return byte(fromAlphabet[r]), true
}

// toAlphabet writes the bytes of a text in the alphabet.
func toAlphabet(s string) string {
	var b strings.Builder
	b.Grow(2 * len(s))
	for i := range len(s) {
		b.WriteString(alphabetText[s[i]])
	}
	return b.String()
}

// rawOf undoes the alphabet; a text with other characters stays as it is, and ok is false.
func rawOf(tok string) (raw string, ok bool) {
	b := make([]byte, 0, len(tok))
	for _, r := range tok {
		c, ok := byteOf(r)
		if !ok {
			return tok, false
		}
		b = append(b, c)
	}
	return string(b), true
}
