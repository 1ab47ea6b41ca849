package tokenize

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lyceum/lib/tokenize/characters"
)

// Normalisation to NFC, NFD, NFKC and NFKD. Package norm gives the tables but not the text: it puts U+034F into long runs
// of combining marks (the stream-safe format), and it does not say which character became which.

const (
	hangulBase, jamoL, jamoV, jamoT = 0xAC00, 0x1100, 0x1161, 0x11A7
	countL, countV, countT          = 19, 21, 28
)

// composites are the pairs that compose to one character.
var composites = sync.OnceValue(func() map[[2]rune]rune {
	out := map[[2]rune]rune{}
	for r := rune(0xC0); r < 0x20000; r++ {
		if r == hangulBase {
			r = 0xD7A4
		}
		s := string(r)
		full := norm.NFD.PropertiesString(s).Decomposition()
		if full == nil || norm.NFC.String(s) != s {
			continue
		}
		_, n := utf8.DecodeLastRune(full)
		head := []rune(norm.NFC.String(string(full[:len(full)-n])))
		last, _ := utf8.DecodeLastRune(full)
		if len(head) == 1 && characters.Decomposes(r) {
			out[[2]rune{head[0], last}] = r
		}
	}
	return out
})

func compose(a, b rune) (rune, bool) {
	if a >= jamoL && a < jamoL+countL && b >= jamoV && b < jamoV+countV {
		return hangulBase + ((a-jamoL)*countV+b-jamoV)*countT, true
	}
	if a >= hangulBase && a < 0xD7A4 && (a-hangulBase)%countT == 0 && b > jamoT && b < jamoT+countT {
		return a + b - jamoT, true
	}
	if b < 0x300 { // nothing composes with those
		return 0, false
	}
	r, ok := composites()[[2]rune{a, b}]
	return r, ok
}

// decompose writes the full decomposition of r, canonical or (with form NFKD) compatible.
func decompose(out []changed, r rune, form norm.Form) []changed {
	if r >= hangulBase && r < 0xD7A4 {
		i := r - hangulBase
		out = append(out, changed{jamoL + i/(countV*countT), 0}, changed{jamoV + i%(countV*countT)/countT, 1})
		if t := i % countT; t > 0 {
			out = append(out, changed{jamoT + t, 1})
		}
		return out
	}
	if r < utf8.RuneSelf || !characters.Decomposes(r) {
		return append(out, changed{r, 0})
	}
	d := form.PropertiesString(string(r)).Decomposition()
	if d == nil {
		return append(out, changed{r, 0})
	}
	for i, x := range []rune(string(d)) {
		out = append(out, changed{x, min(i, 1)})
	}
	return out
}

func class(r rune) uint8 {
	if r < 0x300 || !characters.Reorders(r) {
		return 0
	}
	return norm.NFD.PropertiesString(string(r)).CCC()
}

// normalForm returns the text in a normal form, character by character.
func normalForm(s string, form norm.Form) []changed {
	plain := norm.NFD
	if form == norm.NFKC || form == norm.NFKD {
		plain = norm.NFKD
	}
	out := make([]changed, 0, len(s))
	for _, r := range s {
		out = decompose(out, r, plain)
	}
	classes := make([]uint8, len(out))
	for i := range out {
		classes[i] = class(out[i].r)
	}
	for i := 0; i < len(out); i++ { // marks in the order of their classes, a run at a time
		j := i
		for j < len(out) && classes[j] != 0 {
			j++
		}
		if j-i > 1 {
			order(out[i:j], classes[i:j])
		}
		i = max(i, j-1)
	}
	if form == norm.NFC || form == norm.NFKC {
		return recompose(out, classes)
	}
	return out
}

// order sorts by class and keeps equal ones as they stand: a counting sort, because a run may be a megabyte.
func order(run []changed, classes []uint8) {
	var at [257]int
	for _, c := range classes {
		at[int(c)+1]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	old, oldClasses := append([]changed{}, run...), append([]uint8{}, classes...)
	for i, c := range oldClasses {
		run[at[c]], classes[at[c]] = old[i], c
		at[c]++
	}
}

// recompose joins what composes, in place.
func recompose(text []changed, classes []uint8) []changed {
	n, starter, last := 0, -1, -1 // last is the class of what was kept after the starter, -1 for nothing
	for i, c := range text {
		k := int(classes[i])
		if starter >= 0 && last < k {
			if r, ok := compose(text[starter].r, c.r); ok {
				text[starter] = changed{r, text[starter].change + c.change - 1}
				continue
			}
		}
		if k == 0 {
			starter, last = n, -1
		} else {
			last = k
		}
		text[n] = c
		n++
	}
	return text[:n]
}
