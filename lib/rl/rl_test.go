package rl

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"lyceum/lib/tensor"
)

//go:embed testdata/advantages.json
var advantagesJSON []byte

// tolerance against PyTorch, float32 against float32, of numbers up to a few units. Where a group's rewards are equal,
// rounding is divided by 1e-4, so these are the same bits or not.
const tolerance = 2e-5

type golden struct {
	Cases []struct {
		Kind, Scale string
		Group       int
		Normalize   bool
		Rewards     []*float64
		Per         [][]*float64
		Weights     []float64
		Advantages  []float64
		Zero        float64
	}
	GAE struct {
		Gamma, Lam                                  float64
		Lengths                                     []int
		Rewards, Values, Advantages, Returns, White [][]float64
	}
}

func load(t *testing.T) *golden {
	t.Helper()
	g := &golden{}
	if err := json.Unmarshal(advantagesJSON, g); err != nil {
		t.Fatal(err)
	}
	return g
}

func numbers(x []*float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = nan
		if v != nil {
			out[i] = *v
		}
	}
	return out
}

func furthest(a, b []float64) (w float64) {
	for i := range b {
		w = math.Max(w, math.Abs(a[i]-b[i]))
	}
	return w
}

func TestAdvantagesEqualTRL(t *testing.T) {
	for _, c := range load(t).Cases {
		run := func() Advantages {
			switch c.Kind {
			case "grpo":
				return GroupAdvantages(numbers(c.Rewards), c.Group, c.Scale)
			case "rloo":
				return LeaveOneOut(numbers(c.Rewards), c.Group, c.Normalize)
			}
			var per [][]float64
			for _, f := range c.Per {
				per = append(per, numbers(f))
			}
			return NormalizeThenSum(per, c.Weights, c.Group)
		}
		got := run()
		if w := furthest(got.Values, c.Advantages); w > tolerance {
			t.Errorf("%s, groups of %d, %s: differs by %g: %v, want %v", c.Kind, c.Group, c.Scale, w, got.Values, c.Advantages)
		}
		if math.Abs(got.ZeroStd-c.Zero) > tolerance {
			t.Errorf("%s, groups of %d, %s: share without a difference %v, want %v", c.Kind, c.Group, c.Scale, got.ZeroStd, c.Zero)
		}
		if c.Kind == "grpo" && c.Group > 2 { // two rewards that differ are always as far apart
			*c.Rewards[len(c.Rewards)-1] += 0.01
			if furthest(run().Values, c.Advantages) < tolerance {
				t.Errorf("groups of %d, %s: a perturbed golden value passes", c.Group, c.Scale)
			}
		}
	}
}

func TestGAEEqualsTRL(t *testing.T) {
	g := load(t).GAE
	var all [][]float64
	for b := range g.Rewards {
		a, r := GAE(g.Rewards[b], g.Values[b], g.Gamma, g.Lam)
		if w := math.Max(furthest(a, g.Advantages[b]), furthest(r, g.Returns[b])); w > tolerance {
			t.Errorf("row %d differs by %g", b, w)
		}
		all = append(all, a)
	}
	Whiten(all, func(row, t int) bool { return t < g.Lengths[row] }, false)
	for b := range all {
		if w := furthest(all[b], g.White[b]); w > tolerance {
			t.Errorf("whitened row %d differs by %g", b, w)
		}
	}
	g.White[0][0] += 0.01
	if furthest(all[0], g.White[0]) < tolerance {
		t.Error("a perturbed golden value passes")
	}
}

func ExampleGroupAdvantages() {
	// Two prompts with four completions each; one of the first group is right, all of the second are.
	a := GroupAdvantages([]float64{1, 0, 0, 0, 1, 1, 1, 1}, 4, ScaleGroup)
	fmt.Printf("%.2f %.2f\n", a.Values, a.ZeroStd) // (1 - 1/4) / (1/2 + 1e-4)
	// Output: [1.50 -0.50 -0.50 -0.50 0.00 0.00 0.00 0.00] 0.50
}

func ExampleLeaveOneOut() {
	fmt.Println(LeaveOneOut([]float64{1, 2, 6}, 3, false).Values) // 1 - 4, 2 - 3.5, 6 - 1.5
	// Output: [-3 -1.5 4.5]
}

func ExampleGAE() {
	// The reward comes at the end, the critic expects 0.5 throughout. With lambda 1 every token gets 1 - 0.5; with lambda 0
	// only the last one hears of it.
	a, r := GAE([]float64{0, 0, 1}, []float64{0.5, 0.5, 0.5}, 1, 1)
	b, _ := GAE([]float64{0, 0, 1}, []float64{0.5, 0.5, 0.5}, 1, 0)
	fmt.Println(a, r, b)
	// Output: [0.5 0.5 0.5] [1 1 1] [0 0 0.5]
}

func ExamplePPORewards() {
	fmt.Println(PPORewards([]float64{0.25, 0.5}, 1, 0.5, 4, false), PPORewards([]float64{0.25, 0.5}, 1, 0.5, 4, true))
	// Output: [-0.125 -0.25 1 0] [-0.125 0.75 0 0]
}

func ExampleBestOfN() {
	fmt.Println(BestOfN([]float64{0, 2, 1, 5, 3, 4}, 3), Accept([]float64{0, 2, 1}, 1), TopShare([]float64{0, 2, 1, 5}, 0.5))
	// Output: [1 3] [1 2] [1 3]
}

func ExampleKL() {
	// Twice as likely as under the reference: k1 is ln 2 = 0.6931.
	for _, k := range []string{"k1", "k2", "k3"} {
		fmt.Printf("%s %.4f\n", k, KL(k, math.Log(0.5), math.Log(0.25)))
	}
	// Output:
	// k1 0.6931
	// k2 0.2402
	// k3 0.1931
}

func TestBaselines(t *testing.T) {
	if got := fmt.Sprint(MeanBaseline([]float64{1, 3, nan})); got != "[-1 1 0]" {
		t.Error(got)
	}
	b := RunningBaseline{Decay: 0.5}
	b.Subtract([]float64{2, 4})
	if got := fmt.Sprint(b.Subtract([]float64{5, 7})); got != "[2 4]" { // the mean so far is 3
		t.Error(got)
	}
	if got := fmt.Sprint(b.Subtract([]float64{4.5})); got != "[0]" { // (3 + 6)/2
		t.Error(got)
	}
}

func TestGroupsMustComeOutEven(t *testing.T) {
	for _, f := range []func(){func() { GroupAdvantages([]float64{1, 2, 3}, 2, "") }, func() { LeaveOneOut([]float64{1}, 1, false) }, func() { GroupAdvantages([]float64{1, 2}, 2, "all") }} {
		func() {
			defer func() {
				if _, ok := recover().(*tensor.Error); !ok {
					t.Error("no tensor.Error")
				}
			}()
			f()
		}()
	}
}
