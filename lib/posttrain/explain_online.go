package posttrain

import (
	"math"
)

// ends returns the first and the last number of a metric; ok is false if there is none.
func (r *Run) ends(name string) (first, last float64, ok bool) {
	for _, m := range r.Metrics {
		if v, has := m[name]; has && v == v {
			if !ok {
				first, ok = v, true
			}
			last = v
		}
	}
	return first, last, ok
}

// average is the mean of a metric over the logs that have it.
func (r *Run) average(name string) (mean float64, ok bool) {
	sum, n := 0.0, 0.0
	for _, m := range r.Metrics {
		if v, has := m[name]; has && v == v {
			sum, n = sum+v, n+1
		}
	}
	return sum / math.Max(1, n), n > 0
}

// method is about what single methods log.
func (e *explainer) method() {
	switch e.r.Method {
	case "SFT":
		e.r.explainText(e)
	case "Reward":
		e.r.explainScores(e)
	case "CPO", "ORPO", "TPO":
		e.r.explainSum(e)
	case "GRPO", "RLOO":
		e.r.explainGroups(e)
	case "PPO":
		e.r.explainPPO(e)
	case "Distillation":
		e.r.explainDistillation(e)
	}
}

// explainGroups speaks of GRPO and RLOO.
func (r *Run) explainGroups(e *explainer) {
	c, _ := r.Config.(GRPOConfig) // RLOO takes the divergence off the rewards
	switch loss, part := e.first["loss"], c.Beta*e.first["kl"]; {
	case math.Abs(loss) < near0:
	case 2*math.Abs(part) > math.Abs(loss):
		e.say("The loss of the first step is %.3g, of which %.3g is Beta times kl: the policy differs from the reference already, because that is another model, or because of noise or dropout. The rest says nothing of success; watch reward.", loss, part)
	default:
		e.say("The loss of the first step is %.3g and not 0, though every ratio is 1: completions of different lengths weigh differently, and the advantages add up to 0 only when each weighs the same. It says nothing of success; watch reward.", loss)
	}
	if a, b, ok := r.ends("reward"); ok {
		std, _ := r.average("reward_std")
		e.say("The mean reward went from %.3f to %.3f; single rewards differ by %.3f (reward_std), so a single step's mean is that uncertain, divided by the square root of the number of completions.", a, b, std)
	}
	r.explainRoom(e)
	if a, b, ok := r.ends("kl"); ok {
		how := "k3, which is never negative"
		if r.Method == "RLOO" {
			how = "k1, the mean of log pi - log pi_ref over the tokens drawn, which may be negative by chance, because a token that was drawn may be less likely under the policy than under the reference"
		}
		e.say("The divergence from the reference (kl) went from %.4g to %.4g nats a token. It is estimated by %s.", a, b, how)
	}
	r.explainEntropy(e)
	if c, ok := r.average("clip_ratio/region_mean"); ok {
		switch {
		case c == 0:
			e.say("No ratio was clipped: every step learned from completions of the model as it was just then, or it had moved less than the clip range since.")
		case c > 0.2:
			e.say("%.0f%% of the ratios were clipped: the policy moves far within one generation. Lower LearningRate or Iterations.", 100*c)
		}
	}
}

// explainRoom says when completions were cut off.
func (r *Run) explainRoom(e *explainer) {
	if c, ok := r.average("completions/clipped_ratio"); ok && c > 0.5 {
		e.say("%.0f%% of the completions ran out of room (completions/clipped_ratio): what they would have said is not judged. Raise MaxNewTokens, or leave them out (MaskTruncated).", 100*c)
	}
}

// explainEntropy says when the policy has become nearly certain.
func (r *Run) explainEntropy(e *explainer) {
	if a, b, ok := r.ends("entropy"); ok && b < 0.25*a {
		e.say("The entropy fell from %.3g to %.3g nats: the completions of a prompt become alike, and what is not tried cannot be rewarded. EntropyCoef, a larger Temperature or a lower LearningRate keep it up.", a, b)
	}
}

// explainPPO speaks of PPO.
func (r *Run) explainPPO(e *explainer) {
	if a, b, ok := r.ends("objective/scores"); ok {
		e.say("The mean score went from %.3f to %.3f.", a, b)
	}
	if a, b, ok := r.ends("objective/kl"); ok {
		e.say("objective/kl went from %.4g to %.4g nats a completion: the sum over its tokens of log pi - log pi_ref, weighed with KLCoef against the score. In the first rollout it is 0, because the policy is the reference.", a, b)
	}
	if a, b, ok := r.ends("loss/value_avg"); ok {
		text := "the critic has learned what to expect"
		if b > a {
			text = "the critic does not keep up with the policy, and the advantages are noise as far as it is wrong"
		}
		e.say("The critic's loss went from %.3g to %.3g: %s.", a, b, text)
	}
	if loss := r.Metrics[0]["loss/policy_avg"]; true {
		e.say("loss/policy_avg begins at %.3g: advantages are whitened, so it is near 0 whatever the completions are worth.", loss)
	}
	if a, _, ok := r.ends("val/ratio"); ok {
		e.say("val/ratio is %.4f in the first rollout: the mean ratio of the policy to the one that drew the completions, over all passes and over padding, where it is 1.", a)
	}
}

// unsigned turns a 0 that rounding has made negative into 0.
func unsigned(x float64) float64 {
	if math.Abs(x) < near0 {
		return 0
	}
	return x
}

// explainDistillation speaks of distillation.
func (r *Run) explainDistillation(e *explainer) {
	if a, b, ok := r.ends("loss"); ok {
		e.say("The loss is the divergence of the student from the teacher in nats a token, on completions that the student draws itself: %.4f at first, %.4f at the end. 0 would mean that they predict alike there.", unsigned(a), unsigned(b))
	}
	r.explainRoom(e)
	r.explainEntropy(e)
}
