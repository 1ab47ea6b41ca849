package lossfn

import (
	"fmt"
	"math"
	"testing"

	"lyceum/lib/tensor"
)

func ExampleKL3() {
	// The policy finds the token twice as likely as the reference does: k1 is ln 2, k3 is 1/2 + ln 2 - 1.
	logp, ref := tensor.From([]float32{float32(math.Log(0.5))}), tensor.From([]float32{float32(math.Log(0.25))})
	fmt.Printf("%.4f %.4f %.4f\n", KL1(logp, ref).Item(), KL2(logp, ref).Item(), KL3(logp, ref).Item())
	// Output: 0.6931 0.2402 0.1931
}

func ExampleGRPO() {
	// Two completions of one and of two tokens, one better and one worse than their group. Nothing has been learned from
	// them yet, so every ratio is 1 and a token's loss is minus its advantage.
	b := GRPOBatch{LogProbs: tensor.Rows([][]float32{{-1, 0}, {-2, -3}}).RequireGrad(), Mask: tensor.Rows([][]float32{{1, 0}, {1, 1}}), Advantages: tensor.From([]float32{1, -1})}
	for _, name := range []string{"grpo", "dapo", "luspo"} {
		loss, _ := GRPO(b, GRPOOptions{Loss: name})
		fmt.Printf("%s %.4f\n", name, loss.Item())
	}
	// grpo: (-1 + 1)/2; dapo: (-1 + 1 + 1)/3; luspo: (-1 + 2)/2.
	// Output:
	// grpo 0.0000
	// dapo 0.3333
	// luspo 0.5000
}

func ExampleClippedSurrogate() {
	// With A = 1 a ratio of 1.5 counts as 1.2, one of 0.5 as itself; with A = -1 it is the other way round.
	ratio := tensor.From([]float32{1.5, 0.5}, 2, 1)
	fmt.Println(ClippedSurrogate(ratio, tensor.Full(1, 2, 1), 0.2, 0.2, 0).Data(), ClippedSurrogate(ratio, tensor.Full(-1, 2, 1), 0.2, 0.2, 0).Data())
	// Two-sided: where A = -1 the ratio counts as 1.3 at most.
	fmt.Println(ClippedSurrogate(ratio, tensor.Full(-1, 2, 1), 0.2, 0.2, 1.3).Data())
	// Output:
	// [-1.2 -0.5] [1.5 0.8]
	// [1.3 0.8]
}

func ExamplePPOPolicy() {
	// The first token was twice as good as the clip range allows for; the second one stands where it was.
	logp, old := tensor.From([]float32{float32(math.Log(0.6)), -1}, 1, 2), tensor.From([]float32{float32(math.Log(0.3)), -1}, 1, 2)
	loss, m := PPOPolicy(logp, old, tensor.Full(1, 1, 2), tensor.Full(1, 1, 2), 0.2)
	fmt.Printf("%.2f %.2f\n", loss.Item(), m["policy/clipfrac_avg"]) // -(1.2 + 1)/2
	// Output: -1.10 0.50
}

func ExamplePPOValue() {
	// The return is 1, the old value 0. A value of 1 has moved too fast: it counts as 0.2, and its gradient is cut off.
	loss, _ := PPOValue(tensor.Full(1, 1, 1), tensor.Full(0, 1, 1), tensor.Full(1, 1, 1), tensor.Full(1, 1, 1), 0.2)
	fmt.Printf("%.2f\n", loss.Item()) // (0.2 - 1)^2 / 2
	// Output: 0.32
}

func ExampleRLOO() {
	// Fresh completions with advantages that cancel: the loss is 0, its gradient is not.
	logp := tensor.Rows([][]float32{{-1}, {-2}}).RequireGrad()
	loss, _ := RLOO(logp, nil, tensor.From([]float32{1, -1}), tensor.Full(1, 2, 1), 0.2, 0.2)
	loss.Backward()
	fmt.Println(loss.Item(), logp.Grad().Data())
	// Output: 0 [-0.5 0.5]
}

func ExampleREINFORCE() {
	logp := tensor.Rows([][]float32{{-1, -1}, {-3, 0}}).RequireGrad()
	fmt.Println(REINFORCE(logp, tensor.From([]float32{1, -1}), tensor.Rows([][]float32{{1, 1}, {1, 0}})).Item()) // -(1*-2 + -1*-3)/2
	// Output: -0.5
}

