package notebook

import (
	"errors"
	"fmt"
	"time"

	"lyceum/kernel/session"
)

// An Executor runs cells; *session.Session is one.
type Executor interface {
	Execute(session.Request) session.Result
	Interrupt()
}

// Options say how a notebook is executed.
type Options struct {
	CellTimeout time.Duration                                                    // 0: a cell may take as long as it takes
	AllowErrors bool                                                             // go on after a cell that fails
	Times       bool                                                             // record in each cell when it ran
	Save        func(*Notebook) error                                            // called after each cell, and while one shows something
	Begin       func(n, of int, c *Cell)                                         // called before the n-th of the code cells runs
	End         func(n, of int, c *Cell, took time.Duration, err *session.Error) // called after it
	Interrupt   <-chan struct{}                                                  // closed or sent to when the person wants to stop
}

// ErrInterrupted is returned when the person stopped the run.
var ErrInterrupted = errors.New("interrupted")

// A CellError is a cell that failed. Cell counts all cells of the notebook from 1, Code only those with code.
type CellError struct {
	Cell, Code int
	Err        *session.Error
}

func (e *CellError) Error() string {
	return fmt.Sprintf("cell %d: %s", e.Cell, e.Err.Value)
}

const (
	saveEvery = time.Second / 2 // while a cell shows something: what a killed process may lose
	saveShare = 20              // and at most one part in so many of the time goes into that, for large notebooks
	grace     = 5 * time.Second // for a cell to stop that was asked to
)

// Run executes the code cells in order and replaces their outputs. It returns a *CellError for the first
// cell that fails unexpectedly (neither AllowErrors nor the tag raises-exception), ErrInterrupted, or what Save returned.
// Cells with the tag skip-execution keep what they have. The outputs so far are in nb, and saved, in every case.
func Run(nb *Notebook, ex Executor, opt Options) error {
	if opt.Save == nil {
		opt.Save = func(*Notebook) error { return nil }
	}
	r := &run{nb: nb, ex: ex, opt: opt, rec: NewRecorder()}
	for i, c := range nb.Cells {
		if c.IsCode() && !c.HasTag("skip-execution") {
			c.reset()
			r.todo = append(r.todo, i)
		}
	}
	for n, i := range r.todo {
		if err := r.cell(n+1, i); err != nil {
			return err
		}
	}
	r.collect() // late output of goroutines
	return opt.Save(nb)
}

type run struct {
	nb    *Notebook
	ex    Executor
	opt   Options
	rec   *Recorder
	todo  []int // indices of the cells that run
	count int
	outs  []*CellOutput
	cells []*Cell
}

// collect brings the recorded outputs of all cells so far into the document: a later cell or a goroutine may have changed earlier ones.
func (r *run) collect() {
	for i, c := range r.cells {
		c.raw["outputs"] = r.outs[i].JSON()
	}
}

func (r *run) save() error {
	r.rec.takeChanged()
	r.collect()
	return r.opt.Save(r.nb)
}

func (r *run) cell(n, index int) error {
	c := r.nb.Cells[index]
	if r.opt.Begin != nil {
		r.opt.Begin(n, len(r.todo), c)
	}
	r.count++
	out := r.rec.Cell()
	r.cells, r.outs = append(r.cells, c), append(r.outs, out)
	c.raw["execution_count"] = r.count
	begun := time.Now()
	res, stop := r.execute(session.Request{Code: c.Source(), Count: r.count, Out: out})
	took := time.Since(begun)
	if res.Value != nil {
		out.Result(*res.Value, r.count)
	}
	if res.Err != nil {
		out.Fail(res.Err.Name, res.Err.Value, res.Err.Traceback)
	}
	if r.opt.Times {
		c.setTimes(stamp(begun), stamp(begun.Add(took)))
	}
	if r.opt.End != nil {
		r.opt.End(n, len(r.todo), c, took, res.Err)
	}
	if err := r.save(); err != nil {
		return err
	}
	switch {
	case stop == stopPerson:
		return ErrInterrupted
	case res.Err == nil:
		return nil
	case stop == stopHung, !r.opt.AllowErrors && !c.HasTag("raises-exception"):
		return &CellError{Cell: index + 1, Code: r.count, Err: res.Err}
	}
	return nil
}

// stamp is the form in which Jupyter writes a time.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

type stopped int

const (
	stopNo     stopped = iota
	stopPerson         // the person interrupted
	stopTime           // over the time limit
	stopHung           // over the time limit, and the cell cannot be stopped
)

// execute runs one cell and watches the clock and the person meanwhile.
func (r *run) execute(req session.Request) (session.Result, stopped) {
	done := make(chan session.Result, 1)
	go func() { done <- r.ex.Execute(req) }()
	var limit <-chan time.Time
	if r.opt.CellTimeout > 0 {
		t := time.NewTimer(r.opt.CellTimeout)
		defer t.Stop()
		limit = t.C
	}
	tick := time.NewTimer(saveEvery)
	defer tick.Stop()
	for {
		select {
		case res := <-done:
			return res, stopNo
		case <-limit:
			return r.stop(done, stopTime, &session.Error{Name: "timeout", Value: fmt.Sprintf("%s: the cell took more than %v", place(req), r.opt.CellTimeout)})
		case <-r.opt.Interrupt:
			return r.stop(done, stopPerson, &session.Error{Name: "interrupted", Value: place(req) + ": interrupted", Interrupted: true})
		case <-tick.C:
			begun := time.Now()
			if r.rec.takeChanged() {
				r.collect()
				r.opt.Save(r.nb) // a failure is reported after the cell, when the run can end in good order
			}
			tick.Reset(max(saveEvery, saveShare*time.Since(begun)))
		}
	}
}

func place(req session.Request) string { return fmt.Sprintf("In[%d]", req.Count) }

// stop interrupts the cell. The value and the traceback say why it ended; a cell that does not end is left behind.
func (r *run) stop(done <-chan session.Result, why stopped, e *session.Error) (session.Result, stopped) {
	r.ex.Interrupt()
	select {
	case res := <-done:
		if res.Err == nil && why == stopTime { // it came to its end at the last moment
			return res, stopNo
		}
	case <-time.After(grace):
		e.Value += ", and it could not be stopped"
		if why == stopTime {
			why = stopHung
		}
	}
	e.Traceback = []string{e.Value}
	return session.Result{Err: e}, why
}
