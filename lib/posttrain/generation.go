package posttrain

import (
	"fmt"
	"math"
	"slices"

	"lyceum/lib/internal/torchrand"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
	"lyceum/lib/tensor"
)

// A generation is the completions of one batch of prompts, several to each, with what is known of them. Steps learn from it
// until the next one.
type generation struct {
	rows   []*episode
	order  []int // rows as micro-batches take them; those after its end begin again
	told   bool  // the order was recorded
	logs   []note
	tokens float64 // that count
	exact  bool    // its numbers are those of a run of ours, to the last bit

	together *together // rows are computed in another order; nil: in order
}

// A note is a metric that is logged with the first micro-batch of a generation.
type note struct {
	name  string
	value float64
	last  bool // it replaces an earlier value of the same log
}

func (g *generation) note(name string, v float64) {
	g.logs = append(g.logs, note{name: name, value: v})
}

// write logs the notes.
func (g *generation) write(log *meter) {
	for _, n := range g.logs {
		if n.last {
			log.set(n.name, n.value)
		} else {
			addNumber(log, n.name, n.value)
		}
	}
}

// addNumber counts v into a mean unless it is NaN; a metric that never was a number is logged as none.
func addNumber(log *meter, name string, v float64) {
	if _, known := log.Sums[name]; !known {
		log.Names = append(log.Names, name)
		log.Sums[name] = 0
	}
	if !math.IsNaN(v) {
		log.Sums[name] += v
		log.Count[name]++
	}
}

// micro returns the rows of micro-batch k of a generation, size rows each.
func (g *generation) micro(k, size int) []*episode {
	out := make([]*episode, size)
	for i := range out {
		out[i] = g.rows[g.order[(k*size+i)%len(g.order)]]
	}
	return out
}

// A source makes generations: of the live model, or of a file.
type source struct {
	run      *Run
	method   string
	s        settings
	prompts  []prompt
	order    *repeater
	group    int
	draw     sampling.Options
	whole    bool // it was given as a whole
	tempered bool // the loss has another temperature than the draw
	env      func() rl.Environment
	judge    *rl.Judge // nil: no rewards are needed
	given    givenCompletions
	columns  map[string]bool
	rewarded bool // the method needs rewards
	confirm  bool // recorded rewards are compared with what the functions say

	replay  []rl.Rollout
	replays bool
	record  *rl.Recorder
	names   []string // of the reward functions
	made    int      // generations so far
	seen    float64  // tokens of prompts and completions so far
}

// open opens the files of rollouts.
func (o *source) open(rollouts, save string) (err error) {
	if rollouts != "" {
		o.replays = true
		if o.replay, err = rl.ReadRollouts(rollouts); err != nil {
			return fmt.Errorf("posttrain.%s: %w", o.method, err)
		}
		o.replay = slices.DeleteFunc(o.replay, func(x rl.Rollout) bool { return x.Eval })
	}
	if save != "" {
		if o.record, err = rl.NewRecorder(save, o.s.Resume != ""); err != nil {
			return fmt.Errorf("posttrain.%s: %w", o.method, err)
		}
	}
	return nil
}

func (o *source) close() {
	if o.record != nil {
		o.record.Close()
	}
}

// next makes the next generation: completions of batch i of an epoch, and their rewards.
func (o *source) next(epoch, i, step int) (*generation, error) {
	g := &generation{}
	var err error
	names := []string(nil)
	if o.replays {
		names, err = o.fromFile(g)
	} else {
		names, err = o.fromModel(g, o.order.batch(epoch, i), step)
	}
	if err != nil {
		return nil, err
	}
	o.made++
	o.names = names
	o.lengths(g)
	o.rewardNotes(g, names)
	return g, nil
}

// fromFile takes the next rollout of the file.
func (o *source) fromFile(g *generation) (names []string, err error) {
	if o.made >= len(o.replay) {
		return nil, fmt.Errorf("posttrain.%s: the file of rollouts has %d, and the run needs one more: set MaxSteps to what they are enough for", o.method, len(o.replay))
	}
	x := o.replay[o.made]
	g.exact = x.Exact
	if want := o.order.perBatch * o.group; len(x.Rows) != want {
		return nil, fmt.Errorf("posttrain.%s: rollout %d has %d rows, the settings make batches of %d (%d prompts with %d completions each)", o.method, o.made+1, len(x.Rows), want, o.order.perBatch, o.group)
	}
	for i, r := range x.Rows {
		e := episodeOf(r)
		e.group, e.truncated = i/o.group, !o.ended(r.CompletionIDs)
		g.rows = append(g.rows, e)
	}
	for _, v := range x.Rows[0].Rewards {
		names = append(names, v.Name)
	}
	if g.order, g.told = x.Order, len(x.Order) > 0; !g.told {
		g.order = o.shuffled(len(g.rows))
	}
	if len(names) == 0 && o.judge != nil && len(o.judge.Rewards) > 0 {
		names, err = o.score(g, nil, nil, 0)
	} else if len(names) == 0 && o.rewarded {
		err = fmt.Errorf("posttrain.%s: the rollouts have no rewards, and there is no reward function", o.method)
	} else if o.judge != nil && len(o.judge.Weights) != len(names) && len(o.judge.Weights) > 0 {
		err = fmt.Errorf("posttrain.%s: RewardWeights has %d weights, the rollouts have %d rewards", o.method, len(o.judge.Weights), len(names))
	}
	if err == nil && o.confirm && !g.exact && o.judge != nil && len(o.judge.Rewards) == len(x.Rows[0].Rewards) {
		err = o.confirmed(g)
	}
	return names, err
}

