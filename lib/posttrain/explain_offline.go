package posttrain

import "math"

// explainText speaks of SFT.
func (r *Run) explainText(e *explainer) {
	a, b, _ := r.ends("loss")
	vocab := r.Model.LM.Config.Vocab
	e.say("The loss went from %.3f to %.3f nats a token, a perplexity of %.4g to %.4g: among so many tokens the model might as well guess. Guessing among all %d would be ln %d = %.3f.", a, b, math.Exp(a), math.Exp(b), vocab, vocab, math.Log(float64(vocab)))
	if a, b, ok := r.ends("mean_token_accuracy"); ok {
		e.say("The likeliest token was the right one in %.1f%% of the places at first, and in %.1f%% at the end (mean_token_accuracy).", 100*a, 100*b)
	}
}

// explainScores speaks of a reward model.
func (r *Run) explainScores(e *explainer) {
	if a, b, ok := r.ends("accuracy"); ok {
		e.say("The better completion had the higher score in %.0f%% of the pairs at first, and in %.0f%% at the end (accuracy); guessing gives 50%%.", 100*a, 100*b)
	}
	a, b, ok := r.ends("mean_reward")
	if c, is := r.Config.(RewardConfig); ok && is && c.Centering == 0 && math.Abs(b-a) > 1 {
		e.say("The mean score moved from %.3g to %.3g. Only differences between scores count, so nothing holds their mean; Centering does.", a, b)
	}
}

// explainSum speaks of the methods whose loss adds likelihood to a preference: of what the first loss is made.
func (r *Run) explainSum(e *explainer) {
	loss, nll := e.first["loss"], e.first["nll_loss"]
	switch c := r.Config.(type) {
	case CPOConfig:
		if alpha := c.Alpha.Or(1); alpha != 0 {
			e.say("The first loss, %.4g, is that of the preference, %.4g, and Alpha = %.3g times the one of the chosen text, %.4g nats a token (nll_loss).", loss, loss-alpha*nll, alpha, nll)
		}
	case ORPOConfig:
		ratio := e.first["log_odds_ratio"]
		e.say("The first loss, %.4g, is nll_loss, %.4g nats a token of the chosen text, minus Beta = %.3g times log_odds_ratio, %.4g, which is log s(log_odds_chosen) and 0 where the chosen completion is certain to win.", loss, nll, c.Beta.Or(0.1), ratio)
	case TPOConfig:
		e.say("The first loss, %.4g, is that of the preference and Alpha = %.3g times the one of the gold completions in nats a token.", loss, c.Alpha.Or(1))
	}
}
