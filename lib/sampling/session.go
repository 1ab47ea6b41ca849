package sampling

import (
	"fmt"

	"lyceum/lib/stop"
	"lyceum/lib/transformer"
)

// A Session is one text that grows, turn by turn, and keeps its keys and values: of each prompt only what differs from the
// text so far is computed. It is used by one goroutine at a time. The weights must not change between calls.
type Session struct {
	d     *transformer.Decoder
	cache *transformer.Cache
	ids   []int32 // the tokens whose keys and values the cache holds
	// Computed is how many tokens have gone through the model since the session began.
	Computed int
	// Kept is how many tokens of the last prompt were remembered.
	Kept int
}

// NewSession begins an empty text.
func NewSession(d *transformer.Decoder) *Session {
	return &Session{d: d, cache: d.NewCache(1, d.Config().Context)}
}

// Held is how many tokens the session remembers.
func (s *Session) Held() int { return len(s.ids) }

// Forget lets the session remember nothing, as after the weights have changed.
func (s *Session) Forget() { s.ids = nil; s.cache.Truncate(0, 0) }

// Continue writes on after prompt, the whole text from its beginning, as Generate does; Samples and Beam are not possible.
// When it is interrupted, what was written so far is returned with stop.ErrInterrupted and the session stays usable.
func (s *Session) Continue(prompt []int32, o Options) (c Completion, err error) {
	if o.Samples > 1 || o.Beam.Width > 0 {
		return c, fmt.Errorf("sampling: a Session continues one text, it has no Samples and no Beam")
	}
	prompts := [][]int32{prompt}
	out, err := prepared(s.d, prompts, &o)
	if err != nil {
		return c, err
	}
	held := 0
	for held < min(len(s.ids), len(prompt)-1) && s.ids[held] == prompt[held] {
		held++
	}
	g := newGenerator(s.d, prompts, &o, out)
	g.cache, g.held = s.cache, held
	defer func() {
		if v := recover(); v == stop.ErrInterrupted {
			c, err = out[0], stop.ErrInterrupted
		} else if v != nil {
			panic(v)
		}
		if len(g.rows[0].ids) == 0 { // it was stopped before it began
			return
		}
		s.ids = append(s.ids[:0], g.rows[0].ids[:min(len(g.rows[0].ids), s.cache.Length(0))]...)
		s.Computed, s.Kept = s.Computed+len(s.ids)-held, held
	}()
	err = g.run()
	return out[0], err
}
