package posttrain

import (
	"fmt"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
)

// sourceSettings are what a source needs to know.
type sourceSettings struct {
	group, perGeneration int // completions of a prompt, and of a generation
	shuffle              bool
	draw                 sampling.Options
	whole                bool    // draw is the config's Sampling
	temperature          float64 // of the loss; 0: that of the draw
	env                  func() rl.Environment
	rewards              []rl.Reward
	weights              []float64
	timeout              time.Duration
	rewarded             bool // the method needs rewards
	replays              bool
	confirm              bool // see source
}

// newSource reads the prompts and checks the reward functions.
func newSource(r *Run, s settings, data *datasets.Set, x sourceSettings) (*source, error) {
	o := &source{run: r, method: r.Method, s: s, group: x.group, draw: x.draw, whole: x.whole, tempered: x.temperature != 0 && x.temperature != x.draw.Temperature, env: x.env, rewarded: x.rewarded, confirm: x.confirm, columns: map[string]bool{}}
	r.console = s.Console
	var err error
	if o.prompts, err = readPrompts(r.Method, r.Model, data); err != nil {
		return nil, err
	}
	for _, p := range o.prompts {
		for c := range p.row.Columns {
			if c != "prompt" && c != "completion" && c != "chat_template_kwargs" {
				o.columns[c] = true
			}
		}
	}
	o.order = &repeater{prompts: len(o.prompts), perBatch: x.perGeneration / x.group, shuffle: x.shuffle, seed: s.Seed}
	if o.order.batches() == 0 {
		return nil, fmt.Errorf("posttrain.%s: %s has %d prompts, and a generation takes %d at once: lower BatchSize or StepsPerGeneration, or raise GroupSize", r.Method, data.Name, len(o.prompts), o.order.perBatch)
	}
	switch {
	case len(x.rewards) > 0:
		if o.judge, err = rl.NewJudge(x.rewards, x.weights); err != nil {
			return nil, fmt.Errorf("posttrain.%s: %w", r.Method, err)
		}
		o.judge.Timeout = x.timeout
	case x.rewarded && !x.replays:
		return nil, fmt.Errorf("posttrain.%s: there is no reward function: nothing says which completion is better", r.Method)
	default:
		o.judge = nil
		if len(x.weights) > 0 {
			o.judge = &rl.Judge{Weights: x.weights}
		}
	}
	return o, nil
}

// save writes a generation to the file of rollouts: order for as many rows as the micro-batches take, and the
// log-probabilities that were used.
func (o *source) save(g *generation, step, taken int) error {
	if o.record == nil {
		return nil
	}
	if err := o.record.Write(*o.rollout(g, step, taken)); err != nil {
		return fmt.Errorf("posttrain.%s: SaveRollouts: %w", o.method, err)
	}
	return nil
}

// rollout is a generation as it is saved.
func (o *source) rollout(g *generation, step, taken int) *rl.Rollout {
	x := &rl.Rollout{Step: step, Exact: true}
	for k := range taken {
		x.Order = append(x.Order, g.order[k%len(g.order)])
	}
	for _, e := range g.rows {
		r := rl.RolloutRow{PromptIDs: e.prompt, CompletionIDs: e.ids, Group: e.group, OldLogProbs: e.old, RefLogProbs: e.ref, Values: e.values}
		for _, s := range e.said {
			r.Mask = append(r.Mask, 0)
			if s {
				r.Mask[len(r.Mask)-1] = 1
			}
		}
		for k, v := range e.rewards {
			r.Rewards = append(r.Rewards, rl.NamedReward{Name: o.names[k], Value: v})
		}
		x.Rows = append(x.Rows, r)
	}
	return x
}

// A Sample is a completion of the last generation of an online run.
type Sample struct {
	Step               int
	Prompt, Completion string
	Rewards            map[string]float64
	Advantage          float64
	Truncated          bool
}

// samples keeps the completions for the eye.
func (o *source) samples(g *generation) {
	o.run.Samples = o.run.Samples[:0:0]
	for _, e := range g.rows {
		s := Sample{Step: o.run.done + 1, Prompt: o.run.Model.Tok.DecodePlain(e.prompt), Completion: o.run.Model.Tok.DecodePlain(e.ids), Rewards: map[string]float64{}, Advantage: e.advantage, Truncated: e.truncated}
		for k, v := range e.rewards {
			s.Rewards[o.names[k]] = v
		}
		o.run.Samples = append(o.run.Samples, s)
	}
}
