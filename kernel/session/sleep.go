package session

import (
	"sync/atomic"
	"time"

	"lyceum/kernel/session/rt"
	"lyceum/kernel/symbols/std"
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
		if x, ok := v.(std.Exit); ok && x.Code == 0 {
			return
		}
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
