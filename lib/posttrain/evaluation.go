package posttrain

import (
	"fmt"
	"math"
	"time"

	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// best is the best evaluation so far.
type best struct {
	Known   bool
	Metric  float64
	Step    int
	Waiting int // evaluations since
}

// evaluate measures the loss and the metrics of the data that is not trained on.
func (l *loop) evaluate() (err error) {
	t, ok := l.task.(evaluator)
	if !ok {
		return nil
	}
	defer stop.Catch(&err)
	began := time.Now()
	m, sum, weight, rows, batches := newMeter(), 0.0, 0.0, 0, 0
	tensor.NoGrad(func() {
		for _, b := range t.evaluation() {
			if stop.Requested() {
				err = stop.ErrInterrupted
				return
			}
			tensor.Scope(func() {
				w := float64(b.rows)
				if l.s.Streamed {
					w = 1
				}
				tensor.Autocast(l.s.Precision, func() { sum += float64(b.loss(m).Item()) * w })
				weight += w
			})
			rows += b.rows
			batches++
		}
	})
	if f, ok := t.(interface{ failed() error }); ok && err == nil {
		err = f.failed()
	}
	if err != nil || rows == 0 && t.examined() == 0 {
		return err
	}
	e, seconds := newEntry(), time.Since(began).Seconds()
	if rows > 0 {
		e.put("eval_loss", sum/weight)
	} else { // the Trainer logs that it has measured nothing
		l.run.advise("nothing evaluated", fmt.Sprintf("the evaluation measures nothing: its %d rows do not fill a batch of EvalBatchSize %d, and DropLast leaves out what is not full", t.examined(), l.s.EvalBatchSize))
	}
	e.put("eval_runtime", round(seconds, 4))
	e.put("eval_samples_per_second", round(float64(rows)/seconds, 3))
	e.put("eval_steps_per_second", round(float64(batches)/seconds, 3))
	m.means("eval_", e)
	e.put("epoch", l.run.Epoch)
	l.putTokens(e, false)
	l.evalAt = l.step
	l.run.add(l.step, e, true)
	if err := l.logs.write(l.step, e); err != nil {
		return err
	}
	if err := l.judge(e.values); err != nil {
		return err
	}
	return l.call("eval", e.values)
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// judge compares an evaluation with the best so far, for early stopping and LoadBest.
func (l *loop) judge(m Metrics) error {
	name := l.s.Metric
	v, ok := m[name]
	if !ok {
		v, ok = m["eval_"+name]
	}
	if !ok {
		if l.s.Patience > 0 || l.s.LoadBest || l.plateau != nil {
			return fmt.Errorf("posttrain.%s: Metric %q is not among what the evaluation measures: %s", l.run.Method, name, m.names())
		}
		return nil
	}
	if l.plateau != nil && l.step > 0 { // the evaluation before the first step says nothing about a rate
		l.plateau.Observe(v)
	}
	gain := l.best.Metric - v
	if l.s.GreaterIsBetter {
		gain = -gain
	}
	if !l.best.Known || gain > l.s.MinImprovement {
		l.best.Waiting = 0
	} else {
		l.best.Waiting++
	}
	if !l.best.Known || gain > 0 {
		l.best.Known, l.best.Metric, l.best.Step = true, v, l.step
	}
	if l.s.Patience > 0 && l.best.Waiting >= l.s.Patience {
		l.stopping = true
	}
	return nil
}
