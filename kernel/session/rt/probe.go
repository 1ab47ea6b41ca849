package rt

import (
	"sync"
	"sync/atomic"
)

// A Site is a statement at which probed code reports to the debugger.
type Site struct {
	File  string // the path that the front end knows the cell by
	Line  int
	First bool // no statement before it begins on the line
	Func  string
	Vars  any // what the session knows of the variables that can be seen
}

// A Thread is a goroutine that runs probed code.
type Thread struct {
	ID      int
	tracer  *Tracer
	id      uint64
	top     *Frame
	mode    StepMode
	depth   int // of the frame where the step began
	stopped bool
	resume  chan bool
}

// A Frame is a call of a probed function. A frame that is not traced has no thread.
type Frame struct {
	thread *Thread
	up     *Frame
	depth  int
	name   string
	site   int
	vars   func() []any
}

// StepMode says where a thread stops next.
type StepMode int

// The modes of a thread.
const (
	Run      StepMode = iota // at a breakpoint
	StepIn                   // at the next statement
	StepOver                 // at the next statement of this function or a caller
	StepOut                  // at the next statement of a caller
)

// A Tracer stops probed code at breakpoints and steps. There is one in a process, as there is one front end.
type Tracer struct {
	on     atomic.Bool
	pause  atomic.Bool
	breaks atomic.Pointer[map[string]map[int]bool] // file -> lines

	mu      sync.Mutex
	sites   []Site
	threads map[uint64]*Thread
	next    int
	onStop  func(thread int, reason string)
}

// Trace is the tracer of the process.
var Trace = &Tracer{threads: map[uint64]*Thread{}}

// Attach begins to trace; onStop is called in the stopping goroutine before it waits.
func (t *Tracer) Attach(onStop func(thread int, reason string)) {
	t.mu.Lock()
	t.onStop = onStop
	t.mu.Unlock()
	t.on.Store(true)
}

// Detach lets everything run on, without stops.
func (t *Tracer) Detach() {
	t.on.Store(false)
	t.pause.Store(false)
	t.breaks.Store(nil)
	t.mu.Lock()
	t.onStop = nil
	for _, th := range t.threads {
		th.mode = Run
		th.letGo()
	}
	t.mu.Unlock()
}

// AddSite makes a site known and returns its number.
func (t *Tracer) AddSite(s Site) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sites = append(t.sites, s)
	return len(t.sites) - 1
}

// SetBreaks replaces the breakpoints of a file.
func (t *Tracer) SetBreaks(file string, lines []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]map[int]bool{}
	if old := t.breaks.Load(); old != nil {
		for f, l := range *old {
			all[f] = l
		}
	}
	set := map[int]bool{}
	for _, l := range lines {
		set[l] = true
	}
	all[file] = set
	t.breaks.Store(&all)
}

// Pause stops the next thread that reaches a statement.
func (t *Tracer) Pause() { t.pause.Store(true) }

// Resume lets a stopped thread go on until mode says; false if it is not stopped.
func (t *Tracer) Resume(thread int, mode StepMode) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	th := t.find(thread)
	if th == nil || !th.stopped {
		return false
	}
	th.mode = mode
	if th.top != nil {
		th.depth = th.top.depth
	}
	return th.letGo()
}

// letGo is called with the tracer's lock held.
func (th *Thread) letGo() bool {
	if !th.stopped {
		return false
	}
	th.stopped = false
	close(th.resume)
	return true
}

func (t *Tracer) find(thread int) *Thread {
	for _, th := range t.threads {
		if th.ID == thread {
			return th
		}
	}
	return nil
}

// Threads lists the threads that run probed code, and those that are stopped.
func (t *Tracer) Threads() (all, stopped []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, th := range t.threads {
		all = append(all, th.ID)
		if th.stopped {
			stopped = append(stopped, th.ID)
		}
	}
	return all, stopped
}

// A Call is one frame of a stopped thread.
type Call struct {
	Name string
	Site Site
	Vars func() []any // the values of the site's variables now
}

// Stack returns the calls of a stopped thread, the innermost first; nil if it is not stopped.
func (t *Tracer) Stack(thread int) []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	th := t.find(thread)
	if th == nil || !th.stopped {
		return nil
	}
	var out []Call
	for f := th.top; f != nil; f = f.up {
		c := Call{Name: f.name, Vars: f.vars}
		if f.site >= 0 && f.site < len(t.sites) {
			c.Site = t.sites[f.site]
		}
		out = append(out, c)
	}
	return out
}

// enter begins a call in the calling goroutine.
func (t *Tracer) enter(name string) *Frame {
	id := GoroutineID()
	t.mu.Lock()
	defer t.mu.Unlock()
	th := t.threads[id]
	if th == nil {
		t.next++
		th = &Thread{ID: t.next, tracer: t, id: id}
		t.threads[id] = th
	}
	f := &Frame{thread: th, up: th.top, name: name, site: -1}
	if f.up != nil {
		f.depth = f.up.depth + 1
	}
	th.top = f
	return f
}

func (t *Tracer) leave(f *Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.thread.top = f.up
	if f.up == nil {
		delete(t.threads, f.thread.id)
	}
}

// Traced is Guard for a probed function.
func Traced(name string, body func(*Defers, *Frame)) {
	f := &Frame{}
	if Trace.on.Load() {
		f = Trace.enter(name)
		defer Trace.leave(f)
	}
	d := &Defers{}
	defer d.run()
	body(d, f)
	d.done = true
}

// At is called before each statement. vars yields the values of the variables that can be seen.
func (f *Frame) At(site int, vars func() []any) {
	th := f.thread
	if th == nil || !th.tracer.on.Load() {
		return
	}
	t := th.tracer
	t.mu.Lock()
	f.site, f.vars = site, vars
	s := &t.sites[site]
	reason := ""
	switch {
	case t.pause.CompareAndSwap(true, false):
		reason = "pause"
	case th.mode == StepIn, th.mode == StepOver && f.depth <= th.depth, th.mode == StepOut && f.depth < th.depth:
		reason = "step"
	case s.First:
		if all := t.breaks.Load(); all != nil && (*all)[s.File][s.Line] {
			reason = "breakpoint"
		}
	}
	if reason == "" {
		t.mu.Unlock()
		return
	}
	th.mode, th.stopped, th.resume = Run, true, make(chan bool)
	resume, onStop := th.resume, t.onStop
	t.mu.Unlock()
	if onStop != nil {
		onStop(th.ID, reason)
	}
	th.wait(resume)
}

// wait ends when the thread may go on or its cell is interrupted.
func (th *Thread) wait(resume chan bool) {
	var stop <-chan struct{}
	if f := stopped.Load(); f != nil {
		stop = (*f)()
	}
	select {
	case <-resume:
	case <-stop:
		th.tracer.mu.Lock()
		th.stopped = false
		th.tracer.mu.Unlock()
	}
}
