package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// vec is a column of log-probabilities, (B).
func vec(x ...float32) *tensor.Tensor { return tensor.From(x) }

// rowOf is one completion, (1, T).
func rowOf(x ...float32) *tensor.Tensor { return tensor.From(x, 1, len(x)) }

func ExampleCPOHinge() {
	// With beta = 1/2 a margin of 1 nat is worth 1/2, half of what is asked for; one of 3 nats is enough.
	fmt.Println(CPOHinge(vec(-2, -2), vec(-3, -5), 0.5).Data())
	// Output: [0.5 0]
}

func ExampleCPOIPO() {
	// beta = 1/2 asks for a margin of exactly 1 nat a token: 1 is right, 3 is too much by 2.
	fmt.Println(CPOIPO(vec(-1, -1), vec(-2, -4), 0.5).Data())
	// Output: [0 4]
}

func ExampleTPOL() {
	// The chosen completion is ahead by 0.5 nats a token; beta = 2 makes 1 of it, just the margin: the loss is ln 2.
	fmt.Printf("%.4f\n", TPOL(vec(-1), vec(-1.5), 2, 1, 0).Item())
	// Output: 0.6931
}

func ExampleGMPO() {
	// Ratios of 4 and 1, whose geometric mean is 2. Where the completion was good, the logarithm ln 4 is held at ln 2: the
	// mean of ln 2 and 0 makes the square root of 2. Where it was bad, nothing helps it and nothing is held.
	d, mask := rowOf(float32(math.Log(4)), 0), rowOf(1, 1)
	for _, a := range []float32{1, -1} {
		fmt.Printf("%.4f\n", GMPO(d, tensor.Full(a, 1, 1), mask, math.Ln2, math.Ln2).Item())
	}
	// Output:
	// -1.4142
	// 2.0000
}

func ExampleVESPOWeights() {
	// Two tokens, each more likely by ln 2 / 2 than when they were drawn: w = 2. With K = 2 and Lambda = 3 a good completion
	// weighs e^3 2^2 e^-6, with K = 3 and Lambda = 2 a bad one e^2 2^3 e^-4. At w = 1 both weigh 1.
	half := float32(math.Ln2 / 2)
	for _, a := range []float32{1, -1} {
		moved := VESPOWeights(rowOf(half, half), tensor.Full(a, 1, 1), rowOf(1, 1), Gamma{2, 3}, Gamma{3, 2})
		fresh := VESPOWeights(rowOf(0, 0), tensor.Full(a, 1, 1), rowOf(1, 1), Gamma{2, 3}, Gamma{3, 2})
		fmt.Printf("%.4f %.0f\n", moved.Item(), fresh.Item())
	}
	fmt.Printf("%.4f %.4f\n", 4*math.Exp(-3), 8*math.Exp(-2))
	// Output:
	// 0.1991 1
	// 1.0827 1
	// 0.1991 1.0827
}

func ExamplePPO() {
	// A fresh token with the advantage 2: the policy's part is -2. The value is 1 below the return, a half when squared and
	// halved; with ValueCoef 0.1 the whole is -2 + 0.05.
	b := PPOBatch{LogProbs: rowOf(-1), Old: rowOf(-1), Advantages: rowOf(2), Values: rowOf(3), OldValues: rowOf(3), Returns: rowOf(4), Mask: rowOf(1)}
	loss, m := PPO(b, PPOOptions{ClipEps: 0.2, ClipEpsValue: 0.2, ValueCoef: 0.1})
	fmt.Printf("%.2f = %.2f + 0.1 * %.2f\n", loss.Item(), m["loss/policy_avg"], m["loss/value_avg"])
	// Output: -1.95 = -2.00 + 0.1 * 0.50
}

