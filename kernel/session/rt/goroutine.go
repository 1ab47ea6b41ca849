package rt

import (
	"fmt"
	"sync/atomic"
)

// onPanic takes the panics of goroutines that cells start.
var onPanic atomic.Pointer[func(v any)]

// OnGoroutinePanic sets what happens when a goroutine started by a cell
// panics; f runs in that goroutine. Without it the panic is reported on
// standard error. Either way the process lives on.
func OnGoroutinePanic(f func(v any)) { onPanic.Store(&f) }

// Go runs f in a new goroutine.
func Go(f func()) { go Alone(f)() }

// Alone is f for a goroutine that compiled code starts: a panic there ends f, as in Go above, and not the process.
func Alone(f func()) func() {
	return func() {
		defer func() {
			if r := recover(); r != nil {
				v := PanicValue(r)
				if report := onPanic.Load(); report != nil {
					(*report)(v)
				} else {
					fmt.Fprintf(Stderr, "panic: %v\n", v)
				}
			}
		}()
		f()
	}
}
