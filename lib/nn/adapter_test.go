package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/tensor"
)

// Each adapter is compared with its equation in float64: what it computes, in training, in generation and merged, and the
// gradient of each of its parameters and of its input, by central differences of the equation.

const (
	testDim    = 6
	testHidden = 5
	testRows   = 7
	loose      = 2e-5 // float32 beside float64, for numbers near 1
)

// testHost is two layers: query and value projections fused in one, with a bias, and the two layers of an MLP without.
func testHost() (*Host, *Linear, *Linear, *Linear) {
	rng := tensor.NewRand(1)
	qv, up, down := NewLinear(rng, testDim, 4+3, 0.5), NewLinear(rng, testDim, testHidden, 0.5), NewLinear(rng, testHidden, testDim, 0.5)
	qv.Bias = tensor.Randn(rng, 7).RequireGrad()
	const at = "model.layers.0."
	return &Host{Arch: "llama", Dim: testDim, Layers: 1, Mode: &Mode{}, Sites: []Site{
		{Name: at + "self_attn.q_proj", Linear: qv, Low: 0, High: 4, Role: "attention"},
		{Name: at + "self_attn.v_proj", Linear: qv, Low: 4, High: 7, Role: "attention"},
		{Name: at + "mlp.up_proj", Linear: up, Low: 0, High: testHidden, Role: "mlp"},
		{Name: at + "mlp.down_proj", Linear: down, Low: 0, High: testDim, Role: "mlp", End: true, In: up},
	}}, qv, up, down
}

// values are matrices in float64 by name: "x", the layers' "weight" and "bias", and the adapter's parameters by the end of their names.
type values map[string][]float64

func (v values) add(name string, t *tensor.Tensor) {
	v[name] = make([]float64, t.Len())
	for i, x := range t.Data() {
		v[name][i] = float64(x)
	}
}

// product is X W^T: X has rows of in numbers, W out rows of in.
func product(x, w []float64, in, out int) []float64 {
	y := make([]float64, len(x)/in*out)
	for i := range len(x) / in {
		for o := range out {
			for p := range in {
				y[i*out+o] += x[i*in+p] * w[o*in+p]
			}
		}
	}
	return y
}

func plus(x, y []float64, factor float64) []float64 {
	out := slices.Clone(x)
	for i := range out {
		out[i] += factor * y[i]
	}
	return out
}

// columns are columns low to high of rows of width numbers.
func columns(x []float64, width, low, high int) (out []float64) {
	for i := 0; i < len(x); i += width {
		out = append(out, x[i+low:i+high]...)
	}
	return out
}

// biased adds b to each row of y.
func biased(y, b []float64) []float64 {
	out := slices.Clone(y)
	for i := range out {
		out[i] += b[i%len(b)]
	}
	return out
}

type adapterCase struct {
	name   string
	config AdapterConfig
	site   int
	// equation is what the site makes of x. was holds the values at which the gradient is wanted: what is held constant is taken
	// from there.
	equation func(v, was values) []float64
}

const loraRank, loraAlpha = 2, 3.0

func lora(scale float64) func(v, _ values) []float64 {
	return func(v, _ values) []float64 {
		base := biased(product(v["x"], v["weight"], testDim, 4), v["bias"])
		return plus(base, product(product(v["x"], v["lora_A.weight"], testDim, loraRank), v["lora_B.weight"], loraRank, 4), scale)
	}
}

// changed is W + s B A.
func changed(v values, scale float64) []float64 {
	w := slices.Clone(v["weight"])
	for o := range len(w) / testDim {
		for p := range testDim {
			for r := range loraRank {
				w[o*testDim+p] += scale * v["lora_B.weight"][o*loraRank+r] * v["lora_A.weight"][r*testDim+p]
			}
		}
	}
	return w
}

func dora(v, was values) []float64 {
	const scale = loraAlpha / loraRank
	y, fixed := product(v["x"], changed(v, scale), testDim, 3), changed(was, scale)
	for i := range y {
		row, squares := fixed[i%3*testDim:][:testDim], 0.0
		for _, w := range row {
			squares += w * w
		}
		y[i] *= v["lora_magnitude_vector"][i%3] / math.Sqrt(squares)
	}
	return biased(y, v["bias"])
}

