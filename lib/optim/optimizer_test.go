package optim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// What PyTorch and Transformers compute; testdata/make.py says how.
//
//go:embed testdata/optimizers.json
var goldenJSON []byte

type golden struct {
	Shapes map[string][]int
	Start  map[string][]float32
	Grads  []map[string][]float32
	Cases  []struct {
		Optim string
		Args  map[string]any
		Decay float64
		End   map[string][]float32
	}
	Metrics  []float64
	Plateaus []struct {
		Name  string
		Args  map[string]any
		Rates []float64
	}
}

// sameEnd is how far parameters may be from PyTorch's after six steps.
const sameEnd = 2e-6

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	if err := json.Unmarshal(goldenJSON, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// steps takes the golden steps from one on to another with an optimiser, and returns it.
func (g golden) steps(t *testing.T, name string, args map[string]any, decay float64, params []nn.Param, from, to int, resumed Optimizer) Optimizer {
	t.Helper()
	o, err := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: decay, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	if resumed != nil {
		for i := range params {
			for k, x := range o.Slots(i) {
				copy(x.Data, resumed.Slots(i)[k].Data)
			}
		}
		o.Continue(resumed.Steps())
	}
	for i := from; i < to; i++ {
		for _, p := range params {
			tensor.From(g.Grads[i][p.Name]).Scale(0.5).Reshape(p.Value.Shape()...).Mul(p.Value).Sum().Backward()
		}
		o.Step(0.05/float64(1+i), 2) // the scale undoes the half
		o.ZeroGrad()
	}
	return o
}

func (g golden) params() (out []nn.Param) {
	for _, name := range slices.Sorted(maps.Keys(g.Shapes)) {
		out = append(out, nn.Param{Name: name, Value: tensor.From(slices.Clone(g.Start[name])).Reshape(g.Shapes[name]...).Detach().RequireGrad()})
	}
	return out
}

// far is the largest difference from what PyTorch ends with.
func far(params []nn.Param, end map[string][]float32) (most float64) {
	for _, p := range params {
		for j, x := range p.Value.Data() {
			d := math.Abs(float64(x - end[p.Name][j]))
			if !(d <= most) {
				most = d
			}
		}
	}
	return most
}

func TestOptimizersEqualPyTorch(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Cases {
		params := g.params()
		g.steps(t, c.Optim, c.Args, c.Decay, params, 0, len(g.Grads), nil)
		if d := far(params, c.End); !(d < sameEnd) {
			t.Errorf("%s %v, decay %v: %g from PyTorch's", c.Optim, c.Args, c.Decay, d)
		}
		c.End["a.weight"][3] += 1e-5
		if far(params, c.End) < sameEnd {
			t.Errorf("%s: a golden value that is wrong by 1e-5 passes", c.Optim)
		}
	}
}

func TestAnOptimizerContinuesFromItsSlots(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Cases {
		whole, parts := g.params(), g.params()
		g.steps(t, c.Optim, c.Args, c.Decay, whole, 0, len(g.Grads), nil)
		first := g.steps(t, c.Optim, c.Args, c.Decay, parts, 0, 3, nil)
		if second := g.steps(t, c.Optim, c.Args, c.Decay, parts, 3, len(g.Grads), first); second.Steps() != len(g.Grads) {
			t.Errorf("%s: %d steps", c.Optim, second.Steps())
		}
		for i := range whole {
			if !slices.Equal(whole[i].Value.Data(), parts[i].Value.Data()) {
				t.Errorf("%s %v: %s differs after a resume", c.Optim, c.Args, whole[i].Name)
			}
		}
	}
}

func TestPlateausEqualPyTorch(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Plateaus {
		p, err := NewPlateau(c.Name, 0.1, c.Args)
		if err != nil {
			t.Fatal(err)
		}
		changes := 0
		for i, m := range g.Metrics {
			before := p.Rate()
			text, err := json.Marshal(p.State) // as a checkpoint holds it
			if err != nil {
				t.Fatal(err)
			}
			if p, err = NewPlateau(c.Name, 0.1, c.Args); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &p.State); err != nil {
				t.Fatal(err)
			}
			p.Observe(m)
			if math.Abs(p.Rate()-c.Rates[i]) > 1e-15 {
				t.Errorf("%s %v: after metric %d the rate is %v, want %v", c.Name, c.Args, i, p.Rate(), c.Rates[i])
				break
			}
			if p.Rate() != before {
				changes++
			}
		}
		if changes == 0 {
			t.Errorf("%s %v: the rate never moves: nothing is tested", c.Name, c.Args)
		}
	}
}

func TestWrongOptimizers(t *testing.T) {
	for want, c := range map[string]struct {
		name string
		args map[string]any
	}{
		`optimizer "lion_32bit" is not known: use adafactor, adagrad`:    {"lion_32bit", nil},
		`optimizer adafactor: it has no argument "beta1": it takes none`: {"adafactor", map[string]any{"beta1": 0.9}},
		`it has no argument "weight_decay"; it takes momentum`:           {"sgd", map[string]any{"weight_decay": 0.9}},
		`nesterov needs a momentum`:                                      {"sgd", map[string]any{"nesterov": true}},
		`centered is 3, it must be true or false`:                        {"rmsprop", map[string]any{"centered": 3}},
		`momentum is -1, it must be 0 or more`:                           {"sgd", map[string]any{"momentum": -1.0}},
		`eps is x, it must be a number`:                                  {"adagrad", map[string]any{"eps": "x"}},
	} {
		if _, err := New(c.name, nil, Settings{Args: c.args}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, c := range []struct {
		name string
		args map[string]any
	}{{"greedy", map[string]any{"factor": 1.0}}, {"reduce_lr_on_plateau", map[string]any{"mode": "low"}}, {"reduce_lr_on_plateau", map[string]any{"max_lr": 1.0}}} {
		if _, err := NewPlateau(c.name, 1, c.args); err == nil {
			t.Error(fmt.Sprint(c) + " is no error")
		}
	}
}
