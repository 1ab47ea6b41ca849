package posttrain

import (
	"fmt"
	"html"
	"strings"
	"time"

	"lyceum/lib/live"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// A Run is a training run: the trained model, and what was measured at each step.
type Run struct {
	Method  string
	Model   *zoo.Model
	Config  SFTConfig
	Metrics []Metrics // one per step
	Planned int       // steps
	Elapsed time.Duration
}

// Metrics are the numbers of one step, by TRL's names (loss, grad_norm, learning_rate, ...).
type Metrics map[string]float64

// Column returns one metric of every step.
func (r *Run) Column(name string) []float64 {
	out := make([]float64, len(r.Metrics))
	for i, m := range r.Metrics {
		v, ok := m[name]
		if !ok {
			panic(fmt.Sprintf("posttrain.Run.Column: step %d has no metric %q", i+1, name))
		}
		out[i] = v
	}
	return out
}

// Last returns a metric of the last step; 0 if there was none.
func (r *Run) Last(name string) float64 {
	if len(r.Metrics) == 0 {
		return 0
	}
	return r.Metrics[len(r.Metrics)-1][name]
}

// Plot draws the loss of every step.
func (r *Run) Plot() *plotting.Figure {
	return plotting.LossCurve(r.Method+": training loss", r.Column("loss"))
}

// String says how far the run came.
func (r *Run) String() string {
	s := fmt.Sprintf("%s: %d of %d steps in %.1f s", r.Method, len(r.Metrics), r.Planned, r.Elapsed.Seconds())
	if n := len(r.Metrics); n > 0 {
		s += fmt.Sprintf(", loss %.3f -> %.3f nats a token", r.Metrics[0]["loss"], r.Metrics[n-1]["loss"])
	}
	return s
}

// HTML shows the run in one line and the metrics of its first and last step.
func (r *Run) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<div>%s</div>", html.EscapeString(r.String()))
	if len(r.Metrics) == 0 {
		return b.String()
	}
	first, last := r.Metrics[0], r.Metrics[len(r.Metrics)-1]
	fmt.Fprintf(&b, "<table><thead><tr><th>metric</th><th>step 1</th><th>step %d</th></tr></thead><tbody>", len(r.Metrics))
	for _, n := range []string{"loss", "entropy", "mean_token_accuracy", "grad_norm", "learning_rate", "num_tokens", "epoch"} {
		fmt.Fprintf(&b, "<tr><td style=\"text-align:left\">%s</td><td>%.4g</td><td>%.4g</td></tr>", n, first[n], last[n])
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// board is the live display of a run.
type board struct {
	run   *Run
	view  live.Display
	start time.Time
	shown time.Time
}

// refresh is the time between two pictures; each costs some thirty milliseconds of a core.
const refresh = 400 * time.Millisecond

func newBoard(r *Run) *board {
	b := &board{run: r, start: time.Now()}
	b.view = live.Open(b.dashboard())
	b.shown = b.start
	return b
}

func (b *board) dashboard() plotting.Dashboard {
	r := b.run
	p := plotting.Progress{Label: r.Method, Done: len(r.Metrics), Total: r.Planned, Elapsed: time.Since(b.start), Unit: "tokens/s"}
	d := plotting.Dashboard{Progress: p}
	if len(r.Metrics) > 0 {
		d.Progress.Rate = r.Last("num_tokens") / time.Since(b.start).Seconds()
		d.Progress.Note = fmt.Sprintf("loss %.3f", r.Last("loss"))
		d.Figure = r.Plot()
	}
	return d
}

// step is called after each step; last shows the final state whatever the time.
func (b *board) step(last bool) {
	b.run.Elapsed = time.Since(b.start)
	if last || time.Since(b.shown) >= refresh {
		b.view.Update(b.dashboard())
		b.shown = time.Now()
	}
}
