package rt

import "sync/atomic"

// Loop watches over a range over a function: the iterator must not call the
// body again after the body said stop, after the loop has ended, or while the
// body still runs.
type Loop struct{ state atomic.Int32 }

const (
	loopReady = iota
	loopRunning
	loopStopped
	loopOver
)

type runtimeError string

func (e runtimeError) Error() string { return "runtime error: " + string(e) }

// RuntimeError marks the error as one of the runtime's.
func (runtimeError) RuntimeError() {}

// NewLoop returns the state of a loop about to start.
func NewLoop() *Loop { return &Loop{} }

// Enter begins one execution of the body.
func Enter(l *Loop) {
	switch l.state.Swap(loopRunning) {
	case loopRunning, loopStopped:
		panic(runtimeError("range function continued iteration after function for loop body returned false"))
	case loopOver:
		l.state.Store(loopOver)
		panic(runtimeError("range function continued iteration after whole loop exit"))
	}
}

// Leave ends one execution of the body that wants another. A body that does
// not reach it wants none.
func Leave(l *Loop) { l.state.Store(loopReady) }

// Finish marks the end of the loop.
func Finish(l *Loop) { l.state.Store(loopOver) }
