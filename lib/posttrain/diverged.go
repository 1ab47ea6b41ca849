package posttrain

import (
	"fmt"

	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// diverged says at which step a run went wrong, in which tensor, and what the cause probably is. at is where the loss went wrong,
// as far as the graph told; the micro-batches are computed again to see.
func (l *loop) diverged(loss, norm float64, at *tensor.NotFinite, micros []micro) error {
	if seen := l.anomaly(micros); seen != nil { // it looks while nothing is written over
		at = seen
	}
	name, trained := l.damaged()
	where, cause := "", ""
	switch {
	case name != "":
		where = name + " has a value that is NaN or infinite"
		if cause = "the model was damaged before the run"; trained && l.step > 0 {
			cause = l.rateCause()
		}
	case at != nil:
		where = at.Origin(l.nameOf)
		switch {
		case at.Input != nil:
			cause = "look at the data, its masks and weights, or at the loss that was given"
		case at.Cause != "" && l.step == 0:
			cause = "look at the data, at Beta and at the settings of the loss"
		}
	case bad(loss):
		where = "the loss itself: no parameter and no gradient is NaN or infinite"
	default:
		if where = l.badGradient(); where == "" {
			where, cause = "all gradients are finite, but so large that the sum of their squares is not", l.rateCause()
			if l.step == 0 {
				cause = "the first batch gives it: look at the data and at the scale of the loss"
			}
		}
	}
	if cause == "" {
		cause = l.cause()
	}
	return fmt.Errorf("posttrain.%s: step %d: the loss is %v and the gradient norm %v (%s): %s", l.run.Method, l.step+1, loss, norm, where, cause)
}

// unless names the damaged parameter to which an error is due that came before there was a loss, as when completions are drawn.
func (l *loop) unless(err error) error {
	if err == stop.ErrInterrupted {
		return err
	}
	name, trained := l.damaged()
	if name == "" {
		return err
	}
	cause := "the model was damaged before the run"
	if trained && l.step > 0 {
		cause = l.rateCause()
	}
	return fmt.Errorf("posttrain.%s: step %d: %s has a value that is NaN or infinite: %s (%w)", l.run.Method, l.step+1, name, cause, err)
}

// damaged names the first parameter with a value that is not finite, and says whether it is among those that are trained.
func (l *loop) damaged() (name string, trained bool) {
	for _, p := range l.task.params() {
		if !p.Value.Finite() {
			return p.Name, true
		}
	}
	for _, p := range l.run.Model.LM.Params() {
		if !p.Value.Finite() {
			return p.Name, false
		}
	}
	return "", false
}

func (l *loop) badGradient() string {
	for _, p := range l.task.params() {
		if !p.Value.FiniteGrad() {
			return "the gradient of " + p.Name + " is NaN or infinite"
		}
	}
	return ""
}

// anomaly computes micro-batches again, with an eye on every operation; nil if nothing is found.
func (l *loop) anomaly(micros []micro) (at *tensor.NotFinite) {
	defer func() {
		if v := recover(); v == stop.ErrInterrupted {
			panic(v)
		} else if e, ok := v.(*tensor.NotFinite); ok {
			at = e
		} // whatever else goes wrong now, what is told is what went wrong first
	}()
	l.mode(true)
	defer l.mode(false)
	for _, m := range micros {
		for _, part := range m.parts() {
			tensor.Scope(func() {
				tensor.Autocast(l.s.Precision, func() {
					tensor.DetectAnomaly(func() {
						if loss := part(newMeter()); loss.Wants() {
							loss.Backward()
						}
					})
				})
			})
		}
	}
	return nil
}

// nameOf is the name of a parameter, whose elements a tensor may share.
func (l *loop) nameOf(t *tensor.Tensor) string {
	for _, list := range [][]nn.Param{l.task.params(), l.run.Model.LM.Params()} {
		for _, p := range list {
			if a, b := p.Value.Data(), t.Data(); len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] {
				return p.Name
			}
		}
	}
	return ""
}

func (l *loop) cause() string {
	if l.step == 0 {
		return "the first batch gives it: look at the data, at Beta and at the settings of the loss"
	}
	return l.rateCause()
}

func (l *loop) rateCause() string {
	if l.s.MaxGradNorm == 0 {
		return fmt.Sprintf("the learning rate %.3g is probably too high, and gradients are not clipped (MaxGradNorm)", l.s.LearningRate)
	}
	return fmt.Sprintf("the learning rate %.3g is probably too high", l.s.LearningRate)
}
