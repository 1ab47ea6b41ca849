package posttrain

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lyceum/lib/internal/torchrand"
	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/rl"
	"lyceum/lib/tensor"
)

// ppo is the task of PPO. It goes by rollouts: each has PPOEpochs passes in an order of its own, cut into mini-batches and
// those into micro-batches. The optimiser steps after every Accumulation micro-batches, also across mini-batches; during the
// rollout that ends a pass over the data TRL 1.12 steps after every single one, because its data loader says that it is at
// its end.
type ppo struct {
	run      *Run
	s        settings
	c        PPOConfig
	k        ppoCoefs
	source   *source
	ref      *reference
	schedule optim.Schedule // of the learning rate, by rollouts

	steps   []ppoStep // of the whole run
	rollout *ppoRollout
	started time.Time
}

// A ppoStep is one step of the optimiser.
type ppoStep struct {
	rollout int
	micros  []ppoMicro
	logs    bool // it has the last micro-batch of a rollout
	idle    bool // what is left over at the end of the run: it counts in the statistics and moves nothing
}

// A ppoMicro is a micro-batch: rows low to high of an epoch's order.
type ppoMicro struct {
	rollout, epoch, mini, at, low, high int
	last                                bool // of its rollout
}

// rollouts is how many there are.
func (t *ppo) rollouts() int {
	rows := t.s.BatchSize * t.s.Accumulation
	episodes := t.c.Episodes
	if episodes == 0 {
		episodes = int(t.s.Epochs * float64(len(t.source.prompts)))
	}
	return max(1, (episodes+rows-1)/rows)
}

// plan lists the steps of the run.
func (t *ppo) plan() (err error) {
	var open []ppoMicro
	for r := range t.rollouts() {
		ending := (r+1)%t.source.order.batches() == 0
		micros := t.micros(r)
		for _, m := range micros {
			open = append(open, m)
			if ending || len(open) == t.s.Accumulation {
				t.steps = append(t.steps, ppoStep{rollout: r, micros: open, logs: slices.ContainsFunc(open, func(m ppoMicro) bool { return m.last })})
				open = nil
			}
		}
	}
	if open != nil {
		t.steps = append(t.steps, ppoStep{rollout: open[0].rollout, micros: open, logs: true, idle: true})
	}
	t.schedule, err = optim.NewSchedule(t.s.Schedule, t.s.LearningRate, steps(t.s.Warmup, t.rollouts()), t.s.ScheduleArgs)
	return err
}

// micros are the micro-batches of a rollout.
func (t *ppo) micros(rollout int) (out []ppoMicro) {
	mini := t.s.BatchSize * t.s.Accumulation / t.c.MiniBatches
	for e := range t.c.PPOEpochs {
		for m := range t.c.MiniBatches {
			for at := 0; at < mini; at += t.s.BatchSize {
				out = append(out, ppoMicro{rollout: rollout, epoch: e, mini: m, at: at / t.s.BatchSize, low: m*mini + at, high: m*mini + min(at+t.s.BatchSize, mini)})
			}
		}
	}
	out[len(out)-1].last = true
	return out
}

// dropout is off: TRL's PPO switches it off in all four models.
func (t *ppo) dropout() bool { return false }

func (t *ppo) params() []nn.Param {
	var out []nn.Param
	for _, p := range t.run.trainable() {
		p.Name = "policy." + p.Name
		out = append(out, p)
	}
	for _, p := range t.run.Critic.Trainable() {
		p.Name = "value_model." + p.Name
		out = append(out, p)
	}
	return out
}

func (t *ppo) size() int { return len(t.steps) }

// The run goes by rollouts where others go by steps.
func (t *ppo) planned() int { return len(t.steps) }
func (t *ppo) pace(step int) (at, of int, idle bool) {
	return t.steps[step].rollout, t.rollouts(), t.steps[step].idle
}
func (t *ppo) logsAfter(steps int) bool { return t.steps[steps-1].logs }

func (t *ppo) window(_, _, _ int) ([]micro, error) {
	step := t.steps[t.run.done]
	var out []micro
	for _, m := range step.micros {
		if t.rollout == nil || t.rollout.number != m.rollout {
			if err := t.next(m.rollout); err != nil {
				return nil, err
			}
		}
		g := t.rollout
		out = append(out, micro{rows: m.high - m.low, loss: func(*meter) *tensor.Tensor {
			return t.policyLoss(g, m)
		}, more: func(log *meter) *tensor.Tensor {
			loss := t.valueLoss(g, m)
			if m.last {
				t.write(g, log)
			}
			return loss
		}})
	}
	return out, nil
}

// A ppoRollout is completions with what PPO computes of them once. The matrices are (rows, width), one row an episode.
type ppoRollout struct {
	*generation
	number int
	orders [][]int // of each epoch

	width                        int
	advantages, returns, values  [][]float64
	kl, nonScore, entropy, score float64 // means over episodes
	ends                         int     // end tokens
	sums                         map[string][]float64
}

