package optim

import (
	"fmt"
	"iter"
	"math"
	"time"

	"lyceum/lib/internal/compute"
	"lyceum/lib/internal/memory"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// A pass is an optimiser's way through all parameters, which a stop either undoes or lets end: whichever is shorter. What has
// been changed can be changed back only from a copy. So copies are kept of the first part alone: until what is left takes no
// more than endless, or less than putting everything back. A stop that comes while they are kept puts them back and panics with
// stop.ErrInterrupted; one that comes later is seen by whoever asks next, after a whole step. The copies lie in buffers that
// the step has used (tensor.Spare), then in memory of their own, of which a frugal pass takes little; where there is no room the pass
// ends.
type pass struct {
	perNumber float64        // seconds, in the fastest pass so far; 0: there was none
	own       [][]float32    // buffers for copies
	frugal    bool           // it is quick enough to need few copies
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

// A unit is work between two looks at the stop flag: the numbers that it changes, and how large it is beside others.
type unit struct {
	changes [][]float32
	size    int
	work    func()
}

// run does all units, of which the sizes are total together, or undoes those that it has done and panics.
func (p *pass) run(total int, units iter.Seq[unit]) {
	var kept copies
	defer kept.release()
	began, done, open := time.Now(), 0, true
	keeping := 0.0 // seconds; putting back takes as long
	for u := range units {
		if p.watch != nil {
			p.watch(done)
		}
		if open && stop.Requested() {
			kept.restore()
			panic(stop.ErrInterrupted)
		}
		now := time.Now()
		if left := p.left(done, total, now.Sub(began)); open && left > endless && left > keeping {
			open = kept.keep(u.changes, p)
			keeping += time.Since(now).Seconds()
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
type copies struct {
	changed, were [][]float32
	room          []float32 // what is left of the last buffer
	spares        []tensor.Spare
	blocks        int // of the pass's own in use
}

// keep copies what a unit will change. Without room for all of it, it says so, and nothing may be put back any more.
func (c *copies) keep(changes [][]float32, p *pass) bool {
	for _, x := range changes {
		if len(c.room) < len(x) {
			if c.room = c.buffer(len(x), p); c.room == nil {
				return false
			}
		}
		were := c.room[:len(x)]
		compute.Copy(were, x)
		c.changed, c.were, c.room = append(c.changed, x), append(c.were, were), c.room[len(x):]
	}
	return true
}

// buffer returns room for n numbers and more.
func (c *copies) buffer(n int, p *pass) []float32 {
	if s, ok := tensor.TakeSpare(); ok {
		c.spares = append(c.spares, s)
		if len(s.Data) >= n {
			return s.Data
		}
	}
	if c.blocks == len(p.own) {
		size := max(n, blockSize)
		if free := memory.Free(); p.frugal && len(p.own) >= mostOwn || free > 0 && int64(len(p.own)+1)*int64(4*size) > free/shareOwn {
			return nil
		}
		p.own = append(p.own, compute.Aligned(size))
	}
	c.blocks++
	if b := p.own[c.blocks-1]; len(b) >= n {
		return b
	}
	return nil
}

// restore puts everything back as it was.
func (c *copies) restore() {
	for i, x := range c.changed {
		compute.Copy(x, c.were[i])
	}
}

func (c *copies) release() {
	for _, s := range c.spares {
		s.Return()
	}
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
// as the parameter or nil, and work changes the parameter's numbers p and the slots from their gradients g.
func (p *pass) elementwise(params []nn.Param, step int, scale float64, slots func(i int) [3][]float32, work func(i, lo, hi int, p, g []float32)) {
	which, total := withGradients(params, step, scale)
	p.run(total, func(yield func(unit) bool) {
		for _, i := range which {
			x, g := params[i].Value.Data(), params[i].Value.Grad().Data()
			s := slots(i)
			for lo := 0; lo < len(x); lo += unitSize {
				hi := min(lo+unitSize, len(x))
				u := unit{changes: [][]float32{x[lo:hi]}, size: hi - lo, work: func() { work(i, lo, hi, x, g) }}
				for _, y := range s {
					if y != nil {
						u.changes = append(u.changes, y[lo:hi])
					}
				}
				if !yield(u) {
					return
				}
			}
		}
	})
}
