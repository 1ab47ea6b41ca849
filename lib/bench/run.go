package bench

import (
	"context"
	"errors"
	"fmt"
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
}

// A Peer is a program to be compared with.
type Peer interface {
	// ways lists how the peer can do the case, by name; none if it cannot.
	ways(c Case, o Options) map[string]func(context.Context) (side, error)
	close()
}

// Run measures the figures, and calls emit for each as soon as it is there. A figure of one peer that fails is noted and
// left out; our own failing ends the run.
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
			if err := its.one(ctx, c, *first.Machine, emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// one measures a case alone, or once against each peer that can do it.
func (o Options) one(ctx context.Context, c Case, m Machine, emit func(Figure) error) error {
	compared := false
	for _, peer := range o.Against {
		name, theirs, trials := o.best(ctx, c, peer)
		if theirs == nil {
			continue
		}
		f, err := o.measure(ctx, c, m, theirs)
		theirs.close()
		var failed *peerError
		if errors.As(err, &failed) && ctx.Err() == nil {
			o.Note(fmt.Sprintf("%s: %v", c.Name, err))
			continue
		}
		if err != nil {
			return err
		}
		f.Against, f.Slower = name, trials
		compared = true
		if err := emit(f); err != nil {
			return err
		}
	}
	if compared {
		return nil
	}
	f, err := o.measure(ctx, c, m, nil)
	if err != nil {
		return err
	}
	return emit(f)
}

// trialRounds decide which way of a peer is its best.
const trialRounds = 3

// best tries the ways of a peer one after another, and leaves the fastest running; a single way needs no trial.
func (o Options) best(ctx context.Context, c Case, peer Peer) (name string, best side, slower map[string]float64) {
	bestTime, ways := 0.0, peer.ways(c, o)
	for way, open := range ways {
		if ctx.Err() != nil {
			break
		}
		s, err := open(ctx)
		if err != nil {
			o.Note(fmt.Sprintf("%s: %v", c.Name, err))
			continue
		}
		if len(ways) == 1 {
			return way, s, nil
		}
		var times []float64
		for range min(trialRounds, o.Rounds) {
			var r sample
			if r, err = s.round(); err != nil {
				break
			}
			times = append(times, r.Seconds)
		}
		if err != nil {
			o.Note(fmt.Sprintf("%s: %v", c.Name, err))
			s.close()
			continue
		}
		t := median(times)
		if slower == nil {
			slower = map[string]float64{}
		}
		if best != nil && bestTime <= t {
			slower[way] = t
			s.close()
			continue
		}
		if best != nil {
			slower[name] = bestTime
			best.close()
		}
		name, best, bestTime = way, s, t
	}
	return name, best, slower
}

// settle is how long both sides rest before a round: the threads of OpenMP and OpenBLAS go on spinning for a fifth of a second
// after their work, on the cores that the other side needs.
const settle = 400 * time.Millisecond

// peerError is the other side's failure, which costs the comparison and not the run.
type peerError struct{ error }

// measure makes the rounds: ours, theirs, ours, theirs, ...
func (o Options) measure(ctx context.Context, c Case, m Machine, theirs side) (Figure, error) {
	ours, _, err := start(ctx, c.Name, append(o.Self, c.Name), nil)
	if err != nil {
		return Figure{}, err
	}
	defer ours.close()
	var our, their []sample
	rest := settle
	if theirs == nil || o.Quick {
		rest = 0
	}
	for range o.Rounds {
		time.Sleep(rest)
		s, err := ours.round()
		if err == nil {
			our = append(our, s)
			if theirs != nil {
				time.Sleep(rest)
				if s, err = theirs.round(); err != nil {
					err = &peerError{err}
				} else {
					their = append(their, s)
				}
			}
		}
		if ctx.Err() != nil {
			return Figure{}, ctx.Err()
		}
		if err != nil {
			return Figure{}, err
		}
	}
	f := c.figure(medianOf(our, func(s sample) float64 { return s.Seconds }), our[len(our)-1].RSSMB, m)
	f.Rounds = o.Rounds
	if theirs != nil {
		f.compare(c, medianOf(their, func(s sample) float64 { return s.Seconds }), their[len(their)-1].RSSMB)
	}
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
