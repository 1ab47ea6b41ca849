package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// one is a pair whose log-ratios are d_c = 1 and d_r = -1.
func one() Pairs {
	v := func(x float32) *tensor.Tensor { return tensor.From([]float32{x}) }
	return Pairs{Chosen: v(-4), Rejected: v(-6), RefChosen: v(-5), RefRejected: v(-5), ChosenTokens: []int{2}, RejectedTokens: []int{4}}
}

func show(t *tensor.Tensor) { fmt.Printf("%.4f\n", t.Data()[0]) }

func ExampleDPO() {
	show(DPO(one(), 0.5)) // -log s(0.5 (1 + 1)) = log(1 + e^-1)
	p := one()
	p.RefChosen, p.RefRejected = p.Chosen, p.Rejected
	show(DPO(p, 0.5)) // ln 2
	// Output:
	// 0.3133
	// 0.6931
}

func ExampleSmoothDPO() {
	show(SmoothDPO(one(), 0.5, 0.1)) // 0.9 * 0.3133 + 0.1 * 1.3133
	// Output: 0.4133
}

func ExampleRobust() {
	show(Robust(one(), 0.5, 0.1)) // (0.9 * 0.3133 - 0.1 * 1.3133) / 0.8
	// Output: 0.1883
}

func ExampleNormalizedDPO() {
	show(NormalizedDPO(one(), 1)) // -log s(1/2 + 1/4)
	// Output: 0.3869
}

func ExampleHinge() {
	show(Hinge(one(), 0.2)) // 1 - 0.2 * 2
	// Output: 0.6000
}

func ExampleIPO() {
	show(IPO(one(), 0.5)) // (1/2 + 1/4 - 1)^2
	// Output: 0.0625
}

func ExampleEXO() {
	show(EXO(one(), 0.5, 0.25)) // 0.7311 (log 0.7311 - log 0.75) + 0.2689 (log 0.2689 - log 0.25)
	// Output: 0.0009
}

func ExampleNCA() {
	show(NCA(one(), 1)) // 0.3133 + 1.3133/2 + 0.3133/2
	// Output: 1.1265
}

func ExampleBCOPair() {
	show(BCOPair(one(), 1)) // 0.3133 + 0.3133
	// Output: 0.6265
}

func ExampleBCO() {
	show(BCO(tensor.From([]float32{1}), []bool{true}, 1, 0)) // log(1 + e^-1)
	show(BCO(tensor.From([]float32{1}), []bool{true}, 1, 1)) // a reward that is the mean of all: ln 2
	// Output:
	// 0.3133
	// 0.6931
}

func ExampleSPPO() {
	show(SPPO(one(), 0.25)) // (1 - 2)^2 + (-1 + 2)^2
	// Output: 2.0000
}

func ExampleAOT() {
	// Two pairs with the margins 3 and -1 under the policy, 0 and 2 under the reference. Sorted: -1 against 0, 3 against 2.
	p := Pairs{Chosen: tensor.From([]float32{-1, -4}), Rejected: tensor.From([]float32{-4, -3}), RefChosen: tensor.From([]float32{-2, -1}), RefRejected: tensor.From([]float32{-2, -3})}
	fmt.Printf("%.4f\n", AOT(p, 1, 0).Data()) // -log s(-1) and -log s(1)
	// Output: [1.3133 0.3133]
}

func ExampleAOTUnpaired() {
	show(AOTUnpaired(one(), 0.5, 0)) // with one pair it is DPO
	// Output: 0.3133
}

func ExampleAPOZero() {
	show(APOZero(one(), 1)) // 1 - 0.7311 + 0.2689
	// Output: 0.5379
}

func ExampleAPODown() {
	show(APODown(one(), 1)) // 0.7311 + 1 - s(2)
	// Output: 0.8503
}

func ExampleDiscoPOP() {
	show(DiscoPOP(one(), 0.5, 0.05)) // x = 1 is far on the right side: e^-1
	// Output: 0.3679
}

func ExampleDivergence() {
	d := tensor.From([]float32{1})
	show(ForwardKL(d))            // 1 - 1/e
	show(JensenShannon(d))        // log 2 - log(1 + e^-1)
	show(AlphaDivergence(0.5)(d)) // (e^-0.5 - 1) / -0.5
	// Output:
	// 0.6321
	// 0.3799
	// 0.7869
}

func ExampleWPOWeights() {
	// Drawn from a uniform distribution over four tokens: log p = log 1/4 = log sum p^2, weight 1. A token of probability 1/8 there: 1/2.
	l := float32(math.Log(0.25))
	fmt.Println(WPOWeights([]float32{l, l, float32(math.Log(0.125))}, []float32{l, l, l}, []int{2, 1}).Data())
	// Output: [1 0.5]
}

