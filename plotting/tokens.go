package plotting

import (
	"fmt"
	"html"
	"image/color"
	"strings"
)

// A TokenStrip is a text cut into tokens, each on a background that says something about it.
type TokenStrip struct {
	Title  string
	tokens []string
	colors []color.RGBA
	hints  []string
	key    string
}

// Tokens colours each token by its weight on the scale from -1 (vermilion) over 0 (white) to 1 (blue), after
// dividing by the largest absolute weight. The weight appears when the pointer rests on the token.
func Tokens(title string, tokens []string, weights []float64) *TokenStrip {
	same("Tokens", len(tokens), len(weights))
	largest := 0.0
	for _, w := range weights {
		largest = max(largest, w, -w)
	}
	s := &TokenStrip{Title: title, tokens: tokens}
	for _, w := range weights {
		c := Diverging(0)
		if largest > 0 {
			c = Diverging(w / largest)
		}
		s.colors = append(s.colors, c)
		s.hints = append(s.hints, fmt.Sprintf("%.4g", w))
	}
	return s
}

// Masked colours the tokens that count in the loss (mask true) and leaves the others grey.
func Masked(title string, tokens []string, mask []bool) *TokenStrip {
	same("Masked", len(tokens), len(mask))
	s := &TokenStrip{Title: title, tokens: tokens, key: "blue: counts in the loss; grey: read but not learned"}
	for _, m := range mask {
		if m {
			s.colors = append(s.colors, mix(color.RGBA{255, 255, 255, 255}, Palette[0], 0.35))
			s.hints = append(s.hints, "counts in the loss")
		} else {
			s.colors = append(s.colors, color.RGBA{233, 233, 233, 255})
			s.hints = append(s.hints, "read but not learned")
		}
	}
	return s
}

func same(where string, tokens, values int) {
	if tokens != values {
		panic(fmt.Sprintf("plotting.%s: %d tokens and %d values: there must be one value a token", where, tokens, values))
	}
}

// HTML draws the strip. White space is shown: a space as a low dot, a line break as an arrow.
func (s *TokenStrip) HTML() string {
	var b strings.Builder
	if s.Title != "" {
		fmt.Fprintf(&b, `<div style="font-weight:600;margin-bottom:4px">%s</div>`, html.EscapeString(s.Title))
	}
	b.WriteString(`<div style="font-family:monospace;line-height:2.1">`)
	for i, t := range s.tokens {
		c := s.colors[i]
		fmt.Fprintf(&b, `<span title="%s" style="background:#%02x%02x%02x;color:%s;padding:2px 1px;margin:0 1px;border-radius:3px;white-space:pre">%s</span>`,
			html.EscapeString(fmt.Sprintf("%d: %s", i, s.hints[i])), c.R, c.G, c.B, readable(c), visible(t))
		if strings.Contains(t, "\n") {
			b.WriteString("<br>")
		}
	}
	b.WriteString("</div>")
	if s.key != "" {
		fmt.Fprintf(&b, `<div style="font-size:85%%;color:#666">%s</div>`, s.key)
	}
	return b.String()
}

func visible(t string) string {
	return strings.NewReplacer(" ", "·", "\n", "↵").Replace(html.EscapeString(t))
}

// String gives the tokens between bars, for front ends that show only text.
func (s *TokenStrip) String() string {
	return strings.Join(s.tokens, "|")
}
