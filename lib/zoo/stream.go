package zoo

import (
	"strings"

	"lyceum/lib/tokenize"
)

// A TextStream turns tokens, as they come, into text: whole characters only, no special tokens, and nothing that may be
// the beginning of a stop string before it is known that it is none.
type TextStream struct {
	stream *tokenize.Stream
	stops  []string
	held   string
	ended  bool
	text   strings.Builder
	emit   func(piece string)
}

// NewTextStream begins a text; emit, if not nil, gets its pieces.
func NewTextStream(t *tokenize.Tokenizer, stops []string, emit func(piece string)) *TextStream {
	return &TextStream{stream: t.Stream(true), stops: stops, emit: emit}
}

// Add takes the next token.
func (s *TextStream) Add(id int32) { s.give(s.stream.Next(id), false) }

// End gives out what was held back and returns the whole text.
func (s *TextStream) End() string {
	s.give(s.stream.End(), true)
	return s.text.String()
}

// Text is what was given out so far.
func (s *TextStream) Text() string { return s.text.String() }

func (s *TextStream) give(text string, last bool) {
	if s.ended {
		return
	}
	s.held += text
	n := len(s.held)
	for _, stop := range s.stops {
		if at := strings.Index(s.held, stop); at >= 0 && at < n {
			n, s.ended = at, true
		}
	}
	if !s.ended && !last {
		n -= s.begun()
	}
	piece := s.held[:n]
	s.held = s.held[n:]
	if piece == "" {
		return
	}
	s.text.WriteString(piece)
	if s.emit != nil {
		s.emit(piece)
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