func ExampleLDWeights() {
	fmt.Println(LDWeights([]int{3}, []int{2}, 0.5)) // the third token of the longer completion counts half
	// Output: [[1 1 0.5] [1 1]]
}

func ExampleDFT() {
	// A token of probability 1/2 and one of 1/4: (1/2 ln 2 + 1/4 ln 4) / 2.
	fmt.Printf("%.4f\n", DFT(tensor.From([]float32{float32(math.Log(0.5)), float32(math.Log(0.25))}), 2).Item())
	// Output: 0.3466
}

func ExampleSmoothSFT() {
	// Scores ln 3 and 0 over two tokens: p = 3/4 and 1/4. 0.8 * -ln(3/4) + 0.2 * (-ln(3/4) - ln(1/4))/2.
	fmt.Printf("%.4f\n", SmoothSFT(tensor.From([]float32{float32(math.Log(3)), 0}, 1, 2), []int32{0}, 0.2, 0).Item())
	// Output: 0.3975
}

func ExampleCPO() {
	show(CPO(tensor.From([]float32{-4}), tensor.From([]float32{-6}), 0.5, 0)) // -log s(0.5 * 2)
	// Output: 0.3133
}

func ExampleSimPO() {
	show(SimPO(tensor.From([]float32{-1}), tensor.From([]float32{-2}), 2, 1, 0)) // -log s(2 * 1 - 1)
	// Output: 0.3133
}

func ExampleAlphaReward() {
	show(AlphaReward(tensor.From([]float32{float32(math.Log(0.5))}), 1)) // (1 - 1/0.5) / 1, where the log-probability is -0.6931
	// Output: -1.0000
}

func ExampleORPO() {
	// Odds of 1 (p = 1/2) and of 1/3 (p = 1/4): the ratio is 3, -log s(ln 3) = -ln 3/4.
	loss, odds := ORPO(tensor.From([]float32{float32(math.Log(0.5))}), tensor.From([]float32{float32(math.Log(0.25))}), 1)
	fmt.Printf("%.4f %.4f\n", loss.Data()[0], odds.Data()[0])
	// Output: 0.2877 1.0986
}

func ExampleTPO() {
	show(TPO(tensor.From([]float32{-4}), tensor.From([]float32{-6}), 0.5, 0))
	show(TPOL(tensor.From([]float32{-1}), tensor.From([]float32{-2}), 2, 1, 0))
	// Output:
	// 0.3133
	// 0.3133
}

func ExampleKTO() {
	// A desirable and an undesirable completion, both one nat likelier than under the reference, which in general is half a nat.
	fmt.Printf("%.4f\n", KTO(tensor.From([]float32{1, 1}), []bool{true, false}, 1, 0.5).Data()) // 1 - s(0.5), 1 - s(-0.5)
	// Output: [0.3775 0.6225]
}

func ExampleKTOReferencePoint() {
	fmt.Println(KTOReferencePoint(tensor.From([]float32{-1, -2}), tensor.From([]float32{-2, -2})), KTOReferencePoint(tensor.From([]float32{-3}), tensor.From([]float32{-2})))
	// Output: 0.5 0
}

func ExampleAPOZeroUnpaired() {
	fmt.Printf("%.4f\n", APOZeroUnpaired(tensor.From([]float32{1, 1}), []bool{true, false}, 1).Data()) // 1 - s(1), s(1)
	// Output: [0.2689 0.7311]
}

func ExampleBradleyTerry() {
	c, r := tensor.From([]float32{2}), tensor.From([]float32{1})
	show(BradleyTerry(c, r, nil))                       // -log s(1)
	show(BradleyTerry(c, r, tensor.From([]float32{1}))) // it must win by 1: ln 2
	show(Centering(c, r))                               // 3^2
	// Output:
	// 0.3133
	// 0.6931
	// 9.0000
}

func ExampleOutcomeReward() {
	fmt.Printf("%.4f\n", OutcomeReward(tensor.From([]float32{1, 1}), []bool{true, false}).Data()) // -log s(1), -log s(-1)
	// Output: [0.3133 1.3133]
}

func ExampleProcessReward() {
	// Two steps, one judged rightly with odds of 3 to 1; a token between them does not count.
	fmt.Printf("%.4f\n", ProcessReward(tensor.From([]float32{0, float32(math.Log(3)), 5, 0, 0, 0}, 3, 2), []int32{1, Ignore, 0}).Item()) // (ln 4/3 + ln 2)/2
	// Output: 0.4904
}
