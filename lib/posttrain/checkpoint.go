package posttrain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"lyceum/lib/checkpoint"
	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/stop"
)

// A checkpoint is a folder checkpoint-STEP in the output folder: the model as a Hugging Face folder in float32, and beside it
// the state of the run. It is written under another name and renamed, so that a kill at any instant leaves whole checkpoints.
const (
	stateFile  = "trainer_state.json" // the numbers
	momentFile = "optimizer.safetensors"
	prefix     = "checkpoint-"
	writing    = ".writing-"   // one that is not whole yet
	replaced   = ".replaced-"  // a checkpoint in whose place another is put
	discarded  = ".discarded-" // one that is being removed
)

// state are the numbers of a run at a step: the counters, what was logged, and what is not logged yet.
type state struct {
	Method  string              `json:"method"`
	Step    int                 `json:"global_step"`
	Planned int                 `json:"max_steps"`
	Epoch   float64             `json:"epoch"`
	Elapsed time.Duration       `json:"elapsed"`
	Logged  int                 `json:"last_logged"`
	Sum     float64             `json:"loss_since"`
	Meter   *meter              `json:"metrics_since"`
	Best    best                `json:"best"`
	Plan    plan                `json:"plan"`
	Rate    *optim.PlateauState `json:"rate,omitempty"`
	Task    map[string]float64  `json:"task,omitempty"`
	Journal json.RawMessage     `json:"journal,omitempty"`
	History []record            `json:"log_history"`
}

// plan is what must be the same for a resumed run to see the same data in the same order.
type plan struct {
	Size, BatchSize, Accumulation int
	Seed, DataSeed                uint64
	Order                         string
	Optimizer                     string // "" is AdamW
}

type record struct {
	Step   int      `json:"step"`
	Names  []string `json:"names"`
	Values []orNull `json:"values"`
	Eval   bool     `json:"eval,omitempty"`
}

// orNull is a number of a log; NaN, which JSON does not have, is null.
type orNull float64

// MarshalJSON writes the number or null.
func (x orNull) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// UnmarshalJSON reads null as NaN.
func (x *orNull) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*x = orNull(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(x))
}

func (l *loop) plan() plan {
	p := plan{l.size, l.s.BatchSize, l.s.Accumulation, l.s.Seed, uint64(l.s.DataSeed.Or(float64(l.s.Seed))), l.s.Order, l.s.Optimizer}
	if _, adam := l.opt.(*optim.AdamW); adam { // whatever it was called
		p.Optimizer = ""
	}
	return p
}

// save writes a checkpoint and removes those that are too many.
func (l *loop) save() error {
	dir := l.s.OutputDir
	name := fmt.Sprintf("%s%d", prefix, l.step)
	tmp := filepath.Join(dir, writing+name)
	fail := func(err error) error {
		return fmt.Errorf("posttrain.%s: the checkpoint of step %d: %w", l.run.Method, l.step, err)
	}
	discard(dir, writing+prefix+"*") // of a run that was killed
	defer os.RemoveAll(tmp)
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return fail(err)
	}
	if err := l.write(tmp); err != nil {
		return fail(err)
	}
	final, old := filepath.Join(dir, name), filepath.Join(dir, replaced+name)
	if err := os.Rename(final, old); err != nil && !errors.Is(err, fs.ErrNotExist) { // there is one if the run was resumed before it
		return fail(err)
	}
	if err := os.Rename(tmp, final); err != nil {
		return fail(err)
	}
	discard(dir, replaced+prefix+"*")
	l.rotate()
	return l.call("save", nil)
}

// saveStopped writes a checkpoint because of a stop, which does not end the writing; another one does.
func (l *loop) saveStopped() (err error) {
	stop.Shield(func() { err = l.save() })
	return err
}

