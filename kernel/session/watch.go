package session

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Go ends the whole process when a stack reaches its limit. The watch ends the cell before: it looks at the
// memory of all stacks a hundred times a second, and the limit is raised so that there is time for it.
const (
	stackLimit = 256 << 20
	hardLimit  = 2000 << 20
	watchEvery = 5 * time.Millisecond
)

func init() { debug.SetMaxStack(hardLimit) }

// watch guards the running cell. The function it returns ends the watch and says why it ended the cell, if it did.
func (s *Session) watch(stop chan struct{}) func() string {
	done := make(chan struct{})
	var reason atomic.Pointer[string]
	go func() {
		t := time.NewTicker(watchEvery)
		defer t.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
		metrics.Read(sample)
		before := sample[0].Value.Uint64()
		for {
			select {
			case <-done:
				return
			case <-stop:
				return
			case <-t.C:
				metrics.Read(sample)
				if sample[0].Value.Uint64() > stackLimit && sample[0].Value.Uint64() > before+stackLimit/2 {
					text := "runtime: goroutine stack exceeds the limit of 256 MB: stack overflow (does a function call itself for ever?)"
					reason.Store(&text)
					s.engine.overflow.Store(true)
					s.Interrupt()
					return
				}
			}
		}
	}()
	return func() string {
		close(done)
		if r := reason.Load(); r != nil {
			runtime.GC() // gives the stack back, so that the next cell is not blamed for it
			return *r
		}
		return ""
	}
}
