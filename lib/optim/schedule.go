package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Schedule gives the learning rate of each step, counted from 0, of a run of total steps.
type Schedule func(step, total int) float64

// rising is the warm-up that all schedules share: from 0 to the peak over warmup steps, then after takes over.
func rising(peak float64, warmup int, after func(step, total int) float64) Schedule {
	return func(step, total int) float64 {
		if step < warmup {
			return peak * (float64(step) / float64(max(1, warmup)))
		}
		return peak * after(step, total)
	}
}

// progress is the share of the steps after warm-up that lie behind.
func progress(step, total, warmup int) float64 {
	return float64(step-warmup) / float64(max(1, total-warmup))
}

// Linear rises from 0 over warmup steps and then falls to 0 at the end (the Trainer's default, with warmup 0).
func Linear(peak float64, warmup int) Schedule {
	return rising(peak, warmup, func(step, total int) float64 {
		return math.Max(0, float64(total-step)/float64(max(1, total-warmup)))
	})
}

// Cosine rises over warmup steps and then falls along half a cosine.
func Cosine(peak float64, warmup int) Schedule { return cosine(peak, warmup, 0.5, 0) }

// cosine goes through cycles of a cosine (0.5: down once) and does not fall below the share least of the peak.
func cosine(peak float64, warmup int, cycles, least float64) Schedule {
	return rising(peak, warmup, func(step, total int) float64 {
		f := 0.5 * (1 + math.Cos(math.Pi*cycles*2*progress(step, total, warmup)))
		return math.Max(0, f*(1-least)+least)
	})
}

// Constant rises over warmup steps and then stays.
func Constant(peak float64, warmup int) Schedule {
	return rising(peak, warmup, func(int, int) float64 { return 1 })
}

// restarts falls along half a cosine again and again.
func restarts(peak float64, warmup int, cycles float64) Schedule {
	return rising(peak, warmup, func(step, total int) float64 {
		p := progress(step, total, warmup)
		if p >= 1 {
			return 0
		}
		return math.Max(0, 0.5*(1+math.Cos(math.Pi*math.Mod(cycles*p, 1))))
	})
}

// polynomial falls to end as (1 - progress)^power.
func polynomial(peak float64, warmup int, end, power float64) Schedule {
	return rising(peak, warmup, func(step, total int) float64 {
		if step > total || total == warmup {
			return end / peak
		}
		left := 1 - float64(step-warmup)/float64(total-warmup)
		return ((peak-end)*math.Pow(left, power) + end) / peak
	})
}

// inverseSqrt falls as 1/sqrt(step) on the scale of timescale steps.
func inverseSqrt(peak float64, warmup int, timescale float64) Schedule {
	return rising(peak, warmup, func(step, _ int) float64 {
		return 1 / math.Sqrt((float64(step)+timescale-float64(warmup))/timescale)
	})
}

// cosineWarm is cosine_warmup_with_min_lr: the warm-up starts at the share start of the peak, or at its first step where start
// is negative, and every place counts one step more.
func cosineWarm(peak float64, warmup int, cycles, least, start float64) Schedule {
	return func(step, total int) float64 {
		if step < warmup {
			if start < 0 {
				return peak * float64(step+1) / math.Max(1, float64(warmup))
			}
			return peak * (start + (1-start)*float64(step)/float64(max(1, warmup-1)))
		}
		p := float64(step-warmup+1) / math.Max(1, float64(total-warmup))
		f := 0.5 * (1 + math.Cos(math.Pi*cycles*2*p))
		return peak * math.Max(0, f*(1-least)+least)
	}
}

// stable is warmup_stable_decay: up, level, and down over the last decay steps.
func stable(peak float64, warmup, decay, level int, up, down string, least, cycles float64) Schedule {
	return func(step, total int) float64 {
		level := level
		if level < 0 {
			level = total - warmup - decay
		}
		scaled := func(f float64) float64 { return peak * math.Max(0, f*(1-least)+least) }
		switch {
		case step < warmup:
			p := float64(step) / float64(max(1, warmup))
			switch up {
			case "cosine":
				p = 0.5 * (1 - math.Cos(math.Pi*p))
			case "1-sqrt":
				p = 1 - math.Sqrt(1-p)
			}
			return scaled(p)
		case step < warmup+level:
			return peak
		case step < warmup+level+decay:
			p := float64(step-warmup-level) / float64(max(1, decay))
			switch down {
			case "cosine":
				return scaled(0.5 * (1 + math.Cos(math.Pi*cycles*2*p)))
			case "1-sqrt":
				return scaled(1 - math.Sqrt(p))
			}
			return scaled(1 - p)
		}
		return peak * least
	}
}

