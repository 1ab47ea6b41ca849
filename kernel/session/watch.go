package session

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"lyceum/lib/memory"
)

// Go ends the whole process when a stack reaches its limit, and the system ends it, or crawls, when memory runs out. The watch
// ends the cell before: it looks at both two hundred times a second. The limit of a stack is raised so that there is time
// for it.
const (
	stackLimit = 256 << 20
	hardLimit  = 2000 << 20
	watchEvery = 5 * time.Millisecond
	// manyGoroutines tells many small stacks from a large one.
	manyGoroutines = 10_000
	// grown is by how much a cell must have enlarged the kernel to be blamed for the want of memory.
	grown = 256 << 20
)

func init() { debug.SetMaxStack(hardLimit) }

// usage is what this process has of the system, in bytes.
type usage struct {
	stacks, all int64
	live        int64 // what the newest collection found in use
}

// A meter reads it.
type meter []metrics.Sample

func newMeter() meter {
	return meter{{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/heap/live:bytes"}}
}

func (m meter) read() usage {
	metrics.Read(m)
	return usage{int64(m[0].Value.Uint64()), int64(m[1].Value.Uint64() - m[2].Value.Uint64()), int64(m[3].Value.Uint64())}
}

// watch guards the running cell. The function it returns ends the watch and says why it ended the cell, if it did.
func (s *Session) watch(stop chan struct{}) func() string {
	done := make(chan struct{})
	var reason string // guarded by stopMu
	go func() {
		t := time.NewTicker(watchEvery)
		defer t.Stop()
		m := newMeter()
		before := m.read()
		for {
			select {
			case <-done:
				return
			case <-stop:
				return
			case <-t.C:
			}
			now := m.read()
			why := tooDeep(before, now)
			if why == "" && now.all > before.all+grown {
				if why = s.short(now.all); why != "" { // perhaps it is garbage
					debug.FreeOSMemory()
					why = s.short(m.read().live)
				}
			}
			if why != "" {
				s.overrun(stop, done, &reason, why)
				return
			}
		}
	}()
	return func() string {
		s.stopMu.Lock()
		close(done)
		s.stopMu.Unlock()
		if reason != "" {
			s.engine.overflow.Store(false)
			debug.FreeOSMemory() // gives it back, so that the next cell is not blamed for it
		}
		return reason
	}
}

// overrun interrupts the cell of stop for a reason, unless its watch has ended: a collection takes its time, and what runs after it
// may be another cell.
func (s *Session) overrun(stop, done chan struct{}, reason *string, why string) {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if closed(done) || closed(stop) || s.stop != stop {
		return
	}
	*reason = why
	s.engine.overflow.Store(true)
	s.interrupt()
}

// tooDeep says that stacks have grown too much.
func tooDeep(before, now usage) string {
	if now.stacks < stackLimit || now.stacks < before.stacks+stackLimit/2 {
		return ""
	}
	if n := runtime.NumGoroutine(); n > manyGoroutines {
		return fmt.Sprintf("runtime: %d goroutines are running, whose stacks exceed the limit of 256 MB (does a loop start them without end?)", n)
	}
	return "runtime: goroutine stack exceeds the limit of 256 MB: stack overflow (does a function call itself for ever?)"
}

// short says that the machine has next to no memory left and that this process, with what it uses, is a cause of it.
func short(used int64) string {
	total := memory.Total()
	if total == 0 || used < total/4 {
		return ""
	}
	free := memory.Available()
	switch {
	case free == 0 && used < total/10*9:
		return ""
	case free > min(total/16, 1<<30):
		return ""
	}
	return fmt.Sprintf("runtime: out of memory: this kernel uses %s of the %s that there are; the cell was stopped before the system ends the kernel "+
		"(what variables hold stays: set large ones to nil)", memory.Size(used), memory.Size(total))
}
