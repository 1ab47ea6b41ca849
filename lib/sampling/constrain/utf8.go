package constrain

import "unicode/utf8"

// runes returns the UTF-8 texts of the characters in the ranges pairs[0]-pairs[1], pairs[2]-pairs[3], ...; surrogates are
// no characters.
func runes(pairs []rune) node {
	var out choice
	for i := 0; i+1 < len(pairs); i += 2 {
		lo, hi := max(pairs[i], 0), min(pairs[i+1], utf8.MaxRune)
		if lo < 0xd800 {
			out = append(out, sameLength(lo, min(hi, 0xd7ff))...)
		}
		if hi > 0xdfff {
			out = append(out, sameLength(max(lo, 0xe000), hi)...)
		}
	}
	return merged(out)
}

// sameLength cuts a range where the number of bytes changes.
func sameLength(lo, hi rune) (out choice) {
	for _, end := range []rune{0x7f, 0x7ff, 0xffff, utf8.MaxRune} {
		if lo <= min(hi, end) {
			out = append(out, byteRanges(lo, min(hi, end))...)
			lo = end + 1
		}
	}
	return out
}

// byteRanges cuts a range of characters of the same number of bytes into products of byte ranges.
func byteRanges(lo, hi rune) (out choice) {
	if lo > hi {
		return nil
	}
	n := utf8.RuneLen(lo)
	for k := 1; k < n; k++ {
		low := rune(1)<<(6*k) - 1 // the bits of the last k bytes
		if lo&^low == hi&^low {
			break // only the last k bytes vary
		}
		if lo&low != 0 {
			return append(byteRanges(lo, lo|low), byteRanges(lo|low+1, hi)...)
		}
		if hi&low != low {
			return append(byteRanges(lo, hi&^low-1), byteRanges(hi&^low, hi)...)
		}
	}
	var a, b [utf8.UTFMax]byte
	utf8.EncodeRune(a[:], lo)
	utf8.EncodeRune(b[:], hi)
	var s sequence
	for i := range n {
		s = append(s, oneByte(a[i], b[i]))
	}
	return choice{s}
}

// merged puts all single bytes of a choice into one set.
func merged(c choice) node {
	var set byteSet
	var out choice
	for _, n := range c {
		if s, ok := n.(sequence); ok && len(s) == 1 {
			n = s[0]
		}
		if s, ok := n.(byteSet); ok {
			for i := range set {
				set[i] |= s[i]
			}
			continue
		}
		out = append(out, n)
	}
	if set == (byteSet{}) {
		return out
	}
	if len(out) == 0 {
		return set
	}
	return append(choice{set}, out...)
}
