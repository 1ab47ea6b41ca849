package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log"
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/session/generics"
	"lyceum/kernel/session/rt"
	"lyceum/kernel/symbols"
	"lyceum/kernel/symbols/std"
)

// engine is the only place that knows the interpreter.
type engine struct {
	in       *interp.Interpreter
	given    map[string]bool // packages whose symbols the interpreter has
	trace    *traceWriter
	imported map[string]bool // the package names that code can use without importing them again
	shown    []any           // what the last expression of the running cell gave

	cell      int                    // the number of the newest cell
	at        atomic.Pointer[[2]int] // line and column of the statement that runs
	overflow  atomic.Bool            // the cell is interrupted because its stack is too deep
	abandoned sync.Map               // cells that were interrupted in compiled code and must not go on
}

func newEngine() (*engine, error) {
	e := &engine{given: map[string]bool{}, imported: map[string]bool{}, trace: &traceWriter{out: rt.Stderr}}
	e.in = interp.New(interp.Options{Stdin: rt.Stdin, Stdout: rt.Stdout, Stderr: e.trace, Unrestricted: true})
	// fmt goes first: with it the interpreter binds Print, Scan and log to the streams above.
	tables := symbols.Tables()
	first := interp.Exports{}
	for _, p := range []string{"fmt/fmt", "log/log", "os/os", "flag/flag", "unsafe/unsafe", "github.com/traefik/yaegi/yaegi"} {
		first[p] = tables[p]
		e.given[path.Dir(p)] = true
	}
	if err := e.in.Use(first); err != nil {
		return nil, err
	}
	for _, table := range []interp.Exports{rt.Symbols(), generics.Symbols()} {
		if err := e.in.Use(table); err != nil {
			return nil, err
		}
	}
	logger := log.New(e.trace, "", 0)
	err := e.in.Use(interp.Exports{
		"log/log": {
			"Fatal":   reflect.ValueOf(func(v ...any) { e.fatal(logger, fmt.Sprint(v...)) }),
			"Fatalf":  reflect.ValueOf(func(f string, v ...any) { e.fatal(logger, fmt.Sprintf(f, v...)) }),
			"Fatalln": reflect.ValueOf(func(v ...any) { e.fatal(logger, fmt.Sprintln(v...)) }),
		},
		"time/time":           {"Sleep": reflect.ValueOf(sleep)},
		showPath + "/session": {"Show": reflect.ValueOf(func(v ...any) { e.shown = v }), "At": reflect.ValueOf(e.mark), "Must": reflect.ValueOf(must)},
	})
	if err != nil {
		return nil, err
	}
	return e, e.boot()
}

// boot compiles what every cell has.
func (e *engine) boot() error {
	f, err := parser.ParseFile(e.fset(), fileBase, bootstrap, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p, err := e.compile(f)
	if err != nil {
		return err
	}
	e.imported[showName] = true
	_, err = e.in.Execute(p)
	return err
}

func must(err error) {
	if err != nil {
		panic(unread{err})
	}
}

// mark is called before each statement of a cell.
func (e *engine) mark(cell, line, col int) {
	if _, gone := e.abandoned.Load(cell); gone {
		runtime.Goexit()
	}
	e.at.Store(&[2]int{line, col})
}

func (e *engine) fatal(l *log.Logger, text string) {
	l.Print(text)
	panic(std.Exit{Code: 1})
}

// give hands the symbols of a package to the interpreter, once.
func (e *engine) give(importPath string) error {
	if e.given[importPath] {
		return nil
	}
	e.given[importPath] = true
	for k, table := range symbols.Tables() {
		if path.Dir(k) != importPath {
			continue
		}
		if importPath == "time" { // its Sleep is the session's
			table = without(table, "Sleep")
		}
		return e.in.Use(interp.Exports{k: table})
	}
	return nil
}

func without(table map[string]reflect.Value, name string) map[string]reflect.Value {
	out := make(map[string]reflect.Value, len(table))
	for k, v := range table {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// useCell hands over symbols that belong to cells themselves.
func (e *engine) useCell(key string, table map[string]reflect.Value) error {
	if len(table) == 0 {
		return nil
	}
	return e.in.Use(interp.Exports{key: table})
}

// fset is the file set in which everything that is compiled must be parsed.
func (e *engine) fset() *token.FileSet { return e.in.FileSet() }

// compile prepares a file for execution. The interpreter panics on some code that it cannot handle.
func (e *engine) compile(f *ast.File) (p *interp.Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the interpreter cannot compile this: %v", r)
		}
	}()
	return e.in.CompileAST(f)
}

// patience is how long an interrupted cell may take to end. After it, the cell is left behind: it sits in
// compiled code that cannot be stopped.
const patience = 60 * time.Millisecond

// unwinding is how long a stack of hundreds of megabytes may take to be left.
const unwinding = 20 * time.Second

var errInterrupted = errors.New("interrupted")

// execute runs a program until it ends or stop is closed.
//
// The interpreter stops running code by changing the number of the current run, which every frame compares
// with its own. Closures of earlier cells have frames too, so the number is set back once nothing runs any more;
// otherwise they would end at once, returning zero, for ever.
func (e *engine) execute(p *interp.Program, stop <-chan struct{}) error {
	e.trace.reset()
	cancelled := make(chan struct{})
	e.arm(cancelled)
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // Goexit and the interpreter's own faults
				ended <- interp.Panic{Value: r, Stack: debug.Stack()}
			}
		}()
		normal := false
		defer func() {
			if !normal {
				select {
				case ended <- errGoexit:
				default:
				}
			}
		}()
		_, err := e.in.Execute(p)
		normal = true
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-stop:
	}
	id := e.runID()
	atomic.AddUint64(id, 1)
	close(cancelled)
	wait := patience
	if e.overflow.Swap(false) {
		wait = unwinding
	}
	select {
	case <-ended:
	case <-time.After(wait):
		e.abandoned.Store(e.cell, true)
	}
	atomic.AddUint64(id, ^uint64(0))
	return errInterrupted
}

var errGoexit = errors.New("runtime.Goexit")

// arm gives the interpreter the channel whose closing ends waits on channels (its own ExecuteWithContext
// does the same, but does not say when the code has really ended).
func (e *engine) arm(done chan struct{}) {
	v := reflect.ValueOf(e.in).Elem()
	*(*chan struct{})(unsafe.Pointer(v.FieldByName("done").UnsafeAddr())) = done
	*(*bool)(unsafe.Pointer(v.FieldByName("cancelChan").UnsafeAddr())) = true
}

func (e *engine) runID() *uint64 {
	return (*uint64)(unsafe.Pointer(reflect.ValueOf(e.in).Elem().FieldByName("id").UnsafeAddr()))
}

// traceWriter takes what the interpreter writes to its standard error: the output of package log, and, when
// a cell panics, one line per frame, which belong into the error and not into the output.
type traceWriter struct {
	out    io.Writer
	frames []string
}

func (t *traceWriter) reset() { t.frames = nil }

func (t *traceWriter) Write(p []byte) (int, error) {
	if s := string(p); strings.Contains(s, ": panic: ") && strings.HasSuffix(s, "(...)\n") {
		t.frames = append(t.frames, strings.TrimSuffix(s, "\n"))
		return len(p), nil
	}
	return t.out.Write(p)
}
