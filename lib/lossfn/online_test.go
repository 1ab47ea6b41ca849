package lossfn

import (
	_ "embed"
	"encoding/json"
	"math"
	"testing"

	"lyceum/lib/tensor"
)

//go:embed testdata/online.json
var onlineJSON []byte

// onlineTolerance against TRL, float32 against float32: the values are of the order of 1.
const onlineTolerance = 3e-6

type onlineCase struct {
	Name    string
	Options struct {
		Loss, Level        string
		Epsilon            float64
		EpsilonHigh        float64 `json:"epsilon_high"`
		Delta, Beta        float64
		Correct            *bool
		SAPOPos            float64 `json:"sapo_pos"`
		SAPONeg            float64 `json:"sapo_neg"`
		OffPolicy          float64 `json:"off_policy"`
		TopEntropy         float64 `json:"top_entropy"`
		EntropyCoef        float64 `json:"entropy_coef"`
		MaxLength          int     `json:"max_length"`
		Accumulation       int
		StepsPerGeneration int `json:"steps_per_generation"`
		Tokens             float64
		UseOld             bool `json:"use_old"`
	}
	Eps, High                              float64
	EpsValue                               float64 `json:"eps_value"`
	VFCoef                                 float64 `json:"vf_coef"`
	Mask, Grad                             []float32
	EntropyGrad                            []float32 `json:"entropy_grad"`
	Logp, Old, Advantages, Values, Returns []float32
	OldValues                              []float32 `json:"old_values"`
	ValueMask                              []float32 `json:"value_mask"`
	VGrad                                  []float32 `json:"value_grad"`
	Loss                                   float64
	Metrics                                map[string]*float64
}

type onlineGolden struct {
	Rows, Length, Vocab                       int
	Logp, Old, Ref, Mask, Advantages, Entropy []float32
	GRPO, RLOO, PPO                           []onlineCase
	JSD                                       []struct {
		Beta, Temperature      float64
		Student, Teacher, Grad []float32
		Loss                   float64
	}
}