func (l *loop) write(dir string) error {
	if err := l.run.Save(dir); err != nil {
		return err
	}
	numbers, tensors := l.taskState()
	st := state{Method: l.run.Method, Step: l.step, Planned: l.run.Planned, Epoch: l.run.Epoch, Elapsed: l.run.Elapsed, Logged: l.logged, Sum: l.sum,
		Meter: l.meter, Best: l.best, Plan: l.plan(), Task: numbers}
	if l.plateau != nil {
		st.Rate = &l.plateau.State
	}
	if t, ok := l.task.(journalist); ok {
		var err error
		if st.Journal, err = t.journal(); err != nil {
			return err
		}
	}
	for _, x := range l.run.history {
		r := record{Step: x.step, Names: x.names, Eval: x.eval}
		for _, n := range x.names {
			r.Values = append(r.Values, orNull(x.values[n]))
		}
		st.History = append(st.History, r)
	}
	var list []checkpoint.Tensor
	for i, p := range l.task.params() {
		list = append(list, checkpoint.Tensor{Name: "param." + p.Name, Shape: p.Value.Shape(), Data: p.Value.Data()})
		if l.s.SaveModelOnly {
			continue
		}
		for _, x := range l.opt.Slots(i) {
			list = append(list, checkpoint.Tensor{Name: x.Name + "." + p.Name, Shape: x.Shape, Data: x.Data})
		}
	}
	for _, p := range tensors {
		list = append(list, checkpoint.Tensor{Name: "task." + p.Name, Shape: p.Value.Shape(), Data: p.Value.Data()})
	}
	if err := checkpoint.Write(filepath.Join(dir, momentFile), list, "F32"); err != nil {
		return err
	}
	data, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(dir, stateFile), data)
}

func (l *loop) taskState() (map[string]float64, []nn.Param) {
	if k, ok := l.task.(keeper); ok {
		return k.keep()
	}
	return nil, nil
}

// rotate removes the oldest checkpoints beyond SaveKeep, but never the newest and never the best that LoadBest will want.
func (l *loop) rotate() {
	if l.s.SaveKeep <= 0 {
		return
	}
	list := checkpoints(l.s.OutputDir)
	keep := l.s.SaveKeep
	for _, n := range list {
		if len(list) <= keep {
			return
		}
		if n == l.step || l.s.LoadBest && n == l.best.Step {
			continue
		}
		discard(l.s.OutputDir, prefix+strconv.Itoa(n))
		list = list[1:]
	}
}

// checkpoints lists the steps of the checkpoints in a folder.
func checkpoints(dir string) []int {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), prefix)); err == nil && strings.HasPrefix(e.Name(), prefix) {
			out = append(out, n)
		}
	}
	sort.Ints(out)
	return out
}

// discard removes folders in dir, given by a pattern, under other names, so that a kill leaves none that looks whole; what
// earlier kills have left goes too.
func discard(dir, pattern string) {
	for _, name := range named(dir, pattern) {
		os.Rename(filepath.Join(dir, name), filepath.Join(dir, discarded+name))
	}
	for _, name := range named(dir, discarded+"*") {
		os.RemoveAll(filepath.Join(dir, name))
	}
}

// named lists what in a folder has a name of a pattern.
func named(dir, pattern string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if ok, _ := filepath.Match(pattern, e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	return names
}

// LastCheckpoint returns the newest checkpoint in an output folder, "" if there is none. One whose replacement was broken off
// between two renames gets its name back.
func LastCheckpoint(dir string) string {
	for _, x := range named(dir, replaced+prefix+"*") {
		name := filepath.Join(dir, strings.TrimPrefix(x, replaced))
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			os.Rename(filepath.Join(dir, x), name)
		}
	}
	list := checkpoints(dir)
	if len(list) == 0 {
		return ""
	}
	return filepath.Join(dir, prefix+strconv.Itoa(list[len(list)-1]))
}

