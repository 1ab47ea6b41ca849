package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// BradleyTerry returns the loss of a reward model on pairs: the probability that the chosen completion wins, by the difference of
// two scores.
//
//	P(c beats r) = s(r_c - r_r),  L = -log s(r_c - r_r - m)
//
// Bradley and Terry 1952, "Rank analysis of incomplete block designs"; Ouyang et al. 2022, arXiv:2203.02155, eq. 1, with the margin m
// of Touvron et al. 2023, arXiv:2307.09288, eq. 2, by how much better the chosen one is.
// Shapes: chosen and rejected (B) are scores, which have no unit and no zero; margin (B) or nil; the result is (B). Equal scores
// give ln 2 without a margin.
func BradleyTerry(chosen, rejected, margin *tensor.Tensor) *tensor.Tensor {
	sameShape("BradleyTerry", []string{"chosen", "rejected", "margin"}, chosen, rejected, margin)
	d := chosen.Sub(rejected)
	if margin != nil {
		d = d.Sub(margin.Detach())
	}
	return logistic(d)
}

// Centering returns what holds the scores of a reward model near 0, which the pairs alone leave open.
//
//	L = (r_c + r_r)^2
//
// Eisenstein et al. 2023, arXiv:2312.09244, section 5.2; a usual coefficient is 0.01. Shapes: as BradleyTerry.
func Centering(chosen, rejected *tensor.Tensor) *tensor.Tensor {
	sameShape("Centering", []string{"chosen", "rejected"}, chosen, rejected)
	return square(chosen.Add(rejected))
}

// OutcomeReward returns the loss of a reward model that is a classifier of outcomes: each completion is right or wrong.
//
//	L = -log s(r) if right, else -log s(-r)
//
// Cobbe et al. 2021, arXiv:2110.14168, section 4.1. Shapes: score (B), the log-odds of being right, in nats; right (B); the result
// is (B). A score of 0 gives ln 2.
func OutcomeReward(score *tensor.Tensor, right []bool) *tensor.Tensor {
	if score.Len() != len(right) {
		panic(&tensor.Error{Op: "OutcomeReward", Text: fmt.Sprintf("%d verdicts for scores of shape %s", len(right), tensor.ShapeText(score.Shape()))})
	}
	return logistic(score.Mul(signs(right)))
}

// ProcessReward returns the loss of a reward model of steps: the mean cross-entropy, over the tokens that end a step, of two
// classes, wrong (0) and right (1).
//
//	L = -mean_i log softmax(z_i)[c_i]   over the i with c_i != Ignore
//
// Uesato et al. 2022, arXiv:2211.14275, section 2.3; Lightman et al. 2023, arXiv:2305.20050. Shapes: scores (rows, 2); classes, one a
// row; the result is (). Equal scores give ln 2. It panics if no row counts.
func ProcessReward(scores *tensor.Tensor, classes []int32) *tensor.Tensor {
	if len(scores.Shape()) != 2 || scores.Dim(0) != len(classes) {
		panic(&tensor.Error{Op: "ProcessReward", Text: fmt.Sprintf("%d classes for scores of shape %s", len(classes), tensor.ShapeText(scores.Shape()))})
	}
	return SFT(scores, classes)
}
