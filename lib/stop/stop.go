// Package stop is how a host ends long work of the library: the kernel requests a stop when the learner
// interrupts a cell, and every long loop of the library asks Requested between two steps.
// A plain Go program that uses the library may never call Request; then nothing stops.
package stop

import "sync/atomic"

var requested atomic.Bool

// ErrInterrupted is what a stopped function returns, and what Check panics with.
// State that was complete before the interrupted step is left as it was.
var ErrInterrupted error = interrupted{}

type interrupted struct{}

func (interrupted) Error() string { return "interrupted" }

// Interrupted marks the error for hosts that look for it by method and do not import this package.
func (interrupted) Interrupted() bool { return true }

// Request asks all running work to end. Any goroutine may call it.
func Request() { requested.Store(true) }

// Reset takes the request back; the host calls it before it starts new work.
func Reset() { requested.Store(false) }

// Requested reports whether work should end. It costs one atomic load.
func Requested() bool { return requested.Load() }

// Check panics with ErrInterrupted if a stop was requested. It is for loops deep inside an operation
// that has no error result; functions that return an error return ErrInterrupted instead.
func Check() {
	if requested.Load() {
		panic(ErrInterrupted)
	}
}
