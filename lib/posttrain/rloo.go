package posttrain

import (
	"fmt"
	"math"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/zoo"
)

// RLOOConfig are the settings of RLOO. A field that is left zero gets TRL's default where zero would make no sense; where zero
// means something, zero is what you get, and an Opt that is left out is TRL's default.
type RLOOConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the prompts; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // completions a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps; 0: none
	Schedule     string  // of the learning rate: "linear", "cosine", ... (optim.Schedules); "": linear
	WeightDecay  float64 // 0: none
	MaxGradNorm  float64 // gradients are scaled down to this norm; 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the prompts and of the completions; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none. In TRL it acts while completions are drawn as well

	GroupSize          int               // completions of a prompt; 0: 2
	MaxNewTokens       int               // of a completion; 0: 512, or half the model's context if that is less
	Temperature        float64           // of sampling, and of the probabilities in the loss; 0: 1
	TopP               float64           // 0: all tokens
	TopK               int               // 0: all tokens
	MinP               float64           // 0: all tokens
	Penalty            float64           // of repetition; 0: none
	Sampling           *sampling.Options // how completions are drawn, instead of the fields above (TRL's generation_kwargs); the loss keeps Temperature; nil: as the fields say
	Iterations         int               // times that the steps go over a generation; 0: 1
	StepsPerGeneration int               // micro-batches that a generation is cut into; 0: Accumulation
	InOrder            bool              // the prompts come as they stand in the data set and are not shuffled
	RewardWeights      []float64         // of the reward functions; empty: 1 each
	RewardTimeout      time.Duration     // of a reward function for a batch; 0: none

	Beta          Opt         // weight of the divergence from the reference, which is taken off the reward; 0.05
	ClipEps       float64     // of the ratio of whole completions; 0: 0.2
	ClipEpsHigh   float64     // 0: as ClipEps
	RewardClip    *[2]float64 // rewards are limited to this range; nil: not
	Normalize     bool        // advantages get the mean 0 and the deviation 1 over the batch
	MaskTruncated bool        // completions that ran out of room are left out of the loss

	Reference *zoo.Model // nil: the model as it is given; with an adapter, the model without it
	SyncEvery int        // steps after which the reference moves towards the policy (TR-DPO); 0: it stays
	SyncMix   Opt        // how far it moves; left out: 0.6

	Env           func() rl.Environment // makes the environment of an episode; nil: a completion is a single turn
	Adapter       nn.AdapterConfig      // train an adapter on the frozen model, as in SFTConfig
	Rollouts      string                // a file of saved rollouts to learn from instead of sampling
	SaveRollouts  string                // a file that the rollouts are written to
	Eval          *datasets.Set         // prompts that are measured as Loop says
	EvalGroupSize int                   // completions of each; 0: GroupSize
	Loop
}