// Schedules are the names that NewSchedule knows, with the arguments that each takes (lr_scheduler_kwargs of the Trainer).
var Schedules = map[string][]string{
	"linear": nil, "cosine": {"num_cycles"}, "cosine_with_restarts": {"num_cycles"}, "polynomial": {"lr_end", "power"}, "constant": nil,
	"constant_with_warmup": nil, "inverse_sqrt": {"timescale"}, "cosine_with_min_lr": {"num_cycles", "min_lr", "min_lr_rate"},
	"cosine_warmup_with_min_lr": {"num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate"},
	"warmup_stable_decay":       {"num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles"},
}

// ScheduleByName finds a schedule by the Trainer's name for it; the empty name is linear.
func ScheduleByName(name string, peak float64, warmup int) (Schedule, error) {
	return NewSchedule(name, peak, warmup, nil)
}

// NewSchedule is ScheduleByName with the schedule's own arguments, numbers or (warmup_type, decay_type) words.
func NewSchedule(name string, peak float64, warmup int, args map[string]any) (Schedule, error) {
	if name == "" {
		name = "linear"
	}
	known, ok := Schedules[name]
	if !ok {
		return nil, fmt.Errorf("optim: schedule %q is not known: use %s", name, strings.Join(slices.Sorted(maps.Keys(Schedules)), ", "))
	}
	a := arguments{name: name, given: args}
	a.only(known)
	s := a.build(peak, warmup)
	return s, a.err
}

// least is the floor as a share of the peak, from min_lr or min_lr_rate.
func (a *arguments) least(peak float64) float64 {
	_, absolute := a.given["min_lr"]
	_, share := a.given["min_lr_rate"]
	if absolute == share {
		a.fail("exactly one of min_lr and min_lr_rate must be given")
	}
	if absolute {
		return a.number("min_lr", 0) / peak
	}
	return a.number("min_lr_rate", 0)
}

func (a *arguments) build(peak float64, warmup int) Schedule {
	switch a.name {
	case "cosine":
		return cosine(peak, warmup, a.number("num_cycles", 0.5), 0)
	case "cosine_with_restarts":
		return restarts(peak, warmup, a.number("num_cycles", 1))
	case "polynomial":
		end := a.number("lr_end", 1e-7)
		if !(peak > end) {
			a.fail("lr_end %g must be smaller than the learning rate %g", end, peak)
		}
		return polynomial(peak, warmup, end, a.number("power", 1))
	case "constant":
		return Constant(peak, 0)
	case "constant_with_warmup":
		return Constant(peak, warmup)
	case "inverse_sqrt":
		scale := float64(warmup)
		if warmup == 0 {
			scale = 10000
		}
		return inverseSqrt(peak, warmup, a.number("timescale", scale))
	case "cosine_with_min_lr":
		return cosine(peak, warmup, a.number("num_cycles", 0.5), a.least(peak))
	case "cosine_warmup_with_min_lr":
		return cosineWarm(peak, warmup, a.number("num_cycles", 0.5), a.least(peak), a.number("warmup_lr_rate", -1))
	case "warmup_stable_decay":
		if a.given["num_decay_steps"] == nil {
			a.fail("num_decay_steps must be given")
		}
		return stable(peak, warmup, int(a.number("num_decay_steps", 0)), int(a.number("num_stable_steps", -1)), a.oneOf("warmup_type", "linear", "linear", "cosine", "1-sqrt"),
			a.oneOf("decay_type", "cosine", "linear", "cosine", "1-sqrt"), a.number("min_lr_ratio", 0), a.number("num_cycles", 0.5))
	}
	return Linear(peak, warmup)
}
