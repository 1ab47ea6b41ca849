package lossfn

import (
	_ "embed"
	"encoding/json"
	"math"
	"testing"

	"lyceum/lib/tensor"
)

//go:embed testdata/offline.json
var offlineJSON []byte

// offlineTolerance against TRL, float32 against float32: losses and gradients are of the order of 1; SPPO's and IPO's squares
// reach 100.
const offlineTolerance = 3e-6

type offlineCase struct {
	Name               string
	Types              []string
	Weights            []float64
	Beta, Smoothing    float64
	Alpha, Gamma, Coef float64
	LD                 *float64 `json:"ld_alpha"`
	F                  string
	WPO, Mean          bool
	KL, Odds           float64
	Loss               float64
	Grad               []float64
}

type offlineGolden struct {
	B, T             int
	Lengths          [][2]int
	Logp, Ref, SumSq []float32
	DPO, Free, KTO   []offlineCase
}

func offline(t *testing.T) offlineGolden {
	t.Helper()
	var g offlineGolden
	if err := json.Unmarshal(offlineJSON, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// lengths are those of the chosen, the rejected, and of all completions.
func (g offlineGolden) lengths() (c, r, all []int) {
	for _, l := range g.Lengths {
		c, r = append(c, l[0]), append(r, l[1])
	}
	return c, r, append(append([]int{}, c...), r...)
}

// sums adds up the tokens of each completion, each token by its weight.
func (g offlineGolden) sums(x *tensor.Tensor, c offlineCase) *tensor.Tensor {
	w := tensor.Full(1, 2*g.B, g.T)
	chosen, rejected, all := g.lengths()
	if c.LD != nil {
		for i, row := range LDWeights(chosen, rejected, *c.LD) {
			copy(w.Data()[i*g.T:], row)
		}
	}
	if c.Mean {
		for i, n := range all {
			for k := range g.T {
				w.Data()[i*g.T+k] = 1 / float32(n)
			}
		}
	}
	return x.Mul(w).SumAxis(1)
}

// loss computes a case with the functions of this package.
func (g offlineGolden) loss(t *testing.T, c offlineCase, x *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	s := g.sums(x, c)
	chosen, rejected := s.Slice(0, g.B), s.Slice(g.B, 2*g.B)
	ref := g.sums(tensor.From(g.Ref, 2*g.B, g.T), c)
	d, err := DivergenceByName(map[string]string{"": "", "forward_kl": "forward_kl", "js_divergence": "js_divergence", "alpha_divergence": "alpha_divergence"}[c.F], c.Coef)
	if err != nil {
		t.Fatal(err)
	}
	nc, nr, all := g.lengths()
	p := Pairs{Chosen: chosen, Rejected: rejected, RefChosen: ref.Slice(0, g.B), RefRejected: ref.Slice(g.B, 2*g.B), ChosenTokens: nc, RejectedTokens: nr, Divergence: d}
	good := make([]bool, 2*g.B)
	for i := range g.B {
		good[i] = true
	}
	total := tensor.Scalar(0)
	for i, name := range c.Types {
		l := g.one(name, c, p, x, s.Sub(ref), good)
		if c.WPO {
			var lp, sq []float32
			for r, n := range all {
				lp, sq = append(lp, x.Data()[r*g.T:][:n]...), append(sq, g.SumSq[r*g.T:][:n]...)
			}
			w := WPOWeights(lp, sq, all)
			l = l.Mul(w.Slice(0, g.B)).Mul(w.Slice(g.B, 2*g.B))
		}
		l = l.Mean()
		if len(c.Weights) == len(c.Types) {
			l = l.Scale(float32(c.Weights[i]))
		}
		total = total.Add(l)
	}
	return total
}

func (g offlineGolden) one(name string, c offlineCase, p Pairs, x, ratio *tensor.Tensor, good []bool) *tensor.Tensor {
	b := c.Beta
	free := p.RefChosen == nil || c.Name == "cpo" || c.Name == "cpo_hinge" || c.Name == "cpo_ipo"
	switch {
	case free && name == "sigmoid":
		return CPO(p.Chosen, p.Rejected, b, c.Smoothing)
	case free && name == "hinge":
		return CPOHinge(p.Chosen, p.Rejected, b)
	case free && name == "ipo":
		return CPOIPO(p.Chosen, p.Rejected, b)
	}
	switch name {
	case "simpo":
		return SimPO(AlphaReward(p.Chosen, c.Alpha), AlphaReward(p.Rejected, c.Alpha), b, c.Gamma, c.Smoothing)
	case "orpo":
		l, _ := ORPO(p.Chosen, p.Rejected, b)
		return l
	case "hinge":
		return Hinge(p, b)
	case "ipo":
		return IPO(p, b)
	case "nca_pair":
		return NCA(p, b)
	case "bco_pair":
		return BCOPair(p, b)
	case "sppo_hard":
		return SPPO(p, b)
	case "aot":
		return AOT(p, b, c.Smoothing)
	case "aot_unpaired":
		return AOTUnpaired(p, b, c.Smoothing)
	case "apo_zero":
		return APOZero(p, b)
	case "apo_down":
		return APODown(p, b)
	case "discopop":
		return DiscoPOP(p, b, 0.05)
	case "sigmoid_norm":
		return NormalizedDPO(p, b)
	case "robust":
		return Robust(p, b, c.Smoothing)
	case "exo_pair":
		return EXO(p, b, c.Smoothing)
	case "sft":
		n := 0
		for _, k := range p.ChosenTokens {
			n += k
		}
		return SFTFromNLL(x.Slice(0, g.B).Neg(), n)
	case "kto":
		w := tensor.Full(float32(c.Weights[1]), 2*g.B)
		for i := range g.B {
			w.Data()[i] = float32(c.Weights[0])
		}
		return KTO(ratio, good, b, c.KL).Mul(w)
	case "apo_zero_unpaired":
		return APOZeroUnpaired(ratio, good, b)
	}
	return DPO(p, b)
}

// worst is how far a case is from TRL's, relative to the largest of its numbers.
func (g offlineGolden) worst(t *testing.T, c offlineCase) float64 {
	t.Helper()
	x := tensor.From(append([]float32(nil), g.Logp...), 2*g.B, g.T).RequireGrad()
	loss := g.loss(t, c, x)
	loss.Backward()
	off := math.Abs(float64(loss.Item())-c.Loss) / math.Max(1, math.Abs(c.Loss))
	size := 1.0
	for _, v := range c.Grad {
		size = math.Max(size, math.Abs(v))
	}
	_, _, all := g.lengths()
	for i, v := range c.Grad {
		if i%g.T < all[i/g.T] { // the rest is padding
			off = math.Max(off, math.Abs(float64(x.Grad().Data()[i])-v)/size)
		}
	}
	return off
}

func TestPreferenceLossesEqualTRL(t *testing.T) {
	g := offline(t)
	for _, list := range [][]offlineCase{g.DPO, g.Free, g.KTO} {
		for _, c := range list {
			if w := g.worst(t, c); w > offlineTolerance {
				t.Errorf("%s differs from TRL by %.2g", c.Name, w)
			}
			c.Loss *= 1.0001
			if g.worst(t, c) < offlineTolerance {
				t.Errorf("%s: a perturbed golden value passes", c.Name)
			}
		}
	}
}

// Where policy and reference are equal the losses have the values of their doc comments.
func TestEqualPoliciesGiveTheValuesOfTheDocComments(t *testing.T) {
	v := tensor.From([]float32{-3, -7})
	u := tensor.From([]float32{-5, -2})
	p := Pairs{Chosen: v, Rejected: u, RefChosen: v, RefRejected: u, ChosenTokens: []int{2, 3}, RejectedTokens: []int{4, 1}}
	const beta, e = 0.2, 0.1
	for name, c := range map[string]struct {
		got  *tensor.Tensor
		want float64
	}{
		"DPO": {DPO(p, beta), math.Ln2}, "Robust": {Robust(p, beta, e), math.Ln2}, "NormalizedDPO": {NormalizedDPO(p, beta), math.Ln2}, "Hinge": {Hinge(p, beta), 1},
		"IPO": {IPO(p, beta), 1 / (4 * beta * beta)}, "SPPO": {SPPO(p, beta), 1 / (2 * beta * beta)}, "NCA": {NCA(p, beta), 2 * math.Ln2}, "BCOPair": {BCOPair(p, beta), 2 * math.Ln2},
		"APOZero": {APOZero(p, beta), 1}, "APODown": {APODown(p, beta), 1}, "AOT": {AOT(p, beta, e), math.Ln2}, "DiscoPOP": {DiscoPOP(p, beta, 0.05), (math.Ln2 + 1) / 2},
		"EXO": {EXO(p, beta, e), -math.Ln2 - (math.Log(1-e)+math.Log(e))/2}, "CPO": {CPO(v, v, beta, 0), math.Ln2}, "SimPO": {SimPO(v, v, 2, 0.5, 0), math.Log1p(math.Exp(0.5))},
	} {
		for i, x := range c.got.Data() {
			if math.Abs(float64(x)-c.want) > 1e-5*math.Max(1, c.want) {
				t.Errorf("%s: loss %d is %v, want %v", name, i, x, c.want)
			}
		}
	}
}

// The reference gets no gradient.
func TestGradientsFlowToThePolicyOnly(t *testing.T) {
	v, ref := tensor.From([]float32{-3}).RequireGrad(), tensor.From([]float32{-4}).RequireGrad()
	DPO(Pairs{Chosen: v, Rejected: v.Scale(2), RefChosen: ref, RefRejected: ref.Scale(2)}, 0.1).Mean().Backward()
	if v.Grad() == nil || ref.Grad() != nil {
		t.Errorf("policy %v, reference %v", v.Grad(), ref.Grad())
	}
}

func TestBadSettingsOfPreferenceLosses(t *testing.T) {
	v := tensor.From([]float32{-1, -2})
	p := Pairs{Chosen: v, Rejected: v}
	for name, f := range map[string]func(){
		"beta 0": func() { DPO(p, 0) }, "beta below 0": func() { IPO(p, -1) }, "beta NaN": func() { Hinge(p, math.NaN()) }, "smoothing": func() { Robust(p, 0.1, 0.5) },
		"exo without smoothing": func() { EXO(p, 0.1, 0) }, "tau": func() { DiscoPOP(p, 0.1, 0) }, "shapes": func() { DPO(Pairs{Chosen: v, Rejected: tensor.From([]float32{1})}, 0.1) },
		"half a reference": func() { DPO(Pairs{Chosen: v, Rejected: v, RefChosen: v}, 0.1) }, "lengths": func() { IPO(p, 0.1) }, "ld": func() { LDWeights([]int{1}, []int{1}, 2) },
		"verdicts": func() { KTO(v, []bool{true}, 0.1, 0) }, "labels": func() { OutcomeReward(v, nil) }, "steps": func() { ProcessReward(v, []int32{1, 0}) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(*tensor.Error); !ok {
					t.Errorf("%s: no tensor.Error", name)
				}
			}()
			f()
		}()
	}
}