// RLOO trains a copy of the model on its own completions by REINFORCE leave-one-out: a completion becomes more likely when its
// reward, less Beta times its divergence from the reference, is above the mean of the others of its prompt. Settings and
// metrics are those of TRL's RLOOTrainer; reward functions, adapters and interrupts are as in GRPO.
func RLOO(model *zoo.Model, prompts *datasets.Set, rewards []rl.Reward, config RLOOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("RLOO", model, prompts); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	c, err := config.withDefaults(s, model)
	if err != nil {
		return nil, err
	}
	if err := checkSync("RLOOConfig", c.SyncEvery, model, c.Adapter, c.Reference); err != nil {
		return nil, err
	}
	m, err := learner("RLOO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "RLOO", Model: m, Config: config}
	draw, err := drawing("RLOOConfig", r.Model, sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: c.Temperature, TopP: c.TopP, TopK: c.TopK, MinP: c.MinP, Penalty: c.Penalty}, c.Sampling, c.Rollouts == "" || c.Eval != nil)
	if err != nil {
		return nil, err
	}
	o, err := newSource(r, s, prompts, sourceSettings{group: c.GroupSize, perGeneration: s.BatchSize * c.StepsPerGeneration, shuffle: !c.InOrder, draw: draw, whole: c.Sampling != nil, temperature: c.Temperature,
		env: c.Env, rewards: rewards, weights: c.RewardWeights, timeout: c.RewardTimeout, rewarded: true, replays: c.Rollouts != ""})
	if err != nil {
		return nil, err
	}
	t := &rloo{run: r, s: s, c: c, source: o, beta: c.Beta.Or(0.05)}
	if t.beta != 0 {
		t.ref = anchorOf(r.Model, c.Reference, c.Adapter != nil)
	}
	t.exam, err = newExam(r, s, c.Eval, sourceSettings{group: c.EvalGroupSize, perGeneration: c.EvalGroupSize, draw: draw, whole: c.Sampling != nil, temperature: c.Temperature, env: c.Env, rewards: rewards, weights: c.RewardWeights, timeout: c.RewardTimeout, rewarded: true}, c.Rollouts)
	if err != nil {
		return nil, err
	}
	if err := o.open(c.Rollouts, c.SaveRollouts); err != nil {
		return nil, err
	}
	defer o.close()
	return r, train(work, r, t, s)
}

func (c RLOOConfig) withDefaults(s settings, m *zoo.Model) (RLOOConfig, error) {
	fill(&c.GroupSize, 2)
	fill(&c.MaxNewTokens, min(512, max(1, m.LM.Config.Context/2)))
	fill(&c.Temperature, 1)
	fill(&c.Iterations, 1)
	fill(&c.StepsPerGeneration, s.Accumulation)
	fill(&c.EvalGroupSize, c.GroupSize)
	fill(&c.ClipEps, 0.2)
	fill(&c.ClipEpsHigh, c.ClipEps)
	bad := func(field string, v any, want string) (RLOOConfig, error) {
		return c, fmt.Errorf("posttrain.RLOOConfig: %s is %v, it must be %s", field, v, want)
	}
	b := c.Beta.Or(0.05)
	switch {
	case c.GroupSize < 2:
		return bad("GroupSize", c.GroupSize, "at least 2: a completion is compared with the others of its group")
	case !roomFor(c.MaxNewTokens, m, c.Rollouts == "" || c.Eval != nil):
		return bad("MaxNewTokens", c.MaxNewTokens, fmt.Sprintf("from 1 to below the model's context, %d", m.LM.Config.Context))
	case !(c.Temperature > 0) || math.IsInf(c.Temperature, 0):
		return bad("Temperature", c.Temperature, "more than 0: all completions of a group would be the same")
	case c.EvalGroupSize < 1:
		return bad("EvalGroupSize", c.EvalGroupSize, "at least 1")
	case c.Iterations < 1 || c.StepsPerGeneration < 1:
		return bad("Iterations, StepsPerGeneration", fmt.Sprint(c.Iterations, ", ", c.StepsPerGeneration), "at least 1")
	case s.BatchSize*c.StepsPerGeneration%c.GroupSize != 0:
		return bad("GroupSize", c.GroupSize, fmt.Sprintf("a divisor of BatchSize x StepsPerGeneration, %d x %d: a generation holds whole groups", s.BatchSize, c.StepsPerGeneration))
	case !(b >= 0) || math.IsInf(b, 0):
		return bad("Beta", b, "0 or more")
	case !(c.ClipEps >= 0 && c.ClipEpsHigh >= 0):
		return bad("ClipEps, ClipEpsHigh", fmt.Sprint(c.ClipEps, ", ", c.ClipEpsHigh), "0 or more")
	case c.RewardClip != nil && !(c.RewardClip[0] <= c.RewardClip[1]):
		return bad("RewardClip", *c.RewardClip, "a range, the smaller number first")
	}
	return c, nil
}

// rloo is the task of RLOO.
type rloo struct {
	run    *Run
	s      settings
	c      RLOOConfig
	source *source
	beta   float64
	ref    *reference
	gen    *generation
	exam
}

