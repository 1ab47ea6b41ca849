package display

import (
	"errors"
	"fmt"
	"strings"
)

// The types below are text or bytes that show themselves as what their name says:
//
//	display.HTML("<b>bold</b>")
//	display.Markdown("the loss is $-\\log p$")
type (
	// HTML is shown as HTML.
	HTML string
	// Markdown is shown as Markdown, formulas between dollar signs included.
	Markdown string
	// LaTeX is shown as a formula.
	LaTeX string
	// SVG is shown as a vector image. JupyterLab shows it only in trusted notebooks.
	SVG string
	// PNG is shown as an image.
	PNG []byte
	// JPEG is shown as an image.
	JPEG []byte
)

// HTML returns the text itself.
func (s HTML) HTML() string { return string(s) }

// Markdown returns the text itself.
func (s Markdown) Markdown() string { return string(s) }

// LaTeX returns the text itself.
func (s LaTeX) LaTeX() string { return string(s) }

// SVG returns the text itself.
func (s SVG) SVG() string { return string(s) }

// PNG returns the bytes themselves.
func (p PNG) PNG() []byte { return p }

// JPEG returns the bytes themselves.
func (p JPEG) JPEG() []byte { return p }

// String says what it is, for front ends that show only text.
func (p PNG) String() string { return fmt.Sprintf("PNG image, %d bytes", len(p)) }

// String says what it is, for front ends that show only text.
func (p JPEG) String() string { return fmt.Sprintf("JPEG image, %d bytes", len(p)) }

// JSON shows v as a tree that can be unfolded. NaN and infinities, which JSON does not have, become null.
func JSON(v any) MIME { return MIME{"application/json": finite(v), "text/plain": text(v)} }

// VegaLite shows a Vega-Lite v5 chart from its specification.
func VegaLite(spec any) MIME {
	return MIME{"application/vnd.vegalite.v5+json": finite(spec), "text/plain": "Vega-Lite chart"}
}

// MIME is a value given in several representations, keyed by MIME type.
type MIME map[string]any

// MIME returns the map itself.
func (m MIME) MIME() map[string]any { return m }

// String gives the plain text, for front ends that show nothing else.
func (m MIME) String() string {
	if s, ok := m["text/plain"].(string); ok {
		return s
	}
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	return "data: " + strings.Join(names, ", ")
}

// Show shows each value now, in the middle of a cell, as the last value of a cell would be shown.
func Show(values ...any) {
	if out := Current(); out != nil {
		for _, v := range values {
			out.Display(Of(v))
		}
	}
}

// ShowAs shows v under a name, so that Update can replace it later, also from another cell.
func ShowAs(id string, v any) {
	if out := Current(); out != nil {
		b := Of(v)
		b.DisplayID = id
		out.Display(b)
	}
}

// Update replaces everything that is shown under the name id.
func Update(id string, v any) {
	if out := Current(); out != nil {
		b := Of(v)
		b.DisplayID = id
		out.Update(b)
	}
}

// Clear empties what the cell has shown so far: at once, or, with wait, when the next output arrives.
// Waiting avoids flicker when something is redrawn in a loop; a Live display is the better tool for that.
func Clear(wait bool) {
	if out := Current(); out != nil {
		out.Clear(wait)
	}
}

var errNoCell = errors.New("display.Input: no cell is running, so there is nobody to ask")

// Input asks the person at the notebook for a line of text.
func Input(prompt string) (string, error) { return ask(prompt, false) }

// Password asks for a line of text that is not shown while it is typed.
func Password(prompt string) (string, error) { return ask(prompt, true) }

func ask(prompt string, password bool) (string, error) {
	out := Current()
	if out == nil {
		return "", errNoCell
	}
	return out.Input(prompt, password)
}
