package optim

import (
	"fmt"
	"iter"
	"math"
	"time"

	"lyceum/lib/internal/compute"
	"lyceum/lib/memory"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// A pass is an optimiser's way through all parameters, which a stop either undoes or lets end: whichever is shorter. What has
// been changed can be changed back only from a copy. So copies are kept of the first part alone: until what is left takes no
// more than endless, or less than putting back. A stop that comes while they are kept puts the parameters back and panics with
// stop.ErrInterrupted; one that comes later is seen by whoever asks next, after a whole step. What the optimiser remembers is
// put back when it is next asked for: it is up to three times as much, and nobody else reads it. The copies lie in buffers that
// the step has used (tensor.Spare), then in memory of their own, of which a frugal pass takes little; where there is no room the pass
// ends.
type pass struct {
	perNumber float64 // seconds, in the fastest pass so far; 0: there was none
	store     store
	undone    copies         // of a pass that was stopped: what is still to be put back
	watch     func(done int) // for tests: called before each unit
}

const (
	endless   = 0.085   // seconds that are worth waiting for
	unitSize  = 1 << 16 // numbers of a unit: its copies and its work share the processor's cache
	warmUp    = 1 << 22 // numbers after which the speed of a first pass is known
	slowest   = 2e-9    // seconds that a number is thought to take until then
	blockSize = 1 << 22 // numbers of a buffer
	mostOwn   = 8       // buffers of a frugal pass's own: 128 MB
	shareOwn  = 8       // what part of the free memory they are at most, of any pass
)

// A unit is work between two looks at the stop flag: the parameters that it changes, what it changes of the optimiser's own, and
// how large it is beside others.
type unit struct {
	params []float32
	slots  [][]float32
	size   int
	work   func()
}

// run does all units, of which the sizes are total together, or undoes those that it has done and panics.
func (p *pass) run(total int, units iter.Seq[unit]) {
	p.settle()
	defer func() {
		if p.undone.changed == nil {
			p.store.release()
		}
	}()
	var params, slots copies
	began, done, open := time.Now(), 0, true
	keeping := 0.0 // seconds for the copies of parameters; putting back takes as long
	for u := range units {
		if p.watch != nil {
			p.watch(done)
		}
		if open && stop.Requested() {
			params.restore()
			p.undone = slots
			panic(stop.ErrInterrupted)
		}
		now := time.Now()
		if left := p.left(done, total, now.Sub(began)); open && left > endless && left > keeping {
			open = params.keep(&p.store, u.params)
			keeping += time.Since(now).Seconds()
			open = open && slots.keep(&p.store, u.slots...)
		} else {
			open = false
		}
		u.work()
		done += u.size
	}
	if per := time.Since(began).Seconds() / float64(max(1, done)); p.perNumber == 0 || per < p.perNumber {
		p.perNumber = per
	}
}

// settle puts back what a pass that was stopped has left to be put back.
func (p *pass) settle() {
	p.undone.restore()
	p.undone = copies{}
	p.store.release()
}

// left is how many seconds the rest of a pass will take.
func (p *pass) left(done, total int, since time.Duration) float64 {
	switch {
	case p.perNumber > 0:
		return p.perNumber * float64(total-done)
	case done < warmUp:
		return slowest * float64(total-done)
	}
	return since.Seconds() / float64(done) * float64(total-done)
}

// copies are numbers as they were.
type copies struct{ changed, were [][]float32 }

// keep copies what a unit will change. Without room for all of it, it says so, and nothing may be put back any more.
func (c *copies) keep(s *store, changes ...[]float32) bool {
	for _, x := range changes {
		if len(x) == 0 {
			continue
		}
		were := s.take(len(x))
		if were == nil {
			return false
		}
		compute.Copy(were, x)
		c.changed, c.were = append(c.changed, x), append(c.were, were)
	}
	return true
}

// restore puts everything back as it was.
func (c *copies) restore() {
	for i, x := range c.changed {
		compute.Copy(x, c.were[i])
	}
}

// A store has room for copies.
type store struct {
	own    [][]float32 // buffers that stay from pass to pass
	used   int         // of them
	spares []tensor.Spare
	room   []float32 // what is left of the last buffer
	frugal bool      // the pass is quick enough to need few copies
}

// take returns room for n numbers, or nil.
func (s *store) take(n int) []float32 {
	if len(s.room) < n {
		if s.room = s.buffer(n); s.room == nil {
			return nil
		}
	}
	x := s.room[:n]
	s.room = s.room[n:]
	return x
}

// buffer returns room for n numbers and more.
func (s *store) buffer(n int) []float32 {
	if x, ok := tensor.TakeSpare(); ok {
		s.spares = append(s.spares, x)
		if len(x.Data) >= n {
			return x.Data
		}
	}
	if s.used == len(s.own) {
		size := max(n, blockSize)
		if free := memory.Free(); s.frugal && len(s.own) >= mostOwn || free > 0 && int64(len(s.own)+1)*int64(4*size) > free/shareOwn {
			return nil
		}
		s.own = append(s.own, compute.Aligned(size))
	}
	s.used++
	if b := s.own[s.used-1]; len(b) >= n {
		return b
	}
	return nil
}

// release says that no copy is needed any more.
func (s *store) release() {
	for _, x := range s.spares {
		x.Return()
	}
	s.spares, s.room, s.used = nil, nil, 0
}

// An Error is a step that cannot be taken.
type Error struct {
	Step int // from 1
	Text string
}

// Error says at which step, and which parameter it is.
func (e *Error) Error() string { return fmt.Sprintf("optim: step %d: %s", e.Step, e.Text) }

// check panics if a gradient, or the factor of all, is not finite: the step would destroy the parameters.
func check(params []nn.Param, step int, scale float64) {
	for _, p := range params {
		if p.Value.SoundGrad() {
			continue
		}
		if !p.Value.Finite() && step == 1 {
			panic(&Error{step, p.Name + " had a value that is NaN or infinite before the first step: what it was made from or read from is damaged"})
		} else if !p.Value.Finite() {
			panic(&Error{step, p.Name + " has a value that is NaN or infinite: the learning rate of the steps before was probably too high"})
		}
		panic(&Error{step, "the gradient of " + p.Name + " is NaN or infinite; no parameter was changed. Backward within tensor.DetectAnomaly says which operation makes it"})
	}
	if math.IsNaN(scale) || math.IsInf(scale, 0) {
		panic(&Error{step, fmt.Sprintf("the factor of the gradients is %v, although they are finite; no parameter was changed", scale)})
	}
}

// withGradients are the parameters that have one, by their numbers in the list, and how many numbers they have together. It
// panics if the step, from 1, cannot be taken.
func withGradients(params []nn.Param, step int, scale float64) (which []int, total int) {
	check(params, step, scale)
	for i, p := range params {
		if p.Value.HasGrad() {
			which = append(which, i)
			total += p.Value.Len()
		}
	}
	return which, total
}

// elementwise runs an optimiser whose work on a number needs no other: slots are what it keeps for parameter i, each as long
// as the parameter or nil, and work changes some of its numbers x and the slots of these from their gradients g. Work is not
// shared between cores by itself.
func (p *pass) elementwise(params []nn.Param, step int, scale float64, slots func(i int) [3][]float32, work func(i int, x, g []float32, s [3][]float32)) {
	which, total := withGradients(params, step, scale)
	p.run(total, func(yield func(unit) bool) {
		for _, i := range which {
			x, g, s := params[i].Value.Data(), params[i].Value.Grad().Data(), slots(i)
			for from := 0; from < len(x); from += unitSize {
				to := min(from+unitSize, len(x))
				u := unit{params: x[from:to], size: to - from, work: func() {
					compute.Parallel(to-from, grain, func(lo, hi int) { work(i, x[from+lo:from+hi], g[from+lo:from+hi], cut(s, from+lo, from+hi)) })
				}}
				for _, y := range cut(s, from, to) {
					if y != nil {
						u.slots = append(u.slots, y)
					}
				}
				if !yield(u) {
					return
				}
			}
		}
	})
}

// grain is how many numbers are worth a core of their own.
const grain = 1 << 14

// cut is a part of each slot that there is.
func cut(s [3][]float32, lo, hi int) [3][]float32 {
	for i, x := range s {
		if x != nil {
			s[i] = x[lo:hi]
		}
	}
	return s
}