func ExampleAlphaDivergence() {
	// All divergences leave 0 where it is. A policy twice as likely as its reference, d = ln 2: with a = 0 it is that of the
	// forward KL, 1 - 1/2; with a = 1/2 it is 2 - sqrt 2; near 1 it is the reverse KL, d itself, and there is nothing to do.
	d := vec(0, float32(math.Ln2))
	for _, a := range []float64{0, 0.5} {
		g := AlphaDivergence(a)(d).Data()
		fmt.Printf("%v %.4f\n", g[0] == 0, g[1])
	}
	fmt.Println(AlphaDivergence(1) == nil)
	// Output:
	// true 0.5000
	// true 0.5858
	// true
}

func ExampleForwardKL() {
	// However likely the policy makes a completion, it counts for less than 1; what it makes unlikely counts without bound.
	fmt.Printf("%.4f\n", ForwardKL(vec(float32(math.Ln2), 100, -float32(math.Log(3)))).Data())
	// Output: [0.5000 1.0000 -2.0000]
}

func ExampleJensenShannon() {
	// g(ln 3) is ln 2 + ln 3/4 = ln 1.5; a completion that is as likely as it was counts 0.
	fmt.Printf("%.4f %.4f\n", JensenShannon(vec(0, float32(math.Log(3)))).Data(), math.Log(1.5))
	// Output: [0.0000 0.4055] 0.4055
}

func ExampleOffPolicyMask() {
	// Two bad completions, less likely by 0.3 and by 0.1 nats a token than when they were drawn, and a good one: the
	// threshold 0.2 leaves the first one out.
	logp, old := tensor.Rows([][]float32{{-1.3, -2.3}, {-1.1, -2.1}, {-9, -9}}), tensor.Rows([][]float32{{-1, -2}, {-1, -2}, {-1, -2}})
	a := tensor.From([]float32{-1, -1, 1}, 3, 1)
	fmt.Println(OffPolicyMask(logp, old, a, tensor.Full(1, 3, 2), 0.2).Data())
	// Output: [0 1 1]
}

func ExampleHighEntropyMask() {
	// Four tokens count; the quantile 1/2 of their entropies lies between 2 and 3. The padding at the end is not asked.
	fmt.Println(HighEntropyMask(rowOf(1, 4, 2, 3, 9), rowOf(1, 1, 1, 1, 0), 0.5).Data())
	// Output: [0 1 0 1 0]
}

func ExampleSequenceLogRatio() {
	// ln 4 and 0 over two tokens make ln 2 for the completion: a ratio of 2.
	fmt.Printf("%.4f\n", SequenceLogRatio(rowOf(float32(math.Log(4)), 0, 7), rowOf(1, 1, 0)).Exp().Item())
	// Output: 2.0000
}

func ExampleSequenceTokenLogRatio() {
	// The value is the completion's at each of its tokens, and each token has a gradient of its own.
	logp := rowOf(-1, -2).RequireGrad()
	d := SequenceTokenLogRatio(logp, LogRatio(logp, rowOf(-2, -2)), rowOf(1, 1))
	d.Mul(rowOf(1, 10)).Sum().Backward()
	fmt.Println(d.Data(), logp.Grad().Data())
	// Output: [0.5 0.5] [1 10]
}

func ExampleTokenMean() {
	// Completions of one token and of three, with losses 4 and 0: a mean over tokens, over completions, a sum over tokens
	// divided by 8, and the mean over completions of the sum.
	x, mask := tensor.Rows([][]float32{{4, 9, 9}, {0, 0, 0}}), tensor.Rows([][]float32{{1, 0, 0}, {1, 1, 1}})
	fmt.Println(TokenMean(x, mask).Item(), SequenceMean(x, mask).Item(), TokenSum(x, mask, 8).Item(), SequenceSum(x, mask).Item())
	// Output: 1 2 0.5 2
}

func ExampleCentering() {
	// Scores of 2 and -2 lie around 0 and cost nothing; 2 and 1 are 3 too high together.
	fmt.Println(Centering(vec(2, 2), vec(-2, 1)).Data())
	// Output: [0 9]
}

func ExampleShift() {
	// Of the tokens 5 6 7 the last two count: the first position is to predict 6, the second 7, the last one nothing.
	fmt.Println(Shift([]int32{5, 6, 7}, []bool{false, true, true}, 3))
	// Output: [6 7 -100]
}