// resume continues from a checkpoint: the same numbers, bit for bit, as if the run had not stopped. It may lie in the folder of
// another run, which is then forked.
func (l *loop) resume() error {
	dir := l.s.Resume
	if dir == "last" {
		if dir = LastCheckpoint(l.s.OutputDir); dir == "" {
			return fmt.Errorf("posttrain.%s: Resume: there is no checkpoint in %s", l.run.Method, l.s.OutputDir)
		}
	}
	fail := func(err error) error { return fmt.Errorf("posttrain.%s: Resume: %s: %w", l.run.Method, dir, err) }
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return fail(err)
	}
	var st state
	if err := json.Unmarshal(data, &st); err != nil {
		return fail(fmt.Errorf("%s: %w", stateFile, err))
	}
	if st.Method != l.run.Method {
		return fail(fmt.Errorf("this is a checkpoint of %s", st.Method))
	}
	if st.Plan != l.plan() {
		return fail(fmt.Errorf("its run had other data or another order: %+v then, %+v now", st.Plan, l.plan()))
	}
	if (l.plateau != nil) != (st.Rate != nil) {
		return fail(fmt.Errorf("its run had another schedule of the learning rate than %s", l.s.Schedule))
	}
	if l.plateau != nil {
		l.plateau.State = *st.Rate
	}
	if err := l.readTensors(filepath.Join(dir, momentFile), st.Step); err != nil {
		return fail(err)
	}
	if k, ok := l.task.(keeper); ok {
		if err := k.restore(st.Task); err != nil {
			return fail(err)
		}
	}
	if t, ok := l.task.(journalist); ok && st.Journal != nil {
		if err := t.readJournal(st.Journal); err != nil {
			return fail(err)
		}
	}
	l.step, l.logged, l.sum, l.meter, l.best = st.Step, st.Logged, st.Sum, st.Meter, st.Best
	l.run.Epoch, l.run.Elapsed, l.run.done = st.Epoch, st.Elapsed, st.Step
	for _, r := range st.History {
		e := newEntry()
		for i, n := range r.Names {
			e.put(n, float64(r.Values[i]))
		}
		l.run.add(r.Step, e, r.Eval)
	}
	return nil
}

// readTensors fills the parameters, the moments and the task's tensors.
func (l *loop) readTensors(file string, step int) error {
	f, err := checkpoint.Open(file)
	if err != nil {
		return err
	}
	read := func(name string, dst []float32) error {
		e, ok := f.Tensors[name]
		if !ok {
			return fmt.Errorf("%s has no %s: it is the checkpoint of another model", momentFile, name)
		}
		if e.Len() != len(dst) {
			return fmt.Errorf("%s: %s has %d numbers, the model needs %d", momentFile, name, e.Len(), len(dst))
		}
		e.Read(dst)
		if l.work.Asked() {
			return stop.ErrInterrupted
		}
		return nil
	}
	for i, p := range l.task.params() {
		for _, x := range l.opt.Slots(i) {
			_, whole := f.Tensors[x.Name+"."+p.Name]
			if _, model := f.Tensors["param."+p.Name]; model && !whole {
				return fmt.Errorf("it was saved without the optimiser (SaveModelOnly, save_only_model) or with another: a run cannot go on from it; start a new one from its model")
			}
		}
	}
	for i, p := range l.task.params() {
		if err := read("param."+p.Name, p.Value.Data()); err != nil {
			return err
		}
		for _, x := range l.opt.Slots(i) {
			if err := read(x.Name+"."+p.Name, x.Data); err != nil {
				return err
			}
		}
	}
	_, tensors := l.taskState()
	for _, p := range tensors {
		if err := read("task."+p.Name, p.Value.Data()); err != nil {
			return err
		}
	}
	l.opt.Continue(step)
	return nil
}

// loadBest puts the parameters of the best checkpoint into the model.
func (l *loop) loadBest() error {
	if !l.best.Known || l.best.Step == l.step {
		return nil
	}
	dir := filepath.Join(l.s.OutputDir, prefix+strconv.Itoa(l.best.Step))
	f, err := checkpoint.Open(filepath.Join(dir, momentFile))
	if err != nil {
		return fmt.Errorf("posttrain.%s: LoadBest: the best step, %d, was not saved (SaveSteps): %w", l.run.Method, l.best.Step, err)
	}
	for _, p := range l.task.params() {
		if e, ok := f.Tensors["param."+p.Name]; ok && e.Len() == p.Value.Len() {
			e.Read(p.Value.Data())
		}
	}
	return nil
}
