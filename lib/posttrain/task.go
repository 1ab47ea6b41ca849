package posttrain

import (
	"maps"
	"slices"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// A task is what a method adds to the loop: what is trained, its micro-batches, and what they log.
type task interface {
	// params are the parameters that the optimiser moves.
	params() []nn.Param
	// size is how many micro-batches an epoch has.
	size() int
	// window returns micro-batches first to first+n-1 of an epoch: those of one optimiser step. The loop asks for the windows in
	// order; after a resume it starts in the middle.
	window(epoch, first, n int) ([]micro, error)
}

// A micro is a micro-batch.
type micro struct {
	rows int // examples
	// loss computes what is added to the loss of the step, scaled for its window, and logs metrics.
	loss func(log *meter) *tensor.Tensor
	// more is a part of the loss that shares no parameters with the other: it is computed after it, when its memory is free.
	// nil: there is none.
	more func(log *meter) *tensor.Tensor
}

func (m micro) parts() []func(log *meter) *tensor.Tensor {
	if m.more == nil {
		return []func(log *meter) *tensor.Tensor{m.loss}
	}
	return []func(log *meter) *tensor.Tensor{m.loss, m.more}
}

// These are what a task may be as well.
type (
	// An evaluator has data that is not trained on: so many rows, and batches of them. Their losses are plain means of their rows.
	evaluator interface {
		examined() int
		evaluation() []micro
	}
	// A stepper is told that a step was taken; steps counts from 1.
	stepper interface{ stepped(steps int) }
	// A pacer's steps are not those of the Trainer: it says how many there are, where on the learning rate's schedule each is
	// (idle ones leave the parameters as they are), and after which to log. window gets no places that mean anything.
	pacer interface {
		planned() int
		pace(step int) (at, of int, idle bool)
		logsAfter(steps int) bool
	}
	// A finisher changes a log line before it is written.
	finisher interface{ finishLog(e *entry) }
	// A journalist has a state beside numbers and tensors: what it writes is read again when the run is resumed, before
	// anything is drawn.
	journalist interface {
		journal() ([]byte, error)
		readJournal([]byte) error
	}
	// A keeper has a state of its own that a checkpoint must hold: numbers and tensors.
	keeper interface {
		keep() (numbers map[string]float64, tensors []nn.Param)
		restore(numbers map[string]float64) error
	}
)

// mean scales the losses of a window of n micro-batches so that their sum is their mean, as the Trainer does for losses that
// are not counted in tokens.
func mean(n int, loss *tensor.Tensor) *tensor.Tensor { return loss.Scale(1 / float32(n)) }

// A meter collects metrics between two logs: the mean over micro-batches of those added, the last of those set.
type meter struct {
	Names []string
	Sums  map[string]float64
	Count map[string]float64
}

func newMeter() *meter { return &meter{Sums: map[string]float64{}, Count: map[string]float64{}} }

// clone copies what was collected.
func (m *meter) clone() *meter {
	return &meter{slices.Clone(m.Names), maps.Clone(m.Sums), maps.Clone(m.Count)}
}

// add counts v into the mean of a metric.
func (m *meter) add(name string, v float64) {
	m.name(name)
	m.Sums[name] += v
	m.Count[name]++
}

// set replaces a metric.
func (m *meter) set(name string, v float64) {
	m.name(name)
	m.Sums[name], m.Count[name] = v, 1
}

func (m *meter) name(name string) {
	if m.Count[name] == 0 {
		m.Names = append(m.Names, name)
	}
}

// means writes all metrics into a log, each with a prefix.
func (m *meter) means(prefix string, out *entry) {
	for _, n := range m.Names {
		out.put(prefix+n, m.Sums[n]/m.Count[n])
	}
}

// An entry is a log line: metrics in the order in which they are printed.
type entry struct {
	names  []string
	values Metrics
}

func newEntry() *entry { return &entry{values: Metrics{}} }

func (e *entry) put(name string, v float64) {
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = v
}

// drop takes metrics out.
func (e *entry) drop(names ...string) {
	for _, n := range names {
		delete(e.values, n)
		e.names = slices.DeleteFunc(e.names, func(x string) bool { return x == n })
	}
}

// A teacher is what the tasks over a fixed set of rows have in common: rows of a kind that the method makes, taken in the
// Trainer's order, and the loss of some of them.
type teacher[T any] struct {
	run                 *Run
	s                   settings
	train               []T
	eval                []T
	order               *order
	tokens              float64 // read so far
	positions, unpadded float64 // of the batches so far: all, and without the padding token
	// judged is how many rows of a micro-batch TRL's CPO and ORPO look at for their metrics; 0: all. In the last window of an
	// epoch whose last batch is short they look at as many rows of every micro-batch as that one has: accelerate's
	// gather_for_metrics takes the others for padding.
	judged int

	// loss is the loss of a micro-batch, a mean over its rows.
	loss func(rows []T, log *meter, training bool) *tensor.Tensor
}

func (t *teacher[T]) params() []nn.Param { return t.run.trainable() }
func (t *teacher[T]) size() int          { return t.order.size() }

func (t *teacher[T]) pick(from []T, which []int) []T {
	var out []T
	for _, i := range which {
		out = append(out, from[i])
	}
	return out
}

// window makes micro-batches whose losses are averaged.
func (t *teacher[T]) window(epoch, first, n int) ([]micro, error) {
	var out []micro
	for i := range n {
		rows := t.pick(t.train, t.order.batchRows(epoch, first+i))
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor {
			t.judged = 0
			if first+n == t.size() && !t.s.DropLast {
				t.judged = len(t.train) % t.s.BatchSize
			}
			return mean(n, t.loss(rows, log, true))
		}})
	}
	return out, nil
}

func (t *teacher[T]) examined() int { return len(t.eval) }

func (t *teacher[T]) evaluation() []micro {
	var out []micro
	for _, which := range t.s.examined(len(t.eval), t.s.EvalBatchSize) {
		rows := t.pick(t.eval, which)
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor {
			t.judged = 0
			return t.loss(rows, log, false)
		}})
	}
	return out
}

// looked are the rows of a micro-batch that metrics look at.
func (t *teacher[T]) looked(x []float64) []float64 {
	if t.judged > 0 && t.judged < len(x) {
		return x[:t.judged]
	}
	return x
}

// count adds the n tokens of a batch in training, of which unpadded are no padding and which has so many positions, and logs how
// many were read.
func (t *teacher[T]) count(n, unpadded, positions int, log *meter, training bool) {
	if training {
		t.tokens += float64(n)
		t.unpadded += float64(unpadded)
		t.positions += float64(positions)
	}
	log.set("num_tokens", t.tokens)
}

func (t *teacher[T]) keep() (map[string]float64, []nn.Param) {
	return map[string]float64{"num_tokens": t.tokens, "unpadded": t.unpadded, "positions": t.positions}, nil
}

func (t *teacher[T]) restore(numbers map[string]float64) error {
	t.tokens, t.unpadded, t.positions = numbers["num_tokens"], numbers["unpadded"], numbers["positions"]
	return nil
}
