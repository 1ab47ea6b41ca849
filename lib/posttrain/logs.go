package posttrain

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lyceum/lib/checkpoint"
)

// A logger writes what a run logs: metrics.jsonl, metrics.csv and TensorBoard's event files into the output folder, and the
// Trainer's lines on a console.
type logger struct {
	run     *Run
	dir     string
	held    *os.File // the folder
	jsonl   *os.File
	csv     bool
	events  *events
	console io.Writer
}

// newLogger opens the logs. A resumed run writes again what it had logged up to its checkpoint, so that lines of a run that was
// cut off later are gone.
func newLogger(r *Run, s settings) (*logger, error) {
	l := &logger{run: r, dir: s.OutputDir, csv: s.CSV, console: s.Console}
	if l.dir == "" {
		return l, nil
	}
	fail := func(err error) (*logger, error) {
		l.close()
		return nil, fmt.Errorf("posttrain: OutputDir: %w", err)
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fail(err)
	}
	held, taken, err := hold(l.dir)
	if taken {
		return nil, fmt.Errorf("posttrain: OutputDir: another run is writing into %s: wait for its end, or choose another folder", l.dir)
	}
	if l.held = held; err != nil {
		return fail(err)
	}
	var old bytes.Buffer
	for _, x := range r.history {
		b, err := json.Marshal(x)
		if err != nil {
			return fail(err)
		}
		old.Write(append(b, '\n'))
	}
	file := filepath.Join(l.dir, "metrics.jsonl")
	if err := checkpoint.WriteFile(file, old.Bytes()); err != nil {
		return fail(err)
	}
	if l.jsonl, err = os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return fail(err)
	}
	if s.TensorBoard {
		if l.events, err = newEvents(filepath.Join(l.dir, "runs"), time.Now()); err == nil {
			err = l.describe()
		}
		if err != nil {
			return fail(err)
		}
	}
	return l, nil
}

func (l *logger) write(step int, e *entry) error {
	x := line{step: step, names: e.names, values: e.values}
	if l.console != nil {
		fmt.Fprintln(l.console, consoleLine(e))
	}
	if l.jsonl == nil {
		return nil
	}
	b, err := json.Marshal(x)
	if err == nil {
		_, err = l.jsonl.Write(append(b, '\n'))
	}
	if err == nil && l.events != nil {
		err = l.events.add(time.Now(), step, e)
	}
	if err == nil && l.csv {
		err = l.table()
	}
	if err != nil {
		return fmt.Errorf("posttrain: the logs in %s: %w", l.dir, err)
	}
	return nil
}

// consoleLine writes an entry as the Trainer prints it: a Python dictionary of strings with four digits.
func consoleLine(e *entry) string {
	var parts []string
	for _, n := range e.names {
		parts = append(parts, fmt.Sprintf("'%s': '%s'", n, python4g(e.values[n])))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// python4g is Python's f"{v:.4g}": Go's %.4g writes the exponent for the same numbers.
func python4g(v float64) string { return fmt.Sprintf("%.4g", v) }

// describe writes the settings and the architecture into the event file.
func (l *logger) describe() error {
	now := time.Now()
	if err := l.events.text(now, "args", settingsText(l.run.Config)); err != nil {
		return err
	}
	c, err := checkpoint.ConfigJSON(l.run.Model.LM.Config)
	if err != nil {
		return nil // an architecture that no config.json can say
	}
	return l.events.text(now, "model_config", string(c))
}

// end prints the summary of the Trainer.
func (l *logger) end(t *loop) error {
	if l.console == nil && l.events == nil {
		return nil
	}
	sum, n := 0.0, 0
	for i, m := range l.run.Metrics {
		steps := l.run.Steps[i]
		if i > 0 {
			steps -= l.run.Steps[i-1]
		}
		sum, n = sum+m["loss"]*float64(steps), n+steps
	}
	e, seconds := newEntry(), time.Since(t.started).Seconds()
	e.put("train_runtime", round(seconds, 4))
	e.put("train_steps_per_second", round(float64(t.step)/seconds, 3))
	e.put("train_loss", (sum+t.sum)/float64(max(1, n+t.step-t.logged)))
	e.put("epoch", l.run.Epoch)
	if l.console != nil {
		fmt.Fprintln(l.console, consoleLine(e))
	}
	if l.events == nil {
		return nil
	}
	if err := l.events.add(time.Now(), t.step, e); err != nil {
		return fmt.Errorf("posttrain: the logs in %s: %w", l.dir, err)
	}
	return nil
}

// table writes metrics.csv anew: one row a log, a column for every metric that there was.
func (l *logger) table() error {
	columns, seen := []string{"step"}, map[string]bool{}
	for _, x := range l.run.history {
		for _, n := range x.names {
			if !seen[n] {
				seen[n] = true
				columns = append(columns, n)
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{columns}
	for _, x := range l.run.history {
		row := []string{strconv.Itoa(x.step)}
		for _, n := range columns[1:] {
			cell := ""
			if v, ok := x.values[n]; ok {
				cell = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(l.dir, "metrics.csv"), b.Bytes())
}

func (l *logger) close() {
	if l.held != nil {
		l.held.Close()
	}
	if l.jsonl != nil {
		l.jsonl.Close()
	}
	if l.events != nil {
		l.events.file.Close()
	}
}
