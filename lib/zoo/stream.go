package zoo

import (
	"strings"

	"lyceum/lib/tokenize"
)

// A TextStream turns tokens, as they come, into text: whole characters only, no special tokens, and nothing that may be
// the beginning of a stop string before it is known that it is none. Stop strings may lie in special tokens too.
type TextStream struct {
	t      *tokenize.Tokenizer
	stream *tokenize.Stream
	stops  []string
	held   string
	hidden []bool // by byte of held: of a special token
	ended  bool
	text   strings.Builder
	emit   func(piece string)
}

// NewTextStream begins a text; emit, if not nil, gets its pieces.
func NewTextStream(t *tokenize.Tokenizer, stops []string, emit func(piece string)) *TextStream {
	return &TextStream{t: t, stream: t.Stream(true), stops: stops, emit: emit}
}

// Add takes the next token.
func (s *TextStream) Add(id int32) {
	if s.t.IsSpecial(id) {
		s.give(s.t.Token(id), true, false)
	} else {
		s.give(s.stream.Next(id), false, false)
	}
}

// End gives out what was held back and returns the whole text.
func (s *TextStream) End() string {
	s.give(s.stream.End(), false, true)
	return s.text.String()
}

// Text is what was given out so far.
func (s *TextStream) Text() string { return s.text.String() }

// give takes text; special, it is looked at for stop strings and not given out.
func (s *TextStream) give(text string, special, last bool) {
	if s.ended {
		return
	}
	s.held += text
	for range len(text) {
		s.hidden = append(s.hidden, special)
	}
	n := len(s.held)
	for _, stop := range s.stops {
		if at := strings.Index(s.held, stop); at >= 0 && at < n {
			n, s.ended = at, true
		}
	}
	if !s.ended && !last {
		n -= s.begun()
	}
	var piece []byte
	for i := range n {
		if !s.hidden[i] {
			piece = append(piece, s.held[i])
		}
	}
	s.held, s.hidden = s.held[n:], s.hidden[n:]
	if len(piece) == 0 {
		return
	}
	s.text.Write(piece)
	if s.emit != nil {
		s.emit(string(piece))
	}
}

// begun is how many bytes at the end of the held text may be the beginning of a stop string.
func (s *TextStream) begun() int {
	longest := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(s.held)); n > longest; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				longest = n
				break
			}
		}
	}
	return longest
}
