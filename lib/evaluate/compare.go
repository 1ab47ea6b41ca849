// Package evaluate measures what a model can do, and how sure one may be of it.
package evaluate

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"strings"

	"lyceum/lib/datasets"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// Wilson returns the 95% interval of a share of successes k of n (Wilson 1927): unlike p +- 1.96 se it stays inside 0 and 1
// and is right for small n.
func Wilson(k, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	return wilson(float64(k)/float64(n), float64(n))
}

func wilson(p, m float64) (low, high float64) {
	const z = 1.959963984540054
	center := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return math.Max(0, center-half), math.Min(1, center+half)
}

// Right reports whether an answer is right: it is one short sentence of at most twelve words, and it has the wanted word.
func Right(answer, want string) bool {
	words := strings.FieldsFunc(strings.ToLower(answer), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	if len(words) > 12 || strings.Count(answer, ".") > 1 || strings.Contains(answer, "?") {
		return false
	}
	for _, w := range words {
		if w == strings.ToLower(want) {
			return true
		}
	}
	return false
}

// A Comparison is the answers of two models to the same questions.
type Comparison struct {
	Names     [2]string
	Questions []datasets.Question
	Answers   [2][]string
	Correct   [2]int
}

// Compare asks both models all questions, greedily.
func Compare(before, after *zoo.Model, questions []datasets.Question) *Comparison {
	c := &Comparison{Names: [2]string{before.Name, after.Name}, Questions: questions}
	texts := make([]string, len(questions))
	for i, q := range questions {
		texts[i] = q.Text
	}
	for i, m := range []*zoo.Model{before, after} {
		c.Answers[i] = m.AskAll(texts)
		for j, a := range c.Answers[i] {
			if Right(a, questions[j].Want) {
				c.Correct[i]++
			}
		}
	}
	return c
}

// Accuracy is the share of right answers; 0 is before, 1 is after.
func (c *Comparison) Accuracy(model int) float64 {
	return float64(c.Correct[model]) / math.Max(1, float64(len(c.Questions)))
}

// Interval is the 95% interval of Accuracy.
func (c *Comparison) Interval(model int) (low, high float64) {
	return Wilson(c.Correct[model], len(c.Questions))
}

// String is one line for each model.
func (c *Comparison) String() string {
	var b strings.Builder
	for i, name := range c.Names {
		lo, hi := c.Interval(i)
		fmt.Fprintf(&b, "%s: %d of %d right, %.0f%% (95%% interval %.0f%% to %.0f%%)\n", name, c.Correct[i], len(c.Questions), 100*c.Accuracy(i), 100*lo, 100*hi)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Measures is both accuracies, and whether they differ by McNemar's test.
func (c *Comparison) Measures() []Measure {
	var right [2][]bool
	var out []Measure
	for i, name := range c.Names {
		for j, a := range c.Answers[i] {
			right[i] = append(right[i], Right(a, c.Questions[j].Want))
		}
		out = append(out, Accuracy("right answers, "+name, right[i]))
	}
	d, err := McNemar(right[0], right[1])
	if err == nil { // both answered the same questions
		out[1].Note = fmt.Sprintf("%d only before, %d only after; p = %.3g that they are equally good", d.OnlyA, d.OnlyB, d.P)
	}
	return out
}

// shownAnswers is how many questions the table spells out.
const shownAnswers = 6

// HTML is a table: both models, n, accuracy, interval, and some answers side by side.
func (c *Comparison) HTML() string {
	var b strings.Builder
	b.WriteString("<table><thead><tr><th>model</th><th>n</th><th>right</th><th>95% interval</th></tr></thead><tbody>")
	for i, name := range c.Names {
		lo, hi := c.Interval(i)
		fmt.Fprintf(&b, `<tr><td style="text-align:left">%s</td><td>%d</td><td>%.1f%%</td><td>%.1f%% to %.1f%%</td></tr>`, html.EscapeString(name), len(c.Questions), 100*c.Accuracy(i), 100*lo, 100*hi)
	}
	fmt.Fprintf(&b, "</tbody></table><table><thead><tr><th>question</th><th>wanted</th><th>%s</th><th>%s</th></tr></thead><tbody>", html.EscapeString(c.Names[0]), html.EscapeString(c.Names[1]))
	for i, q := range c.Questions {
		if i == shownAnswers {
			break
		}
		fmt.Fprintf(&b, `<tr><td style="text-align:left">%s</td><td style="text-align:left">%s</td>`, html.EscapeString(q.Text), html.EscapeString(q.Want))
		for j := range c.Answers {
			mark := "&#10007;"
			if Right(c.Answers[j][i], q.Want) {
				mark = "&#10003;"
			}
			fmt.Fprintf(&b, `<td style="text-align:left;white-space:pre-wrap">%s %s</td>`, mark, html.EscapeString(c.Answers[j][i]))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// Plot draws both accuracies with their intervals.
func (c *Comparison) Plot() *plotting.Figure {
	f := plotting.Bars(fmt.Sprintf("right answers, n = %d", len(c.Questions)), "share", c.Names[:], []float64{c.Accuracy(0), c.Accuracy(1)}).YRange(0, 1)
	for i := range c.Names {
		lo, hi := c.Interval(i)
		f.Interval(i, lo, hi)
	}
	return f
}

// Report is the comparison as JSON.
func (c *Comparison) Report() ([]byte, error) {
	type side struct {
		Name      string
		N, Right  int
		Accuracy  float64
		Low, High float64
		Answers   []string
	}
	var out []side
	for i, n := range c.Names {
		lo, hi := c.Interval(i)
		out = append(out, side{n, len(c.Questions), c.Correct[i], c.Accuracy(i), lo, hi, c.Answers[i]})
	}
	return json.MarshalIndent(out, "", "  ")
}
