package lossfn

import "lyceum/lib/tensor"

// SPPO returns the loss of Self-Play Preference Optimization with hard labels (TRL's "sppo_hard"): the log-ratio of the winner
// is to be 1/(2 beta), that of the loser -1/(2 beta).
//
//	L = (d_c - 1/(2 beta))^2 + (d_r + 1/(2 beta))^2
//
// Wu et al. 2024, arXiv:2405.00675, eq. 4.7 with P = 1 for the winner and 0 for the loser.
// Shapes: as DPO. Equal policies give 1/(2 beta^2).
func SPPO(p Pairs, beta float64) *tensor.Tensor {
	p.check("SPPO", beta)
	goal := float32(1 / (2 * beta))
	return square(p.ChosenRatio().AddScalar(-goal)).Add(square(p.RejectedRatio().AddScalar(goal)))
}