func ExampleJSD() {
	// The teacher is certain of the first of two tokens, the student undecided: the forward divergence is ln 2.
	student, teacher := tensor.New(1, 2), tensor.Rows([][]float32{{50, -50}})
	fmt.Printf("%.4f %.4f\n", JSD(student, teacher, 0, 1).Item(), JSD(student, teacher, 0.5, 1).Item())
	// Output: 0.6931 0.2158
}

func ExampleSAPO() {
	ratio := tensor.From([]float32{1, 2}, 2, 1)
	fmt.Println(SAPO(ratio, tensor.Full(1, 2, 1), 1, 1.05).Data()) // -4 s(0), -4 s(1)
	// Output: [-2 -2.9242344]
}

func ExampleCISPO() {
	// The ratio 8 counts as 5, and the token keeps its gradient.
	fmt.Println(CISPO(tensor.Full(8, 1, 1), tensor.Full(2, 1, 1), tensor.Full(-1, 1, 1), 5).Item()) // -5 * 2 * -1
	// Output: 10
}

// The gradient of every objective is compared with central differences.
func TestOnlineGradients(t *testing.T) {
	const step, allowed = 1e-2, 2e-2
	mask := tensor.Rows([][]float32{{1, 1, 1}, {1, 0, 0}})
	old, adv := tensor.Rows([][]float32{{-1, -1.3, -0.8}, {-2, -1, -1}}), tensor.From([]float32{0.8, -0.6})
	losses := map[string]func(x *tensor.Tensor) *tensor.Tensor{
		"KL2": func(x *tensor.Tensor) *tensor.Tensor { return KL2(x, old).Sum() },
		"KL3": func(x *tensor.Tensor) *tensor.Tensor { return KL3(x, old).Sum() },
		"JSD": func(x *tensor.Tensor) *tensor.Tensor { return JSD(x, old, 0.3, 1.5).Mul(adv).Sum() },
		"GMPO": func(x *tensor.Tensor) *tensor.Tensor {
			return GMPO(LogRatio(x, old), column(adv), mask, 0.4, 0.4).Sum()
		},
		"REINFORCE": func(x *tensor.Tensor) *tensor.Tensor { return REINFORCE(x, adv, mask) },
		"RLOO": func(x *tensor.Tensor) *tensor.Tensor {
			l, _ := RLOO(x, old.Mul(mask).SumAxis(1), adv, mask, 5, 5)
			return l
		},
		"GSPO": func(x *tensor.Tensor) *tensor.Tensor {
			l, _ := GRPO(GRPOBatch{LogProbs: x, Old: old, Mask: mask, Advantages: adv, Ref: old.Scale(1.1)}, GRPOOptions{Loss: "grpo", Level: "sequence", ClipEps: 3, Beta: 0.3})
			return l
		},
		"gmpo": func(x *tensor.Tensor) *tensor.Tensor {
			l, _ := GRPO(GRPOBatch{LogProbs: x, Old: old, Mask: mask, Advantages: adv}, GRPOOptions{Loss: "gmpo"})
			return l
		},
		"PPOValue": func(x *tensor.Tensor) *tensor.Tensor { l, _ := PPOValue(x, old, old.Scale(2), mask, 0.5); return l },
		"entropy bonus": func(x *tensor.Tensor) *tensor.Tensor {
			l, _ := PPO(PPOBatch{LogProbs: x, Old: old, Advantages: old, Mask: mask, Values: x, OldValues: old, Returns: old, ValueMask: mask, Entropy: x.Mul(x)}, PPOOptions{ClipEps: 3, ClipEpsValue: 3, ValueCoef: 0.3, EntropyCoef: 0.1})
			return l
		},
	}
	for name, f := range losses {
		x := tensor.Rows([][]float32{{-1.2, -1, -0.7}, {-2.2, -1.1, -0.6}}).RequireGrad()
		f(x).Backward()
		for i := range x.Data() {
			at := x.Data()[i]
			x.Data()[i] = at + step
			up := float64(f(x).Item())
			x.Data()[i] = at - step
			down := float64(f(x).Item())
			x.Data()[i] = at
			want := (up - down) / (2 * step)
			if got := float64(x.Grad().Data()[i]); math.Abs(got-want) > allowed*(1+math.Abs(want)) {
				t.Errorf("%s: element %d: gradient %v, difference %v", name, i, got, want)
			}
		}
	}
}

