package optim

import "math"

// A Plateau is a learning rate that follows what evaluations measure instead of the number of the step: the Trainer's
// reduce_lr_on_plateau (torch.optim.lr_scheduler.ReduceLROnPlateau), which multiplies the rate by Factor when more than
// Patience evaluations in a row are no improvement, and its greedy (GreedyLR, arXiv:2512.14527), which also divides by it
// after more than Patience improvements in a row, and starts anew when it has been at its floor for long.
type Plateau struct {
	Greedy             bool
	Max                bool // a larger metric is better
	Absolute           bool // Threshold is a difference, not a share of the best
	Factor, Threshold  float64
	Patience           int
	Cooldown, Warmup   int     // evaluations that do not count after a fall, after a rise
	MinRate, MaxRate   float64 // of the rate
	Eps                float64 // smaller changes are not made
	Window, ResetStart int     // Window 0: the metric itself counts, otherwise the mean of the last so many

	first float64
	State PlateauState
}

// A PlateauState is what a Plateau remembers.
type PlateauState struct {
	Rate                            float64
	Best                            float64
	Known                           bool // whether there is a Best
	Bad, Good, Cooling, Warm, Reset int
	Values                          []float64
	Sum                             float64
}

// plateaus are the names that NewPlateau knows with the arguments of each.
var plateaus = map[string][]string{
	"reduce_lr_on_plateau": {"mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"},
	"greedy": {"mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "warmup", "min_lr", "max_lr", "eps", "verbose", "smooth", "window_size",
		"reset_start"},
}

// Follows reports whether a schedule is one that follows evaluations, which NewPlateau makes.
func Follows(name string) bool { return plateaus[name] != nil }

// NewPlateau makes a rate that follows evaluations, from peak on.
func NewPlateau(name string, peak float64, args map[string]any) (*Plateau, error) {
	a := arguments{name: name, given: args}
	a.only(plateaus[name])
	p := &Plateau{Greedy: name == "greedy", Factor: 0.1, Threshold: 1e-4, MaxRate: math.Inf(1), first: peak}
	mode := "rel"
	if p.Greedy {
		p.Factor, p.Threshold, p.MinRate, p.MaxRate, mode = 0.95, 1e-6, 1e-3, 1, "abs"
		p.Warmup, p.ResetStart = a.whole("warmup", 0), a.whole("reset_start", 500)
		p.MaxRate = a.number("max_lr", p.MaxRate)
		if a.truth("smooth") {
			p.Window = a.whole("window_size", 50)
		}
	}
	p.Max = a.oneOf("mode", "min", "min", "max") == "max"
	p.Absolute = a.oneOf("threshold_mode", mode, "rel", "abs") == "abs"
	p.Factor, p.Threshold, p.Patience = a.number("factor", p.Factor), a.number("threshold", p.Threshold), a.whole("patience", 10)
	p.Cooldown, p.MinRate, p.Eps = a.whole("cooldown", 0), a.number("min_lr", p.MinRate), a.number("eps", 1e-8)
	if !(p.Factor < 1) || p.Factor <= 0 {
		a.fail("factor is %v, it must be above 0 and below 1", p.Factor)
	}
	p.State = PlateauState{Rate: peak, Reset: p.ResetStart}
	return p, a.err
}

// Rate is the learning rate of the next step.
func (p *Plateau) Rate() float64 { return p.State.Rate }

// better reports whether a metric is an improvement.
func (p *Plateau) better(v float64) bool {
	s := &p.State
	switch {
	case math.IsNaN(v):
		return false
	case !s.Known:
		return !math.IsInf(v, 0)
	case p.Max && p.Absolute:
		return v > s.Best+p.Threshold
	case p.Max:
		return v > s.Best*(1+p.Threshold)
	case p.Absolute:
		return v < s.Best-p.Threshold
	}
	return v < s.Best*(1-p.Threshold)
}

// Observe takes what an evaluation has measured.
func (p *Plateau) Observe(v float64) {
	if p.Greedy {
		p.observeGreedily(v)
		return
	}
	s := &p.State
	if p.better(v) {
		s.Best, s.Known, s.Bad = v, true, 0
	} else {
		s.Bad++
	}
	if s.Cooling > 0 {
		s.Cooling--
		s.Bad = 0
	}
	if s.Bad > p.Patience {
		p.fall()
		s.Cooling, s.Bad = p.Cooldown, 0
	}
}

func (p *Plateau) observeGreedily(v float64) {
	s := &p.State
	if p.Window > 0 {
		s.Values, s.Sum = append(s.Values, v), s.Sum+v
		if len(s.Values) > p.Window {
			s.Values, s.Sum = s.Values[1:], s.Sum-s.Values[0]
		}
		v = s.Sum / float64(len(s.Values))
	}
	switch {
	case s.Cooling > 0:
		s.Cooling--
		s.Bad, s.Good = 0, 0
		return
	case s.Warm > 0:
		s.Warm--
		s.Bad, s.Good = 0, 0
		return
	case p.better(v):
		s.Best, s.Known, s.Bad = v, true, 0
		s.Good++
	default:
		s.Bad++
		s.Good = 0
	}
	switch {
	case s.Good > p.Patience:
		if up := math.Min(s.Rate/p.Factor, p.MaxRate); up-s.Rate > p.Eps {
			s.Rate = up
		}
		s.Reset, s.Warm, s.Good = p.ResetStart, p.Warmup, 0
	case s.Bad > p.Patience:
		p.fall()
		s.Cooling, s.Bad = p.Cooldown, 0
		if s.Rate > p.MinRate {
			return
		}
		if s.Reset--; s.Reset <= 0 {
			*s = PlateauState{Rate: p.first, Reset: p.ResetStart, Cooling: p.Cooldown}
		}
	}
}

// fall brings the rate down, not below its floor.
func (p *Plateau) fall() {
	if down := math.Max(p.State.Rate*p.Factor, p.MinRate); p.State.Rate-down > p.Eps {
		p.State.Rate = down
	}
}
