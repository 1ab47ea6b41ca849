package posttrain

import (
	"fmt"
	"math"
	"slices"

	"lyceum/lib/rl"
	"lyceum/lib/tokenize"
)

// score asks the reward functions about a generation. from holds the prompt of each row; nil if the rows come from a file.
func (o *source) score(g *generation, from []int, envs []rl.Environment, step int) (names []string, err error) {
	b := rl.Batch{Envs: envs, Step: step, Steps: o.run.Planned, Columns: map[string][]any{}}
	tok := o.run.Model.Tok
	for i, e := range g.rows {
		text := tok.Decode(e.prompt)
		var chat []tokenize.Message
		if from != nil {
			p := o.prompts[from[i]]
			text, chat = p.text, p.chat
			for c := range o.columns {
				b.Columns[c] = append(b.Columns[c], p.row.Columns[c])
			}
		}
		b.Prompts, b.Chats = append(b.Prompts, text), append(b.Chats, chat)
		b.PromptIDs, b.CompletionIDs = append(b.PromptIDs, e.prompt), append(b.CompletionIDs, e.ids)
		b.Completions = append(b.Completions, tok.DecodePlain(e.ids))
		b.Truncated, b.Groups = append(b.Truncated, e.truncated), append(b.Groups, e.group)
	}
	s, err := o.judge.Score(b)
	if err != nil {
		return nil, fmt.Errorf("posttrain.%s: step %d: %w", o.method, step, err)
	}
	for i, e := range g.rows {
		for _, f := range s.PerFunc {
			e.rewards = append(e.rewards, f[i])
		}
	}
	var extra []string
	for n := range s.Metrics {
		extra = append(extra, n)
	}
	slices.Sort(extra)
	for _, n := range extra {
		g.note(n, s.Metrics[n])
	}
	o.slow(s)
	return s.Names, nil
}

// lengths notes how long the completions are.
func (o *source) lengths(g *generation) {
	var all, ended []float64
	for _, e := range g.rows {
		n := float64(e.length())
		all = append(all, n)
		if !e.truncated {
			ended = append(ended, n)
		}
		o.seen += float64(len(e.prompt)) + n
	}
	g.logs = append(g.logs, note{"num_tokens", o.seen, true})
	g.note("completions/mean_length", rl.Mean(all))
	g.note("completions/min_length", slices.Min(all))
	g.note("completions/max_length", slices.Max(all))
	g.note("completions/clipped_ratio", 1-float64(len(ended))/float64(len(all)))
	if len(ended) == 0 {
		ended = []float64{0}
	}
	g.note("completions/mean_terminated_length", rl.Mean(ended))
	g.note("completions/min_terminated_length", slices.Min(ended))
	g.note("completions/max_terminated_length", slices.Max(ended))
}

// perFunc are the rewards of each function.
func (g *generation) perFunc() [][]float64 {
	out := make([][]float64, len(g.rows[0].rewards))
	for _, e := range g.rows {
		for k := range out {
			v := math.NaN()
			if k < len(e.rewards) {
				v = e.rewards[k]
			}
			out[k] = append(out[k], v)
		}
	}
	return out
}

// weights are those of the reward functions, 1 each where none were set.
func (o *source) weights(n int) []float64 {
	if o.judge != nil && len(o.judge.Weights) == n {
		return o.judge.Weights
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// rewardNotes notes the rewards of each function, and of all together.
func (o *source) rewardNotes(g *generation, names []string) {
	per := g.perFunc()
	if len(per) == 0 {
		return
	}
	for k, n := range names {
		g.note("rewards/"+n+"/mean", rl.Mean(per[k]))
		g.note("rewards/"+n+"/std", rl.Std(per[k]))
	}
	o.unjudged(g)
	sum := rl.WeightedSum(per, o.weights(len(per)))
	g.note("reward", rl.Mean(sum))
	g.note("reward_std", rl.Std(sum))
}

// slow says so, once, when a reward function takes longer than it should.
func (o *source) slow(s rl.Scores) {
	const much = 10 // seconds for a batch
	for k, t := range s.Took {
		if t.Seconds() > much {
			o.run.advise("slow", fmt.Sprintf("reward %q took %.0f s for a batch of completions: the run waits for it in every step (RewardTimeout sets a limit)", s.Names[k], t.Seconds()))
		}
	}
}

// unjudged says so, once, when completions get no reward from any function.
func (o *source) unjudged(g *generation) {
	n, first := 0, 0
	for i, e := range g.rows {
		if !slices.ContainsFunc(e.rewards, func(v float64) bool { return v == v }) {
			if n++; n == 1 {
				first = i
			}
		}
	}
	if n > 0 {
		o.run.advise("unjudged", fmt.Sprintf("no reward function applies to %d of %d completions (all return NaN; the first is completion %d, %q): they have no advantage, and nothing is learned from them", n, len(g.rows), first, tail(o.run.Model.Tok.DecodePlain(g.rows[first].ids), 40)))
	}
}

// equal says so, once, when all rewards of a generation are the same.
func (o *source) equal(zeroStd float64) {
	if zeroStd == 1 {
		o.run.advise("equal", "all rewards of a batch are equal within their groups (frac_reward_zero_std is 1), so nothing was learned from it: make the reward finer, raise Temperature or GroupSize, or choose prompts that the model gets right sometimes")
	}
}
