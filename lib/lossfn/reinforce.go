package lossfn

import "lyceum/lib/tensor"

// REINFORCE returns the policy-gradient loss itself: each completion's log-probability, weighted by how much better it was
// than a baseline.
//
//	L = -mean_b A_b sum_t log pi(y_bt),  A_b = r_b - baseline
//
// Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", eq. 5; with
// the mean of the group's other rewards as baseline it is the RLOO of Ahmadian et al. 2024, arXiv:2402.14740, eq. 7.
// Shapes: logp and mask (B, T), advantages (B), a constant; the result is (). Its value says nothing of how good the policy
// is: only its gradient does. A baseline that does not depend on the completion leaves the expected gradient as it is and
// makes it less noisy; subtracting the mean reward is the usual one (rl.MeanBaseline, rl.RunningBaseline).
func REINFORCE(logp, advantages, mask *tensor.Tensor) *tensor.Tensor {
	sameShape("REINFORCE", []string{"logp", "mask"}, logp, mask)
	sum := logp.Mul(mask).SumAxis(-1)
	sameShape("REINFORCE", []string{"the rows of logp", "advantages"}, sum, advantages)
	return sum.Mul(advantages.Detach()).Mean().Neg()
}