func loadOnline(t *testing.T) *onlineGolden {
	t.Helper()
	g := &onlineGolden{}
	if err := json.Unmarshal(onlineJSON, g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *onlineGolden) matrix(x []float32) *tensor.Tensor {
	return tensor.From(append([]float32(nil), x...), g.Rows, g.Length)
}

func (g *onlineGolden) grpo(c onlineCase) (GRPOBatch, GRPOOptions) {
	b := GRPOBatch{LogProbs: g.matrix(g.Logp).RequireGrad(), Ref: g.matrix(g.Ref), Mask: g.matrix(c.Mask), Advantages: tensor.From(g.Advantages), Entropy: g.matrix(g.Entropy).RequireGrad()}
	if c.Options.UseOld {
		b.Old = g.matrix(g.Old)
	}
	o := c.Options
	out := GRPOOptions{Loss: o.Loss, Level: o.Level, ClipEps: o.Epsilon, ClipEpsHigh: o.EpsilonHigh, Delta: o.Delta, Beta: o.Beta, PaperKL: o.Correct != nil && !*o.Correct, SAPOPos: o.SAPOPos, SAPONeg: o.SAPONeg,
		OffPolicyThreshold: o.OffPolicy, TopEntropy: o.TopEntropy, EntropyCoef: o.EntropyCoef, MaxLength: o.MaxLength, Accumulation: o.Accumulation, Tokens: o.Tokens}
	if o.Tokens == 0 {
		for _, m := range c.Mask {
			out.Tokens += float64(m)
		}
	}
	out.Tokens *= float64(o.Accumulation) / float64(o.StepsPerGeneration)
	return b, out
}

// worst returns the largest difference of loss, gradient and metrics from what TRL computed.
func worst(t *testing.T, name string, loss *tensor.Tensor, metrics map[string]float64, want float64, m map[string]*float64, grads ...[2][]float32) float64 {
	t.Helper()
	w := math.Abs(float64(loss.Item()) - want)
	for k, v := range m {
		got, ok := metrics[k]
		switch {
		case k == "entropy_coef" || k == "entropy" && !ok: // the trainer's
		case !ok:
			t.Errorf("%s: no metric %s", name, k)
		case v == nil:
			if !math.IsNaN(got) {
				t.Errorf("%s: %s is %v, want NaN", name, k, got)
			}
		default:
			w = math.Max(w, math.Abs(got-*v))
		}
	}
	for _, g := range grads {
		for i := range g[1] {
			w = math.Max(w, math.Abs(float64(g[0][i]-g[1][i])))
		}
	}
	return w
}

func TestGRPOAndItsRelativesEqualTRL(t *testing.T) {
	g := loadOnline(t)
	for i, c := range g.GRPO {
		run := func() float64 {
			b, o := g.grpo(c)
			loss, m := GRPO(b, o)
			loss.Backward()
			grads := [][2][]float32{{b.LogProbs.Grad().Data(), c.Grad}}
			if c.EntropyGrad != nil {
				grads = append(grads, [2][]float32{b.Entropy.Grad().Data(), c.EntropyGrad})
			}
			return worst(t, c.Name, loss, m, c.Loss, c.Metrics, grads...)
		}
		if w := run(); w > onlineTolerance {
			t.Errorf("%s: differs from TRL by %g", c.Name, w)
		}
		if i == 3 {
			g.Old[1] += 0.01
			if w := run(); w < onlineTolerance {
				t.Errorf("%s: a perturbed golden value passes", c.Name)
			}
			g.Old[1] -= 0.01
		}
	}
}

func TestRLOOEqualsTRL(t *testing.T) {
	g := loadOnline(t)
	for _, c := range g.RLOO {
		old := make([]float32, g.Rows)
		for i, m := range g.Mask {
			old[i/g.Length] += m * g.Old[i]
		}
		run := func() float64 {
			logp := g.matrix(g.Logp).RequireGrad()
			loss, m := RLOO(logp, tensor.From(old), tensor.From(g.Advantages), g.matrix(g.Mask), c.Eps, c.High)
			loss.Backward()
			return worst(t, c.Name, loss, m, c.Loss, c.Metrics, [2][]float32{logp.Grad().Data(), c.Grad})
		}
		if w := run(); w > onlineTolerance {
			t.Errorf("%s: differs from TRL by %g", c.Name, w)
		}
		old[0] += 0.01
		if w := run(); w < onlineTolerance {
			t.Errorf("%s: a perturbed golden value passes", c.Name)
		}
	}
}

// TestPPOInParts learns from policy and critic one after the other.
func TestPPOInParts(t *testing.T) {
	row := func(v ...float32) *tensor.Tensor { return tensor.From(v, 1, len(v)) }
	mask, logp, values := row(1, 1, 0), row(-1, -0.5, 0).RequireGrad(), row(0.3, -0.2, 0.1).RequireGrad()
	whole := PPOBatch{LogProbs: logp, Old: row(-1.1, -0.9, 0), Advantages: row(0.5, -2, 0), Mask: mask, Entropy: row(1.5, 0.25, 0.5),
		Values: values, OldValues: row(0.2, 0.1, 0), Returns: row(1, -1, 0), ValueMask: row(1, 1, 1)}
	o := PPOOptions{ClipEps: 0.2, ClipEpsValue: 0.2, ValueCoef: 0.3, EntropyCoef: 0.05}
	gradients := func(batches ...PPOBatch) (sum float32, stats map[string]float64, g []float32) {
		logp.ZeroGrad()
		values.ZeroGrad()
		stats = map[string]float64{}
		for _, b := range batches {
			loss, m := PPO(b, o)
			loss.Backward()
			sum += loss.Item()
			for name, v := range m {
				stats[name] = v
			}
		}
		return sum, stats, append(append(g, logp.Grad().Data()...), values.Grad().Data()...)
	}
	policy, critic := whole, whole
	policy.Values, critic.LogProbs = nil, nil
	loss, stats, g := gradients(whole)
	sum, parts, h := gradients(policy, critic)
	if math.Abs(float64(sum-loss)) > onlineTolerance {
		t.Errorf("the parts add up to %v, the whole is %v", sum, loss)
	}
	for name, v := range stats {
		if parts[name] != v {
			t.Errorf("%s: %v in parts, %v as a whole", name, parts[name], v)
		}
	}
	for i := range g {
		if g[i] != h[i] {
			t.Errorf("gradient %d: %v in parts, %v as a whole", i, h[i], g[i])
		}
	}
}

func TestPPOEqualsTRL(t *testing.T) {
	g := loadOnline(t)
	for _, c := range g.PPO {
		run := func() float64 {
			logp, values := g.matrix(c.Logp).RequireGrad(), g.matrix(c.Values).RequireGrad()
			loss, m := PPO(PPOBatch{LogProbs: logp, Old: g.matrix(c.Old), Advantages: g.matrix(c.Advantages), Mask: g.matrix(g.Mask), Values: values, OldValues: g.matrix(c.OldValues),
				Returns: g.matrix(c.Returns), ValueMask: g.matrix(c.ValueMask), Entropy: g.matrix(g.Entropy)}, PPOOptions{ClipEps: c.Eps, ClipEpsValue: c.EpsValue, ValueCoef: c.VFCoef})
			loss.Backward()
			return worst(t, c.Name, loss, m, c.Loss, c.Metrics, [2][]float32{logp.Grad().Data(), c.Grad}, [2][]float32{values.Grad().Data(), c.VGrad})
		}
		if w := run(); w > onlineTolerance {
			t.Errorf("%s: differs from TRL by %g", c.Name, w)
		}
		c.Advantages[0] += 0.01
		if w := run(); w < onlineTolerance {
			t.Errorf("%s: a perturbed golden value passes", c.Name)
		}
	}
}

func TestJSDEqualsTRL(t *testing.T) {
	g := loadOnline(t)
	for _, c := range g.JSD {
		run := func() float64 {
			s := tensor.From(append([]float32(nil), c.Student...), len(c.Student)/g.Vocab, g.Vocab).RequireGrad()
			loss := JSD(s, tensor.From(c.Teacher, len(c.Teacher)/g.Vocab, g.Vocab), c.Beta, c.Temperature).Sum()
			loss.Backward()
			return worst(t, "JSD", loss, nil, c.Loss, nil, [2][]float32{s.Grad().Data(), c.Grad})
		}
		if w := run(); w > onlineTolerance {
			t.Errorf("beta %v, temperature %v: differs from TRL by %g", c.Beta, c.Temperature, w)
		}
		c.Student[0] += 0.01
		if w := run(); w < onlineTolerance {
			t.Error("a perturbed golden value passes")
		}
	}
}