func (t *rloo) params() []nn.Param { return t.run.trainable() }

func (t *rloo) perGeneration() int { return t.c.StepsPerGeneration * t.c.Iterations }

func (t *rloo) size() int { return t.source.order.batches() * t.perGeneration() }

func (t *rloo) window(epoch, first, n int) ([]micro, error) {
	var out []micro
	for k := first; k < first+n; k++ {
		at := k % t.perGeneration()
		fresh := at == 0 || t.gen == nil
		if fresh {
			g, err := t.source.next(epoch, k/t.perGeneration(), t.run.done+1)
			if err != nil {
				return nil, err
			}
			if err := t.prepare(g); err != nil {
				return nil, err
			}
			t.gen = g
		}
		g := t.gen
		rows := g.micro(at, t.s.BatchSize)
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor {
			if fresh {
				g.write(log)
			}
			return mean(n, t.loss(rows, log))
		}})
	}
	return out, nil
}

// prepare gives a generation its advantages: rewards, limited and less the divergence from the reference, compared within
// their groups.
func (t *rloo) prepare(g *generation) error {
	t.source.equal(t.compare(t.source, g))
	t.source.samples(g)
	return t.source.save(g, t.run.done+1, t.s.BatchSize*t.perGeneration())
}

// compare gives a generation of a source its advantages, and returns the share of groups that have none.
func (t *rloo) compare(o *source, g *generation) (zeroStd float64) {
	o.knownLogProbs(g, true, t.ref, t.c.Temperature)
	per := g.perFunc()
	rewards := rl.WeightedSum(per, o.weights(len(per)))
	kl, tokens := 0.0, 0.0
	for i, e := range g.rows {
		e.masked = t.c.MaskTruncated && e.truncated
		if c := t.c.RewardClip; c != nil && rewards[i] == rewards[i] {
			rewards[i] = math.Min(math.Max(rewards[i], c[0]), c[1])
		}
		for k := range e.ids {
			if t.ref != nil && e.counts(k) {
				d := rl.KL("k1", e.old[k], e.ref[k])
				rewards[i] -= t.beta * d
				kl, tokens = kl+d, tokens+1
			}
		}
	}
	a := rl.Advantages{}
	if o.group == 1 { // of an evaluation
		a = alone(rewards, rl.ScaleGroup)
	} else {
		a = rl.LeaveOneOut(rewards, o.group, t.c.Normalize)
	}
	for i, e := range g.rows {
		e.advantage = a.Values[i]
	}
	if t.ref != nil {
		g.note("kl", kl/math.Max(1, tokens))
	}
	g.note("frac_reward_zero_std", a.ZeroStd)
	return a.ZeroStd
}

func (t *rloo) loss(rows []*episode, log *meter) *tensor.Tensor {
	v := viewPolicy(t.run.Model.LM, rows, t.c.Temperature)
	old := tensor.New(len(rows))
	for i, e := range rows {
		sum := 0.0
		for k, lp := range e.old {
			if e.counts(k) {
				sum += lp
			}
		}
		old.Set(float32(sum), i)
	}
	loss, m := lossfn.RLOO(v.logp, old, advantages(rows), v.mask, t.c.ClipEps, t.c.ClipEpsHigh)
	m["entropy"] = meanOver(v.entropy, v.mask)
	logOnline(log, m)
	return loss
}

// meanOver is the mean of x over the tokens that count.
func meanOver(x, mask *tensor.Tensor) float64 {
	sum, n := 0.0, 0.0
	for i, k := range mask.Data() {
		sum, n = sum+float64(k)*float64(x.Data()[i]), n+float64(k)
	}
	return sum / math.Max(1, n)
}

func (t *rloo) stepped(steps int) {
	if t.c.SyncEvery > 0 && t.ref != nil && steps%t.c.SyncEvery == 0 {
		t.ref.mix(t.c.SyncMix.Or(0.6))
	}
}
