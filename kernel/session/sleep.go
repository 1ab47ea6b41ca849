package session

import (
	"sync/atomic"
	"time"
)

// stopping is the channel that is closed when the running cell is interrupted.
var stopping atomic.Pointer[chan struct{}]

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
