package session

import (
	"errors"
	"io"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/session/rt"
)

// patience is how long interrupted code may take to end. After it, the code is left behind: it sits in
// something compiled that cannot be stopped.
const patience = 60 * time.Millisecond

// unwinding is how long a stack of hundreds of megabytes may take to be left.
const unwinding = 20 * time.Second

var (
	errInterrupted = errors.New("interrupted")
	errGoexit      = errors.New("runtime.Goexit")
)

// execute runs a program as cell until it ends or stop is closed.
func (e *engine) execute(cell int, p *interp.Program, stop <-chan struct{}) ending {
	return e.do(cell, stop, func() error {
		_, err := e.in.Execute(p)
		return err
	})
}

// do runs work, which is or calls code of a cell, until it ends or stop is closed. Several may run at once.
//
// The interpreter stops all running code by changing the number of the current run, which every frame compares
// with its own. Closures of earlier cells have frames too, so the number is set back once nothing runs any more;
// otherwise they would end at once, returning zero, for ever. Until then nothing new begins.
func (e *engine) do(cell int, stop <-chan struct{}, work func() error) ending {
	e.begin()
	ended := make(chan ending, 1)
	go func() {
		normal := false
		defer func() {
			if normal {
				return
			}
			if r := recover(); r != nil { // the interpreter's own faults, and panics of a callback
				ended <- ending{interp.Panic{Value: r, Stack: debug.Stack()}, e.trace.take()}
			} else {
				ended <- ending{errGoexit, e.trace.take()}
			}
		}()
		err := work()
		normal = true
		ended <- ending{err, e.trace.take()}
	}()
	select {
	case end := <-ended:
		return end
	case <-stop:
	}
	e.leave()
	wait := patience
	if e.overflow.Load() {
		wait = unwinding
	}
	select {
	case <-ended:
	case <-time.After(wait):
		e.abandoned.Store(cell, true)
	}
	e.left()
	return ending{err: errInterrupted}
}

// ending is how code of a cell ended, and the frames of the panic if it was one.
type ending struct {
	err    error
	frames []string
}

// begin waits until no interrupted code is left, and gives the interpreter the channel whose closing ends waits on
// channels (its own ExecuteWithContext does the same, but does not say when the code has really ended).
func (e *engine) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.leaving > 0 {
		e.quiet.Wait()
	}
	if e.done == nil {
		e.done = make(chan struct{})
		v := reflect.ValueOf(e.in).Elem()
		*(*chan struct{})(unsafe.Pointer(v.FieldByName("done").UnsafeAddr())) = e.done
		*(*bool)(unsafe.Pointer(v.FieldByName("cancelChan").UnsafeAddr())) = true
	}
}

func (e *engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.leaving++; e.leaving == 1 {
		atomic.AddUint64(e.runID(), 1)
		if e.done != nil {
			close(e.done)
			e.done = nil
		}
	}
}

func (e *engine) left() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.leaving--; e.leaving == 0 {
		atomic.AddUint64(e.runID(), ^uint64(0))
		e.overflow.Store(false)
		e.quiet.Broadcast()
	}
}

func (e *engine) runID() *uint64 {
	return (*uint64)(unsafe.Pointer(reflect.ValueOf(e.in).Elem().FieldByName("id").UnsafeAddr()))
}

// traceWriter takes what the interpreter writes to its standard error: the output of package log, and, when
// a goroutine panics, one line per frame, which belong into the report of that panic and not into the output.
type traceWriter struct {
	out    io.Writer
	mu     sync.Mutex
	frames map[uint64][]string // by goroutine
}

func newTraceWriter(out io.Writer) *traceWriter {
	return &traceWriter{out: out, frames: map[uint64][]string{}}
}

// take returns and forgets the frames of this goroutine.
func (t *traceWriter) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.frames) == 0 {
		return nil
	}
	id := rt.GoroutineID()
	f := t.frames[id]
	delete(t.frames, id)
	return f
}

func (t *traceWriter) Write(p []byte) (int, error) {
	if s := string(p); strings.Contains(s, ": panic: ") && strings.HasSuffix(s, "(...)\n") {
		t.mu.Lock()
		if len(t.frames) > mostTraces { // of goroutines that have ended: somebody compiled stopped their panics
			clear(t.frames)
		}
		if id := rt.GoroutineID(); len(t.frames[id]) < mostFrames {
			t.frames[id] = append(t.frames[id], strings.TrimSuffix(s, "\n"))
		}
		t.mu.Unlock()
		return len(p), nil
	}
	return t.out.Write(p)
}

const (
	mostFrames = 200 // of one panic
	mostTraces = 1000
)
