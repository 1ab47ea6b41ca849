// Package display is what a cell shows: MIME bundles, live displays, tables and images, and the few
// calls that a learner uses for them (Show, HTML, Markdown, Update, Clear, Input).
//
// It is also the seam between running cells and whoever shows them: the kernel's server and the headless
// runner each implement Output, and every goroutine that a cell starts finds its cell's Output again.
package display

// Bundle is one value in several representations, keyed by MIME type
// (Jupyter messaging 5.5, "display_data"). Text types hold a string; image types hold base64 text;
// JSON types hold any value that encoding/json accepts.
type Bundle struct {
	Data      map[string]any
	Metadata  map[string]any
	DisplayID string // transient.display_id; empty when the display cannot be updated
}

// Output takes the effects of one running cell. Its methods may be called from any goroutine, also
// after the cell has ended: late output still belongs to the cell that started it.
type Output interface {
	// Stream appends p to the stream named "stdout" or "stderr".
	Stream(name string, p []byte)
	// Display shows a new output area (display_data).
	Display(b Bundle)
	// Update replaces every display that has b.DisplayID (update_display_data).
	Update(b Bundle)
	// Clear empties the cell's output, at once or when the next output arrives (clear_output).
	Clear(wait bool)
	// Input asks the person at the front end for a line (stdin channel, input_request) and returns it
	// without its newline. The error says why there can be no answer: input is not allowed, or the cell was interrupted.
	Input(prompt string, password bool) (string, error)
}
