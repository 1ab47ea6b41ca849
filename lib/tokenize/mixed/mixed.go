// Package mixed makes text for tests and measurements of tokenizers: prose, source code, numbers and other scripts in turn,
// the same for the same seed on every machine. Words are new all the time, so that remembering them does not help much.
package mixed

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

var (
	syllables = []string{"ba", "ker", "li", "ves", "tion", "ing", "un", "re", "ther", "sta", "mo", "de", "el", "par", "ti", "cle", "qu", "ick", "ly", "ness", "over", "al", "ex", "am", "ple", "sion", "str", "ange", "com", "pu"}
	common    = []string{"the", "of", "and", "to", "in", "is", "that", "it", "was", "for", "on", "are", "with", "as", "they", "be", "at", "one", "have", "this", "don't", "it's", "WE'LL", "Paris", "model", "token"}
	signs     = []string{".", ",", "!", "?", ";", ":", " -", "...", ")", "\"", "\n", "\n\n", "  ", " (", "'", "\t"}
	scripts   = []string{"你好世界", "こんにちは", "Привет мир", "नमस्ते", "مرحبا", "한국어", "naïve café", "Ελληνικά", "e\u0301te\u0301", "ﬁne", "😀👩‍👩‍👧", "½²", "\u00a0", "ไทย", "עברית", "über", "\u200d", "Ŀŀ"}
	code      = []string{"func f(x int) int {\n\treturn x + 1\n}\n", "for i in range(10):\n        print(i)\n", "if (a && b) { c[i] = d->e; }\r\n", "https://example.org/a?b=c&d=%20", "<div class=\"x\">", "HTTPServer camelCase snake_case", "0x7fff_ffff", "// note: --x <= !y ;;\n", "{\"a\": [1, 2.5e-3, null]}"}
)

// Text returns at least size bytes.
func Text(size int, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 7))
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	var b strings.Builder
	for b.Len() < size {
		switch n := rng.IntN(40); {
		case n < 16:
			b.WriteString(" " + pick(common))
		case n < 30:
			b.WriteString(" ")
			for range 1 + rng.IntN(4) {
				b.WriteString(pick(syllables))
			}
		case n < 35:
			b.WriteString(pick(signs))
		case n < 36:
			b.WriteString(" " + strconv.Itoa(rng.IntN(1_000_000)))
		case n < 38:
			b.WriteString(pick(scripts))
		default:
			b.WriteString(pick(code))
		}
	}
	return b.String()
}
