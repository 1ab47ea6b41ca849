package posttrain

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// advise says something once: in the run's description and on the console.
func (r *Run) advise(key, text string) { r.note(key, fmt.Sprintf("step %d: %s", r.done+1, text)) }

// note is advise for what belongs to no step.
func (r *Run) note(key, line string) {
	if r.advised[key] {
		return
	}
	if r.advised == nil {
		r.advised = map[string]bool{}
	}
	r.advised[key] = true
	r.Advice = append(r.Advice, line)
	if r.console != nil {
		fmt.Fprintln(r.console, "note: "+line)
	}
}

// speak says aloud what was found before there was a console.
func (r *Run) speak(console io.Writer) {
	if r.console == nil && console != nil {
		r.console = console
		for _, line := range r.Advice {
			fmt.Fprintln(console, "note: "+line)
		}
	}
}

// headline is the metric that tells how a run is going, and the word for it: the loss, or what an online method is after.
func (r *Run) headline() (metric, word string) {
	if len(r.Metrics) > 0 {
		for _, h := range [][2]string{{"objective/scores", "score"}, {"reward", "reward"}} {
			if _, ok := r.Metrics[0][h[0]]; ok {
				return h[0], h[1]
			}
		}
	}
	return "loss", "loss"
}

// adviser is where advice is printed.
type adviser struct {
	advised map[string]bool
	console io.Writer
}

// SampleTable lists the completions of the last generation, the best first.
func (r *Run) SampleTable() *Samples { return &Samples{rows: r.Samples} }

// Samples shows completions with their rewards.
type Samples struct{ rows []Sample }

// String writes one completion a line.
func (s *Samples) String() string {
	var b strings.Builder
	for _, r := range s.sorted() {
		fmt.Fprintf(&b, "%+.3f  %v  %q -> %q\n", r.Advantage, rewardText(r), tail(r.Prompt, 60), tail(r.Completion, 80))
	}
	return b.String()
}

// HTML shows a table.
func (s *Samples) HTML() string {
	var b strings.Builder
	b.WriteString("<table><thead><tr><th>prompt</th><th>completion</th><th>rewards</th><th>advantage</th></tr></thead><tbody>")
	for _, r := range s.sorted() {
		text := html.EscapeString(r.Completion)
		if r.Truncated {
			text += " <i>(ran out of room)</i>"
		}
		fmt.Fprintf(&b, "<tr><td style=\"text-align:left\">%s</td><td style=\"text-align:left\">%s</td><td>%s</td><td>%+.3f</td></tr>", html.EscapeString(tail(r.Prompt, 120)), text, html.EscapeString(rewardText(r)), r.Advantage)
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

func (s *Samples) sorted() []Sample {
	out := slices.Clone(s.rows)
	slices.SortStableFunc(out, func(a, b Sample) int {
		switch {
		case a.Advantage > b.Advantage:
			return -1
		case a.Advantage < b.Advantage:
			return 1
		}
		return 0
	})
	return out
}

func rewardText(s Sample) string {
	var names []string
	for n := range s.Rewards {
		names = append(names, n)
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %.3g", n, s.Rewards[n])
	}
	return strings.Join(names, ", ")
}

// tail is the end of a text, which is where a prompt asks.
func tail(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "..." + string(r[len(r)-most:])
	}
	return s
}
