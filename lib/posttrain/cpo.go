package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/zoo"
)

// CPOConfig are the settings of CPO, which is SimPO and AlphaPO as well. Zero means as in SFTConfig.
type CPOConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the data; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // pairs a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	MaxLength    int     // longer rows are cut at the end; 0: 1024, or the model's context if that is shorter
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps
	Schedule     string  // of the learning rate; "": linear
	WeightDecay  float64
	MaxGradNorm  float64 // 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the data; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none

	Loss           string  // sigmoid, hinge, ipo or simpo; "": sigmoid. ipo and simpo compare log-probabilities per token
	Beta           Opt     // left out: 0.1; SimPO takes about 2
	Alpha          Opt     // weight of the likelihood of the chosen completion, TRL's cpo_alpha; left out: 1. SimPO has 0
	Gamma          Opt     // margin of simpo; left out: 0.5
	RewardAlpha    float64 // AlphaPO's alpha; 0: rewards are log-probabilities
	LabelSmoothing float64 // of sigmoid and simpo

	Adapter nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Dropout bool             // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set    // measured as Loop says
	Loop
}

// CPO trains a copy of the model on preferences without a reference model: contrastive preference optimization, SimPO or
// AlphaPO. Rows are those of DPO. Losses, metrics and defaults are those of TRL's CPOTrainer.
func CPO(model *zoo.Model, data *datasets.Set, config CPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("CPO", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	t := &cpo{c: config, beta: config.Beta.Or(0.1), alpha: config.Alpha.Or(1)}
	return freely(work, "CPO", model, data, config.Eval, config.Adapter, config.MaxLength, s, config, &t.teacher, t, t.loss)
}

func (c CPOConfig) check() error {
	switch c.Loss {
	case "", "sigmoid", "hinge", "ipo", "simpo":
	default:
		return fmt.Errorf("posttrain.CPOConfig: Loss is %q, it must be sigmoid, hinge, ipo or simpo", c.Loss)
	}
	if !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 0.5) {
		return fmt.Errorf("posttrain.CPOConfig: LabelSmoothing is %v, it must be at least 0 and below 0.5", c.LabelSmoothing)
	}
	if a := c.Alpha.Or(1); !(a >= 0) || bad(a) || bad(c.RewardAlpha) || bad(c.Gamma.Or(0)) {
		return fmt.Errorf("posttrain.CPOConfig: Alpha is %v, RewardAlpha %v and Gamma %v: they must be numbers, and Alpha 0 or more", c.Alpha, c.RewardAlpha, c.Gamma)
	}
	return checkBeta("CPOConfig", c.Beta.Or(0.1))
}

// freely runs a method on pairs without a reference whose rows are prepared as TRL's CPO and ORPO do.
func freely(work *stop.Work, method string, model *zoo.Model, data, eval *datasets.Set, adapter nn.AdapterConfig, length int, s settings, config any, base *teacher[pair], t task,
	loss func([]pair, *meter, bool) *tensor.Tensor) (*Run, error) {
	most, err := maxLength(method+"Config", length, 1024, model)
	if err != nil {
		return nil, err
	}
	m, err := learner(method, model, adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: method, Model: m, Config: config}
	base.run, base.s, base.loss = r, s, loss
	if base.train, err = encodeTexts(method, writer{m: m}, data, most); err != nil {
		return nil, err
	}
	r.noteRows(data, len(base.train))
	if eval != nil {
		if base.eval, err = encodeTexts(method, writer{m: m}, eval, most); err != nil {
			return nil, err
		}
	}
	base.order = newOrder(len(base.train), s)
	return r, train(work, r, t, s)
}

// cpo is the task of CPO.
type cpo struct {
	teacher[pair]
	c           CPOConfig
	beta, alpha float64
}

func (t *cpo) dropout() bool { return t.c.Dropout }

// perToken reports whether log-probabilities are means.
func (t *cpo) perToken() bool { return t.c.Loss == "ipo" || t.c.Loss == "simpo" }

func (t *cpo) loss(rows []pair, log *meter, training bool) *tensor.Tensor {
	n := len(rows)
	b := pad(sides(rows, false), writer{m: t.run.Model}.pad()).reading()
	s, hidden := scoreHidden(t.policy(), b, tensor.LogProbsOptions{})
	logps := s.sums()
	if t.perToken() {
		logps = s.means()
	}
	chosen, rejected := logps.Slice(0, n), logps.Slice(n, 2*n)
	rc, rr := lossfn.AlphaReward(chosen, t.c.RewardAlpha), lossfn.AlphaReward(rejected, t.c.RewardAlpha)
	var loss *tensor.Tensor
	switch t.c.Loss {
	case "hinge":
		loss = lossfn.CPOHinge(rc, rr, t.beta)
	case "ipo":
		loss = lossfn.CPOIPO(rc, rr, t.beta)
	case "simpo":
		loss = lossfn.SimPO(rc, rr, t.beta, t.c.Gamma.Or(0.5), t.c.LabelSmoothing)
	default:
		loss = lossfn.CPO(rc, rr, t.beta, t.c.LabelSmoothing)
	}
	loss = loss.Mean()
	nll := tensor.Scalar(0)
	if t.alpha != 0 {
		nll = s.nll(0, n)
		loss = loss.Add(nll.Scale(float32(t.alpha)))
	}
	comparison(log, t.looked(scaled(values(rc), t.beta)), t.looked(scaled(values(rr), t.beta)))
	t.seen(log, b, hidden, n, false, chosen, rejected, float64(nll.Item()))
	return loss
}

// seen logs what CPO and ORPO log beside the rewards: logits are means over all positions, the padding and, with the last
// position of each row only if withLast is false, the prompt.
func (t *teacher[T]) seen(log *meter, b padded, hidden *tensor.Tensor, n int, withoutLast bool, chosen, rejected *tensor.Tensor, nll float64) {
	log.add("logps/rejected", average(t.looked(values(rejected))))
	log.add("logps/chosen", average(t.looked(values(chosen))))
	log.add("logits/rejected", meanScore(t.policy().Output(), hidden, b, n, 2*n, withoutLast))
	log.add("logits/chosen", meanScore(t.policy().Output(), hidden, b, 0, n, withoutLast))
	log.add("nll_loss", nll)
}

// meanScore is the mean of the scores of all tokens at all positions of some rows: the scores are linear in the hidden states, so
// it is the product of two means.
func meanScore(head, hidden *tensor.Tensor, b padded, low, high int, withoutLast bool) float64 {
	d := head.Dim(1)
	column, state := make([]float64, d), make([]float64, d)
	for i, w := range head.Data() {
		column[i%d] += float64(w)
	}
	n := 0
	for i := low * b.Length; i < high*b.Length; i++ {
		if withoutLast && (i+1)%b.Length == 0 {
			continue
		}
		n++
		for j, h := range hidden.Data()[i*d : (i+1)*d] {
			state[j] += float64(h)
		}
	}
	sum := 0.0
	for j := range column {
		sum += column[j] * state[j]
	}
	return sum / float64(max(n, 1)) / float64(head.Dim(0))
}
