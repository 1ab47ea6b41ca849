package session

import (
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
		for {
			select {
			case <-done:
				return
			case <-stop:
				return
			case <-t.C:
				metrics.Read(sample)
				if sample[0].Value.Uint64() > stackLimit {
					text := "runtime: goroutine stack exceeds the limit of 256 MB: stack overflow (does a function call itself for ever?)"
					reason.Store(&text)
					s.Interrupt()
					return
				}
			}
		}
	}()
	return func() string {
		close(done)
		if r := reason.Load(); r != nil {
			return *r
		}
		return ""
	}
}