func network(v values, x []float64, width int, scale float64) []float64 {
	z := biased(product(x, v["adapter_down.weight"], testDim, width), v["adapter_down.bias"])
	for i := range z {
		z[i] = max(z[i], 0)
	}
	out := biased(product(z, v["adapter_up.weight"], width, testDim), v["adapter_up.bias"])
	return plus(make([]float64, len(out)), out, scale)
}

func adapterCases() []adapterCase {
	q, v := Targets{Modules: []string{"q_proj"}}, Targets{Modules: []string{"v_proj"}}
	return []adapterCase{
		{"LoRA", LoRA{Rank: loraRank, Alpha: loraAlpha, Targets: q, Init: "random"}, 0, lora(loraAlpha / loraRank)},
		{"rsLoRA", LoRA{Rank: loraRank, Alpha: loraAlpha, Targets: q, Init: "random", RSLoRA: true}, 0, lora(loraAlpha / math.Sqrt(loraRank))},
		{"DoRA", LoRA{Rank: loraRank, Alpha: loraAlpha, Targets: v, Init: "random", DoRA: true}, 1, dora},
		{"IA3 of outputs", IA3{Targets: v, Feedforward: []string{}, Init: "random"}, 1, func(v, _ values) []float64 {
			y := biased(product(v["x"], v["weight"], testDim, 3), v["bias"])
			for i := range y {
				y[i] *= v["ia3_l"][i%3]
			}
			return y
		}},
		{"IA3 of inputs", IA3{Targets: Targets{Modules: []string{"down_proj"}}, Feedforward: []string{"down_proj"}, Init: "random"}, 3, func(v, _ values) []float64 {
			x := slices.Clone(v["x"])
			for i := range x {
				x[i] *= v["ia3_l"][i%testHidden]
			}
			return product(x, v["weight"], testHidden, testDim)
		}},
		{"bottleneck", Bottleneck{Reduction: 2, Scale: 1.5}, 3, func(v, _ values) []float64 {
			y := product(v["x"], v["weight"], testHidden, testDim)
			return plus(y, network(v, y, testDim/2, 1.5), 1)
		}},
	}
}

