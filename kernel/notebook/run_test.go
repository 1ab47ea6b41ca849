package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"lyceum/kernel/display"
	"lyceum/kernel/session"
)

// fake runs "cells" whose text names a function of the test.
type fake struct {
	cells map[string]func(o display.Output) session.Result
	ran   []string
	halt  chan struct{}
}

func (f *fake) Execute(r session.Request) session.Result {
	f.ran = append(f.ran, r.Code)
	return f.cells[r.Code](r.Out)
}

func (f *fake) Interrupt() { close(f.halt) }

func cellsOf(sources ...string) *Notebook {
	var cells []string
	for _, s := range sources {
		code, tags, _ := strings.Cut(s, "#")
		t, _ := json.Marshal(strings.Fields(tags))
		cells = append(cells, fmt.Sprintf(`{"cell_type": "code", "source": %q, "metadata": {"tags": %s}, "execution_count": 99, "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}]}`, code, t))
	}
	nb, err := Parse([]byte(`{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "# t", "metadata": {}},` + strings.Join(cells, ",") + `]}`))
	if err != nil {
		panic(err)
	}
	return nb
}

func outputsOf(nb *Notebook, i int) string {
	b, _ := json.Marshal(nb.Cells[i+1].raw["outputs"])
	return string(b)
}

func ok(f func(o display.Output)) func(display.Output) session.Result {
	return func(o display.Output) session.Result { f(o); return session.Result{} }
}

func text1(s string) display.Bundle { return display.Bundle{Data: map[string]any{"text/plain": s}} }

func withID(s, id string) display.Bundle { b := text1(s); b.DisplayID = id; return b }

