package evaluate

import (
	"fmt"

	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// Forgetting is what training for one thing did to what a model knew of another.
type Forgetting struct {
	Before, After *Perplexity
	// Change is of -log p per token from before to after, text by text, with its bootstrap interval: positive is worse.
	Change Bootstrap
}

// MeasureForgetting compares the perplexity of a model before and after training on texts of another kind than those that it
// was trained on (McCloskey and Cohen 1989 called it catastrophic interference).
func MeasureForgetting(before, after *zoo.Model, texts []string, c PerplexityConfig) (*Forgetting, error) {
	f := &Forgetting{}
	var err error
	if f.Before, err = MeasurePerplexity(before, texts, c); err != nil {
		return nil, err
	}
	if f.After, err = MeasurePerplexity(after, texts, c); err != nil {
		return nil, err
	}
	var a, b []float64
	for i, t := range f.Before.Texts {
		if t.Tokens > 0 && f.After.Texts[i].Tokens > 0 {
			a, b = append(a, t.NLL), append(b, f.After.Texts[i].NLL)
		}
	}
	f.Change, err = PairedBootstrap(a, b, 2000, 1)
	return f, err
}

// Measures is what a table shows.
func (f *Forgetting) Measures() []Measure {
	c := f.Change.Measures()[0]
	c.Name = "change of -log p per token, nats (positive: forgotten)"
	return append(append(f.Before.Measures()[:1:1], f.After.Measures()[:1]...), c)
}

// String is a line for each measure.
func (f *Forgetting) String() string { return NewReport("forgetting", f).String() }

// HTML is the table of the measures.
func (f *Forgetting) HTML() string { return NewReport("forgetting", f).HTML() }

// Plot draws -log p of each text before and after; on the diagonal nothing has changed.
func (f *Forgetting) Plot() *plotting.Figure {
	var x, y []float64
	top := 0.0
	for i, t := range f.Before.Texts {
		if t.Tokens > 0 {
			x, y = append(x, t.NLL), append(y, f.After.Texts[i].NLL)
			top = max(top, t.NLL, f.After.Texts[i].NLL)
		}
	}
	return plotting.New(fmt.Sprintf("forgetting, n = %d texts", len(x)), "-log p before, nats per token", "after").
		LineXY("no change", []float64{0, top}, []float64{0, top}).Points("texts", x, y)
}
