package tokenize

import (
	"strings"
	"unicode/utf8"
)

// A Stream decodes token by token and gives only whole characters.
type Stream struct {
	t       *Tokenizer
	plain   bool
	context []int32 // tokens whose text was given, for decoders that look at neighbours
	waiting []int32 // tokens whose text was not
	held    []byte  // instead of both, where text is the bytes of the tokens: bytes that begin a character
}

// Stream begins a text; with plain, special tokens are left out of it.
func (t *Tokenizer) Stream(plain bool) *Stream { return &Stream{t: t, plain: plain} }

// mostWaiting is how many tokens may wait for the end of a character. One has at most four bytes, but what follows a
// token that is no text, as U+FFFD written out, looks unfinished too.
const mostWaiting = 8

// Next returns the text that a token completes; it may be empty.
func (s *Stream) Next(id int32) string {
	if !s.t.has(id) || s.plain && s.t.hidden(id) {
		return ""
	}
	if s.t.bytewise {
		s.held = append(s.held, s.t.bytesOf(id)...)
		n := len(s.held) - beginning(s.held)
		text := lossy(string(s.held[:n]))
		s.held = append(s.held[:0], s.held[n:]...)
		return text
	}
	s.waiting = append(s.waiting, id)
	text := s.fresh()
	if s.unfinished() && len(s.waiting) < mostWaiting {
		return ""
	}
	s.settle()
	return text
}

// End returns what is left: U+FFFD for a character that was never completed.
func (s *Stream) End() string {
	if len(s.waiting) == 0 {
		text := lossy(string(s.held))
		s.held = nil
		return text
	}
	text := s.fresh()
	s.settle()
	return text
}

func (s *Stream) settle() {
	if len(s.context) > 0 || s.t.decode(s.waiting, true) != "" {
		s.context = s.waiting
	} else {
		s.context = append(s.context, s.waiting...)
	}
	s.waiting = nil
}

// fresh is the text of what waits.
func (s *Stream) fresh() string {
	before := s.t.decode(s.context, true)
	all := s.t.decode(append(append([]int32{}, s.context...), s.waiting...), true)
	if strings.HasPrefix(all, before) {
		return all[len(before):]
	}
	return s.t.decode(s.waiting, true)
}

// unfinished tells whether the bytes that wait end within a character.
func (s *Stream) unfinished() bool {
	var b []byte
	for _, id := range s.waiting {
		b = append(b, s.t.bytesOf(id)...)
	}
	return beginning(b) > 0
}

// beginning is the bytes at the end of b that begin a character and do not end it.
func beginning(b []byte) int {
	for back := 1; back <= 3 && back <= len(b); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-back:]) {
				return back
			}
			break
		}
	}
	return 0
}
