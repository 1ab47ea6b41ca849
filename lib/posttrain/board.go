package posttrain

import (
	"fmt"
	"time"

	"lyceum/lib/live"
	"lyceum/plotting"
)

// board is the live display of a run.
type board struct {
	run    *Run
	view   live.Display
	start  time.Time
	shown  time.Time
	before time.Duration // of the run that was resumed
}

// refresh is the time between two pictures; each costs some thirty milliseconds of a core.
const refresh = 400 * time.Millisecond

func newBoard(r *Run) *board {
	b := &board{run: r, start: time.Now(), before: r.Elapsed}
	b.view = live.Open(b.dashboard())
	b.shown = b.start
	return b
}

func (b *board) dashboard() plotting.Dashboard {
	r := b.run
	p := plotting.Progress{Label: r.Method, Done: r.done, Total: r.Planned, Elapsed: r.Elapsed, Unit: "tokens/s"}
	d := plotting.Dashboard{Progress: p}
	if len(r.Metrics) > 0 {
		if s := r.Elapsed.Seconds(); s > 0 {
			d.Progress.Rate = r.Last("num_tokens") / s
		}
		name, word := r.headline()
		y := steady(r.Column(name))
		d.Progress.Note = fmt.Sprintf("%s %.3f", word, y[len(y)-1])
		d.Figure = r.Plot()
	}
	return d
}

// step is called after each step; last shows the final state whatever the time.
func (b *board) step(last bool) {
	b.run.Elapsed = b.before + time.Since(b.start)
	if last || time.Since(b.shown) >= refresh {
		b.view.Update(b.dashboard())
		b.shown = time.Now()
	}
}
