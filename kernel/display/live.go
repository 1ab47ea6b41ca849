package display

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Live is one output area whose content is replaced in place while a cell runs.
type Live struct {
	id  string
	out Output

	mu   sync.Mutex
	last time.Time
	next any // skipped so far, because it came too soon
}

// interval is the shortest time between two updates of one display. A faster caller loses the updates in
// between, never the last one: jupyter_server drops messages past a limit, and no eye follows more.
const interval = 125 * time.Millisecond

var (
	liveCount atomic.Int64
	waiting   sync.Map // *Live -> Output: the displays with a skipped update
)

// Open shows v and returns the display, to be changed by Update:
//
//	l := display.Open("starting")
//	for i := range 100 { work(i); l.Update(fmt.Sprint(i, " of 100")) }
func Open(v any) *Live {
	l := &Live{id: fmt.Sprintf("live-%d-%d", time.Now().UnixNano(), liveCount.Add(1)), out: Current(), last: time.Now()}
	if l.out != nil {
		b := Of(v)
		b.DisplayID = l.id
		l.out.Display(b)
	}
	return l
}

// Update replaces what is shown by v. Updates that come too fast are skipped; the last one is shown when
// the next is due, at Flush, or when the cell ends. A skipped v is drawn later, in the goroutine of the call that draws it.
func (l *Live) Update(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return
	}
	l.next = v
	if time.Since(l.last) >= interval {
		l.send()
	} else {
		waiting.Store(l, l.out)
	}
}

// Flush shows an update that was skipped.
func (l *Live) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next != nil {
		l.send()
	}
}

// send is called with l.mu held.
func (l *Live) send() {
	waiting.Delete(l)
	b := Of(l.next)
	b.DisplayID = l.id
	l.next = nil
	l.out.Update(b)
	l.last = time.Now()
}

// flush shows what is still waiting in the displays of one cell.
func flush(out Output) {
	waiting.Range(func(l, o any) bool {
		if o == out {
			l.(*Live).Flush()
		}
		return true
	})
}
