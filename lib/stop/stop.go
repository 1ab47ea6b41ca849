// Package stop is how a host ends long work of the library: the kernel requests a stop when the learner
// interrupts a cell, and every long loop of the library asks Requested between two steps.
// A plain Go program that uses the library may never call Request; then nothing stops.
package stop

import (
	"sync/atomic"
	"time"
)

var (
	requested atomic.Bool
	requests  atomic.Int64 // made so far
	resets    atomic.Int64
	running   atomic.Int64 // Work that has begun and not ended
)

// patience is how long Reset waits for work that was asked to end.
const patience = 2 * time.Second

// ErrInterrupted is what a stopped function returns, and what Check panics with.
// State that was complete before the interrupted step is left as it was.
var ErrInterrupted error = interrupted{}

type interrupted struct{}

func (interrupted) Error() string { return "interrupted" }

// Interrupted marks the error for hosts that look for it by method and do not import this package.
func (interrupted) Interrupted() bool { return true }

// Request asks all running work to end. Any goroutine may call it.
func Request() {
	requests.Add(1)
	requested.Store(true)
}

// Reset takes the request back; the host calls it before it starts new work. It waits for Work that has not ended yet, because
// it would go on beside the new, but not for ever: 2 s.
func Reset() {
	for until := time.Now().Add(patience); requested.Load() && running.Load() > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	resets.Add(1)
	requested.Store(false)
}

// Requested reports whether work should end. It costs one atomic load.
func Requested() bool { return requested.Load() }

// Check panics with ErrInterrupted if a stop was requested. It is for loops deep inside an operation
// that has no error result; functions that return an error return ErrInterrupted instead.
func Check() {
	if requested.Load() {
		panic(ErrInterrupted)
	}
}

// Shield runs f, which a stop itself calls for, as saving where a run was: requests from before do not end it, one that comes
// meanwhile does. Afterwards those from before stand again, unless Reset took them back.
func Shield(f func()) {
	was, at := requested.Swap(false), resets.Load()
	defer func() {
		if was && resets.Load() == at {
			requested.Store(true)
		}
	}()
	f()
}

// Work is a piece of long work with effects, as a training run. It ends at a request that was made in its time, even if the host
// has lost its patience with it and called Reset.
type Work struct{ from int64 }

// Begin says that long work begins. The caller defers End.
func Begin() *Work {
	running.Add(1)
	return &Work{requests.Load()}
}

// Asked reports whether the work should end.
func (w *Work) Asked() bool { return requested.Load() || requests.Load() > w.from }

// End says that the work has ended, and is Catch.
func (w *Work) End(err *error) {
	running.Add(-1)
	if v := recover(); v != nil {
		caught(v, err)
	}
}

// Catch, deferred, makes an error of a panic with ErrInterrupted, for functions that have an error result and call some that
// have none. Other panics go on.
func Catch(err *error) {
	if v := recover(); v != nil {
		caught(v, err)
	}
}

func caught(v any, err *error) {
	if v != ErrInterrupted {
		panic(v)
	}
	*err = ErrInterrupted
}
