package tokenize

import (
	"strings"
	"unicode/utf8"
)

// A source is a piece of text that knows where in the original it came from: byte i of s from bytes [from[i], to[i]) of the
// original; without those, from byte base+i.
type source struct {
	s        string
	base     int
	from, to []int32
	track    bool // keep from and to when the text changes
}

// origin is the part of the original that made bytes [at, end).
func (p source) origin(at, end int) (int, int) {
	if p.from == nil {
		return p.base + at, p.base + end
	}
	if at >= end {
		return p.base, p.base
	}
	return int(p.from[at]), int(p.to[end-1])
}

func (p source) sub(at, end int) source {
	q := source{s: p.s[at:end], base: p.base + at, track: p.track}
	if p.from != nil {
		q.from, q.to = p.from[at:end], p.to[at:end]
		if at < end {
			q.base = int(p.from[at])
		}
	}
	return q
}

// A rewriter builds a changed source.
type rewriter struct {
	old source
	b   strings.Builder
	out source
}

// put writes text that stands for bytes [at, end) of the old one.
func (w *rewriter) put(text string, at, end int) {
	w.b.WriteString(text)
	if !w.old.track {
		return
	}
	a, b := 0, 0
	if at < end {
		a, b = w.old.origin(at, end)
	}
	for range len(text) {
		w.out.from = append(w.out.from, int32(a))
		w.out.to = append(w.out.to, int32(b))
	}
}

// keep writes bytes [at, end) of the old text as they are.
func (w *rewriter) keep(at, end int) {
	if !w.old.track {
		w.b.WriteString(w.old.s[at:end])
		return
	}
	for at < end {
		_, n := utf8.DecodeRuneInString(w.old.s[at:])
		w.put(w.old.s[at:at+n], at, at+n)
		at += n
	}
}

func (w *rewriter) done() source {
	w.out.s, w.out.base, w.out.track = w.b.String(), w.old.base, w.old.track
	if w.out.from == nil && w.out.track {
		w.out.from, w.out.to = []int32{}, []int32{}
	}
	return w.out
}

// prepend puts text before p; it counts as part of the first character. An empty p stays empty.
func (p source) prepend(text string) source {
	if p.s == "" {
		return p
	}
	w := rewriter{old: p}
	_, n := utf8.DecodeRuneInString(p.s)
	w.put(text, 0, n)
	w.keep(0, len(p.s))
	return w.done()
}

// replace puts with in the place of every match; it counts as the last character of the match.
func (p source) replace(matches [][2]int, with string) source {
	if len(matches) == 0 {
		return p
	}
	w := rewriter{old: p}
	at := 0
	for _, m := range matches {
		w.keep(at, m[0])
		_, n := utf8.DecodeLastRuneInString(p.s[:m[1]])
		w.put(with, m[1]-n, m[1])
		at = m[1]
	}
	w.keep(at, len(p.s))
	return w.done()
}

// A changed rune is one of a new text, and how many characters of the old it stands for: 0, for one; 1, for none, it is
// inserted; -n, for one and n more.
type changed struct {
	r      rune
	change int
}

// transform gives p a new text. Where characters come from follows the tokenizers library, which keeps the place of
// the first of several characters that become one.
func (p source) transform(text []changed) source {
	w := rewriter{old: p}
	at, last := 0, 0 // bytes of the old text that are used up, and where the last character of them began
	for _, c := range text {
		if c.change > 0 {
			w.put(string(c.r), last, at)
			continue
		}
		_, n := utf8.DecodeRuneInString(p.s[at:])
		w.put(string(c.r), at, at+n)
		for k := 0; k <= -c.change && at < len(p.s); k++ {
			_, n := utf8.DecodeRuneInString(p.s[at:])
			last = at
			at += n
		}
	}
	return w.done()
}
