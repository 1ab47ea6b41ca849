package posttrain

import (
	"fmt"
	"math"
	"time"

	"lyceum/lib/optim"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// A loop is a run under way: the Hugging Face Trainer's loop over the micro-batches of a task.
type loop struct {
	work     *stop.Work
	run      *Run
	task     task
	s        settings
	opt      optim.Optimizer
	schedule optim.Schedule
	plateau  *optim.Plateau // instead of schedule, where the rate follows evaluations

	size    int // micro-batches of an epoch
	updates int // steps of an epoch
	step    int // steps taken
	meter   *meter
	sum     float64 // of the losses since the last log
	logged  int     // the step of the last log
	norm    float64
	rate    float64
	evalAt  int // the step of the last evaluation

	best       best
	logs       *logger
	board      *board
	seenBefore float64 // tokens that the run had seen when it was resumed
	stopping   bool
	noDropout  bool // as TRL's disable_dropout
	started    time.Time
}

// train runs a task to its end and leaves the metrics in the run. An interrupt ends it as it was after a whole step, with a checkpoint if
// the run writes any; what was trained so far stays in the run's model, beside the error.
func train(work *stop.Work, r *Run, t task, s settings) (err error) {
	defer stop.Catch(&err)
	r.roomToBegin()
	l := &loop{work: work, run: r, task: t, s: s, meter: newMeter(), started: time.Now(), evalAt: -1}
	if d, ok := t.(interface{ dropout() bool }); ok {
		l.noDropout = !d.dropout()
	}
	if err := l.prepare(); err != nil {
		return err
	}
	defer l.logs.close()
	r.speak(s.Console)
	l.board = newBoard(r)
	err = l.steps()
	l.board.step(true)
	if err == nil && s.LoadBest {
		err = l.loadBest()
	}
	if err == nil {
		err = l.logs.end(l)
	}
	if err == nil {
		err = l.call("end", nil)
	}
	tensor.FreeScopes()
	for _, p := range r.trainable() { // as much again as the weights, while the run keeps its model
		p.Value.DropGrad()
	}
	return err
}

// prepare makes the optimiser and the plan of the run, and resumes.
func (l *loop) prepare() error {
	l.size = l.task.size()
	if l.size == 0 {
		return fmt.Errorf("posttrain.%s: there is not one full batch in the data: nothing can be learned", l.run.Method)
	}
	if l.s.Streamed && l.size%l.s.Accumulation != 0 {
		return fmt.Errorf("posttrain.%s: Streamed: an epoch has %d batches, which are no multiple of Accumulation %d: the Trainer does not know where a stream ends, and the gradients of the last window would count into the next epoch's first", l.run.Method, l.size, l.s.Accumulation)
	}
	l.updates = max(1, (l.size+l.s.Accumulation-1)/l.s.Accumulation)
	l.run.Planned = l.s.MaxSteps
	if l.run.Planned == 0 {
		l.run.Planned = max(1, int(math.Ceil(l.s.Epochs*float64(l.updates))))
	}
	total := l.run.Planned
	if p, ok := l.task.(pacer); ok {
		l.run.Planned = p.planned()
		_, total, _ = p.pace(0)
	}
	var err error
	if optim.Follows(l.s.Schedule) {
		l.plateau, err = optim.NewPlateau(l.s.Schedule, l.s.LearningRate, l.s.ScheduleArgs)
	} else {
		l.schedule, err = optim.NewSchedule(l.s.Schedule, l.s.LearningRate, steps(l.s.Warmup, total), l.s.ScheduleArgs)
	}
	if err != nil {
		return err
	}
	if l.work.Asked() { // the moments of a large model take a while
		return stop.ErrInterrupted
	}
	l.opt, err = optim.New(l.s.Optimizer, l.task.params(), optim.Settings{Beta1: l.s.AdamBeta1.Or(0.9), Beta2: l.s.AdamBeta2.Or(0.999), Eps: l.s.AdamEps.Or(1e-8),
		WeightDecay: l.s.WeightDecay, Args: l.s.OptimizerArgs})
	if err != nil {
		return err
	}
	if err := l.checkMemory(); err != nil { // before moments are filled, which have no memory until then
		return err
	}
	if l.s.Resume != "" {
		if err := l.resume(); err != nil {
			return err
		}
		l.seenBefore = l.tokensSeen()
	}
	l.logs, err = newLogger(l.run, l.s)
	return err
}

// steps takes all steps that are left.
func (l *loop) steps() error {
	if l.s.EvalStart && l.step == 0 {
		if err := l.evaluate(); err != nil {
			return err
		}
	}
	for l.step < l.run.Planned && !l.stopping {
		if l.work.Asked() {
			if l.saves() {
				if err := l.saveStopped(); err != nil {
					return err
				}
			}
			return stop.ErrInterrupted
		}
		epoch, at := l.step/l.updates, l.step%l.updates*l.s.Accumulation
		n, err := l.take(epoch, at)
		if err == stop.ErrInterrupted && l.saves() && l.step > 0 && l.rewinds() {
			if err := l.saveStopped(); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		l.run.Epoch = float64(epoch) + float64(at+n)/float64(l.size)
		if t, ok := l.task.(stepper); ok {
			t.stepped(l.step)
		}
		if err := l.after(); err != nil {
			return err
		}
	}
	return nil
}

// take makes the micro-batches of a step and learns from them; n is how many there were. An interrupt in the middle of it, which
// the long loops of the arithmetic answer by a panic, leaves model and optimiser as they were before the step.
func (l *loop) take(epoch, at int) (n int, err error) {
	meter := l.meter.clone()
	var micros []micro
	numbers, _ := l.taskState()
	defer func() {
		v := recover()
		if e, ok := v.(*tensor.NotFinite); ok {
			l.opt.ZeroGrad()
			err = l.diverged(float64(e.Value), math.NaN(), e, micros)
			return
		}
		if v == stop.ErrInterrupted {
			l.opt.ZeroGrad()
			err, l.meter = stop.ErrInterrupted, meter
			if k, ok := l.task.(keeper); ok && numbers != nil {
				if bad := k.restore(numbers); bad != nil {
					err = bad
				}
			}
		} else if v != nil {
			panic(v)
		}
	}()
	micros, err = l.task.window(epoch, at, min(l.s.Accumulation, l.size-at))
	if err != nil {
		return 0, l.unless(err)
	}
	return len(micros), l.update(micros)
}

// rewinds reports whether the task is as before a step that was broken off, so that it can be saved: one that draws
// completions may have drawn them already.
func (l *loop) rewinds() bool {
	_, draws := l.task.(journalist)
	return !draws
}

// update takes one step of the optimiser.
func (l *loop) update(micros []micro) error {
	total := 0.0
	l.mode(true)
	defer l.mode(false)
	for i, m := range micros {
		if l.s.watch != nil {
			l.s.watch(l, i)
		}
		if l.work.Asked() {
			panic(stop.ErrInterrupted)
		}
		for _, part := range m.parts() {
			tensor.Scope(func() {
				tensor.Autocast(l.s.Precision, func() {
					loss := part(l.meter)
					total += float64(loss.Item())
					if loss.Wants() { // a micro-batch in which nothing is learned has no gradient
						loss.Backward()
					}
				})
			})
		}
	}
	params := l.task.params()
	norm, scale := optim.Clip(params, l.s.MaxGradNorm)
	if bad(total) || bad(norm) {
		err := l.diverged(total, norm, nil, micros)
		l.opt.ZeroGrad()
		return err
	}
	at, of, idle := l.step, l.run.Planned, false
	if p, ok := l.task.(pacer); ok {
		at, of, idle = p.pace(l.step)
	}
	if l.plateau != nil {
		l.rate = l.plateau.Rate()
	} else {
		l.rate = l.schedule(at, of)
	}
	stop.Check() // a good moment: the optimiser has something to undo then
	if !idle {
		l.opt.Step(l.rate, scale)
	}
	l.opt.ZeroGrad()
	l.sum += total
	l.norm = norm
	l.step++
	l.run.done = l.step
	return nil
}

// mode switches dropout and noise on, with random numbers of the step's own, or off. As in TRL's trainers both act in every
// pass of a step, that of a reference which is the model without its adapter as well, and disabled dropout leaves the noise.
func (l *loop) mode(training bool) {
	m, seed := l.run.Model.LM, l.s.Seed+uint64(l.step)<<20
	m.Eval()
	if training && !l.noDropout {
		m.Train(seed)
	}
	if training && l.s.NEFTune > 0 {
		m.Noisy(l.s.NEFTune, seed+1)
	}
}

func bad(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// after does what a finished step calls for: logs, evaluation, checkpoint.
func (l *loop) after() error {
	total := l.run.Planned
	end := l.step == total
	epochEnd := l.step%l.updates == 0 || end
	due := func(v float64) bool { n := steps(v, total); return n > 0 && l.step%n == 0 }
	if p, ok := l.task.(pacer); ok {
		if p.logsAfter(l.step) {
			if err := l.log(); err != nil {
				return err
			}
		}
	} else if due(l.s.LoggingSteps) && !l.s.LoggingEpoch || l.step == 1 && l.s.LoggingFirst {
		if err := l.log(); err != nil {
			return err
		}
	}
	if err := l.call("step", nil); err != nil {
		return err
	}
	if (due(l.s.EvalSteps) || l.s.EvalSteps > 0 && end) && l.s.EvalDelay <= float64(l.step) {
		if err := l.evaluate(); err != nil {
			return err
		}
	}
	// What belongs to the end of an epoch comes after all that belongs to its last step.
	if _, paced := l.task.(pacer); l.s.LoggingEpoch && epochEnd && !paced {
		if err := l.log(); err != nil {
			return err
		}
	}
	if l.s.EvalEpoch && epochEnd && l.s.EvalDelay <= l.run.Epoch && l.evalAt != l.step {
		if err := l.evaluate(); err != nil {
			return err
		}
	}
	newBest := l.evalAt == l.step && l.best.Known && l.best.Step == l.step
	if due(l.s.SaveSteps) || l.s.SaveEpoch && epochEnd || l.s.SaveSteps > 0 && end || l.s.SaveBest && newBest {
		if err := l.save(); err != nil {
			return err
		}
	}
	l.board.step(end)
	return nil
}

func (l *loop) saves() bool { return l.s.SaveSteps > 0 || l.s.SaveEpoch || l.s.SaveBest }

// log closes the interval since the last log. TRL's trainers see from the model whether they log training or an evaluation, and
// after an evaluation the model is not in training until the next step: a log of an epoch's end that comes between has no
// metrics of theirs, and those of the interval count into the next log. CPO and ORPO look at the log itself.
func (l *loop) log() error {
	e := newEntry()
	e.put("loss", l.sum/float64(l.step-l.logged))
	e.put("grad_norm", l.norm)
	e.put("learning_rate", l.rate)
	withheld := l.evalAt == l.step && l.run.Method != "CPO" && l.run.Method != "ORPO"
	if !withheld {
		l.meter.means("", e)
		l.meter = newMeter()
	}
	e.put("epoch", l.run.Epoch)
	l.putTokens(e, true)
	if t, ok := l.task.(finisher); ok {
		t.finishLog(e)
	}
	l.sum, l.logged = 0, l.step
	l.run.add(l.step, e, false)
	if err := l.logs.write(l.step, e); err != nil {
		return err
	}
	return l.call("log", e.values)
}

// An Event is what a Callback is told. Kind is "step" after each step, "log", "eval" and "save" when these were done, and
// "end".
type Event struct {
	Kind    string
	Run     *Run
	Step    int
	Metrics Metrics // of "log" and "eval"
	stop    *bool
}

// Stop ends the run after the step.
func (e Event) Stop() { *e.stop = true }

// A Callback is called as a run goes on. An error ends the run.
type Callback func(Event) error

func (l *loop) call(kind string, m Metrics) error {
	for _, c := range l.s.Callbacks {
		if err := c(Event{kind, l.run, l.step, m, &l.stopping}); err != nil {
			return fmt.Errorf("posttrain.%s: a callback at step %d: %w", l.run.Method, l.step, err)
		}
	}
	return nil
}