// next draws rollout number n and computes its rewards, values, advantages and returns.
func (t *ppo) next(n int) error {
	if t.started.IsZero() {
		t.started = time.Now()
	}
	batches := t.source.order.batches()
	g, err := t.source.next(n/batches, n%batches, n+1)
	if err != nil {
		return err
	}
	x := &ppoRollout{generation: g, number: n, sums: map[string][]float64{}}
	rows := g.rows
	t.source.knownLogProbs(g, true, t.ref, t.c.Temperature)
	if width := x.setWidth(); !g.exact || rows[0].values == nil {
		tensor.Autocast(t.s.Precision, func() { t.estimate(rows, width) })
	}
	if err := t.reward(x); err != nil {
		return err
	}
	for e := range t.c.PPOEpochs {
		if at := e * len(rows); g.told && len(g.order) >= at+len(rows) {
			x.orders = append(x.orders, g.order[at:at+len(rows)])
		} else {
			x.orders = append(x.orders, torchrand.New(t.s.Seed+uint64(n)*1000+uint64(e)).Perm(len(rows)))
		}
	}
	g.order = nil
	for _, o := range x.orders {
		g.order = append(g.order, o...)
	}
	t.source.samples(g)
	t.rollout = x
	return t.source.save(g, n+1, len(g.order))
}

// estimate asks the critic for the value before each token, and after the last one where there is room for it. Recorded values
// stay unless they are these up to rounding: where value and return are equal, rounding would be all that the critic learns
// from, and Adam makes whole steps of it.
func (t *ppo) estimate(rows []*episode, width int) {
	tensor.NoGrad(func() {
		for at := 0; at < len(rows); at += t.s.BatchSize {
			part := rows[at:min(at+t.s.BatchSize, len(rows))]
			tensor.Scope(func() {
				b, _, _ := layoutPadded(part, width)
				v := t.run.Critic.TokenScores(b).Data()
				for i, e := range part {
					var own []float64
					for k := range min(len(e.ids)+1, width) {
						own = append(own, float64(v[i*b.Length+len(e.prompt)-1+k]))
					}
					if e.values == nil || sameUpToRounding(own, e.values) {
						e.values = own
					}
				}
			})
		}
	})
}

// sameUpToRounding compares what two programs computed in float32.
func sameUpToRounding(a, b []float64) bool {
	const tolerance = 1e-4
	for i := range min(len(a), len(b)) {
		if !(math.Abs(a[i]-b[i]) <= tolerance*(1+math.Abs(b[i]))) {
			return false
		}
	}
	return true
}

// setWidth is the length of the longest completion.
func (x *ppoRollout) setWidth() int {
	for _, e := range x.rows {
		x.width = max(x.width, len(e.ids))
	}
	return x.width
}

// reward makes advantages and returns of scores and of the divergence from the reference.
func (t *ppo) reward(x *ppoRollout) error {
	x.setWidth()
	end := map[int32]bool{}
	for _, id := range stops(t.run.Model) {
		end[id] = true
	}
	per := x.perFunc()
	scores := rl.WeightedSum(per, t.source.weights(len(per)))
	n := float64(len(x.rows))
	var rewards [][]float64
	for i, e := range x.rows {
		if scores[i] != scores[i] {
			return fmt.Errorf("posttrain.PPO: rollout %d: no reward function applies to completion %d: PPO needs a score for each", x.number+1, i)
		}
		ended := 0
		for _, id := range e.ids {
			if end[id] {
				ended++
			}
		}
		x.ends += ended
		if ended == 0 {
			scores[i] -= t.c.MissingEnd
		}
		var kl []float64
		for k := range e.ids {
			d := rl.KL(t.c.KLEstimator, e.old[k], e.ref[k])
			kl = append(kl, d)
			x.kl += d / n
			x.nonScore -= t.k.kl * d / n
			x.entropy -= e.old[k] / n
		}
		x.score += scores[i] / n
		rewards = append(rewards, rl.PPORewards(kl, scores[i], t.k.kl, x.width, t.c.ScoreAtLast))
	}
	if t.c.WhitenRewards {
		rl.Whiten(rewards, func(row, k int) bool { return k <= len(x.rows[row].ids) }, true)
	}
	for i, e := range x.rows {
		v := make([]float64, x.width)
		for k := range min(len(e.ids)+1, x.width, len(e.values)) {
			v[k] = e.values[k]
		}
		a, r := rl.GAE(rewards[i], v, t.k.gamma, t.k.lambda)
		x.advantages, x.returns, x.values = append(x.advantages, a), append(x.returns, r), append(x.values, v)
	}
	rl.Whiten(x.advantages, func(row, k int) bool { return k < len(x.rows[row].ids) }, false)
	for i, e := range x.rows {
		e.advantage = scores[i]
	}
	return nil
}

// write logs a rollout.
func (t *ppo) write(x *ppoRollout, log *meter) {
	episodes := float64((x.number + 1) * len(x.rows))
	log.set("eps", math.Floor(episodes/math.Max(1e-9, time.Since(t.started).Seconds())))
	log.set("objective/kl", x.kl)
	log.set("objective/entropy", x.entropy)
	log.set("objective/non_score_reward", x.nonScore)
	log.set("objective/rlhf_reward", x.nonScore+x.score)
	log.set("objective/scores", x.score)
	for _, n := range []string{"policy/approxkl_avg", "policy/clipfrac_avg", "loss/policy_avg", "loss/value_avg", "val/clipfrac_avg", "policy/entropy_avg", "val/ratio"} {
		log.set(n, rl.Mean(x.sums[n]))
	}
	std := rl.Std(x.sums["val/ratio"])
	log.set("val/ratio_var", std*std)
	log.set("val/num_eos_tokens", float64(x.ends))
	log.set("lr", t.schedule(x.number, t.rollouts()))
	log.set("episode", episodes)
}

// finishLog leaves out what TRL's PPO does not log.
func (t *ppo) finishLog(e *entry) { e.drop("loss", "grad_norm", "learning_rate") }
