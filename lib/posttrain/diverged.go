package posttrain

import (
	"fmt"
)

// diverged says at which step a run went wrong, in which tensor, and what the cause probably is.
func (l *loop) diverged(loss, norm float64) error {
	where := "the loss itself: no parameter and no gradient is NaN or infinite"
	for _, p := range l.task.params() {
		if !p.Value.FiniteGrad() {
			where = "the gradient of " + p.Name + " is NaN or infinite"
			break
		}
	}
	damaged := false
	for _, p := range l.task.params() {
		if !p.Value.Finite() {
			where, damaged = p.Name+" has a value that is NaN or infinite", true
			break
		}
	}
	if err := l.run.Model.LM.CheckFinite(); err != nil && !damaged && l.step == 0 {
		where, damaged = err.Error(), true
	}
	return fmt.Errorf("posttrain.%s: step %d: the loss is %v and the gradient norm %v (%s): %s", l.run.Method, l.step+1, loss, norm, where, l.cause(damaged))
}

func (l *loop) cause(damaged bool) string {
	switch {
	case l.step == 0 && damaged:
		return "the model was damaged before the run"
	case l.step == 0:
		return "the first batch gives it: look at the data, at Beta and at the settings of the loss"
	case l.s.MaxGradNorm == 0:
		return fmt.Sprintf("the learning rate %.3g is probably too high, and gradients are not clipped (MaxGradNorm)", l.s.LearningRate)
	}
	return fmt.Sprintf("the learning rate %.3g is probably too high", l.s.LearningRate)
}
