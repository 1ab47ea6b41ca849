package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Options say how to measure.
type Options struct {
	Groups, Precisions []string
	Rounds             int  // 0: 5, or 1 if quick
	Quick              bool // tiny sizes, to see that everything runs
	// Self is the command, without the figure's name, that runs Serve in a new process.
	Self []string
	// Against are the other sides: nothing, or what FindPython and FindLlama return.
	Against []Peer
	Note    func(string) // what is being done, and what could not be; may be nil

	chosen map[string]string // the best way to do a work, as it was found
}

// A Peer is a program to be compared with.
type Peer interface {
	// ways lists how the peer can do the case, by name; none if it cannot.
	ways(c Case, o Options) map[string]func(context.Context) (side, error)
	close()
}

// Run measures the figures, and calls emit for each as soon as it is there. What a peer fails at is noted and in the figure's
// Missing; our own failing costs that figure, and is the error at the end.
func Run(ctx context.Context, o Options, emit func(Figure) error) error {
	cases, err := Cases(o.Groups, o.Precisions, o.Quick)
	if err != nil {
		return err
	}
	asked := o.Rounds
	if o.Rounds == 0 {
		o.Rounds = 5
		if o.Quick {
			o.Rounds = 1
		}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	o.chosen = map[string]string{}
	for _, p := range o.Against {
		defer p.close()
	}
	p, first, err := start(ctx, "measuring the machine", append(o.Self, "machine"), nil)
	if err != nil {
		return err
	}
	p.close()
	if first.Machine == nil {
		return fmt.Errorf("measuring the machine: no answer")
	}
	var failures []error
	for _, g := range Groups {
		if g == "peak" && (len(o.Groups) == 0 || slices.Contains(o.Groups, g)) {
			for _, f := range first.Machine.figures() {
				if err := emit(f); err != nil {
					return err
				}
			}
		}
		for _, c := range cases {
			if c.Group != g {
				continue
			}
			its := o
			if asked == 0 && !o.Quick && c.rounds > 0 {
				its.Rounds = c.rounds
			}
			err := its.one(ctx, c, *first.Machine, emit)
			var ours *ownError
			if errors.As(err, &ours) && ctx.Err() == nil {
				o.Note(err.Error())
				failures = append(failures, err)
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	return errors.Join(failures...)
}

// An opponent is the best way of one peer, with what was measured of it.
type opponent struct {
	name    string
	side    side
	slower  map[string]float64
	samples []sample
	failed  error
}

// one measures a case together with each peer that can do it.
func (o Options) one(ctx context.Context, c Case, m Machine, emit func(Figure) error) error {
	missing := map[string]string{}
	var opponents []*opponent
	defer func() {
		for _, p := range opponents {
			p.side.close()
		}
	}()
	for _, peer := range o.Against {
		if p := o.best(ctx, c, peer, missing); p != nil {
			opponents = append(opponents, p)
		}
	}
	f, err := o.measure(ctx, c, m, opponents)
	if err != nil {
		return err
	}
	var figures []Figure
	for _, p := range opponents {
		if p.failed != nil {
			missing[p.name] = p.failed.Error()
			continue
		}
		g := f
		g.Against, g.Slower = p.name, p.slower
		g.compare(c, medianOf(p.samples, func(s sample) float64 { return s.Seconds }), p.samples[len(p.samples)-1].RSSMB)
		figures = append(figures, g)
	}
	if len(figures) == 0 {
		figures = []Figure{f}
	}
	for name, why := range missing {
		o.Note(fmt.Sprintf("%s: %s: %s", c.Name, name, why))
		figures[0].Missing = missing
	}
	for _, f := range figures {
		if err := emit(f); err != nil {
			return err
		}
	}
	return nil
}

// How the best way of a peer is found: by so many runs of each at most, none that takes longer than enough after the first,
// and none of a way that is clearly slower than another.
const (
	trialRounds = 3
	trialEnough = 4 * time.Second
	trialSlower = 1.3
)

// peerLimit is how long a peer may take over one figure, compiling included.
const peerLimit = 10 * time.Minute

// best tries the ways of a peer one after another, and leaves the fastest running. The same work of another figure is not
// tried again.
func (o Options) best(ctx context.Context, c Case, peer Peer, missing map[string]string) (best *opponent) {
	ways := peer.ways(c, o)
	work := fmt.Sprintf("%T %v %v %v", peer, c.torch, c.llama, c.trl)
	if known, ok := o.chosen[work]; ok && ways[known] != nil {
		ways = map[string]func(context.Context) (side, error){known: ways[known]}
	}
	bestTime, slower := 0.0, map[string]float64{}
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		if ctx.Err() != nil {
			break
		}
		s, err := openLimited(ctx, ways[way])
		if err != nil {
			missing[way] = err.Error()
			continue
		}
		t := 0.0
		if len(ways) > 1 {
			if t, err = trial(s, o.Rounds, bestTime); err != nil {
				missing[way] = err.Error()
				s.close()
				continue
			}
		}
		if best != nil && bestTime <= t {
			slower[way] = t
			s.close()
			continue
		}
		if best != nil {
			slower[best.name] = bestTime
			best.side.close()
		}
		best, bestTime = &opponent{name: way, side: s}, t
	}
	if best != nil {
		best.slower = slower
		o.chosen[work] = best.name
	}
	return best
}

// trial returns the median seconds of a few runs.
func trial(s side, rounds int, toBeat float64) (float64, error) {
	var times []float64
	for begun := time.Now(); len(times) < min(trialRounds, rounds); {
		r, err := s.round()
		if err != nil {
			return 0, err
		}
		times = append(times, r.Seconds)
		if time.Since(begun) > trialEnough || toBeat > 0 && r.Seconds > trialSlower*toBeat {
			break
		}
	}
	return median(times), nil
}

// limited is a side that must end in time.
type limited struct {
	side
	cancel context.CancelFunc
}

func (l limited) close() {
	l.side.close()
	l.cancel()
}

func openLimited(ctx context.Context, open func(context.Context) (side, error)) (side, error) {
	inner, cancel := context.WithTimeoutCause(ctx, peerLimit, fmt.Errorf("it took longer than %v", peerLimit))
	s, err := open(inner)
	if err != nil {
		if ctx.Err() == nil && inner.Err() != nil {
			err = context.Cause(inner)
		}
		cancel()
		return nil, err
	}
	return limited{s, cancel}, nil
}

// settle is how long we rest after a round of a peer: the threads of OpenMP and OpenBLAS go on spinning for a fifth of a second
// after their work, on the cores that the next one needs.
const settle = 250 * time.Millisecond

// A figure takes all its rounds unless they take longer than this; then leastRounds are enough.
const (
	roundsEnough = 20 * time.Second
	leastRounds  = 3
)

// ownError is our own failure.
type ownError struct{ error }

// measure makes the rounds: ours, then each peer's, ours again, ... A peer that fails is left out from then on.
func (o Options) measure(ctx context.Context, c Case, m Machine, opponents []*opponent) (Figure, error) {
	ours, _, err := start(ctx, c.Name, append(o.Self, c.Name), nil)
	if err != nil {
		return Figure{}, &ownError{err}
	}
	defer ours.close()
	rest := settle
	if o.Quick {
		rest = 0
	}
	var our []sample
	for begun := time.Now(); len(our) < o.Rounds && (len(our) < leastRounds || time.Since(begun) < roundsEnough); {
		s, err := ours.round()
		if ctx.Err() != nil {
			return Figure{}, ctx.Err()
		}
		if err != nil {
			return Figure{}, &ownError{err}
		}
		our = append(our, s)
		for _, p := range opponents {
			if p.failed != nil {
				continue
			}
			s, err := p.side.round()
			if ctx.Err() != nil {
				return Figure{}, ctx.Err()
			}
			p.samples, p.failed = append(p.samples, s), err
			time.Sleep(rest)
		}
	}
	f := c.figure(medianOf(our, func(s sample) float64 { return s.Seconds }), our[len(our)-1].RSSMB, m)
	f.Rounds = len(our)
	return f, nil
}

// compare fills in the other side's numbers for the same work.
func (f *Figure) compare(c Case, seconds, rss float64) {
	f.TheirS, f.TheirTokS, f.TheirRSS = seconds, c.Work.Tokens/seconds, rss
	f.Ratio = seconds / f.Seconds
	if rss > 0 {
		f.RSSRatio = f.RSSMB / rss
	}
}

func medianOf(list []sample, of func(sample) float64) float64 {
	var x []float64
	for _, s := range list {
		x = append(x, of(s))
	}
	return median(x)
}

// Close gives back what peers hold; Run does it for the peers that it is given.
func Close(peers []Peer) error {
	for _, p := range peers {
		p.close()
	}
	return nil
}
