// Package live lets long work show itself while it runs (a loss curve, a progress bar) without knowing
// who is looking. A host such as the kernel sets Open; without a host, the displays go nowhere.
package live

// A Display is one output area whose content can be replaced. Methods may be called from one goroutine at a time.
type Display interface {
	// Update replaces what is shown. v shows itself by structural methods (HTML, PNG, SVG, ...).
	Update(v any)
}

// Open starts a new display showing v. The host replaces it at start-up; the default shows nothing.
var Open = func(v any) Display { return nowhere{} }

type nowhere struct{}

func (nowhere) Update(any) {}
