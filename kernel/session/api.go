// Package session runs cells: it splits a cell into chunks, checks it against the live session with
// go/types, lowers it to Go that the interpreter runs as the compiler would, and runs it.
// Completion and inspection come from the same types. The interpreter itself is behind one door, engine.go.
package session

import (
	"sync"

	"lyceum/kernel/display"
	"lyceum/kernel/session/generics"
)

// Options say what a session offers its cells and whom it tells what happens.
type Options struct {
	// Preload maps package names to import paths: packages that a cell may use without importing them.
	Preload map[string]string
	// OnInterrupt is called when a cell is interrupted, so that compiled work can be asked to stop.
	OnInterrupt func()
	// OnStart is called before a cell runs.
	OnStart func()
}

// A Request is one cell to run.
type Request struct {
	Code   string
	Count  int            // the n of In[n]
	Silent bool           // no value is shown
	Out    display.Output // where the cell's effects go
	File   string         // the name in positions; empty means In[Count]
}

// A Result is how a cell ended.
type Result struct {
	Value *display.Bundle // the value of the last expression; nil if there is nothing to show
	Page  *display.Bundle // documentation asked for with name?
	Err   *Error          // nil if the cell ran to its end
}

// An Error is why a cell did not run to its end.
type Error struct {
	Name        string   // "compile error", "panic", "interrupted", "exit", "error"
	Value       string   // one line, with the place: In[3]:2:5: undefined: x
	Traceback   []string // what a front end shows
	Interrupted bool
}

func (e *Error) Error() string { return e.Value }

// A Session is the state that cells share: variables, functions, types and imports.
type Session struct {
	opt    Options
	engine *engine

	mu    sync.RWMutex // guards world, cell by cell
	world *world

	debug debugState
	short func(used int64) string // says that memory is short, for a kernel that uses this many bytes; see watch

	stopMu sync.Mutex
	active int           // cells and callbacks that run
	stop   chan struct{} // closed to interrupt them; nil when none runs
}

// New returns an empty session.
func New(opt Options) (*Session, error) {
	w := newWorld(opt.Preload)
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	w.generics = generics.New(e.fset(), w.importer, fileBase)
	w.lower.Canon = w.generics.Canon
	s := &Session{opt: opt, engine: e, world: w, short: short}
	s.listen()
	return s, nil
}

// Interrupt ends all that runs. Any goroutine may call it.
func (s *Session) Interrupt() {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	s.interrupt()
}

// interrupt is Interrupt for one who holds stopMu.
func (s *Session) interrupt() {
	if s.stop == nil {
		return
	}
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	if s.opt.OnInterrupt != nil {
		s.opt.OnInterrupt()
	}
}