func TestOutputs(t *testing.T) {
	for name, c := range map[string]struct {
		f    func(o display.Output)
		want string
	}{
		"streams merge with their own kind only": {func(o display.Output) {
			o.Stream("stdout", []byte("a\n"))
			o.Stream("stdout", []byte("b"))
			o.Stream("stderr", []byte("c"))
			o.Stream("stdout", []byte("d"))
		}, `[{"name":"stdout","output_type":"stream","text":["a\n","b"]},{"name":"stderr","output_type":"stream","text":["c"]},{"name":"stdout","output_type":"stream","text":["d"]}]`},
		"a character in two pieces": {func(o display.Output) {
			o.Stream("stdout", []byte("\xc3"))
			o.Stream("stdout", []byte("\xa9"))
		}, `[{"name":"stdout","output_type":"stream","text":["é"]}]`},
		"clear at once": {func(o display.Output) {
			o.Stream("stdout", []byte("a"))
			o.Clear(false)
		}, `[]`},
		"clear with wait keeps until the next": {func(o display.Output) {
			o.Stream("stdout", []byte("a"))
			o.Clear(true)
		}, `[{"name":"stdout","output_type":"stream","text":["a"]}]`},
		"clear with wait, then the next": {func(o display.Output) {
			o.Stream("stdout", []byte("a"))
			o.Clear(true)
			o.Stream("stdout", []byte("b"))
		}, `[{"name":"stdout","output_type":"stream","text":["b"]}]`},
		"update in place, without transient": {func(o display.Output) {
			o.Display(withID("1", "x"))
			o.Display(text1("2"))
			o.Update(withID("3", "x"))
			o.Update(withID("4", "nobody"))
		}, `[{"data":{"text/plain":["3"]},"metadata":{},"output_type":"display_data"},{"data":{"text/plain":["2"]},"metadata":{},"output_type":"display_data"}]`},
		"types": {func(o display.Output) {
			o.Display(display.Bundle{Data: map[string]any{"image/png": "AAAA\n", "image/svg+xml": "<svg>\n</svg>", "application/json": map[string]int{"n": 1}}, Metadata: map[string]any{"image/png": map[string]any{"width": 10}}})
		}, `[{"data":{"application/json":{"n":1},"image/png":"AAAA\n","image/svg+xml":["\u003csvg\u003e\n","\u003c/svg\u003e"]},"metadata":{"image/png":{"width":10}},"output_type":"display_data"}]`},
		"a value that JSON does not know": {func(o display.Output) {
			o.Display(display.Bundle{Data: map[string]any{"application/json": math.NaN()}})
		}, `[{"data":{"text/plain":["this value cannot be shown as application/json: json: unsupported value: NaN"]},"metadata":{},"output_type":"display_data"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			nb := cellsOf("c")
			if err := Run(nb, &fake{cells: map[string]func(display.Output) session.Result{"c": ok(c.f)}}, Options{}); err != nil {
				t.Fatal(err)
			}
			if got := outputsOf(nb, 0); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLaterCellUpdatesEarlierDisplay(t *testing.T) {
	nb := cellsOf("show", "update")
	err := Run(nb, &fake{cells: map[string]func(display.Output) session.Result{
		"show":   ok(func(o display.Output) { o.Display(withID("before", "x")) }),
		"update": ok(func(o display.Output) { o.Update(withID("after", "x")) }),
	}}, Options{})
	if err != nil || !strings.Contains(outputsOf(nb, 0), "after") || outputsOf(nb, 1) != "[]" {
		t.Errorf("%v: %s %s", err, outputsOf(nb, 0), outputsOf(nb, 1))
	}
}

func TestResultCountAndTimes(t *testing.T) {
	nb := cellsOf("v")
	v := text1("42")
	saves := 0
	err := Run(nb, &fake{cells: map[string]func(display.Output) session.Result{"v": func(display.Output) session.Result { return session.Result{Value: &v} }}},
		Options{Times: true, Save: func(nb *Notebook) error { saves++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if got := outputsOf(nb, 0); got != `[{"data":{"text/plain":["42"]},"execution_count":1,"metadata":{},"output_type":"execute_result"}]` {
		t.Error(got)
	}
	doc := string(nb.Bytes())
	for _, want := range []string{`"execution_count": 1`, `"shell.execute_reply": "`, `"iopub.status.busy": "`} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
	if saves != 2 { // after the cell, and at the end
		t.Errorf("saved %d times", saves)
	}
}

var failing = session.Result{Err: &session.Error{Name: "panic", Value: "In[1]:1:1: boom", Traceback: []string{"In[1]:1:1: boom"}}}

func TestFailures(t *testing.T) {
	cells := map[string]func(display.Output) session.Result{
		"fail": func(o display.Output) session.Result { o.Stream("stdout", []byte("first")); return failing },
		"ok":   ok(func(o display.Output) { o.Stream("stdout", []byte("fine")) }),
	}
	for name, c := range map[string]struct {
		sources []string
		allow   bool
		ran     int
		fails   bool
	}{
		"stops at the first":       {[]string{"fail", "ok"}, false, 1, true},
		"allow errors":             {[]string{"fail", "ok"}, true, 2, false},
		"tag raises-exception":     {[]string{"fail#raises-exception", "ok"}, false, 2, false},
		"tag skip-execution":       {[]string{"fail#skip-execution", "ok"}, false, 1, false},
		"tag raises but does not":  {[]string{"ok#raises-exception"}, false, 1, false},
		"fails at the second cell": {[]string{"ok", "fail", "ok"}, false, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			nb, f := cellsOf(c.sources...), &fake{cells: cells}
			err := Run(nb, f, Options{AllowErrors: c.allow})
			var ce *CellError
			if errors.As(err, &ce) != c.fails || len(f.ran) != c.ran {
				t.Fatalf("%v after %v", err, f.ran)
			}
			if c.fails {
				if at := ce.Cell - 2; !strings.Contains(outputsOf(nb, at), "first") || !strings.Contains(outputsOf(nb, at), `"ename":"panic"`) {
					t.Errorf("outputs of the failed cell: %s", outputsOf(nb, at))
				}
				if last := len(c.sources) - 1; outputsOf(nb, last) != "[]" {
					t.Errorf("a cell that never ran shows old output: %s", outputsOf(nb, last))
				}
			}
			if strings.Contains(c.sources[0], "skip") && !strings.Contains(outputsOf(nb, 0), "old") {
				t.Error("a skipped cell lost its outputs")
			}
		})
	}
}

// waits runs until it is interrupted.
func waits(f *fake) func(display.Output) session.Result {
	return func(display.Output) session.Result {
		<-f.halt
		return session.Result{Err: &session.Error{Name: "interrupted", Value: "interrupted", Interrupted: true}}
	}
}

func TestTimeoutInterruptsTheCell(t *testing.T) {
	f := &fake{halt: make(chan struct{})}
	f.cells = map[string]func(display.Output) session.Result{"wait": waits(f), "ok": ok(func(display.Output) {})}
	nb := cellsOf("wait", "ok")
	err := Run(nb, f, Options{CellTimeout: 10 * time.Millisecond})
	var ce *CellError
	if !errors.As(err, &ce) || ce.Err.Name != "timeout" || len(f.ran) != 1 || !strings.Contains(outputsOf(nb, 0), "more than 10ms") {
		t.Errorf("%v after %v: %s", err, f.ran, outputsOf(nb, 0))
	}
}

func TestInterruptedByThePerson(t *testing.T) {
	f := &fake{halt: make(chan struct{})}
	stop := make(chan struct{})
	f.cells = map[string]func(display.Output) session.Result{"wait": func(o display.Output) session.Result {
		o.Stream("stdout", []byte("so far"))
		close(stop)
		return waits(f)(o)
	}}
	nb := cellsOf("wait")
	saved := ""
	err := Run(nb, f, Options{Interrupt: stop, AllowErrors: true, Save: func(nb *Notebook) error { saved = string(nb.Bytes()); return nil }})
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(saved, "so far") || !strings.Contains(saved, `"ename": "interrupted"`) {
		t.Errorf("%v\n%s", err, saved)
	}
}

func TestSaveFailureEndsTheRun(t *testing.T) {
	full := errors.New("disk full")
	f := &fake{cells: map[string]func(display.Output) session.Result{"ok": ok(func(display.Output) {})}}
	if err := Run(cellsOf("ok", "ok"), f, Options{Save: func(*Notebook) error { return full }}); !errors.Is(err, full) || len(f.ran) != 1 {
		t.Errorf("%v after %v", err, f.ran)
	}
}

// What a cell shows is saved while it runs, soon after it was shown.
func TestSavedWhileACellRuns(t *testing.T) {
	saved := make(chan string, 100)
	took := time.Minute // many times saveEvery: the machine may be busy
	f := &fake{cells: map[string]func(display.Output) session.Result{"long": func(o display.Output) session.Result {
		o.Stream("stdout", []byte("so far"))
		select {
		case text := <-saved:
			if !strings.Contains(text, "so far") {
				t.Errorf("saved while the cell ran:\n%s", text)
			}
		case <-time.After(took):
			t.Errorf("nothing was saved in %v", took)
		}
		return session.Result{}
	}}}
	if err := Run(cellsOf("long"), f, Options{Save: func(nb *Notebook) error { saved <- string(nb.Bytes()); return nil }}); err != nil {
		t.Fatal(err)
	}
}
