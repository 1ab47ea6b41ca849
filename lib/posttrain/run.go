package posttrain

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"sort"
	"strings"
	"time"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// A Run is a training run: the trained model, and what was measured.
type Run struct {
	Method  string
	Model   *zoo.Model
	Scorer  *transformer.Scorer // the reward model, of Reward
	Config  any                 // the method's config
	Metrics []Metrics           // one per log
	Steps   []int               // the step of each
	Evals   []Metrics           // one per evaluation
	Planned int                 // steps
	Epoch   float64             // passes over the data that lie behind
	Elapsed time.Duration
	Critic  *transformer.Scorer // of PPO: the trained one
	Samples []Sample            // of an online run: the completions of the last generation
	Advice  []string            // what the run found worth saying, one line each

	history []line // everything that was logged, in order
	done    int    // steps taken
	adviser
	equalPairs float64 // share of the pairs whose completions are equal, for Explain
}

// Metrics are the numbers of one log, by TRL's names (loss, grad_norm, learning_rate, ...).
type Metrics map[string]float64

// names lists the metrics for an error.
func (m Metrics) names() string {
	var n []string
	for k := range m {
		n = append(n, k)
	}
	sort.Strings(n)
	return strings.Join(n, ", ")
}

// trainable are the parameters that the run changes.
func (r *Run) trainable() []nn.Param {
	if r.Scorer != nil {
		return r.Scorer.Trainable()
	}
	return r.Model.LM.Trainable()
}

// A line is an entry with its step. Its JSON is one line of metrics.jsonl.
type line struct {
	step   int
	names  []string
	values Metrics
	eval   bool
}

// MarshalJSON writes the metrics in the order in which TRL prints them, and then the step. What is no number is null.
func (l line) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for _, n := range l.names {
		key, err := json.Marshal(n)
		if err != nil {
			return nil, err
		}
		v := []byte("null")
		if x := l.values[n]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			if v, err = json.Marshal(x); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&b, "%s: %s, ", key, v)
	}
	fmt.Fprintf(&b, `"step": %d}`, l.step)
	return []byte(b.String()), nil
}

func (r *Run) add(step int, e *entry, eval bool) {
	r.history = append(r.history, line{step, e.names, e.values, eval})
	if eval {
		r.Evals = append(r.Evals, e.values)
		return
	}
	r.Metrics, r.Steps = append(r.Metrics, e.values), append(r.Steps, step)
}

// Column returns one metric of every log; NaN where a log does not have it.
func (r *Run) Column(name string) []float64 {
	out, found := make([]float64, len(r.Metrics)), len(r.Metrics) == 0
	for i, m := range r.Metrics {
		v, ok := m[name]
		if !ok {
			v = math.NaN()
		}
		found = found || ok
		out[i] = v
	}
	if !found {
		panic(fmt.Sprintf("posttrain.Run.Column: no log has a metric %q; there are %s", name, r.Metrics[0].names()))
	}
	return out
}

// Last returns a metric of the last log; 0 if there was none.
func (r *Run) Last(name string) float64 {
	if len(r.Metrics) == 0 {
		return 0
	}
	return r.Metrics[len(r.Metrics)-1][name]
}

// Plot draws the loss of every log, or the mean reward of an online method.
func (r *Run) Plot() *plotting.Figure {
	if name, word := r.headline(); word != "loss" && len(r.Metrics) > 0 {
		y := steady(r.Column(name))
		x := make([]float64, len(y))
		for i := range x {
			x[i] = float64(r.Steps[i])
		}
		return plotting.New(r.Method+": mean "+word+" of the completions", "step", word).LineXY("each step", x, y).LineXY("smoothed", x, plotting.Smooth(y, 0.8))
	}
	return plotting.LossCurve(r.Method+": training loss", r.Column("loss"))
}

// String says how far the run came.
func (r *Run) String() string {
	s := fmt.Sprintf("%s: %d of %d steps in %.1f s", r.Method, r.done, r.Planned, r.Elapsed.Seconds())
	if n := len(r.Metrics); n > 0 {
		unit := ""
		if r.Method == "SFT" {
			unit = " nats a token"
		}
		name, word := r.headline()
		y := steady(r.Column(name))
		s += fmt.Sprintf(", %s %.3f -> %.3f%s", word, y[0], y[n-1], unit)
	}
	for _, a := range r.Advice {
		s += "\n" + a
	}
	return s
}

// HTML shows the run in one line and the metrics of its first and last log.
func (r *Run) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<div>%s</div>", strings.ReplaceAll(html.EscapeString(r.String()), "\n", "<br>"))
	var lines []line
	for _, l := range r.history {
		if !l.eval {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return b.String()
	}
	first, last := lines[0], lines[len(lines)-1]
	fmt.Fprintf(&b, "<table><thead><tr><th>metric</th><th>step %d</th><th>step %d</th></tr></thead><tbody>", first.step, last.step)
	for _, n := range last.names {
		fmt.Fprintf(&b, "<tr><td style=\"text-align:left\">%s</td><td>%s</td><td>%s</td></tr>", html.EscapeString(n), number(first.values, n), number(last.values, n))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

func number(m Metrics, name string) string {
	if v, ok := m[name]; ok {
		return fmt.Sprintf("%.4g", v)
	}
	return ""
}

// steady fills in what a log does not have, as when several steps learn from the same completions, by what was there before.
func steady(x []float64) []float64 {
	for i := 1; i < len(x); i++ {
		if x[i] != x[i] {
			x[i] = x[i-1]
		}
	}
	return x
}
