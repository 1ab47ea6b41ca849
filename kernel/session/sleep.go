package session

import (
	"context"
	"maps"
	"reflect"
	"sync/atomic"
	"time"

	"lyceum/kernel/display"
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
}

// replaced are the functions of compiled packages for which cells get others, by the key of their table.
var replaced = map[string]map[string]reflect.Value{
	"time/time":       {"Sleep": reflect.ValueOf(sleep), "AfterFunc": reflect.ValueOf(afterFunc)},
	"context/context": {"AfterFunc": reflect.ValueOf(afterDone)},
}

// ours is a table with those.
func ours(key string, table map[string]reflect.Value) map[string]reflect.Value {
	r := replaced[key]
	if r == nil {
		return table
	}
	out := maps.Clone(table)
	maps.Copy(out, r)
	return out
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

// afterFunc is time.AfterFunc in cells: a panic in f does not end the process, and its output belongs to this cell.
func afterFunc(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, later(f)) }

// afterDone is context.AfterFunc in cells.
func afterDone(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, later(f))
}

func later(f func()) func() {
	out, f := display.Current(), rt.Alone(f)
	return func() { display.Later(out, f) }
}
