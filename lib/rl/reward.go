package rl

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	"lyceum/lib/stop"
)

// A Reward judges completions: one number each, the larger the better; NaN where it does not apply, and then the other
// functions alone decide. A closure written in a cell is one.
type Reward func(Batch) []float64

// Named gives a reward function the name under which the run logs it: rewards/NAME/mean. Without one, a function that was
// declared has its own name and a closure is called reward1, reward2, ...
//
//go:noinline
func Named(name string, f Reward) Reward {
	return func(b Batch) []float64 {
		if b.ask != nil { // only Names asks
			*b.ask = name
			return nil
		}
		return f(b)
	}
}

// namedCode is where the closures of Named are; all of them share it.
var namedCode = reflect.ValueOf(Named("", nil)).Pointer()

// Names returns the names of reward functions, each once.
func Names(rewards []Reward) []string {
	out := make([]string, len(rewards))
	seen := map[string]int{}
	for i, r := range rewards {
		name := ""
		if r != nil {
			name = nameOf(r)
		}
		if name == "" {
			name = "reward"
			if len(rewards) > 1 {
				name = fmt.Sprintf("reward%d", i+1)
			}
		}
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s%d", name, n)
		}
		out[i] = name
	}
	return out
}

func nameOf(r Reward) (name string) {
	at := reflect.ValueOf(r).Pointer()
	if at == namedCode {
		r(Batch{ask: &name})
		return name
	}
	f := runtime.FuncForPC(at)
	if f == nil {
		return ""
	}
	name = f.Name()
	name = name[strings.LastIndex(name, "/")+1:]
	parts := strings.Split(name, ".")
	last := strings.TrimSuffix(parts[len(parts)-1], "-fm")
	if len(parts) > 2 && strings.HasPrefix(last, "func") || strings.HasPrefix(last, "makeFunc") || parts[0] == "reflect" {
		return "" // a closure, or a function of an interpreter
	}
	return last
}

// A Judge is several reward functions with their names and weights.
type Judge struct {
	Rewards []Reward
	Names   []string
	Weights []float64     // empty: 1 each
	Timeout time.Duration // of one function for one batch; 0: none
}

// NewJudge checks that names, weights and functions fit each other.
func NewJudge(rewards []Reward, weights []float64) (*Judge, error) {
	if len(rewards) == 0 {
		return nil, fmt.Errorf("there is no reward function: nothing says which completion is better")
	}
	for i, r := range rewards {
		if r == nil {
			return nil, fmt.Errorf("reward function %d is nil", i+1)
		}
	}
	j := &Judge{Rewards: rewards, Names: Names(rewards), Weights: weights}
	return j, j.checkWeights(len(rewards))
}

func (j *Judge) checkWeights(n int) error {
	if len(j.Weights) == 0 {
		for range n {
			j.Weights = append(j.Weights, 1)
		}
	}
	if len(j.Weights) != n {
		return fmt.Errorf("RewardWeights has %d weights for %d reward functions", len(j.Weights), n)
	}
	for i, w := range j.Weights {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("RewardWeights[%d] is %v", i, w)
		}
	}
	return nil
}

// Scores are what reward functions said of a batch.
type Scores struct {
	Names   []string
	PerFunc [][]float64     // a function's rewards, one a completion
	Took    []time.Duration // each function
	Metrics map[string]float64
	Columns map[string][]any
}

// Score asks all functions. A function that panics, runs into the time limit, returns a wrong number of rewards or an
// infinite one ends the run with a message that names it; nothing that was trained is lost.
func (j *Judge) Score(b Batch) (Scores, error) {
	n := &notes{map[string][]float64{}, map[string][]any{}}
	b.notes = n
	s := Scores{Names: j.Names, Metrics: map[string]float64{}, Columns: n.columns}
	for k, r := range j.Rewards {
		began := time.Now()
		rewards, err := j.call(r, b, j.Names[k])
		if err != nil {
			return s, err
		}
		if len(rewards) != b.Len() {
			return s, fmt.Errorf("reward %q returned %d rewards for %d completions: it must return one for each", j.Names[k], len(rewards), b.Len())
		}
		for i, x := range rewards {
			if math.Abs(x) > math.MaxFloat32 {
				return s, fmt.Errorf("reward %q returned %v for completion %d (%q): rewards must be finite and fit into float32, or NaN where the function does not apply", j.Names[k], x, i, short(b.Completions[i]))
			}
		}
		s.PerFunc = append(s.PerFunc, append([]float64(nil), rewards...))
		s.Took = append(s.Took, time.Since(began))
	}
	for name, v := range n.metrics {
		s.Metrics[name] = Mean(v)
	}
	return s, nil
}

// call runs one function, in the caller's goroutine unless there is a limit of time: an interpreter's functions like that.
func (j *Judge) call(r Reward, b Batch, name string) (rewards []float64, err error) {
	if j.Timeout <= 0 {
		return guarded(r, b, name)
	}
	type result struct {
		rewards []float64
		err     error
	}
	done := make(chan result, 1)
	go func() {
		x, err := guarded(r, b, name)
		done <- result{x, err}
	}()
	select {
	case d := <-done:
		return d.rewards, d.err
	case <-time.After(j.Timeout):
		return nil, fmt.Errorf("reward %q has not judged %d completions after %v (RewardTimeout): make it faster, or allow more time", name, b.Len(), j.Timeout)
	}
}

func guarded(r Reward, b Batch, name string) (rewards []float64, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if e, ok := p.(error); ok && (e == stop.ErrInterrupted) {
			err = e
			return
		}
		where := ""
		if at := panicLine(debug.Stack()); at != "" {
			where = " at " + at
		}
		err = fmt.Errorf("reward %q panicked%s: %v", name, where, p)
	}()
	return r(b), nil
}

// panicLine finds the line of a stack at which a compiled reward function panicked.
func panicLine(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "panic(") {
			continue
		}
		for _, at := range lines[i+2:] {
			if at = strings.TrimSpace(at); strings.Contains(at, ".go:") && !strings.Contains(at, "/src/runtime/") && !strings.Contains(at, "/lib/rl/") {
				at, _, _ = strings.Cut(at, " +0x")
				if at = at[strings.LastIndex(at, "/")+1:]; strings.HasPrefix(at, "run.go:") || strings.HasPrefix(at, "value.go:") {
					return "" // inside an interpreter
				}
				return at
			}
		}
	}
	return ""
}

func short(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

func columnNames(c map[string][]any) string {
	if len(c) == 0 {
		return "none but the prompt"
	}
	var names []string
	for n := range c {
		names = append(names, n)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
