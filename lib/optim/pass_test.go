package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
)

// every optimiser, with everything that it can keep.
var everyOptimizer = map[string]map[string]any{
	"adamw_torch": nil, "adafactor": nil, "adagrad": {"lr_decay": 0.1},
	"sgd": {"momentum": 0.9, "nesterov": true}, "rmsprop": {"momentum": 0.9, "centered": true},
}

// wide is a few parameters of several units each, with gradients, in float32 numbers of all together n or a few more.
func wide(n int) (params []nn.Param) {
	rng := tensor.NewRand(5)
	for i, shape := range [][]int{{n / 2 / 96, 96}, {7}, {n / 4}, {n / 4 / 64, 64}} {
		p := nn.Param{Name: fmt.Sprintf("layer.%d.weight", i), Value: tensor.Randn(rng, shape...).RequireGrad()}
		if i == 3 { // two matrices in one parameter
			p.Parts = []nn.Part{{Name: "a", Rows: shape[0] / 3}, {Name: "b", Rows: shape[0] - shape[0]/3}}
		}
		params = append(params, p)
	}
	return params
}

func giveGradients(params []nn.Param, seed uint64) {
	rng := tensor.NewRand(seed)
	for _, p := range params {
		p.Value.Mul(tensor.Randn(rng, p.Value.Shape()...)).Sum().Backward()
	}
}

// everything copies parameters and what the optimiser keeps.
func everything(params []nn.Param, o Optimizer) (all [][]float32) {
	for i, p := range params {
		all = append(all, slices.Clone(p.Value.Data()))
		for _, s := range o.Slots(i) {
			all = append(all, slices.Clone(s.Data))
		}
	}
	return all
}

func passOf(o Optimizer) *pass {
	switch x := o.(type) {
	case *AdamW:
		return &x.pass
	case *SGD:
		return &x.pass
	case *Adagrad:
		return &x.pass
	case *RMSprop:
		return &x.pass
	}
	return &o.(*Adafactor).pass
}

// stopped reports whether f was ended by a stop.
func stopped(f func()) (yes bool) {
	defer stop.Reset()
	defer func() {
		if v := recover(); v == stop.ErrInterrupted {
			yes = true
		} else if v != nil {
			panic(v)
		}
	}()
	f()
	return false
}

// A stop before any unit of a step undoes it, to the bit, as long as the rest is thought to take longer than putting back;
// where it is thought to take no time the step ends as if the stop had not come.
func TestAStopUndoesAStepOrLetsItEnd(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(everyOptimizer)) {
		t.Run(name, func(t *testing.T) {
			params := wide(12 * unitSize)
			o, err := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Args: everyOptimizer[name]})
			if err != nil {
				t.Fatal(err)
			}
			p, units := passOf(o), 0
			giveGradients(params, 1)
			p.watch = func(int) { units++ }
			o.Step(0.01, 0.5)
			o.ZeroGrad()
			giveGradients(params, 2)
			for k := range units {
				before, begun, was := everything(params, o), 0, o.Steps()
				p.watch = func(int) {
					if begun++; begun == k+1 {
						stop.Request()
					}
				}
				p.perNumber = 1 // every pass takes days
				if !stopped(func() { o.Step(0.01, 0.5) }) || begun != k+1 || o.Steps() != was {
					t.Fatalf("asked before unit %d of %d: went on to %d; %d steps, %d before", k, units, begun, o.Steps(), was)
				}
				for i, x := range everything(params, o) {
					if !slices.Equal(x, before[i]) {
						t.Fatalf("asked before unit %d of %d: number %d of what the step changes is not as it was", k, units, i)
					}
				}
				if k == 0 {
					continue // nothing has been done: nothing is the shortest way
				}
				p.perNumber, begun = math.SmallestNonzeroFloat64, 0
				if stopped(func() { o.Step(0.01, 0.5) }) || begun != units || o.Steps() != was+1 {
					t.Fatalf("asked before unit %d of %d: only %d done", k, units, begun)
				}
			}
		})
	}
}

