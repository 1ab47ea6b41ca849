package tokenize

import (
	"strings"
	"unicode/utf8"

	"lyceum/lib/stop"
)

// An Encoding is a text as tokens, with where each came from.
type Encoding struct {
	IDs     []int32
	Offsets [][2]int // bytes of the text; {0, 0} for a token that the post-processor adds
	Special []bool   // added by the post-processor
	Types   []int    // what the post-processor says of each: mostly 1 for the second text of a pair
}

// EncodeOptions is how a text is encoded.
type EncodeOptions struct {
	AddSpecialTokens bool // let the post-processor add its tokens, as BOS
	SplitSpecial     bool // read special tokens that stand in the text as plain text
}

// Encode returns the ids of a text. Special tokens that stand in it are recognised; none is added. A stop ends it by a panic with
// stop.ErrInterrupted, as it does all encoding.
func (t *Tokenizer) Encode(text string) []int32 { return t.encode(text, false, false).IDs }

// EncodeWith is Encode with options.
func (t *Tokenizer) EncodeWith(text string, o EncodeOptions) []int32 {
	e := t.encode(text, false, o.SplitSpecial)
	if !o.AddSpecialTokens {
		return e.IDs
	}
	return t.post.apply([]Encoding{e}).IDs
}

// EncodeWithOffsets is EncodeWith, and where in the text each token came from.
func (t *Tokenizer) EncodeWithOffsets(text string, o EncodeOptions) Encoding {
	return t.finish(o, text)
}

// EncodePair is EncodeWithOffsets of two texts in one.
func (t *Tokenizer) EncodePair(a, b string, o EncodeOptions) Encoding { return t.finish(o, a, b) }

func (t *Tokenizer) finish(o EncodeOptions, texts ...string) Encoding {
	var list []Encoding
	for i, text := range texts {
		e := t.encode(text, true, o.SplitSpecial)
		e.Special, e.Types = make([]bool, len(e.IDs)), make([]int, len(e.IDs))
		for k := range e.Types {
			e.Types[k] = i
		}
		t.post.trim(t, text, &e)
		list = append(list, e)
	}
	if o.AddSpecialTokens {
		return t.post.apply(list)
	}
	return joined(list)
}

func joined(list []Encoding) Encoding {
	out := list[0]
	for _, e := range list[1:] {
		out.IDs = append(out.IDs, e.IDs...)
		out.Offsets = append(out.Offsets, e.Offsets...)
		out.Special = append(out.Special, e.Special...)
		out.Types = append(out.Types, e.Types...)
	}
	return out
}

// mostCached bounds the bytes that one cache remembers.
const mostCached = 16 << 20

// A cache remembers the tokens of words. One goroutine has it at a time.
type cache struct {
	at      map[string][2]int32 // where in kept the symbols of a word are
	kept    []symbol
	bytes   int
	scratch []symbol
}

// longestCached is the bytes of a word that is worth remembering.
const longestCached = 128

func (t *Tokenizer) encode(text string, offsets, plain bool) Encoding {
	stop.Check()
	c, _ := t.caches.Get().(*cache)
	if c == nil || c.bytes > mostCached {
		c = &cache{at: map[string][2]int32{}}
	}
	e := encoder{t: t, cache: c, offsets: offsets, out: Encoding{IDs: make([]int32, 0, len(text)/4+4)}}
	first := true
	t.raw.cut(source{s: text, track: offsets}, plain, func(p source, id int32) {
		if id >= 0 {
			e.addToken(id, p)
			first = false
			return
		}
		for _, n := range t.normal {
			p = n(p)
		}
		t.normed.cut(p, plain, func(p source, id int32) {
			if id >= 0 {
				e.addToken(id, p)
			} else if p.s != "" {
				e.piece(p, t.split, first)
			}
			first = false
		})
	})
	t.caches.Put(c)
	return e.out
}

type encoder struct {
	t       *Tokenizer
	cache   *cache
	offsets bool
	out     Encoding
	words   int // so far
}

// watchWords is how many words are encoded between two looks at the stop flag.
const watchWords = 1 << 10

func (e *encoder) addToken(id int32, p source) {
	e.out.IDs = append(e.out.IDs, id)
	if e.offsets {
		a, b := p.origin(0, len(p.s))
		e.out.Offsets = append(e.out.Offsets, [2]int{a, b})
	}
}

// piece cuts a piece of text by the splitters and encodes the words.
func (e *encoder) piece(p source, split []splitter, first bool) {
	for i := range split {
		s := &split[i]
		if s.change != nil {
			p = s.change(p, first)
			continue
		}
		rest := split[i+1:]
		s.cut(p.s, func(at, end int) {
			q := p.sub(at, end)
			if len(rest) == 0 {
				e.word(q)
			} else {
				e.piece(q, rest, first && at == 0)
			}
		})
		return
	}
	if j := e.t.model.joints; j != nil && len(p.s) > shortWord {
		j.cut(e.t, p.s, func(at, end int) { e.word(p.sub(at, end)) })
		return
	}
	e.word(p)
}

func (e *encoder) word(p source) {
	if p.s == "" {
		return
	}
	if e.words++; e.words%watchWords == 0 {
		stop.Check()
	}
	c := e.cache
	var list []symbol
	if at, ok := c.at[p.s]; ok {
		list = c.kept[at[0]:at[1]]
	} else {
		c.scratch = e.t.word(c.scratch[:0], p.s)
		list = c.scratch
		if len(p.s) <= longestCached && c.bytes < mostCached {
			from := int32(len(c.kept))
			c.kept = append(c.kept, list...)
			c.at[strings.Clone(p.s)] = [2]int32{from, int32(len(c.kept))}
			c.bytes += len(p.s) + 20*len(list) + 64
		}
		if cap(c.scratch) > 1<<16 {
			c.scratch = nil // of one very long word; list still holds it
		}
	}
	for i := range list {
		e.out.IDs = append(e.out.IDs, list[i].id)
	}
	if !e.offsets {
		return
	}
	for _, y := range list {
		at, end := int(y.at), int(y.end)
		for at > 0 && !utf8.RuneStart(p.s[at]) {
			at--
		}
		for end < len(p.s) && !utf8.RuneStart(p.s[end]) {
			end++
		}
		a, b := p.origin(at, end)
		e.out.Offsets = append(e.out.Offsets, [2]int{a, b})
	}
}
