package compute

import (
	"context"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"

	"lyceum/lib/stop"
)

// Parallel calls fn on consecutive ranges that together cover [0, n), on all cores, and returns when every call has.
//
// The ranges are [0, grain), [grain, 2*grain), ... whatever the number of workers, so that a result that depends on the
// split (a partial sum) has the same bits everywhere; only which worker runs a range, and when, differs.
// Ranges must not write to the same memory. A call of Parallel inside fn, or while another goroutine uses the pool,
// runs its ranges in order on the calling goroutine. If fn panics, remaining ranges are skipped and Parallel panics
// with the same value. grain must be positive; n = 0 does nothing.
func Parallel(n, grain int, fn func(lo, hi int)) { parallel(n, grain, false, fn) }

// ParallelStop is Parallel for long work without lasting effects: between two ranges it looks at the stop flag
// and panics with stop.ErrInterrupted when it is set.
func ParallelStop(n, grain int, fn func(lo, hi int)) { parallel(n, grain, true, fn) }

func parallel(n, grain int, stoppable bool, fn func(lo, hi int)) {
	notNegative("Parallel", "n", n)
	positive("Parallel", "grain", grain)
	if n == 0 {
		return
	}
	chunks := (n-1)/grain + 1
	if chunks == 1 || thePool.workers.Load() <= 1 || !thePool.mu.TryLock() {
		for lo := 0; lo < n; lo += grain {
			if stoppable {
				stop.Check()
			}
			fn(lo, min(lo+grain, n))
		}
		return
	}
	thePool.run(job{n: n, grain: grain, chunks: int64(chunks), stoppable: stoppable, fn: fn})
}

// Workers returns how many goroutines share the work, the caller's included.
func Workers() int { return int(thePool.workers.Load()) }

// SetWorkers sets how many goroutines share the work, the caller's included, and returns the previous number.
// The default is GOMAXPROCS at the start of the program. Results do not depend on it.
func SetWorkers(n int) int {
	positive("SetWorkers", "n", n)
	thePool.mu.Lock()
	defer thePool.mu.Unlock()
	return int(thePool.workers.Swap(int32(n)))
}

var thePool = newPool(runtime.GOMAXPROCS(0))

type job struct {
	n, grain  int
	chunks    int64
	stoppable bool
	fn        func(lo, hi int)
}

// pool runs one job at a time. The caller always works too, and waits only for workers that have joined: a worker that is
// slow to wake never delays a job that is finished without it.
//
// gate holds the job's number in its upper half, then one bit "open", then the count of workers inside.
// A worker joins by adding one while the gate is open; the caller closes the gate when no range is left and waits for
// the count to fall to zero. Only then may the job's fields be written again.
type pool struct {
	mu      sync.Mutex // held by the caller for the length of its job
	workers atomic.Int32
	started int32 // workers that exist, guarded by mu
	gate    atomic.Uint64
	next    atomic.Int64
	failed  atomic.Bool
	job     job

	failure any // the first panic, guarded by failMu
	failMu  sync.Mutex

	parkMu sync.Mutex
	parked atomic.Int32 // workers that wait on wake
	wake   *sync.Cond
}

const (
	gateOpen  = 1 << 31
	gateCount = gateOpen - 1
)

// How long a worker, or a caller that waits, spins before it lets others run, and before it goes to sleep.
// Operations of a training step follow each other within microseconds, a learner's cells do not.
const (
	spinPauses = 32  // pauses between two looks at the gate
	spinRounds = 400 // looks before sleeping: 0.1 to 0.3 ms
	spinYield  = 32  // every so many looks, let another goroutine have the processor
)

func newPool(workers int) *pool {
	p := &pool{}
	p.wake = sync.NewCond(&p.parkMu)
	p.workers.Store(int32(workers))
	return p
}

func (p *pool) run(j job) {
	defer p.finish() // also when the function ends the caller's goroutine
	for p.started < p.workers.Load()-1 {
		p.started++
		go p.work(p.started)
	}
	p.job = j
	p.next.Store(0)
	p.failed.Store(false)
	p.gate.Store((p.gate.Load()>>32+1)<<32 | gateOpen)
	if p.parked.Load() > 0 {
		p.parkMu.Lock()
		p.wake.Broadcast()
		p.parkMu.Unlock()
	}
	p.takeChunks()
}

// finish ends the job, and panics with what its function panicked with.
func (p *pool) finish() {
	p.closeGate()
	value := p.failure
	p.failure, p.job.fn = nil, nil
	p.mu.Unlock()
	if value != nil {
		panic(value)
	}
}

// closeGate lets no further worker in and waits for those inside.
func (p *pool) closeGate() {
	g := p.gate.And(^uint64(gateOpen)) &^ gateOpen
	for spins := 0; g&gateCount != 0; spins++ {
		if spins > spinRounds || spins%spinYield == spinYield-1 {
			runtime.Gosched()
		} else {
			pause(spinPauses)
		}
		g = p.gate.Load()
	}
}

// takeChunks runs ranges until none is left. A panic of the job's function ends the job, not the worker.
func (p *pool) takeChunks() {
	finished := false
	defer func() {
		if finished {
			return
		}
		v := recover()
		if v == nil {
			v = &Error{Op: "compute.Parallel", Problem: "the function ended its goroutine (runtime.Goexit)"}
		}
		p.failMu.Lock()
		if p.failure == nil {
			p.failure = v
		}
		p.failMu.Unlock()
		p.failed.Store(true)
	}()
	j := &p.job
	for {
		c := p.next.Add(1) - 1
		if c >= j.chunks || p.failed.Load() {
			finished = true
			return
		}
		if j.stoppable {
			stop.Check()
		}
		lo := int(c) * j.grain
		j.fn(lo, min(lo+j.grain, j.n))
	}
}

// work is a worker's life: wait for a job, join it, leave it.
func (p *pool) work(id int32) {
	// The first user of the pool may have been a notebook cell whose labels say where output goes; they are not ours.
	pprof.SetGoroutineLabels(context.Background())
	defer func() { go p.work(id) }() // reached only when a job's function ended this goroutine
	last := uint64(0)
	for {
		last = p.await(last)
		if id < p.workers.Load() && p.join(last) {
			p.help()
		}
	}
}

func (p *pool) help() {
	defer p.gate.Add(^uint64(0))
	p.takeChunks()
}

// join enters the job with the given number if it still takes workers.
func (p *pool) join(number uint64) bool {
	for {
		g := p.gate.Load()
		if g>>32 != number || g&gateOpen == 0 {
			return false
		}
		if p.gate.CompareAndSwap(g, g+1) {
			return true
		}
	}
}

// await returns the number of an open job other than last; it spins for a while, then sleeps.
func (p *pool) await(last uint64) uint64 {
	for spins := 0; spins < spinRounds; spins++ {
		if n, ok := p.opened(last); ok {
			return n
		}
		if spins%spinYield == spinYield-1 {
			runtime.Gosched()
		} else {
			pause(spinPauses)
		}
	}
	p.parkMu.Lock()
	defer p.parkMu.Unlock()
	p.parked.Add(1)
	defer p.parked.Add(-1)
	for {
		// Counted as parked before this look: a caller that opens a job after it sees the count and broadcasts.
		if n, ok := p.opened(last); ok {
			return n
		}
		p.wake.Wait()
	}
}

func (p *pool) opened(last uint64) (uint64, bool) {
	g := p.gate.Load()
	return g >> 32, g>>32 != last && g&gateOpen != 0
}