// confirmed asks the reward functions about recorded completions and, if they say the same up to rounding, takes what they
// say: see ppo.estimate.
func (o *source) confirmed(g *generation) error {
	own := &generation{}
	for _, e := range g.rows {
		own.rows = append(own.rows, &episode{prompt: e.prompt, ids: e.ids, group: e.group, truncated: e.truncated})
	}
	if _, err := o.score(own, nil, nil, 0); err != nil {
		return err
	}
	for i, e := range g.rows {
		if !sameUpToRounding(own.rows[i].rewards, e.rewards) {
			return nil
		}
	}
	for i, e := range g.rows {
		e.rewards = own.rows[i].rewards
	}
	return nil
}

// knownLogProbs completes the log-probabilities of a generation: those under the policy now, if old is wanted, and under the
// reference, if there is one. Recorded ones stay unless they are ours up to rounding: ratios that are 1 should be 1 to the last
// bit, because Adam makes whole steps of what rounding leaves.
func (o *source) knownLogProbs(g *generation, old bool, ref *reference, temperature float64) {
	fill := func(compute func() [][]float64, of func(*episode) *[]float64) {
		if *of(g.rows[0]) != nil && (!o.replays || g.exact) {
			return
		}
		var own [][]float64
		same := true
		tensor.Autocast(o.s.Precision, func() { own = compute() })
		for i, e := range g.rows {
			known := *of(e)
			same = same && (known == nil || sameUpToRounding(own[i], known))
		}
		for i, e := range g.rows {
			if same || *of(e) == nil {
				*of(e) = own[i]
			}
		}
	}
	if old {
		fill(func() [][]float64 { return logProbs(o.run.Model.LM, g.rows, temperature, o.s.BatchSize) }, func(e *episode) *[]float64 { return &e.old })
	}
	if ref != nil {
		fill(func() [][]float64 { return ref.logProbs(g.rows, temperature, o.s.BatchSize) }, func(e *episode) *[]float64 { return &e.ref })
	}
}

// fromModel draws completions and has them judged.
func (o *source) fromModel(g *generation, picked []int, step int) (names []string, err error) {
	var ids [][]int32
	var from []int
	for _, p := range picked {
		ids = append(ids, o.prompts[p].ids)
		for range o.group {
			from = append(from, p)
		}
	}
	roomToDraw()
	s := rl.Sampler{Model: o.run.Model.LM, Options: o.draw}
	s.Options.Weights = o.s.drawingWeights()
	s.Options.Seed = o.s.Seed + uint64(o.made)*0x9e3779b97f4a7c15
	samples := o.group
	var envs []rl.Environment
	if o.env != nil { // an environment may add to the prompt, so every episode has its own
		samples = 1
		if ids, envs, err = o.begin(&s, from); err != nil {
			return nil, err
		}
	}
	var drawn []rl.Drawn
	if o.takes() {
		drawn, err = o.take(s, picked, ids)
	} else {
		drawn, err = s.Draw(ids, samples, envs)
	}
	if err != nil {
		return nil, fmt.Errorf("posttrain.%s: step %d: %w", o.method, step, err)
	}
	for i, d := range drawn {
		e := &episode{prompt: ids[i/samples], ids: d.IDs, group: i / o.group, truncated: d.Truncated, old: d.LogProbs}
		if o.tempered || o.s.Precision != "" && o.s.Precision != "float32" { // they are drawn with other products than the loss has: the ratio compares like with like
			e.old = nil
		}
		if o.whole && envs == nil && len(o.draw.StopStrings) == 0 { // TRL looks for the model's own end, whatever else ended it
			e.truncated = !o.ended(e.ids)
		}
		for _, k := range d.Mask {
			e.said = append(e.said, k != 0)
		}
		g.rows = append(g.rows, e)
	}
	o.roomToLearn(g)
	g.order = o.shuffled(len(g.rows))
	if o.judge == nil {
		return nil, nil
	}
	return o.score(g, from, envs, step)
}

// shuffled is the order in which micro-batches take the rows of a generation.
func (o *source) shuffled(n int) []int {
	return torchrand.New(o.s.Seed + uint64(o.made) + 1).Perm(n)
}
