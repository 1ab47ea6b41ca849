package rt

import (
	"bytes"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Defers is the stack of deferred calls of one running function.
type Defers struct {
	calls     []deferred
	panicking bool
	value     any
	done      bool
}

type deferred struct {
	f func()
	// armed says that f is a function that may call Recover: it is not a
	// literal of the deferring function, which calls Defers.Recover.
	armed bool
	name  string // of the function of a cell that f calls; empty if it calls a value
}

// Guard runs the body of a function that defers calls. Deferred calls run when
// the body returns, panics or ends its goroutine, last first; a panic that none
// of them recovers goes on.
func Guard(body func(*Defers)) {
	d := &Defers{}
	defer d.run()
	body(d)
	d.done = true
}

// Push defers a call of a function literal.
func (d *Defers) Push(f func()) { d.calls = append(d.calls, deferred{f: f}) }

// PushCall defers a call of any other function; name is the cell's name of it, empty if f calls the value of a variable or a
// method of an interface.
func (d *Defers) PushCall(f func(), name string) {
	d.calls = append(d.calls, deferred{f, true, name})
}

func (d *Defers) run() {
	if !d.done {
		if r := recover(); r != nil {
			d.panicking, d.value = true, PanicValue(r)
		}
	}
	d.rest()
	if d.panicking {
		panic(d.value)
	}
}

// rest runs the deferred calls that are left. A deferred call that panics
// replaces the current panic; one that ends the goroutine leaves the others to
// the deferred rest.
func (d *Defers) rest() {
	for len(d.calls) > 0 {
		n := len(d.calls) - 1
		c := d.calls[n]
		d.calls = d.calls[:n]
		d.one(c)
	}
}

func (d *Defers) one(c deferred) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if r := recover(); r != nil {
			d.panicking, d.value = true, PanicValue(r)
			return
		}
		d.panicking = false // runtime.Goexit
		d.rest()
	}()
	if c.armed && d.panicking {
		defer arm(d, c.name)()
	}
	c.f()
	returned = true
}

// Recover is the predeclared recover, called by a deferred literal of the
// function whose calls d holds.
func (d *Defers) Recover() any {
	if !d.panicking {
		return nil
	}
	d.panicking = false
	v := d.value
	d.value = nil
	if f := onRecover.Load(); f != nil {
		(*f)()
	}
	return v
}

var onRecover atomic.Pointer[func()]

// OnRecover sets what happens when a cell recovers from a panic; f runs in the goroutine that panicked.
func OnRecover(f func()) { onRecover.Store(&f) }

var (
	recoverable sync.Map // goroutine id -> *armed
	armedCount  atomic.Int64
)

// armed is what Recover must know of a deferred call that runs.
type armed struct {
	d    *Defers
	name string // of the function that may recover; empty for a literal, or as long as it is not known
}

// arm lets Recover find d while a deferred function runs; it returns the undo.
func arm(d *Defers, name string) func() {
	id := GoroutineID()
	old, had := recoverable.Swap(id, &armed{d, name})
	armedCount.Add(1)
	return func() {
		armedCount.Add(-1)
		if had {
			recoverable.Store(id, old)
		} else {
			recoverable.Delete(id)
		}
	}
}

// Deferred is called by what stands for a function of a cell where that is a value: if a deferred call has just begun, it is one
// of the named function.
func Deferred(name string) {
	if armedCount.Load() == 0 {
		return
	}
	if a, ok := recoverable.Load(GoroutineID()); ok && a.(*armed).name == "" {
		a.(*armed).name = name
	}
}

// Recover is the predeclared recover in a function that is not a deferred literal: it stops the panic for which this goroutine
// runs a deferred call, if that is a call of this function. name is empty in a literal.
func Recover(name string) any {
	if armedCount.Load() == 0 {
		return nil
	}
	if a, ok := recoverable.Load(GoroutineID()); ok && a.(*armed).name == name {
		return a.(*armed).d.Recover()
	}
	return nil
}

// GoroutineID is the number of this goroutine.
func GoroutineID() uint64 {
	var buf [40]byte
	b := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	n, _ := strconv.ParseUint(string(b[:max(bytes.IndexByte(b, ' '), 0)]), 10, 64)
	return n
}

// Panic is the predeclared panic; at says where it is called.
func Panic(v any, at string) {
	raise(v, at)
	panic(v)
}

// raised is the newest panic of lowered code.
var raised atomic.Pointer[raisedPanic]

type raisedPanic struct {
	value any
	at    string
}

func raise(v any, at ...string) {
	if len(at) > 0 && at[0] != "" {
		raised.Store(&raisedPanic{v, at[0]})
	}
}

// RaisedAt says where lowered code raised the panic with a value; it is empty if that is not known.
func RaisedAt(v any) (at string) {
	defer func() { recover() }() // values that cannot be compared
	if r := raised.Load(); r != nil && r.value == v {
		at = r.at
	}
	return at
}

// PanicValue gives a panic raised by the interpreter the value that compiled
// code would have panicked with: the interpreter wraps values, and reports
// some faults by strings of package reflect.
func PanicValue(v any) any {
	for {
		r, ok := v.(reflect.Value)
		if !ok {
			break
		}
		if !r.IsValid() || !r.CanInterface() {
			return nilDereference()
		}
		v = r.Interface()
	}
	switch e := v.(type) {
	case string:
		return reflectFault(e)
	case runtime.Error:
		if t, ok := strings.CutPrefix(e.Error(), "hash of unhashable type: "); ok {
			return runtimeError("hash of unhashable type " + t)
		}
	case *reflect.ValueError:
		if e.Kind == reflect.Invalid && interpreterUses[e.Method] {
			return nilDereference()
		}
	}
	return v
}

// interpreterUses are the methods of reflect.Value that the interpreter calls on
// what a nil pointer points to.
var interpreterUses = map[string]bool{
	"reflect.Value.Type": true, "reflect.Value.Field": true, "reflect.Value.Set": true, "reflect.Value.Interface": true,
	"reflect.Value.IsZero": true, "reflect.Value.Addr": true, "reflect.Value.Elem": true, "reflect.Value.Index": true,
	"reflect.Value.FieldByIndex": true, "reflect.Value.IsNil": true,
}

// reflectFault maps what reflect says to what the runtime says.
func reflectFault(s string) any {
	switch {
	case !strings.HasPrefix(s, "reflect"):
		return s
	case strings.Contains(s, "index out of range"):
		return runtimeError("index out of range")
	case strings.Contains(s, "out of bounds"):
		return runtimeError("slice bounds out of range")
	case strings.Contains(s, "nil func"), strings.Contains(s, "nil interface value"), strings.Contains(s, "nil pointer"), strings.Contains(s, "zero Value"):
		return nilDereference()
	case strings.Contains(s, "negative len"), strings.Contains(s, "len too large"):
		return runtimeError("makeslice: len out of range")
	}
	return s
}

// nilDereference is the runtime's error for a nil pointer.
func nilDereference() (err any) {
	defer func() { err = recover() }()
	var p *int
	return *p
}