func TestAdaptersAreTheirEquations(t *testing.T) {
	for _, c := range adapterCases() {
		t.Run(c.name, func(t *testing.T) {
			h, _, _, _ := testHost()
			a, err := c.config.Build(h)
			if err != nil {
				t.Fatal(err)
			}
			site, rng := h.Sites[c.site], tensor.NewRand(3)
			in, width := site.Inputs(), site.Linear.Out()
			x, weigh := tensor.Randn(rng, testRows, in).RequireGrad(), tensor.Randn(rng, testRows, width)
			for _, p := range a.Params { // away from where they begin
				for i, n := range tensor.Randn(rng, p.Value.Len()).Data() {
					p.Value.Data()[i] += 0.3 * n
				}
			}
			before := slices.Clone(site.Linear.Forward(x).Data())
			Attach(h, a)

			at := values{}
			at.add("x", x)
			at.add("weight", site.Linear.Weight)
			at["weight"] = at["weight"][site.Low*in : site.High*in]
			if b := site.Linear.Bias; b != nil {
				at.add("bias", b)
				at["bias"] = at["bias"][site.Low:site.High]
			}
			params := map[string]*tensor.Tensor{"x": x}
			for _, p := range a.Params {
				short := strings.TrimPrefix(strings.TrimPrefix(p.Name, prefix), site.Name+".")
				at.add(short, p.Value)
				params[short] = p.Value
			}
			want := c.equation(at, at)

			y := site.Linear.Forward(x)
			own := func(data []float32) []float64 { // of the site, checked that the others are as they were
				out := make([]float64, len(data))
				for i, n := range data {
					out[i] = float64(n)
					if j := i % width; (j < site.Low || j >= site.High) && n != before[i] {
						t.Fatalf("element %d of another site is %v, was %v", i, n, before[i])
					}
				}
				return columns(out, width, site.Low, site.High)
			}
			near(t, "forward", own(y.Data()), want, loose)

			// The gradient of sum(weigh * y), whose other columns do not depend on the adapter but do on x.
			mask := slices.Clone(weigh.Data())
			for i := range mask {
				if j := i % width; j < site.Low || j >= site.High {
					mask[i] = 0
				}
			}
			y.Mul(tensor.From(mask, testRows, width)).Sum().Backward()
			loss := func(v values) (sum float64) {
				factors := values{}
				factors.add("w", weigh)
				for i, f := range columns(factors["w"], width, site.Low, site.High) {
					sum += f * c.equation(v, at)[i]
				}
				return sum
			}
			for name, p := range params {
				slope := make([]float64, p.Len())
				for i := range slope {
					was := at[name][i]
					moved := func(by float64) float64 {
						other := values{}
						for k, v := range at {
							other[k] = v
						}
						other[name] = slices.Clone(at[name])
						other[name][i] = was + by
						return loss(other)
					}
					const step = 1e-4
					slope[i] = (8*(moved(step)-moved(-step)) - (moved(2*step) - moved(-2*step))) / (12 * step)
				}
				got := values{}
				got.add("grad", p.Grad())
				near(t, "gradient of "+name, got["grad"], slope, 5*loose)
			}

			plain := make([]float32, testRows*width)
			site.Linear.Apply(plain, slices.Clone(x.Data()), testRows, func(y, x []float32) {
				copy(y, site.Linear.own(tensor.From(x, testRows, in)).Data())
			})
			near(t, "without a tape", own(plain), want, loose)

			Attach(h)
			if off := site.Linear.Forward(x).Data(); !slices.Equal(off, before) {
				t.Error("switched off, the adapter is still there")
			}
			weight := site.Linear.Weight
			merged, err := a.Merge()
			if c.config.Kind() == "BOTTLENECK" {
				if err == nil {
					t.Error("a bottleneck adapter was merged")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			near(t, "merged", own(site.Linear.Forward(x).Data()), want, loose)
			merged.Swap()
			if site.Linear.Weight != weight {
				t.Error("the weights from before the merge are not back")
			}
		})
	}
}

// The parallel bottleneck reads the input of another layer than the one that it adds to.
func TestParallelBottleneck(t *testing.T) {
	h, _, up, down := testHost()
	a, err := Bottleneck{Form: "parallel"}.Build(h)
	if err != nil {
		t.Fatal(err)
	}
	rng := tensor.NewRand(4)
	at := values{}
	for _, p := range a.Params {
		for i, n := range tensor.Randn(rng, p.Value.Len()).Data() {
			p.Value.Data()[i] += 0.3 * n
		}
		at.add(strings.TrimPrefix(p.Name, h.Sites[3].Name+"."), p.Value)
	}
	x := tensor.Randn(rng, testRows, testDim)
	at.add("x", x)
	at.add("up", up.Weight)
	at.add("down", down.Weight)
	Attach(h, a)
	y := values{}
	y.add("y", down.Forward(up.Forward(x).Relu()))
	z := product(at["x"], at["up"], testDim, testHidden)
	for i := range z {
		z[i] = max(z[i], 0)
	}
	near(t, "forward", y["y"], plus(product(z, at["down"], testHidden, testDim), network(at, at["x"], testDim/2, 4), 1), loose)
}

// In training DoRA's dropout acts on what the adapter reads only: with f = m / ||W + s B A||, y = W x + b + (f - 1) W d + f s B A d.
func TestDropoutIsOfTheAdapterAlone(t *testing.T) {
	for _, withMagnitude := range []bool{false, true} {
		t.Run(fmt.Sprint(withMagnitude), func(t *testing.T) {
			h, qv, _, _ := testHost()
			a, err := LoRA{Rank: loraRank, Dropout: 0.999999, DoRA: withMagnitude, Targets: Targets{Modules: []string{"q_proj"}}, Init: "random"}.Build(h)
			if err != nil {
				t.Fatal(err)
			}
			x := tensor.Randn(tensor.NewRand(5), testRows, testDim)
			before := slices.Clone(qv.Forward(x).Data())
			Attach(h, a)
			if slices.Equal(qv.Forward(x).Data(), before) {
				t.Error("dropout acts outside training")
			}
			h.Mode.Training, h.Mode.Rand = true, tensor.NewRand(6)
			if got := qv.Forward(x).Data(); !slices.Equal(got, before) {
				t.Errorf("with nearly every input dropped the layer gives %v, by itself %v", got, before)
			}
		})
	}
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(got[i] - w); !(d <= tolerance*max(1, math.Abs(w))) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}
