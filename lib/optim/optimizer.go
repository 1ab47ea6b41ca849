package optim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lyceum/lib/nn"
)

// An Optimizer moves parameters by their gradients.
type Optimizer interface {
	// Step changes the parameters by their gradients, multiplied by scale (the factor of Clip, or 1): all of them, or none
	// when a stop ends it, by a panic with stop.ErrInterrupted. A gradient or a scale that is NaN or infinite changes nothing
	// and panics with an *Error that names the parameter.
	Step(learningRate, scale float64)
	// ZeroGrad sets all gradients to zero.
	ZeroGrad()
	// Steps is how many steps were taken.
	Steps() int
	// Slots are what the optimiser remembers of parameter i. A checkpoint holds them; a resumed run fills them.
	Slots(i int) []Slot
	// Continue sets how many steps were taken before.
	Continue(steps int)
}

// A Slot is one thing that an optimiser remembers of a parameter, under PyTorch's name for it.
type Slot struct {
	Name  string
	Shape []int
	Data  []float32
}

// Settings are those of the Trainer that optimisers read. Args are its optim_args, each of which the optimiser must know.
type Settings struct {
	Beta1, Beta2, Eps, WeightDecay float64
	Args                           map[string]any
}

// Optimizers are the names that New knows, the Trainer's values of optim, with the arguments that each takes (optim_args).
var Optimizers = map[string][]string{
	"adamw_torch": nil, "adamw_torch_fused": nil, "adamw_hf": nil, "paged_adamw": nil, "paged_adamw_32bit": nil, // one formula
	"sgd": {"momentum", "dampening", "nesterov"}, "adagrad": {"lr_decay", "eps"}, "rmsprop": {"momentum", "alpha", "eps", "centered"}, "adafactor": nil,
}

// New makes an optimiser by the Trainer's name for it; the empty name is AdamW. Of the settings AdamW alone reads the betas and
// Eps: the others have PyTorch's values unless Args say otherwise, as in the Trainer.
func New(name string, params []nn.Param, s Settings) (Optimizer, error) {
	if err := CheckOptimizer(name, s.Args); err != nil {
		return nil, err
	}
	a := arguments{name: name, given: s.Args}
	switch name {
	case "sgd":
		return NewSGD(params, SGD{Momentum: a.number("momentum", 0), Dampening: a.number("dampening", 0), Nesterov: a.truth("nesterov"), WeightDecay: s.WeightDecay}), nil
	case "adagrad":
		return NewAdagrad(params, Adagrad{RateDecay: a.number("lr_decay", 0), Eps: a.number("eps", 1e-10), WeightDecay: s.WeightDecay}), nil
	case "rmsprop":
		return NewRMSprop(params, RMSprop{Alpha: a.number("alpha", 0.99), Eps: a.number("eps", 1e-8), Momentum: a.number("momentum", 0), Centered: a.truth("centered"),
			WeightDecay: s.WeightDecay}), nil
	case "adafactor":
		return NewAdafactor(params, s.WeightDecay), nil
	}
	o := NewAdamW(params)
	o.Beta1, o.Beta2, o.Eps, o.WeightDecay = s.Beta1, s.Beta2, s.Eps, s.WeightDecay
	return o, nil
}

// CheckOptimizer says why New cannot make an optimiser, before there are parameters.
func CheckOptimizer(name string, args map[string]any) error {
	if name == "" {
		name = "adamw_torch_fused"
	}
	known, ok := Optimizers[name]
	if !ok {
		return fmt.Errorf("optim: optimizer %q is not known: use %s", name, strings.Join(slices.Sorted(maps.Keys(Optimizers)), ", "))
	}
	a := arguments{kind: "optimizer", name: name, given: args}
	a.only(known) // weight_decay is not among them: the Trainer's groups of parameters overrule it
	for _, k := range slices.Sorted(maps.Keys(args)) {
		if k == "nesterov" || k == "centered" {
			a.truth(k)
		} else if v := a.number(k, 0); v < 0 && k != "dampening" {
			a.fail("%s is %v, it must be 0 or more", k, v)
		}
	}
	if name == "sgd" && a.truth("nesterov") && (!(a.number("momentum", 0) > 0) || a.number("dampening", 0) != 0) {
		a.fail("nesterov needs a momentum and no dampening")
	}
	return a.err
}

func zeroGrad(params []nn.Param) {
	for _, p := range params {
		p.Value.ZeroGrad()
	}
}

// decayOf is the decay of each parameter.
func decayOf(params []nn.Param, decay float64) []float32 {
	out := make([]float32, len(params))
	for i, p := range params {
		if Decays(p.Name) {
			out[i] = float32(decay)
		}
	}
	return out
}

// slots makes room for one number for each of every parameter.
func slots(params []nn.Param) [][]float32 {
	out := make([][]float32, len(params))
	for i, p := range params {
		out[i] = make([]float32, p.Value.Len())
	}
	return out
}