// Steps in which copies were kept, with and without a stop before them, end with the same bits as steps in which none were.
func TestCopiesChangeNoNumber(t *testing.T) {
	for name, args := range everyOptimizer {
		run := func(perNumber float64, interrupt bool) [][]float32 {
			params := wide(8 * unitSize)
			o, err := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Args: args})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				giveGradients(params, uint64(i))
				passOf(o).perNumber = perNumber
				if interrupt {
					passOf(o).watch = func(done int) {
						if done > 2*unitSize {
							stop.Request()
						}
					}
					if !stopped(func() { o.Step(0.01, 0.5) }) {
						t.Fatalf("%s: not stopped", name)
					}
					passOf(o).watch = nil
				}
				o.Step(0.01, 0.5)
				o.ZeroGrad()
			}
			return everything(params, o)
		}
		want := run(math.SmallestNonzeroFloat64, false)
		for _, interrupt := range []bool{false, true} {
			for i, x := range run(1, interrupt) {
				if !slices.Equal(x, want[i]) {
					t.Fatalf("%s, interrupted %v: other numbers", name, interrupt)
				}
			}
		}
	}
}

// Copies lie in what scopes have left, and go back there.
func TestCopiesUseTheBuffersOfTheStep(t *testing.T) {
	defer tensor.FreeScopes()
	params := wide(8 * unitSize)
	tensor.Scope(func() { tensor.Buffer(40 * unitSize) })
	had := tensor.ScopeBytes()
	o := NewAdamW(params)
	giveGradients(params, 1)
	o.perNumber = 1
	o.Step(0.1, 1)
	if len(o.store.own) != 0 || tensor.ScopeBytes() != had {
		t.Errorf("%d buffers of its own; the store has %d bytes, it had %d", len(o.store.own), tensor.ScopeBytes(), had)
	}
	tensor.FreeScopes()
	o.perNumber = 1
	o.Step(0.1, 1)
	if len(o.store.own) == 0 {
		t.Error("nothing was copied")
	}
}

// AdamW's copies take no more than 128 MB of their own, however slow the pass: it is what large models are trained with.
func TestAFrugalPassTakesLittle(t *testing.T) {
	params := wide(4 * blockSize)
	o := NewAdamW(params)
	giveGradients(params, 1)
	o.perNumber = 1
	o.Step(0.1, 1)
	if len(o.store.own) != mostOwn {
		t.Errorf("%d buffers of its own, want %d", len(o.store.own), mostOwn)
	}
}

// BenchmarkStop is how long a stop takes in the step of each optimiser on 135 million parameters, at its worst of eight moments.
func BenchmarkStop(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(everyOptimizer)) {
		b.Run(name, func(b *testing.B) {
			params := wide(134515008)
			for _, p := range params {
				p.Value.GradBuffer()[0] = 1
			}
			o, _ := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Args: everyOptimizer[name]})
			whole, worst := time.Hour, time.Duration(0)
			for range 3 {
				began := time.Now()
				o.Step(1e-6, 1)
				whole = min(whole, time.Since(began))
			}
			for range b.N {
				worst = 0
				for k := range 8 {
					best := time.Hour
					for range 3 { // others may have the processor
						var asked time.Time
						timer := time.AfterFunc(whole*time.Duration(k)/8, func() { asked = time.Now(); stop.Request() })
						stopped(func() { o.Step(1e-6, 1) })
						if d := time.Since(asked); !asked.IsZero() {
							best = min(best, d)
						}
						timer.Stop()
					}
					if best < time.Hour {
						worst = max(worst, best)
					}
				}
			}
			b.ReportMetric(worst.Seconds()*1000, "ms/stop")
			b.ReportMetric(whole.Seconds()*1000, "ms/step")
			b.ReportMetric(0, "ns/op")
		})
	}
}
