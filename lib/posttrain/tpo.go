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

// TPOConfig are the settings of TPO. Zero means as in SFTConfig.
type TPOConfig struct {
	LearningRate float64 // peak; 0: 5e-7
	Epochs       float64 // passes over the data; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // rows a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	MaxLength    int     // longer rows are cut at the end; 0: 1024, or the model's context if that is shorter
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps
	Schedule     string  // of the learning rate; "": linear
	WeightDecay  float64
	MaxGradNorm  float64 // 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the data; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none

	Loss           string  // sigmoid, hinge, ipo or tpo-l; "": sigmoid. ipo and tpo-l compare log-probabilities per token
	Beta           Opt     // left out: 0.01
	Alpha          Opt     // weight of the likelihood of the gold completion; left out: 1
	Gamma          Opt     // margin of tpo-l; left out: 0.5
	LabelSmoothing float64 // of sigmoid and tpo-l

	Adapter nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Dropout bool             // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set    // measured as Loop says
	Loop
}

// TPO trains a copy of the model on triples: a chosen, a rejected and a gold completion (the column reference) of a prompt, without
// a reference model. Losses, metrics and defaults are those of TRL's TPOTrainer.
func TPO(model *zoo.Model, data *datasets.Set, config TPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("TPO", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 5e-7)
	if err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("TPOConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	m, err := learner("TPO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "TPO", Model: m, Config: config}
	t := &tpo{teacher: teacher[pair]{run: r, s: s}, c: config, beta: config.Beta.Or(0.01), alpha: config.Alpha.Or(1)}
	t.teacher.loss = t.loss
	if t.train, err = encodePairs("TPO", writer{m: m}, data, config.MaxLength, true, false); err != nil {
		return nil, err
	}
	r.noteRows(data, len(t.train))
	if config.Eval != nil {
		if t.eval, err = encodePairs("TPO", writer{m: m}, config.Eval, config.MaxLength, true, false); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	return r, train(work, r, t, s)
}

func (c TPOConfig) check() error {
	switch c.Loss {
	case "", "sigmoid", "hinge", "ipo", "tpo-l":
	default:
		return fmt.Errorf("posttrain.TPOConfig: Loss is %q, it must be sigmoid, hinge, ipo or tpo-l", c.Loss)
	}
	if !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 0.5) {
		return fmt.Errorf("posttrain.TPOConfig: LabelSmoothing is %v, it must be at least 0 and below 0.5", c.LabelSmoothing)
	}
	if a := c.Alpha.Or(1); !(a >= 0) || bad(a) || bad(c.Gamma.Or(0)) {
		return fmt.Errorf("posttrain.TPOConfig: Alpha is %v and Gamma %v: they must be numbers, and Alpha 0 or more", c.Alpha, c.Gamma)
	}
	return checkBeta("TPOConfig", c.Beta.Or(0.01))
}

// tpo is the task of TPO.
type tpo struct {
	teacher[pair]
	c           TPOConfig
	beta, alpha float64
}

func (t *tpo) dropout() bool { return t.c.Dropout }

func (t *tpo) loss(rows []pair, log *meter, training bool) *tensor.Tensor {
	n := len(rows)
	b := pad(sides(rows, t.alpha != 0), writer{m: t.run.Model}.pad())
	s := score(t.policy(), b, tensor.LogProbsOptions{})
	logps := s.sums()
	if t.c.Loss == "ipo" || t.c.Loss == "tpo-l" {
		logps = s.means()
	}
	chosen, rejected := logps.Slice(0, n), logps.Slice(n, 2*n)
	var loss *tensor.Tensor
	switch t.c.Loss {
	case "hinge":
		loss = lossfn.CPOHinge(chosen, rejected, t.beta)
	case "ipo":
		loss = lossfn.CPOIPO(chosen, rejected, t.beta)
	case "tpo-l":
		loss = lossfn.TPOL(chosen, rejected, t.beta, t.c.Gamma.Or(0.5), t.c.LabelSmoothing)
	default:
		loss = lossfn.TPO(chosen, rejected, t.beta, t.c.LabelSmoothing)
	}
	loss = loss.Mean()
	if t.alpha != 0 {
		loss = loss.Add(s.nll(2*n, 3*n).Scale(float32(t.alpha)))
	}
	log.add("entropy", s.entropy())
	t.count(b.real, b.real, len(b.IDs), log, training)
	log.add("logits/chosen", s.logit(0, n))
	log.add("logits/rejected", s.logit(n, 2*n))
	log.add("mean_token_accuracy", s.accuracy(0, n))
	comparison(log, scaled(values(chosen), t.beta), scaled(values(rejected), t.beta))
	log.add("logps/chosen", average(values(chosen)))
	log.add("logps/rejected", average(values(rejected)))
	return loss
}