func TestOnlineIdentities(t *testing.T) {
	logp := tensor.Rows([][]float32{{-1, -2, -0.5}, {-0.7, -1.5, -3}})
	mask, adv := tensor.Rows([][]float32{{1, 1, 1}, {1, 1, 0}}), tensor.From([]float32{0.9, -1.1})
	grad := func(o GRPOOptions) []float32 {
		x := logp.Clone().RequireGrad()
		loss, _ := GRPO(GRPOBatch{LogProbs: x, Mask: mask, Advantages: adv}, o)
		loss.Backward()
		if x.Grad().At(1, 2) != 0 {
			t.Errorf("%+v: a token that does not count has a gradient", o)
		}
		return append([]float32(nil), x.Grad().Data()...)
	}
	near := func(name string, a, b []float32, scale float32) {
		for i := range a {
			if math.Abs(float64(a[i]-scale*b[i])) > onlineTolerance {
				t.Errorf("%s: %v and %v", name, a, b)
				return
			}
		}
	}
	plain := grad(GRPOOptions{Loss: "grpo"})
	near("fresh completions: SAPO has GRPO's gradient", grad(GRPOOptions{Loss: "sapo"}), plain, 1)
	near("GSPO-token has GSPO's gradient", grad(GRPOOptions{Loss: "grpo", Level: "sequence_token"}), grad(GRPOOptions{Loss: "grpo", Level: "sequence"}), 1)
	near("dapo over one batch is bnpo", grad(GRPOOptions{Loss: "dapo"}), grad(GRPOOptions{Loss: "bnpo"}), 1)
	near("CISPO at cap 5 is dapo on fresh completions", grad(GRPOOptions{Loss: "cispo", ClipEpsHigh: 5}), grad(GRPOOptions{}), 1)
	near("VESPO weighs fresh completions as dapo", grad(GRPOOptions{Loss: "vespo"}), grad(GRPOOptions{}), 1)
	near("accumulation divides", grad(GRPOOptions{Loss: "grpo", Accumulation: 4}), plain, 0.25)
	x := logp.Clone().RequireGrad()
	REINFORCE(x, adv, mask).Backward()
	rloo := logp.Clone().RequireGrad()
	l, _ := RLOO(rloo, nil, adv, mask, 0.2, 0.2)
	l.Backward()
	near("RLOO on fresh completions is REINFORCE", rloo.Grad().Data(), x.Grad().Data(), 1)
	same := tensor.Randn(tensor.NewRand(1), 3, 5).RequireGrad()
	for _, beta := range []float64{0, 0.5, 1} {
		same.ZeroGrad()
		d := JSD(same, same.Clone(), beta, 1)
		d.Sum().Backward()
		for i, g := range same.Grad().Data() {
			if math.Abs(float64(g)) > onlineTolerance || math.Abs(float64(d.Data()[i/5])) > onlineTolerance {
				t.Fatalf("equal distributions diverge by %v with the gradient %v", d.Data(), same.Grad().Data())
			}
		}
	}
}

func TestOnlineBadInput(t *testing.T) {
	x, a := tensor.New(2, 3), tensor.New(2)
	for name, f := range map[string]func(){
		"no reference":     func() { GRPO(GRPOBatch{LogProbs: x, Mask: x, Advantages: a}, GRPOOptions{Beta: 0.1}) },
		"no entropy":       func() { GRPO(GRPOBatch{LogProbs: x, Mask: x, Advantages: a}, GRPOOptions{EntropyCoef: 0.1}) },
		"unknown loss":     func() { GRPO(GRPOBatch{LogProbs: x, Mask: x, Advantages: a}, GRPOOptions{Loss: "grpo2"}) },
		"unknown level":    func() { GRPO(GRPOBatch{LogProbs: x, Mask: x, Advantages: a}, GRPOOptions{Level: "word"}) },
		"another mask":     func() { GRPO(GRPOBatch{LogProbs: x, Mask: tensor.New(3, 2), Advantages: a}, GRPOOptions{}) },
		"no mask":          func() { GRPO(GRPOBatch{LogProbs: x, Advantages: a}, GRPOOptions{}) },
		"beta outside":     func() { JSD(x, x, 1.5, 1) },
		"temperature zero": func() { JSD(x, x, 0.5, 0) },
		"bonus of nothing": func() {
			PPO(PPOBatch{LogProbs: x, Old: x, Advantages: x, Mask: x, Values: x, OldValues: x, Returns: x, ValueMask: x}, PPOOptions{EntropyCoef: 1})
		},
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
