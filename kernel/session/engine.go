package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/session/generics"
	"lyceum/kernel/session/rt"
	"lyceum/kernel/symbols"
)

// engine is the only place that knows the interpreter.
type engine struct {
	in    *interp.Interpreter
	given map[string]bool // packages whose symbols the interpreter has
	trace *traceWriter

	cell      int         // the number of the newest cell
	runs      sync.Map    // cell number -> *running
	overflow  atomic.Bool // the cells are interrupted because a stack is too deep
	abandoned sync.Map    // cells that were interrupted in compiled code and must not go on

	mu      sync.Mutex
	quiet   *sync.Cond    // signalled when no interrupted code is waited for any more
	leaving int           // pieces of code that are interrupted and have not ended
	done    chan struct{} // its closing ends waits on channels, in all that runs; nil after an interrupt
}

// running is what a cell says of itself while it runs.
type running struct {
	shown []any                  // what its last expression gave
	at    atomic.Pointer[[2]int] // line and column of the statement that runs
}

func newEngine() (*engine, error) {
	e := &engine{given: map[string]bool{}, trace: newTraceWriter(rt.Stderr)}
	e.quiet = sync.NewCond(&e.mu)
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
	// The interpreter has a logger of its own; with the real one package log, log.Default and log/slog are one, as in Go.
	log.SetOutput(rt.Stderr)
	log.SetFlags(log.LstdFlags)
	log.SetPrefix("")
	err := e.in.Use(interp.Exports{
		"log/log":             tables["log/log"],
		showPath + "/session": {"Show": reflect.ValueOf(e.show), "At": reflect.ValueOf(e.mark), "Must": reflect.ValueOf(must)},
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
	_, err = e.in.Execute(p)
	return err
}

func must(err error) {
	if err != nil {
		panic(unread{err})
	}
}

// mark is called before each statement of a cell.
func (e *engine) mark(at int) {
	cell, line, col := unpacked(at)
	if _, gone := e.abandoned.Load(cell); gone {
		runtime.Goexit()
	}
	if r, ok := e.runs.Load(cell); ok {
		r.(*running).at.Store(&[2]int{line, col})
	}
}

// show is called with the values of the last expression of a cell.
func (e *engine) show(cell int, v ...any) {
	if r, ok := e.runs.Load(cell); ok {
		r.(*running).shown = v
	}
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
		return e.in.Use(interp.Exports{k: ours(k, table)})
	}
	return nil
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
	defer e.forget()
	return e.in.CompileAST(f)
}

// forget lets the syntax of what was compiled go, as soon as no code refers to it: for a debugger of its own the
// interpreter keeps all syntax and all scopes, 10 kB and more for every cell.
func (e *engine) forget() {
	empty := func(v reflect.Value) { reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().SetZero() }
	empty(reflect.ValueOf(e.in).Elem().FieldByName("roots"))
	if scope := e.mainScope(); scope.IsValid() {
		empty(scope.FieldByName("child"))
	}
}

// mainScope is the interpreter's scope of the code of all cells.
func (e *engine) mainScope() reflect.Value {
	scope := reflect.ValueOf(e.in).Elem().FieldByName("scopes").MapIndex(reflect.ValueOf("main"))
	if !scope.IsValid() || scope.IsNil() {
		return reflect.Value{}
	}
	return scope.Elem()
}

// imports reports whether code can use a package under a name without importing it again. The interpreter is asked,
// since it keeps the imports of code that it then fails to compile.
func (e *engine) imports(name string) bool {
	scope := e.mainScope()
	return scope.IsValid() && scope.FieldByName("sym").MapIndex(reflect.ValueOf(filepath.Join(name, fileBase))).IsValid()
}
