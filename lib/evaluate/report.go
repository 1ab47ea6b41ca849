package evaluate

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"strings"

	"lyceum/plotting"
)

// A Measure is one number that was measured, and how sure it is.
type Measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Low and High are the 95% interval; both NaN where none is known.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	N    int     `json:"n"` // what it is over: answers, tokens, pairs
	// Share says that the value is between 0 and 1 and is shown in percent.
	Share bool   `json:"share,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Share is a measure of k successes in n, with Wilson's 95% interval. The value is NaN if n is 0.
func Share(name string, k, n int) Measure {
	lo, hi := Wilson(k, n)
	value := math.NaN()
	if n > 0 {
		value = float64(k) / float64(n)
	}
	return Measure{Name: name, Value: value, Low: lo, High: hi, N: n, Share: true}
}

// number is a measure without an interval.
func number(name string, value float64, n int) Measure {
	return Measure{Name: name, Value: value, Low: math.NaN(), High: math.NaN(), N: n}
}

// MarshalJSON writes null for what is not known: JSON has no NaN.
func (m Measure) MarshalJSON() ([]byte, error) {
	known := func(x float64) any {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return x
	}
	return json.Marshal(struct {
		Name  string `json:"name"`
		Value any    `json:"value"`
		Low   any    `json:"low"`
		High  any    `json:"high"`
		N     int    `json:"n"`
		Share bool   `json:"share,omitempty"`
		Note  string `json:"note,omitempty"`
	}{m.Name, known(m.Value), known(m.Low), known(m.High), m.N, m.Share, m.Note})
}

// form is a number as the tables show it.
func (m Measure) form(x float64) string {
	switch {
	case math.IsNaN(x):
		return ""
	case m.Share:
		return fmt.Sprintf("%.1f%%", 100*x)
	}
	return fmt.Sprintf("%.4g", x)
}

func (m Measure) interval() string {
	if math.IsNaN(m.Low) || math.IsNaN(m.High) {
		return ""
	}
	return m.form(m.Low) + " to " + m.form(m.High)
}

// Measured is anything that was measured.
type Measured interface{ Measures() []Measure }

// String is the measure in a line.
func (m Measure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", m.Name, m.form(m.Value))
	if i := m.interval(); i != "" {
		fmt.Fprintf(&b, " (95%% interval %s)", i)
	}
	fmt.Fprintf(&b, ", n = %d", m.N)
	if m.Note != "" {
		b.WriteString("; " + m.Note)
	}
	return b.String()
}

// Above says that the whole 95% interval of m lies above that of other: the difference is more than chance in the samples.
// It is false where an interval is not known. Intervals that overlap a little may still differ; a paired test is sharper.
func (m Measure) Above(other Measure) bool { return m.Low > other.High }

// Measures is the measure itself.
func (m Measure) Measures() []Measure { return []Measure{m} }

// A Report is measures under a title: a table in a cell, one line each as text, and JSON.
type Report struct {
	Title string    `json:"title"`
	Rows  []Measure `json:"measures"`
}

// NewReport collects what was measured.
func NewReport(title string, parts ...Measured) *Report {
	r := &Report{Title: title}
	for _, p := range parts {
		r.Rows = append(r.Rows, p.Measures()...)
	}
	return r
}

// String is a line for each measure.
func (r *Report) String() string {
	var b strings.Builder
	b.WriteString(r.Title)
	for _, m := range r.Rows {
		b.WriteString("\n" + m.String())
	}
	return b.String()
}

// HTML is the table.
func (r *Report) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table><caption>%s</caption><thead><tr><th>measure</th><th>value</th><th>95%% interval</th><th>n</th><th></th></tr></thead><tbody>", html.EscapeString(r.Title))
	for _, m := range r.Rows {
		fmt.Fprintf(&b, `<tr><td style="text-align:left">%s</td><td>%s</td><td>%s</td><td>%d</td><td style="text-align:left">%s</td></tr>`, html.EscapeString(m.Name), m.form(m.Value), m.interval(), m.N, html.EscapeString(m.Note))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// Report is the report as JSON.
func (r *Report) Report() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Plot draws the shares among the measures with their intervals.
func (r *Report) Plot() *plotting.Figure {
	var names []string
	var values []float64
	var shares []Measure
	for _, m := range r.Rows {
		if m.Share && !math.IsNaN(m.Value) {
			names, values, shares = append(names, m.Name), append(values, m.Value), append(shares, m)
		}
	}
	f := plotting.Bars(r.Title, "share", names, values).YRange(0, 1)
	for i, m := range shares {
		if !math.IsNaN(m.Low) {
			f.Interval(i, m.Low, m.High)
		}
	}
	return f
}
