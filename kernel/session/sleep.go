package session

import (
	"sync/atomic"
	"time"

	"lyceum/kernel/session/rt"
)

// stopping is the channel that is closed when the running cell is interrupted.
var stopping atomic.Pointer[chan struct{}]

func init() {
	rt.OnStop(func() <-chan struct{} {
		if stop := stopping.Load(); stop != nil {
			return *stop
		}
		return nil
	})
	rt.OnGoroutinePanic(func(v any) {
		rt.Stderr.WriteString("panic in a goroutine: " + panicText(v) + "\n")
	})
}

// sleep is time.Sleep in cells: an interrupt ends it, and with it the goroutine's cell.
func sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	stop := stopping.Load()
	if stop == nil {
		time.Sleep(d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-*stop:
	}
}
