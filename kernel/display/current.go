package display

import (
	"context"
	"runtime/pprof"
	"sync"
	"unsafe"
)

// A goroutine inherits the profiler labels of the goroutine that starts it, in compiled and in
// interpreted code alike. Do gives the running cell a label set of its own, and Current finds the cell
// again by the address of that label set. It costs a pointer read and a map look-up, where parsing a
// stack trace for a goroutine number would cost microseconds on every line printed.

//go:linkname labelsOfGoroutine runtime/pprof.runtime_getProfLabel
func labelsOfGoroutine() unsafe.Pointer

// kept is how many cells are remembered. Output of a goroutine whose cell is older goes to the newest cell.
const kept = 4096

var cells struct {
	sync.RWMutex
	byLabels map[unsafe.Pointer]Output
	order    []unsafe.Pointer // oldest first
	newest   Output
}

// Do runs fn with out as the Output of this goroutine and of every goroutine that fn starts, also after
// Do has returned. At the end, live displays of the cell show their last update. out must be comparable (a pointer).
func Do(out Output, fn func()) {
	labelled(out, true, fn)
}

// Later runs fn, which the cell of out has asked for, in a goroutine that no cell started: a timer's, for example.
func Later(out Output, fn func()) {
	if out == nil {
		fn()
		return
	}
	labelled(out, false, fn)
}

func labelled(out Output, newest bool, fn func()) {
	pprof.Do(context.Background(), pprof.Labels("lyceum", "cell"), func(context.Context) {
		remember(labelsOfGoroutine(), out, newest)
		defer flush(out)
		fn()
	})
}

func remember(labels unsafe.Pointer, out Output, newest bool) {
	cells.Lock()
	defer cells.Unlock()
	if cells.byLabels == nil {
		cells.byLabels = map[unsafe.Pointer]Output{}
	}
	cells.byLabels[labels] = out
	cells.order = append(cells.order, labels)
	if newest {
		cells.newest = out
	}
	if len(cells.order) > kept {
		delete(cells.byLabels, cells.order[0])
		cells.order = cells.order[1:]
	}
}

// Current returns the Output of the cell that started this goroutine. A goroutine that no cell started
// (a timer's, for example) gets the cell that began last; before the first cell Current returns nil.
func Current() Output {
	cells.RLock()
	defer cells.RUnlock()
	if out, ok := cells.byLabels[labelsOfGoroutine()]; ok {
		return out
	}
	return cells.newest
}
