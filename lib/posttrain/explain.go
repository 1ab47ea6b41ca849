package posttrain

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// An Explanation says what a run's own numbers mean, one sentence after the other.
type Explanation []string

// String writes a sentence a line.
func (e Explanation) String() string { return strings.Join(e, "\n") }

// HTML shows a list.
func (e Explanation) HTML() string {
	var b strings.Builder
	b.WriteString("<ul>")
	for _, s := range e {
		b.WriteString("<li>" + html.EscapeString(s) + "</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}

// near0 is what counts as 0 among float32 numbers of the size of 1.
const near0 = 1e-5

// Explain answers from the run's own numbers what a reader of its log asks: why a loss starts at ln 2 or at 0, why a divergence is
// negative, whether what fell or rose is what was wanted.
func (r *Run) Explain() Explanation {
	if len(r.Metrics) == 0 {
		return Explanation{fmt.Sprintf("%s has logged nothing yet.", r.Method)}
	}
	e := explainer{r: r, first: r.Metrics[0], last: r.Metrics[len(r.Metrics)-1]}
	e.start()
	e.preferences()
	e.online()
	e.method()
	e.evaluation()
	e.optimiser()
	e.out = append(e.out, r.Advice...)
	if len(e.out) == 0 {
		e.say("Nothing in these numbers is surprising: the loss went from %.4g to %.4g.", e.first["loss"], e.last["loss"])
	}
	return e.out
}

type explainer struct {
	r           *Run
	first, last Metrics
	out         Explanation
}

func (e *explainer) say(format string, args ...any) {
	e.out = append(e.out, fmt.Sprintf(format, args...))
}

// start is about the first loss.
func (e *explainer) start() {
	loss, norm := e.first["loss"], e.first["grad_norm"]
	c, dpo := e.r.Config.(DPOConfig)
	margin, compared := e.first["rewards/margins"]
	switch {
	case dpo && (len(c.Losses) == 0 || len(c.Losses) == 1 && c.Losses[0] == "sigmoid") && math.Abs(loss-math.Ln2) < 1e-3 && math.Abs(margin) < 1e-2:
		e.say("The loss starts at %.4f, which is ln 2: the policy still is the reference, so every margin is 0 and -log s(0) = ln 2. From here on less is better.", loss)
	case e.r.Method == "Reward" && math.Abs(loss-math.Ln2) < 5e-2:
		e.say("The loss starts near ln 2 = 0.693: an untrained head gives both completions about the same score, and -log s(0) = ln 2.")
	case e.r.Method == "KTO" && math.Abs(loss-math.Ln2) < 1e-3:
		e.say("The loss starts at %.4f, which is ln 2: the policy still is the reference, so every reward is 0 and -log s(0) = ln 2.", loss)
	case e.r.Method == "KTO" && math.Abs(loss-0.5) < 1e-2:
		e.say("The loss starts at %.4f, which is 1 - s(0) = 1/2: the policy still is the reference.", loss)
	case math.Abs(loss) < near0 && norm > near0:
		e.say("The loss is 0 at the first step and the gradient is not (its norm is %.3g): the completions are fresh, so every ratio is 1, and the advantages of a group add up to 0. The loss is no measure of progress here; look at the reward.", norm)
	case math.Abs(loss) < near0 && compared:
		e.say("The loss is 0 and so is its gradient: nothing can be learned from these pairs.")
	}
}

// preferences is about pairs.
func (e *explainer) preferences() {
	m0, ok := e.first["rewards/margins"]
	if !ok || len(e.r.Metrics) < 2 {
		return
	}
	m1, c0, c1 := e.last["rewards/margins"], e.first["logps/chosen"], e.last["logps/chosen"]
	if m1 > m0 && c1 < c0-1 {
		e.say("The margin grew from %.3g to %.3g while the chosen completions became less likely (their log-probability went from %.4g to %.4g): likelihood displacement. The loss only asks that the rejected ones fall further. Read what the model says; adding the loss \"sft\", a larger Beta or a smaller LearningRate holds the chosen ones up.", m0, m1, c0, c1)
	}
	switch free := e.r.Method == "CPO" || e.r.Method == "ORPO" || e.r.Method == "TPO"; {
	case m1 < 0 && free:
		e.say("The margin is negative (%.3g): the model finds the rejected completions likelier. There is no reference here, so it starts where the base model's liking and the lengths of the completions put it (%.3g).", m1, m0)
	case m1 < 0:
		e.say("The margin is negative (%.3g): the policy prefers the rejected completions more than at the start.", m1)
	}
	if p, ok := e.r.floor(); ok {
		e.say("%.0f%% of the pairs have equal completions: each of them stays at ln 2 for ever, so the loss cannot fall below %.4f.", 100*p, p*math.Ln2)
	}
}

// floor is the share of pairs whose completions are equal.
func (r *Run) floor() (float64, bool) { return r.equalPairs, r.equalPairs > 0 && r.Method == "DPO" }

// online is about rewards and divergences.
func (e *explainer) online() {
	if f, ok := e.last["frac_reward_zero_std"]; ok && f > 0 {
		e.say("In %.0f%% of the groups every completion got the same reward: their advantages are 0 and nothing is learned from them. Harder or easier prompts, a finer reward or a higher temperature make a difference.", 100*f)
	}
	for _, name := range []string{"kl", "objective/kl"} {
		for i, m := range e.r.Metrics {
			if v, ok := m[name]; ok && v < -near0 {
				e.say("%s is negative (%.3g at step %d). The true divergence never is: this is its estimate log pi(y) - log pi_ref(y), a mean over the tokens that were drawn, which is below 0 whenever the reference finds these tokens likelier than the policy does. If it stays so, the completions were not drawn from this policy.", name, v, e.r.Steps[i])
				break
			}
		}
	}
	if c, kto := e.r.Config.(KTOConfig); kto && (c.Loss == "" || c.Loss == "kto") && e.last["kl"] == 0 {
		e.say("kl is 0: the estimate from mismatched completions was below 0, and KTO does not let its reference point go there.")
	}
}

// evaluation is about over-fitting.
func (e *explainer) evaluation() {
	best, at := math.Inf(1), 0
	for i, m := range e.r.Evals {
		if v, ok := m["eval_loss"]; ok && v < best {
			best, at = v, i
		}
	}
	if n := len(e.r.Evals); n > 1 && at < n-1 && !math.IsInf(best, 0) {
		e.say("The loss of the data that is not trained on was lowest, %.4g, at evaluation %d of %d and is %.4g now: the run fits its own rows beyond what carries over. Fewer Epochs, or LoadBest, keep the better model.", best, at+1, n, e.r.Evals[n-1]["eval_loss"])
	}
}

// optimiser is about steps that were cut down or not taken.
func (e *explainer) optimiser() {
	most, clipped := 1.0, 0
	if v := fieldOf(e.r.Config, "MaxGradNorm"); v != 0 {
		most = v
	}
	for _, m := range e.r.Metrics {
		if most > 0 && m["grad_norm"] > most {
			clipped++
		}
	}
	if n := len(e.r.Metrics); most > 0 && 2*clipped > n {
		e.say("The gradient was clipped in %d of %d logged steps: its norm was above %.3g.", clipped, n, most)
	}
	if rate, ok := e.first["learning_rate"]; ok && rate == 0 {
		e.say("The learning rate of the first step is 0: the warm-up starts there, so this step changed nothing.")
	}
}
